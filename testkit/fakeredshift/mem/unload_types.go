package mem

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// checkParquet refuses the types that UNLOAD cannot write to Parquet. For TIMETZ
// and the intervals that is not established; the fake takes the strict side.
func checkParquet(columns []fakeredshift.Column) error {
	for _, column := range columns {
		switch column.Type.OID {
		case rsql.Varbyte, rsql.Geometry, rsql.Geography, rsql.HLLSketch, rsql.Timetz, rsql.IntervalD2S, rsql.IntervalY2M:
			return refuse(stateNotSupported, "UNLOAD to PARQUET does not support column %q of type %s: unload it as text or CSV",
				column.Name, rsql.TypeText(column.Type))
		}
	}
	return nil
}
