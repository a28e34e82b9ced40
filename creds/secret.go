package creds

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// redacted stands where a secret is.
const redacted = "REDACTED"

// A Secret holds a password or a key and prints as "REDACTED": under every verb
// of fmt, in JSON, in slog. It holds a pointer rather than being a string
// because fmt reads a string in an unexported field without asking its methods;
// there a Secret shows as an address. The zero Secret is empty and prints as
// "REDACTED", too.
//
// Compare secrets with [Secret.Equal]: == compares the pointers.
type Secret struct {
	text *string
}

// NewSecret returns a Secret that holds text.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text. Call it where the secret is handed to the other side
// and nowhere else.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether s holds no text.
func (s Secret) IsZero() bool { return s.text == nil || *s.text == "" }

// Equal reports whether both hold the same text. It takes the same time
// wherever they differ.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(other.Reveal())) == 1
}

// String returns "REDACTED".
func (s Secret) String() string { return redacted }

// Format writes "REDACTED" under every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "REDACTED"; encoding/json uses it as well.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "REDACTED".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
