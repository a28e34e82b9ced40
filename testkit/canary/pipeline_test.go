package canary_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/canary"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/pair"
)

// wrong is a secret that is none of the world's: what somebody stored by mistake
// must not get out either.
var wrong = canary.Secret{Kind: "wrong secret", Text: canary.Text("wrong")}

// put stores a secret's new value.
func put(t *testing.T, a *pair.Account, name, value string) {
	t.Helper()
	_, err := a.IAM.PutSecret(a.Region, name, value)
	check(t, err)
}

func object(t *testing.T, members map[string]string) string {
	t.Helper()
	text, err := json.Marshal(members)
	check(t, err)
	return string(text)
}

// failing are moves with one thing wrong each.
var failing = []struct {
	name   string
	change func(*testing.T, *world)
	says   string
}{
	{"a wrong password", func(t *testing.T, w *world) {
		put(t, w.B, "redferry/login", object(t, map[string]string{"username": "ferry", "password": wrong.Text.Reveal()}))
	}, "password authentication failed"},
	{"a secret that is no JSON", func(t *testing.T, w *world) { put(t, w.A, "redferry/login", wrong.Text.Reveal()) }, ""},
	{"a secret without a password", func(t *testing.T, w *world) {
		put(t, w.A, "redferry/login", object(t, map[string]string{"username": "ferry", "passwort": wrong.Text.Reveal()}))
	}, ""},
	{"a wrong secret access key", func(t *testing.T, w *world) {
		put(t, w.B, "redferry/writer", object(t, map[string]string{"access_key_id": w.Writer.AccessKeyID, "secret_access_key": wrong.Text.Reveal()}))
	}, "SignatureDoesNotMatch"},
	{"keys of which half is missing", func(t *testing.T, w *world) {
		put(t, w.A, "redferry/reader", object(t, map[string]string{"access_key_id": w.Reader.AccessKeyID, "secret": wrong.Text.Reveal()}))
	}, `"secret_access_key"`},
	{"a key that nobody has", func(t *testing.T, w *world) {
		put(t, w.A, "redferry/reader", object(t, map[string]string{"access_key_id": "AKIAUNKNOWN", "secret_access_key": w.Reader.SecretAccessKey.Reveal()}))
	}, "InvalidAccessKeyId"},
	{"a key that is gone", func(t *testing.T, w *world) {
		user, err := w.B.IAM.User("bridge-writer")
		check(t, err)
		check(t, user.DeleteAccessKey(w.Writer.AccessKeyID))
	}, "InvalidAccessKeyId"},
	{"a role that is not attached", func(_ *testing.T, w *world) {
		w.source.role = creds.MustParseRole("arn:aws:iam::111111111111:role/nobody")
	}, "role/nobody"},
	{"the role of the other account", func(_ *testing.T, w *world) { w.sink.role = w.source.role }, "redshift-a"},
	{"a writer that must not write", func(_ *testing.T, w *world) {
		w.B.S3.Inject(fakes3.Fault{Op: "CreateMultipartUpload", Times: -1, Status: 403, Code: "AccessDenied"})
	}, "s3:PutObject"},
	{"an S3 that answers nonsense", func(_ *testing.T, w *world) {
		w.A.S3.Inject(fakes3.Fault{Op: "GetObject", Times: -1, FlipResponse: 1})
	}, "manifest"},
	{"a COPY that fails", func(_ *testing.T, w *world) {
		w.B.Warehouse.Inject(fakeredshift.Fault{Op: "COPY", SQL: &fakeredshift.Error{SQLState: "XX000", Message: "Load into table 't' failed"}})
	}, "failed"},
}

// TestNothingSecretGetsOut moves tables, well and badly, and looks for every secret
// of the two accounts in everything that the program let out: its log at every
// level with each trace, report, errors, configuration, state and journal, what
// went over the wire, the statements that each warehouse and the requests that
// each S3 saw, and the objects in both buckets.
func TestNothingSecretGetsOut(t *testing.T) {
	t.Run("well", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			config, report, err := w.run(t)
			check(t, err)
			all, unsigned := w.watch(t)
			w.scan(t, all, unsigned, config, report, err)
			if kinds := all.Kinds(); len(kinds) < 12 {
				t.Errorf("only %d kinds of secret: %v", len(kinds), kinds)
			}
			if w.mode == "direct" {
				w.power(t, all, unsigned)
			}
		})
	})
	for _, tt := range failing {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				tt.change(t, w)
				config, report, err := w.run(t)
				if err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Fatalf("got %v, want an error that says %q", err, tt.says)
				}
				all, unsigned := w.watch(t, wrong)
				w.scan(t, all, unsigned, config, report, err)
			})
		})
	}
}

// TestNothingSecretGetsOutWhenConnectionsBreak loses one message after the other
// with its connection. Runs with a lost message may end well or not.
func TestNothingSecretGetsOutWhenConnectionsBreak(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_, _, err := w.run(t)
		check(t, err)
		sent := w.out.sent
		for w.breakAt = 1; w.breakAt < sent; w.breakAt += max(sent/12, 1) {
			w.out, w.state, w.journal = outlets{}, t.TempDir(), t.TempDir()
			config, report, err := w.run(t)
			all, unsigned := w.watch(t)
			w.scan(t, all, unsigned, config, report, err)
		}
	})
}

// power plants one secret after the other in one surface after the other, and has
// each of them found.
func (w *world) power(t *testing.T, all, unsigned *canary.Set) {
	t.Helper()
	encode := []func(string) string{
		func(s string) string { return s },
		func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s)) },
		url.QueryEscape,
		func(s string) string { return fmt.Sprintf("%x", s) },
		func(s string) string { return fmt.Sprintf("%q", s) },
	}
	for i, secret := range w.Secrets() {
		leak := encode[i%len(encode)](secret.Text.Reveal())
		for name, set := range map[string]*canary.Set{"log as JSON": all, "wire to s3.b:443": unsigned, "wire from pg.a:443": unsigned} {
			if text := w.out.text[name].String(); len(set.Scan(name, []byte(text[:len(text)/2]+leak+text[len(text)/2:]))) == 0 {
				t.Errorf("the %s is not found in %s", secret.Kind, name)
			}
		}
		file := filepath.Join(w.state, "planted")
		check(t, os.WriteFile(file, []byte(leak), 0o600))
		hits, err := all.ScanFiles("state", os.DirFS(w.state))
		check(t, err)
		if len(hits) == 0 {
			t.Errorf("the %s is not found in the state", secret.Kind)
		}
	}
}
