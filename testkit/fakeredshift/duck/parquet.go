//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry"
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

// writeParquet writes rows to a Parquet file, compressed with Snappy. A
// TIMESTAMPTZ loses its zone, as in Redshift: what is left is the time in UTC.
func (u *unloading) writeParquet(ctx context.Context, path string, first, last int64) error {
	items := make([]string, len(u.columns))
	names := uniqueNames(u.columns)
	for i, column := range u.columns {
		expression := fmt.Sprintf("CAST(c%d AS %s)", i, duckType(column.Type))
		if column.Type.OID == rsql.Timestamptz {
			expression = fmt.Sprintf("timezone('UTC', c%d)", i)
		}
		items[i] = expression + " AS " + redferry.Quote(names[i])
	}
	_, err := u.on.exec(ctx, fmt.Sprintf("COPY (SELECT %s FROM %s LIMIT %d OFFSET %d) TO %s (FORMAT parquet, COMPRESSION snappy)",
		strings.Join(items, ", "), u.table, last-first, first, quote(path)))
	return err
}

// uniqueNames are the names of the columns; DuckDB's writer takes none twice.
func uniqueNames(columns []fakeredshift.Column) []string {
	names := make([]string, len(columns))
	seen := make(map[string]bool)
	for i, column := range columns {
		name := column.Name
		for n := 1; seen[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s_%d", column.Name, n)
		}
		seen[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
