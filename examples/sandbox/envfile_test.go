package main

import (
	"strings"
	"testing"
)

func TestFormat(t *testing.T) {
	got, err := format([]variable{{"A_URL", "postgres://u:p%20w@127.0.0.1:5439/dev?sslmode=disable"}, {"KEY", "a+b/C,9="}})
	const want = "A_URL=postgres://u:p%20w@127.0.0.1:5439/dev?sslmode=disable\nKEY=a+b/C,9=\n"
	if err != nil || got != want {
		t.Errorf("format = %q, %v, want %q", got, err, want)
	}
}

// TestFormatRefuses: what a shell or another reader would change is an error.
func TestFormatRefuses(t *testing.T) {
	for _, special := range []string{" ", "\t", "\n", "'", `"`, "`", `\`, "$", "&", ";", "|", "<", ">", "(", ")", "{", "}", "[", "]", "*", "~", "!", "#", "\x00", "\u00e9", "\u212a", "\xff"} {
		got, err := format([]variable{{"CA_FILE", "/tmp/a" + special + "b"}})
		if err == nil || !strings.Contains(err.Error(), "CA_FILE") || got != "" {
			t.Errorf("format of %q = %q, %v, want an error that names the variable", special, got, err)
		}
	}
}
