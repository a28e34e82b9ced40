package parquetfile

import (
	"bytes"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A Writer writes files of the same columns. It is used by one goroutine at a time.
type Writer struct {
	columns    []fakeredshift.Column
	root       *schema.GroupNode
	properties *parquet.WriterProperties
}

// NewWriter returns a writer for columns of types that UNLOAD can write. Files are
// compressed with Snappy, or not at all.
func NewWriter(columns []fakeredshift.Column, uncompressed bool) (*Writer, error) {
	var nodes schema.FieldList
	for i, name := range uniqueNames(columns) {
		node, err := nodeOf(name, columns[i].Type)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, nodes, -1)
	if err != nil {
		return nil, err
	}
	codec := compress.Codecs.Snappy
	if uncompressed {
		codec = compress.Codecs.Uncompressed
	}
	return &Writer{columns, root, parquet.NewWriterProperties(
		parquet.WithCompression(codec), parquet.WithDictionaryDefault(false), parquet.WithStats(false),
	)}, nil
}

// uniqueNames are the names of the columns: a file has none twice.
func uniqueNames(columns []fakeredshift.Column) []string {
	names := make([]string, len(columns))
	seen := make(map[string]bool, len(columns))
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

// File returns a file of rows.
func (p *Writer) File(rows [][]query.Value) ([]byte, error) {
	var b bytes.Buffer
	w := file.NewParquetWriter(&b, p.root, file.WithWriterProps(p.properties))
	group := w.AppendRowGroup()
	for i, column := range p.columns {
		chunk, err := group.NextColumn()
		if err != nil {
			return nil, err
		}
		if err := writeChunk(chunk, column.Type, rows, i); err != nil {
			return nil, fmt.Errorf("column %q: %w", column.Name, err)
		}
		if err := chunk.Close(); err != nil {
			return nil, err
		}
	}
	if err := group.Close(); err != nil {
		return nil, err
	}
	err := w.Close()
	return b.Bytes(), err
}

func writeChunk(chunk file.ColumnChunkWriter, t fakeredshift.Type, rows [][]query.Value, at int) error {
	switch w := chunk.(type) {
	case *file.BooleanColumnChunkWriter:
		return writeValues(w.WriteBatch, rows, at, func(v query.Value) bool { return v.(bool) })
	case *file.Int32ColumnChunkWriter:
		return writeValues(w.WriteBatch, rows, at, func(v query.Value) int32 { return int32(integerOf(v, t)) })
	case *file.Int64ColumnChunkWriter:
		return writeValues(w.WriteBatch, rows, at, func(v query.Value) int64 { return integerOf(v, t) })
	case *file.Float32ColumnChunkWriter:
		return writeValues(w.WriteBatch, rows, at, func(v query.Value) float32 { return float32(v.(float64)) })
	case *file.Float64ColumnChunkWriter:
		return writeValues(w.WriteBatch, rows, at, func(v query.Value) float64 { return v.(float64) })
	case *file.FixedLenByteArrayColumnChunkWriter:
		return writeValues(w.WriteBatch, rows, at, func(v query.Value) parquet.FixedLenByteArray {
			return twosComplement(unscaled(v, t))
		})
	case *file.ByteArrayColumnChunkWriter:
		return writeValues(w.WriteBatch, rows, at, func(v query.Value) parquet.ByteArray { return parquet.ByteArray(v.(string)) })
	}
	return fmt.Errorf("parquetfile: no %T for a column of type %s", chunk, rsql.TypeText(t))
}

// writeValues writes one column of rows.
func writeValues[T any](
	write func(values []T, definition, repetition []int16) (int64, error), rows [][]query.Value, at int, convert func(query.Value) T,
) error {
	values, definition := make([]T, 0, len(rows)), make([]int16, len(rows))
	for i, row := range rows {
		if v := row[at]; v != nil {
			values = append(values, convert(v))
			definition[i] = 1
		}
	}
	_, err := write(values, definition, nil)
	return err
}

// integerOf is the number that stands for a value in a file.
func integerOf(v query.Value, t fakeredshift.Type) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case query.Numeric:
		return unscaled(v, t).Int64()
	case time.Time:
		if t.OID == rsql.Date {
			return floorDiv(v.Unix(), 24*60*60)
		}
		return v.UnixMicro()
	case string: // TIME
		clock, err := time.Parse("15:04:05.999999", v)
		if err == nil {
			return clock.Sub(clock.Truncate(24 * time.Hour)).Microseconds()
		}
	}
	return 0
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// unscaled is a NUMERIC without its point, at the scale of its column.
func unscaled(v query.Value, t fakeredshift.Type) *big.Int {
	_, scale := rsql.Precision(t)
	return v.(query.Numeric).Round(scale).Unscaled()
}

// twosComplement is n in decimalBytes bytes, the highest first.
func twosComplement(n *big.Int) []byte {
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), 8*decimalBytes))
	}
	return n.FillBytes(make([]byte, decimalBytes))
}
