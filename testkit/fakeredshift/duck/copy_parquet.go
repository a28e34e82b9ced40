//go:build cgo

package duck

import (
	"context"
	"fmt"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

// Redshift's numbers for what goes wrong in a Parquet COPY.
const (
	codeSpectrum = 15001
	codeColumns  = 15007
	codeSuper    = 1224
)

// maxSuper is the longest text that a Parquet COPY can put into SUPER, in bytes.
const maxSuper = 65535

// A parquetColumn is one column of a file.
type parquetColumn struct {
	name string
	duck string // DuckDB's type
}

// loadParquet loads one file. Columns are taken by their position; their names
// do not matter.
func (l *loading) loadParquet(ctx context.Context, path string) (int64, error) {
	columns, err := l.parquetColumns(ctx, path)
	if err != nil {
		return 0, err
	}
	if err := l.checkColumns(columns); err != nil {
		return 0, err
	}
	return l.insert(ctx, "read_parquet("+quote(path)+", binary_as_string = false)", len(columns), func(a attribute, name string) string {
		return l.parquetValue(a, name)
	})
}

func (l *loading) parquetColumns(ctx context.Context, path string) ([]parquetColumn, error) {
	rows, err := l.leader.rows(ctx, "DESCRIBE SELECT * FROM read_parquet("+quote(path)+", binary_as_string = false)")
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, stage.Failure(codeSpectrum, "Spectrum Scan Error", "File '"+l.file+"' is not a Parquet file")
	}
	columns := make([]parquetColumn, len(rows))
	for i, row := range rows {
		columns[i] = parquetColumn{fmt.Sprint(row[0]), fmt.Sprint(row[1])}
	}
	return columns, nil
}

func (l *loading) checkColumns(columns []parquetColumn) error {
	if n := len(columns); n > len(l.columns) || n < len(l.columns) && !l.cmd.FillRecord {
		return stage.Failure(codeColumns, fmt.Sprintf("Unmatched number of columns between table and file. Table columns: %d, Data columns: %d, File name: %s",
			len(l.columns), n, l.file), l.file)
	}
	for i, column := range columns {
		a := l.columns[i]
		if !parquetFits(a, column.duck) {
			l.column = a.name
			return stage.Failure(codeSpectrum, "Spectrum Scan Error", fmt.Sprintf(
				"File '%s' has an incompatible Parquet schema for column '%s.%s'. Column type: %s, Parquet schema: optional %s %s",
				l.file, l.file, a.name, strings.ToUpper(rsql.TypeText(a.typ)), strings.ToLower(column.duck), column.name))
		}
	}
	return nil
}

// parquetFits reports whether the reader takes a column of a file, by DuckDB's
// type of it, for a column of a table. Nothing is converted but what is the same
// in the file: SMALLINT and INTEGER are both INT32.
func parquetFits(a attribute, duck string) bool {
	base, _, _ := strings.Cut(duck, "(")
	switch a.typ.OID {
	case rsql.Int2, rsql.Int4:
		return base == "TINYINT" || base == "SMALLINT" || base == "INTEGER"
	case rsql.Int8:
		return base == "BIGINT"
	case rsql.Numeric:
		precision, scale := rsql.Precision(a.typ)
		var p, s int
		if n, err := fmt.Sscanf(duck, "DECIMAL(%d,%d)", &p, &s); n != 2 || err != nil {
			return false
		}
		return s == scale && p <= precision
	case rsql.Timestamp, rsql.Timestamptz:
		return strings.HasPrefix(base, "TIMESTAMP")
	case rsql.Varbyte:
		return base == "BLOB" || base == "VARCHAR"
	case rsql.Varchar, rsql.Bpchar, rsql.Super, rsql.Geometry, rsql.Geography, rsql.HLLSketch:
		return base == "VARCHAR"
	}
	return base == duckType(a.typ)
}

// parquetValue is the SQL for one value of a file.
func (l *loading) parquetValue(a attribute, name string) string {
	switch a.typ.OID {
	case rsql.Varchar, rsql.Bpchar:
		return fmt.Sprintf("fit_text(%s, %d, %s, %s, %t)", name, rsql.Length(a.typ), quote(a.name), quote(l.file), a.typ.OID == rsql.Bpchar)
	case rsql.Super:
		return fmt.Sprintf("fit_super(%s, %d)", name, maxSuper)
	case rsql.Timestamptz:
		return fmt.Sprintf("timezone('UTC', CAST(%s AS TIMESTAMP))", name)
	}
	return assigned(a.typ, name)
}
