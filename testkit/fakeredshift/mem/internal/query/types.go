package query

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// Types of the leader node, and of literals that have no type yet.
const (
	oidName    = 19
	oidOID     = 26
	oidUnknown = 705
)

func fixed(oid uint32, name string, size int16) fakeredshift.Type {
	return fakeredshift.Type{OID: oid, Name: name, Size: size, Modifier: -1}
}

var (
	typeBool        = fixed(rsql.Bool, "bool", 1)
	typeInt2        = fixed(rsql.Int2, "int2", 2)
	typeInt4        = fixed(rsql.Int4, "int4", 4)
	typeInt8        = fixed(rsql.Int8, "int8", 8)
	typeOID         = fixed(oidOID, "oid", 4)
	typeFloat8      = fixed(rsql.Float8, "float8", 8)
	typeVarchar     = fixed(rsql.Varchar, "varchar", -1)
	typeBpchar      = fixed(rsql.Bpchar, "bpchar", -1)
	typeNumeric     = fixed(rsql.Numeric, "numeric", -1)
	typeDate        = fixed(rsql.Date, "date", 4)
	typeTimestamp   = fixed(rsql.Timestamp, "timestamp", 8)
	typeTimestamptz = fixed(rsql.Timestamptz, "timestamptz", 8)
	typeSuper       = fakeredshift.Type{OID: rsql.Super, Name: "super", Size: -1, Modifier: 16_384_000}
	typeVarbyte     = fixed(rsql.Varbyte, "varbyte", -1)
	typeUnknown     = fixed(oidUnknown, "unknown", -2)
)

// A class is a set of types whose values are of one Go type and compare.
type class uint8

const (
	unknownClass class = iota // literals without a type; string
	boolClass                 // bool
	intClass                  // int64
	numericClass              // Numeric
	floatClass                // float64
	textClass                 // string
	dateClass                 // time.Time
	stampClass                // time.Time, with and without zone
	clockClass                // string: TIME and TIMETZ
	superClass                // string
	bytesClass                // string
	arrayClass                // []Value
	otherClass
)

func classOf(t fakeredshift.Type) class {
	switch t.OID {
	case oidUnknown:
		return unknownClass
	case rsql.Bool:
		return boolClass
	case rsql.Int2, rsql.Int4, rsql.Int8, oidOID:
		return intClass
	case rsql.Numeric:
		return numericClass
	case rsql.Float4, rsql.Float8:
		return floatClass
	case rsql.Varchar, rsql.Bpchar, rsql.Text, oidName:
		return textClass
	case rsql.Date:
		return dateClass
	case rsql.Timestamp, rsql.Timestamptz:
		return stampClass
	case rsql.Time, rsql.Timetz:
		return clockClass
	case rsql.Super:
		return superClass
	case rsql.Varbyte:
		return bytesClass
	}
	if _, ok := arrays[t.OID]; ok {
		return arrayClass
	}
	return otherClass
}

// arrays are the types of arrays with those of their elements.
var arrays = map[uint32]fakeredshift.Type{
	22:   typeInt2, // int2vector
	1005: typeInt2,
	1007: typeInt4,
	1009: typeVarchar,
	1015: typeVarchar,
	1016: typeInt8,
	1028: typeOID,
	1034: typeVarchar, // aclitem
}

// numeric reports whether one can calculate with values of the class.
func (c class) number() bool { return c == intClass || c == numericClass || c == floatClass }

// time reports whether values of the class are instants.
func (c class) time() bool { return c == dateClass || c == stampClass }

// numericType is NUMERIC(precision, scale) within the limits of the type.
func numericType(precision, scale int) fakeredshift.Type {
	precision = min(precision, maxPrecision)
	t := fixed(rsql.Numeric, "numeric", -1)
	t.Modifier = int32(precision<<16|min(scale, precision)) + 4
	return t
}

const maxPrecision = 38

// precision returns precision and scale of a number as the other operand of a
// NUMERIC. Source: Database Developer Guide, "Computations with numeric values".
func precision(t fakeredshift.Type) (digits, scale int) {
	switch t.OID {
	case rsql.Int2:
		return 5, 0
	case rsql.Int4, oidOID:
		return 10, 0
	case rsql.Int8:
		return 19, 0
	}
	if digits, scale = rsql.Precision(t); digits == 0 {
		return 18, 0
	}
	return digits, scale
}

// plain is t without its length.
func plain(t fakeredshift.Type) fakeredshift.Type {
	t.Modifier = -1
	if t.OID == rsql.Super {
		return typeSuper
	}
	return t
}

// typeText names a type in a refusal.
func typeText(t fakeredshift.Type) string {
	switch t.OID {
	case oidUnknown:
		return `"unknown"`
	case oidName:
		return "name"
	}
	return rsql.BaseText(t)
}

// declared names a type with its length.
func declared(t fakeredshift.Type) string { return rsql.TypeText(t) }
