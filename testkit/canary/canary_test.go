package canary_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/canary"
)

// kinds are secrets of all shapes that occur.
var kinds = map[string]string{
	"secret access key":  "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	"session token":      "FwoGZXIvYXdzEBYaDH7/+x8Zq1n4mXEXAMPLETOKEN==",
	"planted password":   canary.Text("planted").Reveal(),
	"ugly password":      `p<w>&"quoted" 'it''s' 100%\ é😀+/=`,
	"secret document":    `{"username":"ferry","password":"Zk4!kd/3+s"}`,
	"document in lines":  "{\n  \"password\": \"Q8#vv/1+t\"\n}\n",
	"document of CRLF":   "user=ferry\r\npassword=Lm29/x+4\r\n",
	"signing key":        "\x00\x01\xfe\xffbinary\x80\x90key",
	"signature":          "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"hash of a password": "md5a3556571e93b0d20722ba62be61e8c2d",
	"private key":        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIGJ5c+/aQ\n-----END EC PRIVATE KEY-----\n",
	"client token":       "0f4b7c0e-9b1d-4a1c-8f0e-3c5d7e9a1b2c",
	"shortest":           "8 bytes!",
}

func watching(t testing.TB) *canary.Set {
	t.Helper()
	set := new(canary.Set)
	for kind, text := range kinds {
		if err := set.Watch(canary.Secret{Kind: kind, Text: creds.NewSecret(text)}); err != nil {
			t.Fatal(err)
		}
	}
	return set
}

// fits reports whether a form can carry a text at all: text is characters, and
// those who encode it as text put others in the place of what is none.
func fits(f form, text string) bool {
	binary := strings.ToValidUTF8(text, "") != text
	characters := strings.HasPrefix(string(f.encoding), "json") || f.encoding == canary.HTML
	return !binary || !characters || f.name == "Go literal" || f.name == "Go literal of bytes"
}

// TestEachKindInEachForm hides each secret in each form among harmless text.
func TestEachKindInEachForm(t *testing.T) {
	set := watching(t)
	for kind, text := range kinds {
		for _, f := range slices.Concat(simple, nested) {
			if !fits(f, text) {
				continue
			}
			encoded := f.encode(text)
			for _, around := range [][2]string{{"", ""}, {"level=INFO msg=", "\n"}, {`{"a":"`, `"}`}, {"7%\\ & ", " 100%"}} {
				hits := of(kind, set.Scan("here", []byte(around[0]+encoded+around[1])))
				want := f.encoding
				if encoded == strings.Trim(text, `"`) || encoded == `"`+text+`"` {
					want = canary.Plain // nothing in it needed an escape
				}
				at := slices.IndexFunc(hits, func(h canary.Hit) bool { return h.Encoding == want })
				if at < 0 {
					t.Errorf("%s as %s within %q: got %v", kind, f.name, around, hits)
					continue
				}
				offset := hits[at].Offset - len(around[0])
				if f.exact && offset != 0 || offset < 0 || offset >= len(encoded) {
					t.Errorf("%s as %s: found at byte %d of %d", kind, f.name, offset, len(encoded))
				}
			}
		}
	}
}

func of(kind string, hits []canary.Hit) []canary.Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h canary.Hit) bool { return h.Kind != kind })
}

// TestBrokenLines: base64 comes in lines of 64 or 76 characters, and terminals
// break at 80.
func TestBrokenLines(t *testing.T) {
	set := watching(t)
	for kind, text := range kinds {
		for _, f := range simple {
			for _, end := range []string{"\n", "\r\n"} {
				if !fits(f, text) {
					continue
				}
				encoded := f.encode(text)
				if f.encoding != canary.Plain && f.encoding != canary.Base64 && f.encoding != canary.Hex {
					continue // a break in the middle of an escape is none of its encoder's
				}
				middle := len(encoded) / 2
				data := "before\n" + encoded[:middle] + end + encoded[middle:]
				hits := of(kind, set.Scan("here", []byte(data)))
				if len(hits) != 1 || hits[0].Encoding != f.encoding || f.exact && hits[0].Offset != len("before\n") {
					t.Errorf("%s as %s in lines: got %v", kind, f.name, hits)
				}
			}
		}
	}
}

