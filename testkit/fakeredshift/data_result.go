package fakeredshift

import (
	"encoding/json"
	"math"
	"strconv"
)

// Limits of results. Source: Amazon Redshift Management Guide, "Considerations
// when calling the Amazon Redshift Data API". AWS counts the 500 MB compressed.
const (
	maxRow    = 64 << 10
	maxResult = 500 << 20
)

// result answers GetStatementResult.
func (a *dataAPI) result(c *call) (any, error) {
	if err := a.authorize(c, "*"); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, n, err := a.find(c)
	if err != nil {
		return nil, err
	}
	p := &s.parts[max(n-1, 0)]
	if s.batch && n == 0 || s.status != finished || p.columns == nil {
		return nil, missing("Query does not have result. Please check query status with DescribeStatement.")
	}
	offset, err := readPage(c.ID, c.NextToken)
	if err != nil {
		return nil, err
	}
	offset = min(offset, len(p.rows))
	end := min(offset+a.w.opts.ResultPage, len(p.rows))
	records := make([]json.RawMessage, 0, end-offset)
	for _, row := range p.rows[offset:end] {
		records = append(records, row)
	}
	answer := map[string]any{"Records": records, "TotalNumRows": len(p.rows)}
	columns := make([]map[string]any, len(p.columns))
	for i, column := range p.columns {
		columns[i] = metadata(column)
	}
	answer["ColumnMetadata"] = columns
	if end < len(p.rows) {
		answer["NextToken"] = writePage(c.ID, end)
	}
	return answer, nil
}

// metadata is a ColumnMetadata.
func metadata(c Column) map[string]any {
	m := map[string]any{
		"name": c.Name, "label": c.Name, "typeName": c.Type.Name,
		"nullable": 1, "length": 0, "precision": 0, "scale": 0,
		"isCurrency": false, "isSigned": false, "isCaseSensitive": false,
		"schemaName": "", "tableName": "",
	}
	switch c.Type.OID {
	case oidVarchar, oidBPChar, oidText, oidName:
		m["isCaseSensitive"] = true
		if c.Type.Modifier >= 4 {
			m["length"], m["precision"] = c.Type.Modifier-4, c.Type.Modifier-4
		}
	case oidNumeric:
		m["isSigned"] = true
		if c.Type.Modifier >= 4 {
			m["precision"], m["scale"] = (c.Type.Modifier-4)>>16, (c.Type.Modifier-4)&0xffff
		}
	case oidInt2, oidInt4, oidInt8, oidFloat4, oidFloat8:
		m["isSigned"] = true
	}
	return m
}

// keep adds a row to the part's result.
func (p *part) keep(values [][]byte) error {
	size := int64(0)
	row := []byte{'['}
	for i, text := range values {
		if i > 0 {
			row = append(row, ',')
		}
		row = appendField(row, p.columns[i].Type.OID, text)
		size += int64(len(text))
	}
	p.rows = append(p.rows, append(row, ']'))
	p.size += size
	switch {
	case size > maxRow:
		return &Error{SQLState: stateInternal, Message: "The result has a row larger than 64 KB"}
	case p.size > maxResult:
		return &Error{SQLState: stateInternal, Message: "The result is larger than 500 MB"}
	}
	return nil
}

// appendField appends a value as a Field: integers, floats and booleans have
// members of their own, everything else is text.
func appendField(b []byte, oid uint32, text []byte) []byte {
	switch {
	case text == nil:
		return append(b, `{"isNull":true}`...)
	case oid == oidBool:
		b = append(b, `{"booleanValue":`...)
		b = strconv.AppendBool(b, string(text) == "t" || string(text) == "true")
	case oid == oidInt2 || oid == oidInt4 || oid == oidInt8 || oid == oidOID:
		b = append(b, `{"longValue":`...)
		b = append(b, text...)
	case oid == oidFloat4 || oid == oidFloat8:
		b = append(b, `{"doubleValue":`...)
		b = appendFloat(b, string(text))
	default:
		b = append(b, `{"stringValue":`...)
		b = appendString(b, text)
	}
	return append(b, '}')
}

// appendFloat writes what JSON has no number for as the protocol does, as text.
func appendFloat(b []byte, text string) []byte {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return appendString(b, []byte(text))
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func appendString(b, text []byte) []byte {
	quoted, err := json.Marshal(string(text))
	if err != nil {
		return append(b, `""`...)
	}
	return append(b, quoted...)
}
