package rsql

import (
	"math"
	"strconv"
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
)

// Limits of MAXFILESIZE and ROWGROUPSIZE in bytes. Source: Database Developer
// Guide, "UNLOAD"; that its MB is 2^20 bytes is an assumption.
const (
	megabyte = 1 << 20
	gigabyte = 1 << 30

	minFileSize = 5 * megabyte
	maxFileSize = 6.2 * gigabyte
	minRowGroup = 32 * megabyte
	maxRowGroup = 128 * megabyte
)

func (p *parser) unload() Statement {
	s := &Unload{}
	p.expect("unload", "(")
	s.Query = p.literal()
	p.expect(")", "to")
	s.To = p.location()
	words := p.options(func(word string) bool {
		return p.authorization(word, &s.Roles) || p.unloadShape(s, word) || p.unloadText(s, word)
	})
	p.needRole(s.Roles)
	p.checkUnload(s, words)
	p.unloadQuery(s)
	if s.Delimiter == "" {
		s.Delimiter = "|"
		if s.Format == CSV {
			s.Delimiter = ","
		}
	}
	return s
}

// unloadShape reads the options on files and their places.
func (p *parser) unloadShape(s *Unload, word string) bool {
	switch word {
	case "FORMAT":
		p.accept("as")
		s.Format = Format(strings.ToUpper(p.choice("csv", "parquet", "json")))
	case "CSV", "PARQUET", "JSON":
		s.Format = Format(word)
	case "MANIFEST":
		s.Manifest, s.Verbose = true, p.accept("verbose")
	case "ALLOWOVERWRITE":
		s.Overwrite = true
	case "CLEANPATH":
		s.Clean = true
	case "PARALLEL":
		s.Single = !p.onOff()
	case "MAXFILESIZE":
		s.MaxFileSize = p.fileSize(word, minFileSize, maxFileSize)
	case "ROWGROUPSIZE":
		s.RowGroupSize = p.fileSize(word, minRowGroup, maxRowGroup)
	case "REGION":
		s.Region = p.argument()
	case "PARTITION":
		p.expect("by")
		s.PartitionBy, s.Include = p.columns(), p.accept("include")
	case "EXTENSION":
		s.Extension = p.literal()
	case "ENCRYPTED":
		s.Encrypted = true
		s.EncryptedAuto = p.accept("auto")
	case "KMS_KEY_ID":
		s.KMSKeyID = p.argument()
	case "GZIP", "BZIP2", "ZSTD":
		if s.Compression != "" {
			p.fail(syntaxError, "conflicting or redundant options")
		}
		s.Compression = strings.ToLower(word)
	default:
		return false
	}
	return true
}

// unloadText reads the options on text.
func (p *parser) unloadText(s *Unload, word string) bool {
	switch word {
	case "HEADER":
		s.Header = true
	case "DELIMITER":
		s.Delimiter = p.character(word)
	case "FIXEDWIDTH":
		s.FixedWidth = p.argument()
	case "NULL":
		s.Null = p.argument()
	case "ADDQUOTES":
		s.AddQuotes = true
	case "ESCAPE":
		s.Escape = true
	default:
		return false
	}
	return true
}

// fileSize takes a number with MB, the default, or GB, and returns bytes.
func (p *parser) fileSize(word string, least, most float64) int64 {
	p.accept("as")
	t := p.next()
	n, err := strconv.ParseFloat(t.Text, 64)
	if t.Kind != sqltext.Number || err != nil {
		p.back()
		p.unexpected()
		return 0
	}
	unit := float64(megabyte)
	if p.oneOf("mb", "gb") == "gb" {
		unit = gigabyte
	}
	bytes := math.Floor(n * unit)
	if bytes < least || bytes > most {
		p.fail(invalidParameter, "%s must be between %g MB and %g MB", word, least/megabyte, most/megabyte)
		return 0
	}
	return int64(bytes)
}

// checkUnload refuses options that exclude each other. Source: Database
// Developer Guide, "UNLOAD"; the words of these refusals are not established.
func (p *parser) checkUnload(s *Unload, g given) {
	switch s.Format {
	case Parquet:
		p.refuseOptions(g, "%s is not supported for UNLOAD to PARQUET", "DELIMITER", "FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "NULL",
			"HEADER", "GZIP", "BZIP2", "ZSTD")
		if s.Encrypted && s.KMSKeyID == "" && !s.EncryptedAuto {
			p.fail(unsupported, "ENCRYPTED without KMS_KEY_ID is not supported for UNLOAD to PARQUET")
		}
	case CSV:
		p.refuseOptions(g, "%s is not supported for UNLOAD to CSV", "ESCAPE", "FIXEDWIDTH", "ADDQUOTES")
	case JSON:
		p.refuseOptions(g, "%s is not supported for UNLOAD to JSON", "DELIMITER", "HEADER", "FIXEDWIDTH", "ADDQUOTES", "ESCAPE", "NULL")
	}
	if g.has("FIXEDWIDTH") {
		p.refuseOptions(g, "%s is not supported with FIXEDWIDTH", "DELIMITER", "HEADER")
	}
	if s.Clean {
		p.refuseOptions(g, "%s is not supported with CLEANPATH", "ALLOWOVERWRITE")
	}
	if s.EncryptedAuto {
		p.refuseOptions(g, "%s is not supported with ENCRYPTED AUTO", "KMS_KEY_ID")
	}
	if g.has("KMS_KEY_ID") && !s.Encrypted {
		p.fail(unsupported, "KMS_KEY_ID needs ENCRYPTED")
	}
	if g.has("ROWGROUPSIZE") && s.Format != Parquet {
		p.fail(unsupported, "ROWGROUPSIZE is only supported for UNLOAD to PARQUET")
	}
	if strings.HasSuffix(s.To.Bucket, "-s3alias") {
		p.fail(unsupported, "an S3 access point alias is not supported in UNLOAD")
	}
}

// unloadQuery checks the SQL inside of the statement: one SELECT, whose outer
// level has no LIMIT. What only the query's columns tell is the engine's.
func (p *parser) unloadQuery(s *Unload) {
	if p.err != nil {
		return
	}
	q := newParser(s.Query, &Options{CaseSensitive: p.keep})
	if !q.is("select") && !q.is("with") && !q.is("(") {
		q.unexpected()
	}
	depth := 0
	for _, t := range q.tokens {
		switch {
		case t.Text == "(":
			depth++
		case t.Text == ")":
			depth--
		case depth == 0 && t.Is("limit"):
			q.fail(syntaxError, "Limit clause is not supported.")
		case t.Text == ";":
			q.fail(syntaxError, "syntax error at or near %q", ";")
		}
	}
	s.Tables = q.tables(0)
	if q.err != nil {
		p.err = q.err
	}
}
