package creds_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/redferry/redferry/creds"
)

func TestMaskText(t *testing.T) {
	const (
		secretKey  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
		anotherKey = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
	)
	var mask creds.Mask
	mask.Add(creds.NewSecret("canary"), creds.NewSecret(canary), creds.NewSecret("abc"), creds.NewSecret(""))
	tests := []struct{ name, text, want string }{
		{"nothing", "unload sales.orders: 7 rows", "unload sales.orders: 7 rows"},
		{"registered", "password " + canary + ".", "password REDACTED."},
		{"the longer of two", canary + " canary", "REDACTED REDACTED"},
		{"too short to look for", "abc", "abc"},
		{"access key id", "key AKIAIOSFODNN7EXAMPLE refused", "key REDACTED refused"},
		{"temporary key id", "(ASIAIOSFODNN7EXAMPLE)", "(REDACTED)"},
		{"no key id", "AKIAIOSFODNN7EXAMPLES", "AKIAIOSFODNN7EXAMPLES"},
		{"secret key", "secret=" + secretKey, "secret=REDACTED"},
		{"two secret keys", secretKey + " " + secretKey, "REDACTED REDACTED"},
		{"old and new secret key", secretKey + "," + anotherKey, "REDACTED,REDACTED"},
		{"quoted secret key", `"` + secretKey + `"`, `"REDACTED"`},
		{"commit", "commit 5a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b", "commit 5a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b"},
		{"longer base64", secretKey + "x", secretKey + "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := mask.Text(test.text); got != test.want {
				t.Errorf("Text(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

type leaky struct{ Password *string }

type valuer struct{}

func (valuer) LogValue() slog.Value { return slog.StringValue("valuer " + canary) }

func TestMaskHandler(t *testing.T) {
	var mask creds.Mask
	mask.Add(creds.NewSecret(canary))
	password := canary
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(mask.Handler(handler)).With("with", canary).WithGroup("group")
		log.Info("message "+canary,
			"text", canary,
			"error", fmt.Errorf("login: %w", errors.New(canary)),
			"struct", struct{ Password string }{canary},
			"pointer", leaky{&password},
			"bytes", []string{canary},
			"valuer", valuer{},
			slog.Group("inner", "text", canary, slog.Group("deep", "text", canary)),
			"key "+canary, 1,
			"rows", 7,
		)
		log.Debug("below the level")
	}
	checkNoCanary(t, "the log", out.String())
	for _, want := range []string{"message REDACTED", "login: REDACTED", "group.rows=7", `"rows":7`, "valuer REDACTED"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log has no %q: %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "below") {
		t.Error("the level of the handler beneath is not kept")
	}
}

// A registered secret stands in no masked text, whatever is around it.
func FuzzMaskText(f *testing.F) {
	f.Add("hunter22", "before ", " after")
	f.Add("aaaa", "aaa", "aaa")
	f.Add("ACTEDRED", "RED", "TED")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < 4 {
			return // too short to look for
		}
		var mask creds.Mask
		mask.Add(creds.NewSecret(secret))
		for piece := range strings.SplitSeq(mask.Text(before+secret+after), "REDACTED") {
			if strings.Contains(piece, secret) {
				t.Errorf("masked text holds the secret: %q", piece)
			}
		}
	})
}
