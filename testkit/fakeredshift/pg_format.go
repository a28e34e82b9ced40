package fakeredshift

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Types by their OID in pg_type.
const (
	oidBool    = 16
	oidName    = 19
	oidInt8    = 20
	oidInt2    = 21
	oidInt4    = 23
	oidText    = 25
	oidOID     = 26
	oidFloat4  = 700
	oidFloat8  = 701
	oidBPChar  = 1042
	oidVarchar = 1043
	oidNumeric = 1700
)

// hasBinary says for which types the wire takes and gives PostgreSQL's binary
// format. Redshift's own drivers use text for all, and what the server does with
// the binary form of dates, times and numerics is not documented: they are
// refused here.
func hasBinary(oid uint32) bool {
	switch oid {
	case oidBool, oidName, oidInt8, oidInt2, oidInt4, oidText, oidOID, oidFloat4, oidFloat8, oidBPChar, oidVarchar:
		return true
	}
	return false
}

// format is the format of column i: no code means text, one code is for all.
func format(codes []int16, i int) int16 {
	switch {
	case len(codes) == 0:
		return pgproto3.TextFormat
	case len(codes) == 1:
		return codes[0]
	case i < len(codes):
		return codes[i]
	}
	return pgproto3.TextFormat
}

func checkFormats(columns []Column, codes []int16) *Error {
	if len(codes) > 1 && len(codes) != len(columns) {
		return &Error{SQLState: stateProtocol, Message: fmt.Sprintf(
			"bind message has %d result formats but query has %d columns", len(codes), len(columns))}
	}
	for i, column := range columns {
		if format(codes, i) == pgproto3.BinaryFormat && !hasBinary(column.Type.OID) {
			return &Error{
				SQLState: stateNotSupport,
				Message:  fmt.Sprintf("no binary output function available for type %s", column.Type.Name),
				Hint:     "Ask for text, as pgx does with QueryExecModeExec.",
			}
		}
	}
	return nil
}

func rowDescription(columns []Column, codes []int16) *pgproto3.RowDescription {
	d := &pgproto3.RowDescription{Fields: make([]pgproto3.FieldDescription, len(columns))}
	for i, column := range columns {
		d.Fields[i] = pgproto3.FieldDescription{
			Name:         []byte(column.Name),
			DataTypeOID:  column.Type.OID,
			DataTypeSize: column.Type.Size,
			TypeModifier: column.Type.Modifier,
			Format:       format(codes, i),
		}
	}
	return d
}

// rows sends at most limit rows, all if limit is 0, and reports whether the
// result is at its end.
func (c *pgConn) rows(result *Result, codes []int16, limit int) (done bool, err error) {
	row := make([][]byte, len(result.Columns))
	size := 0
	for n := 0; limit == 0 || n < limit; n++ {
		if c.broken != nil {
			return true, nil
		}
		if err := result.Read(row); errors.Is(err, io.EOF) {
			return true, nil
		} else if err != nil {
			return false, err
		}
		if size += c.dataRow(result.Columns, codes, row); size > flushBytes {
			c.flush()
			size = 0
		}
	}
	return false, nil
}

func (c *pgConn) dataRow(columns []Column, codes []int16, row [][]byte) (size int) {
	values := make([][]byte, len(row))
	for i, text := range row {
		values[i] = text
		if text != nil && format(codes, i) == pgproto3.BinaryFormat {
			values[i] = toBinary(columns[i].Type.OID, string(text))
		}
		size += len(values[i])
	}
	c.backend.Send(&pgproto3.DataRow{Values: values})
	return size
}

// toBinary turns the text of an engine, which is valid for its type, into
// PostgreSQL's binary format.
func toBinary(oid uint32, text string) []byte {
	integer, _ := strconv.ParseInt(text, 10, 64)
	switch oid {
	case oidBool:
		if text == "t" || text == "true" {
			return []byte{1}
		}
		return []byte{0}
	case oidInt2:
		return binary.BigEndian.AppendUint16(nil, uint16(integer))
	case oidInt4, oidOID:
		return binary.BigEndian.AppendUint32(nil, uint32(integer))
	case oidInt8:
		return binary.BigEndian.AppendUint64(nil, uint64(integer))
	case oidFloat4:
		f, _ := strconv.ParseFloat(text, 32)
		return binary.BigEndian.AppendUint32(nil, math.Float32bits(float32(f)))
	case oidFloat8:
		f, _ := strconv.ParseFloat(text, 64)
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(f))
	}
	return []byte(text)
}

// bindArgs reads the arguments of Bind as text.
func bindArgs(m *pgproto3.Bind, oids []uint32) ([]*string, *Error) {
	if n := len(m.ParameterFormatCodes); n > 1 && n != len(m.Parameters) {
		return nil, &Error{SQLState: stateProtocol, Message: fmt.Sprintf(
			"bind message has %d parameter formats but %d parameters", n, len(m.Parameters))}
	}
	args := make([]*string, len(m.Parameters))
	for i, value := range m.Parameters {
		if value == nil {
			continue
		}
		text := string(value)
		if format(m.ParameterFormatCodes, i) == pgproto3.BinaryFormat {
			var oid uint32
			if i < len(oids) {
				oid = oids[i]
			}
			var ok bool
			if text, ok = fromBinary(oid, value); !ok {
				return nil, &Error{SQLState: stateNotSupport, Message: fmt.Sprintf(
					"incorrect or unsupported binary data in bind parameter %d of type %d", i+1, oid)}
			}
		}
		args[i] = &text
	}
	return args, nil
}

// fromBinary turns PostgreSQL's binary format into text.
func fromBinary(oid uint32, b []byte) (string, bool) {
	switch {
	case oid == oidBool && len(b) == 1:
		return strconv.FormatBool(b[0] != 0), true
	case oid == oidInt2 && len(b) == 2:
		return strconv.Itoa(int(int16(binary.BigEndian.Uint16(b)))), true
	case oid == oidInt4 && len(b) == 4:
		return strconv.Itoa(int(int32(binary.BigEndian.Uint32(b)))), true
	case oid == oidOID && len(b) == 4:
		return strconv.FormatUint(uint64(binary.BigEndian.Uint32(b)), 10), true
	case oid == oidInt8 && len(b) == 8:
		return strconv.FormatInt(int64(binary.BigEndian.Uint64(b)), 10), true
	case oid == oidFloat4 && len(b) == 4:
		return floatText(float64(math.Float32frombits(binary.BigEndian.Uint32(b))), 32), true
	case oid == oidFloat8 && len(b) == 8:
		return floatText(math.Float64frombits(binary.BigEndian.Uint64(b)), 64), true
	case oid == oidText || oid == oidVarchar || oid == oidBPChar || oid == oidName:
		return string(b), true
	}
	return "", false
}

func floatText(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}
