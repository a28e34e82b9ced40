package query

// nameOf is the name of a column whose item has no alias, and whether it has one
// of its own. PostgreSQL names a cast of what has none by its type; whether
// Redshift does is not established.
func nameOf(x expr) (name string, strong bool) {
	switch x := x.(type) {
	case *columnRef:
		return x.parts[len(x.parts)-1], true
	case *callExpr:
		if name, ok := callNames[x.name]; ok {
			return name, true
		}
		return x.name, true
	case *castExpr:
		return nameOf(x.x)
	case *caseExpr:
		if x.otherwise != nil {
			if name, strong := nameOf(x.otherwise); strong {
				return name, true
			}
		}
		return "case", false
	case *indexExpr:
		return nameOf(x.x)
	case *zoneExpr:
		return "timezone", true
	}
	return "?column?", false
}

// callNames are the names of columns that differ from those of their functions.
var callNames = map[string]string{
	"current_date": "date", "current_timestamp": "timestamptz", "current_time": "timetz", "localtimestamp": "timestamp",
	"localtime": "time", "sysdate": "timestamp", "user": "current_user", "nvl": "coalesce", "datepart": "date_part",
	"dateadd": "date_add", "datediff": "date_diff", "decode": "case", "substr": "substring",
}
