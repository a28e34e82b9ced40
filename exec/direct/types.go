package direct

import "fmt"

// typeNames are the internal names of Redshift's types by their OIDs. Source:
// pg_type, and the RedshiftOID of Amazon's Python driver.
var typeNames = map[uint32]string{
	16:   "bool",
	17:   "bytea",
	18:   "char",
	19:   "name",
	20:   "int8",
	21:   "int2",
	23:   "int4",
	25:   "text",
	26:   "oid",
	28:   "xid",
	29:   "cid",
	700:  "float4",
	701:  "float8",
	705:  "unknown",
	1042: "bpchar",
	1043: "varchar",
	1082: "date",
	1083: "time",
	1114: "timestamp",
	1184: "timestamptz",
	1188: "intervaly2m",
	1190: "intervald2s",
	1266: "timetz",
	1700: "numeric",
	2935: "hllsketch",
	3000: "geometry",
	3001: "geography",
	4000: "super",
	6551: "varbyte",
}

func typeName(oid uint32) string {
	if name, ok := typeNames[oid]; ok {
		return name
	}
	return fmt.Sprintf("oid:%d", oid)
}
