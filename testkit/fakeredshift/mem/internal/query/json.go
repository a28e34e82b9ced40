package query

import (
	"bytes"
	"encoding/json"
)

// jsonString is s as a string of JSON.
func jsonString(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil { // never: a string can be encoded
		return `""`
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}

// compactJSON is a JSON text without blanks between its values.
func compactJSON(s string) (string, bool) {
	var b bytes.Buffer
	if json.Compact(&b, []byte(s)) != nil {
		return "", false
	}
	return b.String(), true
}
