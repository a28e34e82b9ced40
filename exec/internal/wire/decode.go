package wire

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Decode turns the text of a value into an exec.Value by the internal name of
// its type. Types that exec.Value does not list stay text.
func Decode(kind, text string) (any, error) {
	var v any
	var err error
	switch kind {
	case "int2", "int4", "int8", "oid", "xid", "cid":
		v, err = strconv.ParseInt(text, 10, 64)
	case "float4":
		v, err = strconv.ParseFloat(text, 32)
	case "float8":
		v, err = strconv.ParseFloat(text, 64)
	case "bool":
		v, err = boolean(text)
	case "date", "timestamp", "timestamptz":
		v, err = parseTime(text)
	case "varbyte", "varbinary":
		v, err = hex.DecodeString(text)
	default:
		return text, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%.40q is no %s", text, kind)
	}
	return v, nil
}

func boolean(text string) (bool, error) {
	switch text {
	case "t", "true":
		return true, nil
	case "f", "false":
		return false, nil
	}
	return false, strconv.ErrSyntax
}
