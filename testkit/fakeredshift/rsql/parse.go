package rsql

// Parse reads one statement; a semicolon may end it. Nil opts are the defaults.
// What Redshift refuses by the text alone is a *fakeredshift.Error with its
// SQLSTATE and, as far as it is known, its words.
func Parse(sql string, opts *Options) (Statement, error) {
	return nil, refuse("0A000", "the parser is being written")
}

// Tables returns the names that stand after FROM, JOIN, INTO, UPDATE and USING
// in sql, in the order of the text, each once.
func Tables(sql string, opts *Options) []Name { return nil }
