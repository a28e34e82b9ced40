package creds_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
)

const canary = "canary-Pa55/word+"

// holder has a secret in every place where fmt and encoding/json look.
type holder struct {
	Exported creds.Secret
	hidden   creds.Secret
	pointer  *creds.Secret
	Map      map[string]creds.Secret
	Keys     map[creds.Secret]int
	List     []creds.Secret
	Any      any
	Login    creds.Login
	deep     *holder
}

func newHolder() holder {
	s := creds.NewSecret(canary)
	return holder{
		Exported: s, hidden: s, pointer: &s,
		Map: map[string]creds.Secret{"k": s}, Keys: map[creds.Secret]int{s: 1}, List: []creds.Secret{s}, Any: s,
		Login: creds.Login{User: "ferry", Password: s},
		deep:  &holder{Exported: s, hidden: s},
	}
}

// checkNoCanary looks for the secret as it is and in the encodings that hide it.
func checkNoCanary(t *testing.T, surface, text string) {
	t.Helper()
	quoted, err := json.Marshal(canary)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{
		canary,
		hex.EncodeToString([]byte(canary)),
		strings.ToUpper(hex.EncodeToString([]byte(canary))),
		base64.StdEncoding.EncodeToString([]byte(canary)),
		url.QueryEscape(canary),
		string(quoted[1 : len(quoted)-1]),
		fmt.Sprint([]byte(canary)),
		fmt.Sprintf("%q", []rune(canary)),
	} {
		if strings.Contains(text, form) {
			t.Errorf("%s holds the secret: %s", surface, text)
		}
	}
}

func TestSecretUnderEveryVerb(t *testing.T) {
	s := creds.NewSecret(canary)
	h := newHolder()
	for _, verb := range "vsqxXdboOteEfFgGcUz" { // all but T and p, which are about type and address
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "#+", "10", ".3", "+10.3"} {
			format := "%" + flags + string(verb)
			if got := fmt.Sprintf(format, s); got != "REDACTED" {
				t.Errorf("%s of a Secret = %q, want REDACTED", format, got)
			}
			for _, v := range []any{&s, []creds.Secret{s}, h, &h, []any{h}, struct{ s creds.Secret }{s}, creds.Keys{SecretAccessKey: s}} {
				checkNoCanary(t, format, fmt.Sprintf(format, v))
			}
		}
	}
	checkNoCanary(t, "Sprintln", fmt.Sprintln(h, &h, s))
	checkNoCanary(t, "String", s.String())
	for _, format := range []string{"%T", "%p", "%w", "%!", "%[2]v", "%*v"} {
		checkNoCanary(t, format, fmt.Sprintf(format, s))
	}
	checkNoCanary(t, "error", fmt.Errorf("creds: %w: %v", creds.ErrAbsent, h).Error())
}

func TestSecretInJSONAndLogs(t *testing.T) {
	h := newHolder()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	checkNoCanary(t, "JSON", string(text))
	if !strings.Contains(string(text), `"Exported":"REDACTED"`) {
		t.Errorf("JSON = %s, want the secret as REDACTED", text)
	}
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).With("with", h.hidden).Info("message", "secret", h.hidden, "pointer", h.pointer, "holder", h, "login", h.Login)
	}
	checkNoCanary(t, "slog", out.String())
	if !strings.Contains(out.String(), "secret=REDACTED") {
		t.Errorf("slog wrote %s, want the secret as REDACTED", out.String())
	}
}

func TestSecretReveals(t *testing.T) {
	var zero creds.Secret
	tests := []struct {
		name   string
		secret creds.Secret
		text   string
		isZero bool
	}{
		{"zero", zero, "", true},
		{"empty", creds.NewSecret(""), "", true},
		{"text", creds.NewSecret(canary), canary, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.secret.Reveal(); got != test.text {
				t.Errorf("Reveal = %q, want %q", got, test.text)
			}
			if got := test.secret.IsZero(); got != test.isZero {
				t.Errorf("IsZero = %t, want %t", got, test.isZero)
			}
			if got := fmt.Sprint(test.secret); got != "REDACTED" {
				t.Errorf("Sprint = %q, want REDACTED", got)
			}
		})
	}
	if !cmp.Equal(creds.NewSecret(canary), creds.NewSecret(canary)) || cmp.Equal(creds.NewSecret(canary), zero) {
		t.Error("Equal does not compare the texts")
	}
}

// No format brings out what stands in a field, exported or not.
func FuzzSecretNeverPrints(f *testing.F) {
	f.Add("hunter2", "%v")
	f.Add("se'cr\"et\\text", "%#+q")
	f.Add("", "%x %[1]d %[1]*v")
	f.Fuzz(func(t *testing.T, text, format string) {
		if strings.Contains(format, "canary") {
			return
		}
		s := creds.NewSecret("canary" + text)
		got := fmt.Sprintf(format, struct{ Exported, hidden creds.Secret }{s, s})
		if strings.Contains(got, "canary") || strings.Contains(strings.ToLower(got), hex.EncodeToString([]byte("canary"))) {
			t.Errorf("Sprintf(%q) = %q holds the secret", format, got)
		}
	})
}
