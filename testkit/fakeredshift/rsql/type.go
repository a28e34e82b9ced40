package rsql

import (
	"fmt"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// The object ids of Redshift's types, as the wire carries them. Those of Bool
// to Numeric are PostgreSQL's. HLLSketch's is not established.
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
	HLLSketch   = 2935
	Geometry    = 3000
	Geography   = 3001
	Super       = 4000
	Varbyte     = 6551
)

// Limits of the types. Source: Database Developer Guide, "Data types".
const (
	maxChar      = 4096
	maxVarchar   = 65535
	maxVarbyte   = 16_777_216
	maxPrecision = 38
	maxScale     = 37

	defaultVarchar   = 256
	defaultVarbyte   = 64_000
	defaultPrecision = 18

	header = 4 // what a modifier adds to the number that it holds
)

// superModifier is the modifier that a live warehouse sends for SUPER.
const superModifier = 16_384_000

// builtin returns a type by its id, without a modifier.
func builtin(oid uint32) fakeredshift.Type {
	t := fakeredshift.Type{OID: oid, Size: -1, Modifier: -1}
	switch oid {
	case Bool:
		t.Name, t.Size = "bool", 1
	case Int8:
		t.Name, t.Size = "int8", 8
	case Int2:
		t.Name, t.Size = "int2", 2
	case Int4:
		t.Name, t.Size = "int4", 4
	case Text:
		t.Name = "text"
	case Float4:
		t.Name, t.Size = "float4", 4
	case Float8:
		t.Name, t.Size = "float8", 8
	case Bpchar:
		t.Name = "bpchar"
	case Varchar:
		t.Name = "varchar"
	case Date:
		t.Name, t.Size = "date", 4
	case Time:
		t.Name, t.Size = "time", 8
	case Timestamp:
		t.Name, t.Size = "timestamp", 8
	case Timestamptz:
		t.Name, t.Size = "timestamptz", 8
	case IntervalY2M:
		t.Name, t.Size = "intervaly2m", 4
	case IntervalD2S:
		t.Name, t.Size = "intervald2s", 8
	case Timetz:
		t.Name, t.Size = "timetz", 12
	case Numeric:
		t.Name = "numeric"
	case HLLSketch:
		t.Name = "hllsketch"
	case Geometry:
		t.Name = "geometry"
	case Geography:
		t.Name = "geography"
	case Super:
		t.Name, t.Modifier = "super", superModifier
	case Varbyte:
		t.Name = "varbyte"
	}
	return t
}

// TypeText returns a type as format_type prints it: "character varying(40)",
// "numeric(12,2)", "timestamp without time zone".
func TypeText(t fakeredshift.Type) string {
	base := BaseText(t)
	if n := Length(t); n >= 0 {
		return fmt.Sprintf("%s(%d)", base, n)
	}
	if precision, scale := Precision(t); precision > 0 {
		return fmt.Sprintf("%s(%d,%d)", base, precision, scale)
	}
	return base
}

// BaseText is [TypeText] without the numbers in parentheses: what UNLOAD writes
// as the base of a column in a verbose manifest.
func BaseText(t fakeredshift.Type) string {
	switch t.OID {
	case Bool:
		return "boolean"
	case Int2:
		return "smallint"
	case Int4:
		return "integer"
	case Int8:
		return "bigint"
	case Float4:
		return "real"
	case Float8:
		return "double precision"
	case Bpchar:
		return "character"
	case Varchar:
		return "character varying"
	case Time:
		return "time without time zone"
	case Timetz:
		return "time with time zone"
	case Timestamp:
		return "timestamp without time zone"
	case Timestamptz:
		return "timestamp with time zone"
	case IntervalY2M:
		return "interval year to month"
	case IntervalD2S:
		return "interval day to second"
	case Varbyte:
		return "binary varying"
	}
	return t.Name
}

// Length returns n of CHAR(n), VARCHAR(n) or VARBYTE(n), in bytes, and -1 for
// any other type and without a modifier.
func Length(t fakeredshift.Type) int {
	switch t.OID {
	case Bpchar, Varchar, Varbyte:
		if t.Modifier >= header {
			return int(t.Modifier) - header
		}
	}
	return -1
}

// Precision returns p and s of NUMERIC(p,s), and zeros for any other type and
// without a modifier.
func Precision(t fakeredshift.Type) (precision, scale int) {
	if t.OID != Numeric || t.Modifier < header {
		return 0, 0
	}
	n := int(t.Modifier) - header
	return n >> 16, n & 0xffff
}
