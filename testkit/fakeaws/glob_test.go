package fakeaws

import (
	"regexp"
	"strings"
	"testing"
)

// An independent matcher is the oracle: the regular expression of the pattern.
func FuzzGlob(f *testing.F) {
	f.Add("s3:Get*", "s3:GetObject")
	f.Add("arn:aws:s3:::stage/?/*", "arn:aws:s3:::stage/1/a/b")
	f.Add("*a*b*", "xxaybzb")
	f.Add("**", "")
	f.Add("a?", "a")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		expr := `(?s)^` + strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern)) + `$`
		for _, c := range []byte(pattern + s) {
			if c >= 0x80 {
				return // a regular expression counts characters, not bytes
			}
		}
		if got, want := glob(pattern, s), regexp.MustCompile(expr).MatchString(s); got != want {
			t.Errorf("glob(%q, %q) = %t, want %t", pattern, s, got, want)
		}
	})
}
