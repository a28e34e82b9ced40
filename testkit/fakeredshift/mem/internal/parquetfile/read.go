package parquetfile

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
)

// A File is a file that was read whole.
type File struct {
	Columns []Column

	reader *file.Reader
	most   int // values that are believed
}

// A file that is damaged may say that it has any number of rows. A byte of a file
// may stand for many values, since those that repeat take next to nothing.
const (
	believed   = 1 << 12
	mostValues = 1 << 26
)

// A Column is one column of a file.
type Column struct {
	Name string
	// Kind is what it holds, as SQL would name it: "INTEGER", "DECIMAL(12,2)". It is
	// empty for what no column of a table takes.
	Kind string
	// Physical is how it is stored: "int32".
	Physical string
}

// noPanic makes an error of a panic: the reader below panics over files that are
// damaged.
func noPanic(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("parquetfile: the file is damaged: %v", r)
	}
}

// Open reads the footer of a file.
func Open(body []byte) (f *File, err error) {
	defer noPanic(&err)
	if !bytes.HasPrefix(body, []byte("PAR1")) {
		return nil, errors.New("parquetfile: no Parquet file")
	}
	r, err := file.NewParquetReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	f = &File{reader: r, most: min(believed*len(body), mostValues)}
	for i := range r.MetaData().Schema.NumColumns() {
		c := r.MetaData().Schema.Column(i)
		f.Columns = append(f.Columns, Column{c.Name(), kindOf(c), strings.ToLower(c.PhysicalType().String())})
	}
	return f, nil
}

// Rows reads all rows; only columns with a Kind can be read.
func (f *File) Rows() (rows [][]query.Value, err error) {
	defer noPanic(&err)
	total, width := int(f.reader.NumRows()), len(f.Columns)
	if total < 0 || total > f.most || total*width > f.most {
		return nil, fmt.Errorf("parquetfile: a file of this size cannot have %d rows", total)
	}
	cells := make([]query.Value, total*width)
	rows = make([][]query.Value, total)
	for i := range rows {
		rows[i] = cells[i*width : (i+1)*width : (i+1)*width]
	}
	first := 0
	for g := range f.reader.NumRowGroups() {
		group := f.reader.RowGroup(g)
		n := int(group.NumRows())
		if first+n > total {
			return nil, errors.New("the file has more rows than it says")
		}
		for i := range f.Columns {
			chunk, err := group.Column(i)
			if err != nil {
				return nil, err
			}
			if err := readChunk(chunk, rows[first:first+n], i); err != nil {
				return nil, err
			}
		}
		first += n
	}
	if first != total {
		return nil, errors.New("the file has fewer rows than it says")
	}
	return rows, nil
}

func readChunk(chunk file.ColumnChunkReader, rows [][]query.Value, at int) error {
	column := chunk.Descriptor()
	switch r := chunk.(type) {
	case *file.BooleanColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v bool) query.Value { return v })
	case *file.Int32ColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v int32) query.Value { return valueOf(int64(v), column) })
	case *file.Int64ColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v int64) query.Value { return valueOf(v, column) })
	case *file.Int96ColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v parquet.Int96) query.Value { return v.ToTime().UTC().Truncate(time.Microsecond) })
	case *file.Float32ColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v float32) query.Value { return float64(v) })
	case *file.Float64ColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v float64) query.Value { return v })
	case *file.FixedLenByteArrayColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v parquet.FixedLenByteArray) query.Value { return bytesOf(v, column) })
	case *file.ByteArrayColumnChunkReader:
		return readValues(r.ReadBatchInPage, column, rows, at, func(v parquet.ByteArray) query.Value { return bytesOf(v, column) })
	}
	return errors.New("a column of an unknown type")
}

// readValues reads one column into rows.
func readValues[T any](
	read func(batch int64, values []T, definition, repetition []int16) (total int64, n int, err error),
	column *schema.Column, rows [][]query.Value, at int, convert func(T) query.Value,
) error {
	values, definition := make([]T, len(rows)), make([]int16, len(rows))
	for done := 0; done < len(rows); {
		left := len(rows) - done
		levels, n, err := read(int64(left), values[:left], definition[:left], nil)
		if err != nil {
			return err
		}
		if levels == 0 {
			return errors.New("a column ends before its rows")
		}
		next := 0
		for i := range int(levels) {
			if definition[i] < column.MaxDefinitionLevel() {
				continue
			}
			if next == n {
				return errors.New("a column has fewer values than it says")
			}
			rows[done+i][at] = convert(values[next])
			next++
		}
		done += int(levels)
	}
	return nil
}

// valueOf is what an integer of a file stands for.
func valueOf(n int64, c *schema.Column) query.Value {
	switch logical := c.LogicalType().(type) {
	case schema.DecimalLogicalType:
		return query.NewNumeric(big.NewInt(n), int(logical.Scale()))
	case schema.DateLogicalType:
		return time.Unix(n*24*60*60, 0).UTC()
	case schema.TimeLogicalType:
		return time.Time{}.Add(inUnit(n, logical.TimeUnit())).Format("15:04:05.999999")
	case schema.TimestampLogicalType:
		switch logical.TimeUnit() {
		case schema.TimeUnitMillis:
			return time.UnixMilli(n).UTC()
		case schema.TimeUnitNanos:
			return time.UnixMicro(floorDiv(n, 1000)).UTC()
		}
		return time.UnixMicro(n).UTC()
	}
	return n
}

func inUnit(n int64, unit schema.TimeUnitType) time.Duration {
	switch unit {
	case schema.TimeUnitMillis:
		return time.Duration(n) * time.Millisecond
	case schema.TimeUnitNanos:
		return time.Duration(n)
	}
	return time.Duration(n) * time.Microsecond
}

// bytesOf is what bytes of a file stand for: a decimal, or text.
func bytesOf(b []byte, c *schema.Column) query.Value {
	logical, ok := c.LogicalType().(schema.DecimalLogicalType)
	if !ok {
		return string(b)
	}
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return query.NewNumeric(n, int(logical.Scale()))
}
