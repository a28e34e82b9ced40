// Package canary looks for secrets where none belongs: in logs, errors, reports,
// journals, object keys, the SQL of the other side. A test hands the secrets of
// its world to a [Set] and then everything that the program let out:
//
//	var secrets canary.Set
//	err := secrets.Watch(world.Secrets()...)
//	...
//	secrets.Check(t, "log", log.Bytes())
//
// A secret is found as it is and in these encodings, also where lines are broken
// in its middle:
//
//   - percent-encoded, as in a query, a path or a form, whichever characters are
//     encoded;
//   - base64, standard and URL-safe, padded or not, also in the middle of longer
//     encoded text, at each of its three places;
//   - hexadecimal, lower or upper case, and as Go prints the bytes of a slice;
//   - escaped as in JSON or in a string literal of Go (\u002b, \/, \x2b), whichever
//     characters are escaped;
//   - escaped as in HTML and XML.
//
// Percent-encoding and the two ways to escape may lie around any of the others,
// two deep: base64 in a query in JSON is found.
//
// What is not found: a part of a secret; a secret in other letters (lower case);
// one whose lines are indented; hexadecimal digits of mixed case; an encoding
// inside base64 or hexadecimal digits, such as base64 in base64; anything that is
// compressed, encrypted or hashed. What a hash of a secret opens as well has to
// be watched itself.
package canary

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/redferry/redferry/creds"
)

// A Secret is something that must not get out.
type Secret struct {
	Kind string // for messages: "secret access key of user/writer"
	Text creds.Secret
}

// minSecret is the shortest secret that is watched, in bytes: shorter ones stand
// in innocent text by chance.
const minSecret = 8

// ErrShort is wrapped by the error for a secret of less than 8 bytes, line breaks
// not counted.
var ErrShort = errors.New("too short to look for")

// A Set finds secrets. The zero Set watches none; it is safe for concurrent use.
type Set struct {
	mu      sync.Mutex // guards all below
	kinds   []string
	watched map[string]bool // by text
	needles []needle
	index   *index // of the needles; nil if it is out of date
}

// Watch adds secrets to those that s finds. A text that is watched already keeps
// the kind that it had. A secret of less than 8 bytes is refused with [ErrShort],
// and then none of them is added.
func (s *Set) Watch(secrets ...Secret) error {
	for _, secret := range secrets {
		if n := len(withoutBreaks(secret.Text.Reveal())); n < minSecret {
			return fmt.Errorf("canary: %s: %w: it has %d bytes, the least is %d", secret.Kind, ErrShort, n, minSecret)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched == nil {
		s.watched = make(map[string]bool)
	}
	for _, secret := range secrets {
		text := secret.Text.Reveal()
		if s.watched[text] {
			continue
		}
		s.watched[text] = true
		if !slices.Contains(s.kinds, secret.Kind) {
			s.kinds = append(s.kinds, secret.Kind)
		}
		s.needles = append(s.needles, needles(secret.Kind, text)...)
		s.index = nil
	}
	return nil
}

// Kinds returns the kinds of secret that s finds, in the order in which they were
// first watched.
func (s *Set) Kinds() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kinds)
}

// Scan looks for the secrets in data. Surface says what data is, for messages. It
// returns the first place of each kind in each encoding, in the order of the
// places. It keeps nothing of data.
func (s *Set) Scan(surface string, data []byte) []Hit {
	x := s.current()
	if len(x.needles) == 0 {
		return nil
	}
	var hits []Hit
	readings(data, func(r *reading) {
		x.search(r.text, func(n *needle, at int) {
			hits = append(hits, Hit{Kind: n.kind, Encoding: r.encoding(n), Surface: surface, Offset: r.origin(at)})
		})
	})
	return first(hits)
}

func (s *Set) current() *index {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index == nil {
		s.index = newIndex(slices.Clone(s.needles))
	}
	return s.index
}

// first keeps one hit per kind and place, the one with the least decoding, and
// of these the first of each kind and encoding.
func first(hits []Hit) []Hit {
	type place struct {
		kind string
		at   int
	}
	type form struct {
		kind     string
		encoding Encoding
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(a.Offset, b.Offset) })
	places, forms := make(map[place]bool), make(map[form]bool)
	return slices.DeleteFunc(hits, func(h Hit) bool {
		p, f := place{h.Kind, h.Offset}, form{h.Kind, h.Encoding}
		seen := places[p] || forms[f]
		places[p] = true
		if !seen {
			forms[f] = true
		}
		return seen
	})
}

// A Hit is a place where a secret was found. It does not hold the secret.
type Hit struct {
	Kind     string // of the secret
	Encoding Encoding
	Surface  string // what was looked at
	Offset   int    // of the first byte, in what was looked at
}

// String says what was found where, and never the secret.
func (h Hit) String() string {
	return fmt.Sprintf("canary: %s: there is the %s in it (%s) at byte %d", h.Surface, h.Kind, h.Encoding, h.Offset)
}

// A TB is the part of [testing.TB] that checks need.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Check fails the test for each hit of [Set.Scan], and if s watches nothing: such
// a test could not fail.
func (s *Set) Check(t TB, surface string, data []byte) {
	t.Helper()
	s.report(t, surface, s.Scan(surface, data))
}

func (s *Set) report(t TB, surface string, hits []Hit) {
	t.Helper()
	if len(s.Kinds()) == 0 {
		t.Errorf("canary: %s: no secret is watched", surface)
	}
	for _, hit := range hits {
		t.Errorf("%s", hit)
	}
}
