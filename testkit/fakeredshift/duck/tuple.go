//go:build cgo

package duck

import (
	"fmt"
	"strings"
	"time"
)

// tuple writes values as DuckDB reads them in VALUES.
func tuple(values ...any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = constant(v)
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

func constant(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return quote(strings.ReplaceAll(strings.ToValidUTF8(v, "?"), "\x00", "?"))
	case time.Time:
		return "TIMESTAMP " + quote(v.UTC().Format("2006-01-02 15:04:05.999999"))
	case []int16:
		return strings.ReplaceAll(fmt.Sprint(v), " ", ", ")
	}
	return fmt.Sprint(v)
}