// TestNotFound: what the package comment says about its limits.
func TestNotFound(t *testing.T) {
	set := watching(t)
	key := kinds["secret access key"]
	for name, text := range map[string]string{
		"a part":            key[:len(key)-1],
		"other letters":     strings.ToLower(key),
		"indented lines":    key[:20] + "\n  " + key[20:],
		"base64 of base64":  simple[4].encode(simple[4].encode(key)),
		"three levels deep": nested[2].encode(allPercent(key)),
	} {
		if hits := set.Scan(name, []byte(text)); len(hits) > 0 {
			t.Errorf("%s: the comment says that it is not found: %v", name, hits)
		}
	}
}

// TestNoFalseAlarm scans the repository itself, which names no secret of these,
// and noise.
func TestNoFalseAlarm(t *testing.T) {
	set := new(canary.Set)
	for i := range 30 {
		secret := canary.Text(fmt.Sprint("secret ", i))
		if err := set.Watch(canary.Secret{Kind: fmt.Sprint(i), Text: secret}); err != nil {
			t.Fatal(err)
		}
	}
	scanned := 0
	for _, pattern := range []string{"../../*.go", "../../*.md", "../../go.*", "../../docs/*.md", "../../*/*.go", "../*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				continue // a directory
			}
			set.Check(t, file, content)
			scanned += len(content)
		}
	}
	noise := make([]byte, 256<<10)
	random := rand.NewChaCha8([32]byte{1})
	if _, err := random.Read(noise); err != nil {
		t.Fatal(err)
	}
	set.Check(t, "noise", noise)
	for i, c := range noise {
		noise[i] = "0123456789abcdefABCDEF%\\u&#;+/= \n"[int(c)%33]
	}
	set.Check(t, "noise of escapes", noise)
	if scanned < 1<<20 {
		t.Errorf("only %d bytes were scanned", scanned)
	}
}

// TestHits: one per kind and encoding, the first, in order; none holds a secret.
func TestHits(t *testing.T) {
	set := new(canary.Set)
	key, other := canary.Text("key"), canary.Text("other")
	if err := set.Watch(canary.Secret{Kind: "key", Text: key}, canary.Secret{Kind: "other", Text: other}, canary.Secret{Kind: "again", Text: key}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"key", "other"}, set.Kinds()); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	text := "a " + other.Reveal() + " b " + key.Reveal() + " c " + key.Reveal() + " d " + allPercent(key.Reveal())
	hits := set.Scan("the log", []byte(text))
	want := []canary.Hit{
		{Kind: "other", Encoding: canary.Plain, Surface: "the log", Offset: 2},
		{Kind: "key", Encoding: canary.Plain, Surface: "the log", Offset: strings.Index(text, key.Reveal())},
		{Kind: "key", Encoding: canary.URL, Surface: "the log", Offset: strings.Index(text, allPercent(key.Reveal()))},
	}
	if diff := cmp.Diff(want, hits); diff != "" {
		t.Errorf("hits (-want +got):\n%s", diff)
	}
	if got := fmt.Sprintf("%v %+v %#v", hits, hits, hits); len(set.Scan("hits", []byte(got))) > 0 {
		t.Error("a hit holds the secret")
	}
	if got, want := hits[0].String(), "canary: the log: there is the other in it (plain) at byte 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestShortSecretsAreRefused(t *testing.T) {
	var set canary.Set
	for _, text := range []string{"", "seven b", "a\nb\r\nc\nd\ne"} {
		err := set.Watch(canary.Secret{Kind: "good", Text: canary.Text("good")}, canary.Secret{Kind: "the pin", Text: creds.NewSecret(text)})
		if !errors.Is(err, canary.ErrShort) || !strings.Contains(err.Error(), "the pin") || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if len(set.Kinds()) > 0 {
		t.Errorf("a refused call added %v", set.Kinds())
	}
}

// failures counts what a test would have failed with.
type failures struct{ messages []string }

func (f *failures) Helper() {}

func (f *failures) Errorf(format string, args ...any) {
	f.messages = append(f.messages, fmt.Sprintf(format, args...))
}

