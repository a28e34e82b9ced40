package rsql

import "github.com/redferry/redferry/testkit/fakeredshift"

// The object ids of Redshift's types, as the wire carries them.
const (
	Bool        = 16
	Int8        = 20
	Int2        = 21
	Int4        = 23
	Text        = 25
	Float4      = 700
	Float8      = 701
	Bpchar      = 1042 // CHAR
	Varchar     = 1043
	Date        = 1082
	Time        = 1083
	Timestamp   = 1114
	Timestamptz = 1184
	IntervalY2M = 1188
	IntervalD2S = 1190
	Timetz      = 1266
	Numeric     = 1700
	Geometry    = 3000
	Geography   = 3001
	HLLSketch   = 2935
	Super       = 4000
	Varbyte     = 6551
)

// ParseType reads the name of a type as it stands in CREATE TABLE or in a cast.
func ParseType(sql string) (fakeredshift.Type, error) {
	return fakeredshift.Type{}, refuse("0A000", "the parser is being written")
}

// TypeText returns a type as format_type prints it: "character varying(40)",
// "numeric(12,2)", "timestamp without time zone".
func TypeText(t fakeredshift.Type) string { return t.Name }

// Length returns n of CHAR(n), VARCHAR(n) or VARBYTE(n), in bytes, and -1 for any other type.
func Length(t fakeredshift.Type) int { return -1 }

// Precision returns p and s of NUMERIC(p,s), and zeros for any other type.
func Precision(t fakeredshift.Type) (precision, scale int) { return 0, 0 }
