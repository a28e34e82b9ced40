package rsql

import "github.com/redferry/redferry"

// An Unload is UNLOAD, with every option in the form that its work needs.
type Unload struct {
	// Query is the statement's literal with its escapes undone once: the SQL that runs.
	Query  string
	Tables []Name       // those that Query reads, as in [Other]
	To     redferry.URI // the key is a prefix of names, whether it ends in a slash or not
	// Roles is the ARN of IAM_ROLE, or several in a role chain; "default" or
	// "SESSION" alone for these words.
	Roles    []string
	Format   Format
	Manifest bool
	Verbose  bool // MANIFEST VERBOSE
	// Overwrite is ALLOWOVERWRITE, Clean is CLEANPATH.
	Overwrite bool
	Clean     bool
	// Single is PARALLEL OFF: one file after the other, by no more than one slice.
	Single bool
	// MaxFileSize is in bytes; 0 without MAXFILESIZE, which is 6.2 GB.
	MaxFileSize int64
	// RowGroupSize is in bytes; 0 without ROWGROUPSIZE, which is 32 MB.
	RowGroupSize int64
	Region       string // empty: the warehouse's own
	PartitionBy  []string
	Include      bool // PARTITION BY (...) INCLUDE
	Header       bool
	// Delimiter is one character; "|" without DELIMITER, "," for CSV.
	Delimiter string
	// FixedWidth is the column specification of FIXEDWIDTH, empty without.
	FixedWidth string
	Null       string // NULL AS, empty without: a NULL is an empty field
	AddQuotes  bool
	Escape     bool
	// Compression is "gzip", "bzip2", "zstd" or empty. Parquet has its own.
	Compression string
	// Extension replaces the files' extension. Empty without EXTENSION.
	Extension string
	Encrypted bool // ENCRYPTED, with or without AUTO
	// EncryptedAuto is ENCRYPTED AUTO: the bucket's own key.
	EncryptedAuto bool
	KMSKeyID      string
}

// Tag returns UNLOAD.
func (*Unload) Tag() string { return "UNLOAD" }

// A Format is a format of files, in upper case as in SQL.
type Format string

// The formats of UNLOAD and COPY.
const (
	Delimited Format = "" // text with a delimiter, what both take without FORMAT
	CSV       Format = "CSV"
	Parquet   Format = "PARQUET"
	JSON      Format = "JSON"
	ORC       Format = "ORC"
	Avro      Format = "AVRO"
	Shapefile Format = "SHAPEFILE"
)