func TestCheckFails(t *testing.T) {
	var set canary.Set
	var f failures
	set.Check(&f, "log", []byte("harmless"))
	if len(f.messages) != 1 || !strings.Contains(f.messages[0], "no secret is watched") {
		t.Errorf("a check that cannot fail: got %q", f.messages)
	}
	secret := canary.Text("secret")
	if err := set.Watch(canary.Secret{Kind: "secret", Text: secret}); err != nil {
		t.Fatal(err)
	}
	f.messages = nil
	set.Check(&f, "log", []byte("harmless"))
	set.CheckValue(&f, "error", errors.New("harmless"))
	set.CheckFiles(&f, "state", fstest.MapFS{"run/t.json": {Data: []byte("harmless")}})
	if len(f.messages) > 0 {
		t.Errorf("got %q", f.messages)
	}
	set.Check(&f, "log", []byte(secret.Reveal()))
	set.CheckFiles(&f, "state", fstest.MapFS{"run/" + secret.Reveal(): {}, "t.json": {Data: []byte("x" + secret.Reveal())}})
	want := []string{
		"canary: log: there is the secret in it (plain) at byte 0",
		"canary: state, a name: there is the secret in it (plain) at byte 4",
		"canary: state, t.json: there is the secret in it (plain) at byte 1",
	}
	if diff := cmp.Diff(want, f.messages); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

// leaky holds a secret where one of the ways to print it shows it.
type leaky struct {
	err     error
	private string
	Public  string `json:"public"`
}

func (l *leaky) Error() string { return "leaky" }
func (l *leaky) Unwrap() error { return l.err }

func TestValues(t *testing.T) {
	var set canary.Set
	secret := canary.Text("value")
	if err := set.Watch(canary.Secret{Kind: "secret", Text: secret}); err != nil {
		t.Fatal(err)
	}
	text := secret.Reveal()
	for name, v := range map[string]any{
		"text":                  text,
		"bytes":                 []byte(text),
		"an unexported field":   struct{ s string }{text},
		"an error's text":       errors.New(text),
		"an error's field":      &leaky{private: text},
		"an error's JSON":       &leaky{Public: text},
		"a wrapped error":       &leaky{err: fmt.Errorf("inner: %w", &leaky{private: text})},
		"one of several errors": errors.Join(errors.New("harmless"), &leaky{private: text}),
	} {
		if len(set.ScanValue(name, v)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	for name, v := range map[string]any{"nil": nil, "a secret": secret, "keys": &creds.Keys{SecretAccessKey: secret}} {
		set.CheckValue(t, name, v)
	}
}

func TestText(t *testing.T) {
	seen := make(map[string]bool)
	for _, name := range []string{"", "a", "b", "password of A", "password of B", strings.Repeat("long ", 20), strings.Repeat("long ", 21), "ü/'\"\\"} {
		text := canary.Text(name).Reveal()
		if seen[text] || text != canary.Text(name).Reveal() || len(text) < minPassword || len(text) > maxPassword {
			t.Errorf("text of %q is %q", name, text)
		}
		seen[text] = true
		for _, class := range []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "+", "="} {
			if !strings.ContainsAny(text, class) {
				t.Errorf("%q has none of %q", text, class)
			}
		}
		if strings.ContainsAny(text, "'\"\\/@ $`&;|<>(){}*?!#~%") || strings.ToValidUTF8(text, "") != text {
			t.Errorf("%q needs quotes, or Redshift refuses it", text)
		}
	}
}

// What Redshift takes as a password.
// Source: Amazon Redshift Database Developer Guide, CREATE USER.
const minPassword, maxPassword = 8, 64

func TestConcurrentUse(t *testing.T) {
	var set canary.Set
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			secret := canary.Text(fmt.Sprint(i))
			if err := set.Watch(canary.Secret{Kind: fmt.Sprint(i), Text: secret}); err != nil {
				t.Error(err)
			}
			for _, f := range simple {
				if len(of(fmt.Sprint(i), set.Scan("here", []byte("%41\\n\n"+f.encode(secret.Reveal()))))) == 0 {
					t.Errorf("%d as %s is not found", i, f.name)
				}
			}
		})
	}
	wg.Wait()
}
