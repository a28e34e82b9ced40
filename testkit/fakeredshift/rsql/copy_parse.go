package rsql

import "strings"

const maxErrors = 100_000 // Source: Database Developer Guide, "Data load operations", MAXERROR

func (p *parser) copy() Statement {
	p.expect("copy")
	if p.is("job") {
		return p.unsupportedCommand()
	}
	s := &Copy{Table: p.name(), NullAs: `\N`, Quote: `"`, Encoding: "UTF8"}
	if p.is("(") {
		s.Columns = p.columns()
		p.checkColumnList(s.Columns)
	}
	p.expect("from")
	if p.is("stdin") {
		p.fail(unsupported, "LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)")
	}
	s.From = p.location()
	words := p.options(func(word string) bool {
		return p.authorization(word, &s.Roles) || p.copyFormat(s, word) || p.copyLoad(s, word) || p.copyText(s, word) || p.copyFlag(s, word)
	})
	p.needRole(s.Roles)
	p.checkCopy(s, words)
	if s.Delimiter == "" {
		s.Delimiter = "|"
		if s.Format == CSV {
			s.Delimiter = ","
		}
	}
	return s
}

func (p *parser) checkColumnList(columns []string) {
	seen := make(map[string]bool, len(columns))
	for _, name := range columns {
		if seen[name] {
			p.fail(duplicateColumn, "column %q specified more than once", name)
		}
		seen[name] = true
	}
}

// copyFormat reads the options on the files' form.
func (p *parser) copyFormat(s *Copy, word string) bool {
	switch word {
	case "FORMAT":
		p.accept("as")
		p.format(s, strings.ToUpper(p.choice("csv", "parquet", "json", "orc", "avro", "shapefile")))
	case "CSV", "PARQUET", "JSON", "ORC", "AVRO", "SHAPEFILE":
		p.format(s, word)
	case "DELIMITER":
		s.Delimiter = p.argument()
	case "QUOTE":
		s.Quote = p.character(word)
	case "FIXEDWIDTH":
		s.FixedWidth = p.argument()
	case "GZIP", "BZIP2", "LZOP", "ZSTD":
		if s.Compression != "" {
			p.fail(syntaxError, "conflicting or redundant options")
		}
		s.Compression = strings.ToLower(word)
	case "MANIFEST":
		s.Manifest = true
	case "REGION":
		s.Region = p.argument()
	case "ENCRYPTED", "MASTER_SYMMETRIC_KEY":
		p.fail(unsupported, "client-side encryption is not supported")
	default:
		return false
	}
	return true
}

// format reads what follows the name of a format.
func (p *parser) format(s *Copy, word string) {
	s.Format = Format(word)
	switch s.Format {
	case JSON, Avro:
		s.JSONPath = "auto"
		p.accept("as")
		if path, ok := p.peek().Value(); ok {
			p.pos++
			s.JSONPath = path
		}
	case Parquet, ORC:
		s.SerializeToJSON = p.accept("serializetojson")
	}
}

// copyLoad reads the options on the load.
func (p *parser) copyLoad(s *Copy, word string) bool {
	switch word {
	case "SERIALIZETOJSON":
		s.SerializeToJSON = true
	case "STATUPDATE":
		on := p.onOff()
		s.StatUpdate = &on
	case "COMPUPDATE":
		s.CompUpdate = "ON"
		if p.accept("preset") {
			s.CompUpdate = "PRESET"
		} else if !p.onOff() {
			s.CompUpdate = "OFF"
		}
	case "COMPROWS", "READRATIO":
		p.integer()
	case "MAXERROR":
		p.accept("as")
		s.MaxError = p.count(word, maxErrors)
	case "NOLOAD":
		s.NoLoad = true
	case "IGNOREALLERRORS":
		s.IgnoreAllErrors = p.onOff()
	default:
		return false
	}
	return true
}

// count takes a number from 0 to most.
func (p *parser) count(word string, most int64) int {
	n := p.integer()
	if n < 0 || n > most {
		p.fail(invalidParameter, "%s must be between 0 and %d", word, most)
		return 0
	}
	return int(n)
}

// copyText reads the options on text that have an argument.
func (p *parser) copyText(s *Copy, word string) bool {
	switch word {
	case "NULL":
		s.NullAs = p.argument()
	case "IGNOREHEADER":
		p.accept("as")
		s.IgnoreHeader = p.count(word, 1<<31-1)
	case "DATEFORMAT":
		s.DateFormat = p.argument()
	case "TIMEFORMAT":
		s.TimeFormat = p.argument()
	case "ENCODING":
		p.accept("as")
		s.Encoding = strings.ToUpper(p.choice("utf8", "utf16", "utf16le", "utf16be", "iso88591"))
	case "ACCEPTINVCHARS":
		s.AcceptInvChars = "?"
		if p.accept("as") || isLiteral(p) {
			s.AcceptInvChars = p.character(word)
		}
	default:
		return false
	}
	return true
}

func isLiteral(p *parser) bool {
	_, ok := p.peek().Value()
	return ok
}

// copyFlag reads the options that are one word.
func (p *parser) copyFlag(s *Copy, word string) bool {
	switch word {
	case "EXPLICIT_IDS":
		s.ExplicitIDs = true
	case "FILLRECORD":
		s.FillRecord = true
	case "ACCEPTANYDATE":
		s.AcceptAnyDate = true
	case "BLANKSASNULL":
		s.BlanksAsNull = true
	case "EMPTYASNULL":
		s.EmptyAsNull = true
	case "ESCAPE":
		s.Escape = true
	case "IGNOREBLANKLINES":
		s.IgnoreBlankLines = true
	case "REMOVEQUOTES":
		s.RemoveQuotes = true
	case "ROUNDEC":
		s.RoundDecimals = true
	case "TRIMBLANKS":
		s.TrimBlanks = true
	case "TRUNCATECOLUMNS":
		s.TruncateColumns = true
	default:
		return false
	}
	return true
}

// checkCopy refuses options that the format does not take. Source: Database
// Developer Guide, "COPY from columnar data formats" and "Data format parameters".
func (p *parser) checkCopy(s *Copy, g given) {
	switch s.Format {
	case Parquet, ORC:
		for _, word := range g {
			if !columnar(word) {
				p.refuseOptions(g, "%s argument is not supported for "+string(s.Format)+" based COPY", word)
			}
		}
	case JSON:
		p.refuseOptions(g, "%s is not supported for JSON based COPY", "DELIMITER", "ESCAPE", "FILLRECORD", "FIXEDWIDTH",
			"IGNOREBLANKLINES", "NULL", "READRATIO", "REMOVEQUOTES")
	case CSV:
		p.refuseOptions(g, "%s is not supported for CSV based COPY", "FIXEDWIDTH", "REMOVEQUOTES", "ESCAPE")
	}
	if g.has("QUOTE") && s.Format != CSV {
		p.fail(unsupported, "QUOTE is only supported for CSV based COPY")
	}
	if g.has("SERIALIZETOJSON") && s.Format != Parquet && s.Format != ORC {
		p.fail(unsupported, "SERIALIZETOJSON is only supported for columnar formats")
	}
	if g.has("FIXEDWIDTH") {
		p.refuseOptions(g, "%s is not supported with FIXEDWIDTH", "DELIMITER")
	}
}

// columnar reports whether COPY takes an option with Parquet and ORC.
func columnar(word string) bool {
	switch word {
	case "FORMAT", "IAM_ROLE", "ACCEPTINVCHARS", "FILLRECORD", "STATUPDATE", "MANIFEST", "EXPLICIT_IDS", "SERIALIZETOJSON":
		return true
	}
	return false
}
