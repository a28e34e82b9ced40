package canary

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"unicode/utf8"

	"github.com/redferry/redferry/creds"
)

// maxName is how much of a name goes into a Text as it is.
const maxName = 20

// Text returns a secret to plant: unique to its name, the same in every run, and
// easy to recognize by a person who meets it. It is a password that Redshift
// takes, it needs no quotes in a shell, and it has characters that each of the
// encodings changes. It is at most 64 bytes long.
func Text(name string) creds.Secret {
	sum := sha256.Sum256([]byte("canary\x00" + name))
	return creds.NewSecret("Canary1+" + plain(name) + "=" + base32.StdEncoding.EncodeToString(sum[:])[:24])
}

// plain keeps the letters and digits of a name, and a hyphen for all else.
func plain(name string) string {
	kept := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && isAlphanumeric(byte(r)) {
			return r
		}
		return '-'
	}, name)
	return kept[:min(len(kept), maxName)]
}
