package dataapi

import (
	"strings"
	"testing"
)

// FuzzSQLState: whatever the text, the result is no SQLSTATE or looks like one,
// and the case of the text does not matter.
func FuzzSQLState(f *testing.F) {
	for _, seed := range []string{`ERROR: relation "x" does not exist`, "SQLSTATE: 42P01", "SQLSTATE", "SQLSTATE [42P0", `column "" does not exist`, "permission denied"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		state := sqlState(text)
		if state != "" && (len(state) != 5 || !isState(state)) {
			t.Errorf("sqlState(%q) = %q", text, state)
		}
		if !strings.Contains(strings.ToUpper(text), "SQLSTATE") && sqlState(strings.ToLower(text)) != state {
			t.Errorf("sqlState(%q) = %q, and %q in lower case", text, state, sqlState(strings.ToLower(text)))
		}
	})
}
