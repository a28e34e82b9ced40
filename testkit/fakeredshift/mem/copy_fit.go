package mem

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/parquetfile"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakeredshift/stage"
)

// maxSuper is the longest text that a Parquet COPY can put into SUPER, in bytes.
const maxSuper = 65535

func (l *loading) checkColumns(columns []parquetfile.Column) error {
	if n := len(columns); n > len(l.columns) || n < len(l.columns) && !l.cmd.FillRecord {
		return stage.Failure(codeColumns, fmt.Sprintf("Unmatched number of columns between table and file. Table columns: %d, Data columns: %d, File name: %s",
			len(l.columns), n, l.file), l.file)
	}
	for i, c := range columns {
		a := l.columns[i]
		if !fits(a.typ, c.Kind) {
			l.column = a.name
			return stage.Failure(codeSpectrum, "Spectrum Scan Error", fmt.Sprintf(
				"File '%s' has an incompatible Parquet schema for column '%s.%s'. Column type: %s, Parquet schema: optional %s %s",
				l.file, l.file, a.name, strings.ToUpper(rsql.TypeText(a.typ)), c.Physical, c.Name))
		}
	}
	return nil
}

// fits reports whether the reader takes a column of a file, by the kind of it, for
// a column of a table. Nothing is converted but what is the same in the file:
// SMALLINT and INTEGER are both INT32.
func fits(t fakeredshift.Type, kind string) bool {
	switch t.OID {
	case rsql.Int2, rsql.Int4:
		return kind == "SMALLINT" || kind == "INTEGER"
	case rsql.Int8:
		return kind == "BIGINT"
	case rsql.Float4:
		return kind == "FLOAT"
	case rsql.Float8:
		return kind == "DOUBLE"
	case rsql.Bool:
		return kind == "BOOLEAN"
	case rsql.Date:
		return kind == "DATE"
	case rsql.Time:
		return kind == "TIME"
	case rsql.Timestamp, rsql.Timestamptz:
		return kind == "TIMESTAMP"
	case rsql.Varbyte:
		return kind == "BLOB" || kind == "VARCHAR"
	case rsql.Varchar, rsql.Bpchar, rsql.Super, rsql.Geometry, rsql.Geography, rsql.HLLSketch:
		return kind == "VARCHAR"
	case rsql.Numeric:
		precision, scale := rsql.Precision(t)
		var p, s int
		if n, err := fmt.Sscanf(kind, "DECIMAL(%d,%d)", &p, &s); n != 2 || err != nil {
			return false
		}
		return s == scale && p <= precision
	}
	return false
}

// fit is what the reader of Parquet files does with a value on its way into a
// column.
func (l *loading) fit(v query.Value, a column) (query.Value, error) {
	switch x := v.(type) {
	case string:
		switch a.typ.OID {
		case rsql.Varchar, rsql.Bpchar:
			return l.fitText(x, a)
		case rsql.Super:
			return fitSuper(x)
		}
		return x, nil
	case int64:
		return query.Assign(x, int8Type, a.field())
	case time.Time:
		return x.Truncate(time.Microsecond), nil
	}
	return v, nil
}

func (l *loading) fitText(s string, a column) (query.Value, error) {
	if most := rsql.Length(a.typ); len(s) > most {
		return nil, &fakeredshift.Error{SQLState: stateInternal, Code: codeSpectrum, Message: fmt.Sprintf(
			"Spectrum Scan Error. The length of the data column %s is longer than the length defined in the table. Table: %d, Data: %d, File name: %s",
			a.name, most, len(s), l.file)}
	}
	if !utf8.ValidString(s) {
		return nil, stage.Failure(codeSpectrum, "Spectrum Scan Error", "The data column "+a.name+" contains invalid UTF-8, File name: "+l.file)
	}
	if a.typ.OID != rsql.Bpchar {
		return s, nil
	}
	if len(s) != utf8.RuneCountInString(s) {
		return nil, &fakeredshift.Error{SQLState: stateInternal, Code: codeSpectrum, Message: "Spectrum Scan Error. Multibyte character in CHAR column " + a.name}
	}
	return strings.TrimRight(s, " "), nil
}

func fitSuper(s string) (query.Value, error) {
	if len(s) > maxSuper {
		return nil, &fakeredshift.Error{SQLState: stateInternal, Code: codeSuper, Message: fmt.Sprintf("String value exceeds the max size of %d bytes", maxSuper)}
	}
	if json.Valid([]byte(s)) {
		return s, nil
	}
	text, err := json.Marshal(s)
	return string(text), err
}
