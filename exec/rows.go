package exec

// A Column is one column of a result.
type Column struct {
	Name string
	// Type is the warehouse's internal name: int4, varchar, timestamptz, super.
	Type string
}

// A RowReader is what an implementation supplies; [Rows] adds conversion once,
// so that Scan means the same over every wire. It is used by one goroutine.
type RowReader interface {
	// Columns is known before the first Read.
	Columns() []Column
	// Read fills one row; len(dst) is len(Columns()). It returns io.EOF after the
	// last row. Byte slices put into dst belong to the caller.
	Read(dst []Value) error
	// Close may be called at any time and more than once.
	Close() error
}
