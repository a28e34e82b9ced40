// Package parquetfile writes rows to Parquet files as UNLOAD does, and reads
// files as COPY does.
package parquetfile

import (
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// nodeOf is how a column stands in a Parquet file. A TIMESTAMPTZ loses its zone,
// as in Redshift: what is left is the time in UTC.
func nodeOf(name string, t fakeredshift.Type) (schema.Node, error) {
	const noID = -1
	optional := func(logical schema.LogicalType, physical parquet.Type, length int) (schema.Node, error) {
		return schema.NewPrimitiveNodeLogical(name, parquet.Repetitions.Optional, logical, physical, length, noID)
	}
	switch t.OID {
	case rsql.Bool:
		return optional(nil, parquet.Types.Boolean, 0)
	case rsql.Int2:
		return optional(schema.NewIntLogicalType(16, true), parquet.Types.Int32, 0)
	case rsql.Int4:
		return optional(schema.NewIntLogicalType(32, true), parquet.Types.Int32, 0)
	case rsql.Int8:
		return optional(schema.NewIntLogicalType(64, true), parquet.Types.Int64, 0)
	case rsql.Float4:
		return optional(nil, parquet.Types.Float, 0)
	case rsql.Float8:
		return optional(nil, parquet.Types.Double, 0)
	case rsql.Numeric:
		precision, scale := rsql.Precision(t)
		return optional(schema.NewDecimalLogicalType(int32(precision), int32(scale)), decimalStorage(precision), decimalBytes)
	case rsql.Date:
		return optional(schema.DateLogicalType{}, parquet.Types.Int32, 0)
	case rsql.Time:
		return optional(schema.NewTimeLogicalType(false, schema.TimeUnitMicros), parquet.Types.Int64, 0)
	case rsql.Timestamp, rsql.Timestamptz:
		return optional(schema.NewTimestampLogicalType(false, schema.TimeUnitMicros), parquet.Types.Int64, 0)
	}
	return optional(schema.StringLogicalType{}, parquet.Types.ByteArray, 0)
}

// decimalBytes is how long a NUMERIC is that fits into no integer.
const decimalBytes = 16

// decimalStorage is the physical type of a NUMERIC.
func decimalStorage(precision int) parquet.Type {
	switch {
	case precision <= 9:
		return parquet.Types.Int32
	case precision <= 18:
		return parquet.Types.Int64
	}
	return parquet.Types.FixedLenByteArray
}

// kindOf names what a column of a file holds, as SQL would: "INTEGER",
// "DECIMAL(12,2)". It is "" for what no column takes.
func kindOf(c *schema.Column) string {
	if c.MaxRepetitionLevel() > 0 || len(c.ColumnPath()) > 1 {
		return ""
	}
	if d, ok := c.LogicalType().(schema.DecimalLogicalType); ok {
		return fmt.Sprintf("DECIMAL(%d,%d)", d.Precision(), d.Scale())
	}
	switch c.PhysicalType() {
	case parquet.Types.Boolean:
		return "BOOLEAN"
	case parquet.Types.Float:
		return "FLOAT"
	case parquet.Types.Double:
		return "DOUBLE"
	case parquet.Types.Int96:
		return "TIMESTAMP"
	case parquet.Types.Int32, parquet.Types.Int64:
		return integerKind(c)
	case parquet.Types.ByteArray:
		return textKind(c)
	}
	return "BLOB"
}

func integerKind(c *schema.Column) string {
	name := map[parquet.Type]string{parquet.Types.Int32: "INTEGER", parquet.Types.Int64: "BIGINT"}[c.PhysicalType()]
	switch logical := c.LogicalType().(type) {
	case schema.DateLogicalType:
		return "DATE"
	case schema.TimeLogicalType:
		return "TIME"
	case schema.TimestampLogicalType:
		return "TIMESTAMP"
	case schema.IntLogicalType:
		switch {
		case !logical.IsSigned():
			return "U" + name
		case logical.BitWidth() < 32:
			return "SMALLINT"
		}
	}
	return name
}

func textKind(c *schema.Column) string {
	switch c.LogicalType().(type) {
	case schema.StringLogicalType, schema.JSONLogicalType, schema.EnumLogicalType:
		return "VARCHAR"
	}
	return "BLOB"
}
