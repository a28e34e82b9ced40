package rsql

import "github.com/redferry/redferry"

// A Copy is COPY from S3.
type Copy struct {
	Table   Name
	Columns []string // nil: the table's own order
	// From is a prefix of keys, or with Manifest one key.
	From redferry.URI
	// Roles is as in [Unload].
	Roles    []string
	Format   Format
	Manifest bool
	Region   string // empty: the warehouse's own

	ExplicitIDs     bool
	FillRecord      bool
	SerializeToJSON bool
	// StatUpdate is nil without STATUPDATE.
	StatUpdate *bool
	// CompUpdate is "ON", "OFF", "PRESET" or empty.
	CompUpdate string
	MaxError   int // 0..100000; 0 without
	NoLoad     bool

	// The options of text formats. Delimiter may be several characters; it is "|"
	// without DELIMITER, "," for CSV.
	Delimiter    string
	Quote        string // CSV QUOTE AS; a double quote without
	FixedWidth   string
	JSONPath     string // 'auto', 'auto ignorecase', 'noshred' or the URI of a jsonpaths file
	NullAs       string // "\\N" without
	IgnoreHeader int    // lines
	DateFormat   string // empty: YYYY-MM-DD
	TimeFormat   string // empty: YYYY-MM-DD HH:MI:SS
	// AcceptInvChars is the character that replaces invalid ones, empty without
	// ACCEPTINVCHARS; "?" if none is written.
	AcceptInvChars   string
	AcceptAnyDate    bool
	BlanksAsNull     bool
	EmptyAsNull      bool
	Escape           bool
	IgnoreBlankLines bool
	RemoveQuotes     bool
	RoundDecimals    bool // ROUNDEC
	TrimBlanks       bool
	TruncateColumns  bool
	IgnoreAllErrors  bool
	// Encoding is "UTF8" without ENCODING.
	Encoding    string
	Compression string // "gzip", "bzip2", "lzop", "zstd" or empty
}

// Tag returns COPY.
func (*Copy) Tag() string { return "COPY" }
