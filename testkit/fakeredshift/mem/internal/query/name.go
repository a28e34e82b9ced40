package query

// nameOf is the name of a column whose item has no alias. It reports whether the
// name is that of a column or function; the name of a type only stands in for
// one, and a cast to another type goes before it.
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
		if name, strong := nameOf(x.x); strong {
			return name, true
		}
		return x.to.typ.Name, false
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
