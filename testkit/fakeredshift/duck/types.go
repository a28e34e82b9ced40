//go:build cgo

package duck

import (
	"fmt"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// duckType returns the type in which DuckDB stores t.
func duckType(t fakeredshift.Type) string {
	switch t.OID {
	case rsql.Bool:
		return "BOOLEAN"
	case rsql.Int2:
		return "SMALLINT"
	case rsql.Int4:
		return "INTEGER"
	case rsql.Int8:
		return "BIGINT"
	case rsql.Float4:
		return "FLOAT"
	case rsql.Float8:
		return "DOUBLE"
	case rsql.Numeric:
		precision, scale := rsql.Precision(t)
		return fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)
	case rsql.Date:
		return "DATE"
	case rsql.Time:
		return "TIME"
	case rsql.Timetz:
		return "TIMETZ"
	case rsql.Timestamp:
		return "TIMESTAMP"
	case rsql.Timestamptz:
		return "TIMESTAMPTZ"
	case rsql.IntervalY2M, rsql.IntervalD2S:
		return "INTERVAL"
	case rsql.Varbyte:
		return "BLOB"
	}
	return "VARCHAR"
}

// redshiftTypes are the types of Redshift for those of DuckDB, where a result
// has nothing better: names that [rsql.ParseType] reads.
var redshiftTypes = map[string]string{
	"BOOLEAN":     "boolean",
	"TINYINT":     "smallint",
	"UTINYINT":    "smallint",
	"SMALLINT":    "smallint",
	"USMALLINT":   "integer",
	"INTEGER":     "integer",
	"BIGINT":      "bigint",
	"UBIGINT":     "numeric(20,0)",
	"HUGEINT":     "numeric(38,0)",
	"UHUGEINT":    "numeric(38,0)",
	"FLOAT":       "real",
	"DOUBLE":      "double precision",
	"DATE":        "date",
	"TIME":        "time",
	"TIMETZ":      "timetz",
	"TIMESTAMP":   "timestamp",
	"TIMESTAMPTZ": "timestamptz",
	"INTERVAL":    "interval day to second",
	"BLOB":        "varbyte",
	"JSON":        "super",
}

// Types of the leader node, which no column of a user can have.
var (
	oidType    = fakeredshift.Type{OID: 26, Name: "oid", Size: 4, Modifier: -1}
	int2Array  = fakeredshift.Type{OID: 1005, Name: "_int2", Size: -1, Modifier: -1}
	int4Array  = fakeredshift.Type{OID: 1007, Name: "_int4", Size: -1, Modifier: -1}
	textArray  = fakeredshift.Type{OID: 1009, Name: "_text", Size: -1, Modifier: -1}
	plainText  = fakeredshift.Type{OID: rsql.Varchar, Name: "varchar", Size: -1, Modifier: -1}
	listSuffix = "[]"
)

// redshiftType returns the type that a result of DuckDB's type name has on the wire.
func redshiftType(name string) fakeredshift.Type {
	switch {
	case name == "UINTEGER":
		return oidType
	case name == "SMALLINT"+listSuffix:
		return int2Array
	case name == "INTEGER"+listSuffix, name == "BIGINT"+listSuffix:
		return int4Array
	case strings.HasSuffix(name, listSuffix):
		return textArray
	case strings.HasPrefix(name, "DECIMAL"):
		return parsedType(strings.Replace(name, "DECIMAL", "numeric", 1))
	}
	if text, ok := redshiftTypes[name]; ok {
		t := parsedType(text)
		if t.OID == rsql.Varbyte {
			t.Modifier = -1
		}
		return t
	}
	return plainText
}

// parsedType is for names that are known to be types.
func parsedType(name string) fakeredshift.Type {
	t, err := rsql.ParseType(name)
	if err != nil {
		return plainText
	}
	return t
}
