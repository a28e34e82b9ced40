package canary_test

import (
	"strings"
	"testing"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/canary"
)

// FuzzScan hides any secret in any form in any text: it is found, and its place
// is in the data.
func FuzzScan(f *testing.F) {
	f.Add("8 bytes!", "", "", uint8(0))
	f.Add("p<w>&\"quoted\" 'it''s' 100%\\ é😀+/=", `{"a":"`, "%", uint8(1))
	f.Add("line\nline\r\nline", "\\u00", "&#", uint8(12))
	f.Add("\x00\xff\x80binary!", "%4", "\\", uint8(5))
	for i := range len(simple) + len(nested) {
		f.Add("wJalrXUtnFEMI/K7MDENG+bPxRfi", "&amp;\r\n%", ";%\\\n", uint8(i))
	}
	all := append(append([]form(nil), simple...), nested...)
	f.Fuzz(func(t *testing.T, secret, before, after string, which uint8) {
		form := all[int(which)%len(all)]
		var set canary.Set
		err := set.Watch(canary.Secret{Kind: "secret", Text: creds.NewSecret(secret)})
		if short := len(strings.NewReplacer("\n", "", "\r", "").Replace(secret)) < 8; short != (err != nil) {
			t.Fatalf("Watch: %v", err)
		}
		if err != nil || !fits(form, secret) {
			return
		}
		// What is before may end in the middle of an escape, and then swallow the
		// beginning of the secret.
		data := before + " | " + form.encode(secret) + " | " + after
		hits := set.Scan("here", []byte(data))
		if len(hits) == 0 {
			t.Errorf("%q as %s is not found in %q", secret, form.name, data)
		}
		for _, hit := range hits {
			if hit.Offset < 0 || hit.Offset >= len(data) {
				t.Errorf("found at byte %d of %d", hit.Offset, len(data))
			}
		}
	})
}
