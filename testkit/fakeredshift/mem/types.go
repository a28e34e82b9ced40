package mem

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// Types of results.
var (
	boolType  = fakeredshift.Type{OID: rsql.Bool, Name: "bool", Size: 1, Modifier: -1}
	int2Type  = fakeredshift.Type{OID: rsql.Int2, Name: "int2", Size: 2, Modifier: -1}
	int4Type  = fakeredshift.Type{OID: rsql.Int4, Name: "int4", Size: 4, Modifier: -1}
	int8Type  = fakeredshift.Type{OID: rsql.Int8, Name: "int8", Size: 8, Modifier: -1}
	realType  = fakeredshift.Type{OID: rsql.Float4, Name: "float4", Size: 4, Modifier: -1}
	dateType  = fakeredshift.Type{OID: rsql.Date, Name: "date", Size: 4, Modifier: -1}
	timeType  = fakeredshift.Type{OID: rsql.Timestamp, Name: "timestamp", Size: 8, Modifier: -1}
	zonedType = fakeredshift.Type{OID: rsql.Timestamptz, Name: "timestamptz", Size: 8, Modifier: -1}
	plainText = fakeredshift.Type{OID: rsql.Varchar, Name: "varchar", Size: -1, Modifier: -1}
)

// Types of the leader node, which no column of a user can have.
var (
	oidType   = fakeredshift.Type{OID: 26, Name: "oid", Size: 4, Modifier: -1}
	int2Array = fakeredshift.Type{OID: 1005, Name: "_int2", Size: -1, Modifier: -1}
	textArray = fakeredshift.Type{OID: 1009, Name: "_text", Size: -1, Modifier: -1}
)

// parsedType is for names that are known to be types.
func parsedType(name string) fakeredshift.Type {
	t, err := rsql.ParseType(name)
	if err != nil {
		return plainText
	}
	return t
}

// stored is the type of a column that is made from a result: text of no known
// length may be as long as any.
func stored(t fakeredshift.Type) fakeredshift.Type {
	switch {
	case t.OID == rsql.Varchar && t.Modifier < 0, t.OID == rsql.Text:
		return parsedType("varchar(max)")
	case t.OID == rsql.Bpchar && t.Modifier < 0:
		return parsedType("char(1)")
	case t.OID == rsql.Varbyte && t.Modifier < 0:
		return parsedType("varbyte")
	case t.OID == rsql.Numeric && t.Modifier < 0:
		return parsedType("numeric(38,0)")
	case t.OID == oidType.OID:
		return int8Type
	}
	return t
}
