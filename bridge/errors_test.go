package bridge_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// with returns a client that differs in one field from what the account wants.
func (w *world) with(t *testing.T, a *account, change func(*bridge.Access)) *s3.Client {
	t.Helper()
	user := must(a.iam.CreateUser("changed-"+a.bucket, fakeaws.MustParsePolicy(all)))(t)
	access := w.access(a, user.CreateAccessKey())
	change(&access)
	return must(bridge.NewClient(access))(t)
}

// TestErrors checks that each mistake gives one error that names the side, the
// step, the object and what to do, and leaves nothing at the target.
func TestErrors(t *testing.T) {
	const refused = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	tests := []struct {
		name  string
		size  int
		spoil func(*testing.T, *world) (redferry.URI, bridge.Object)
		is    error
		want  []string
	}{
		{"the object does not exist", 500, at("", "nothing"), fs.ErrNotExist, []string{"source: head s3://source/nothing", "NoSuchKey"}},
		{"the source bucket does not exist", 500, at("", "s3://nowhere/k"), fs.ErrNotExist, []string{"source: head s3://nowhere/k", "NoSuchBucket", "check that bucket nowhere exists"}},
		{"the target bucket does not exist", 500, at("s3://nowhere/k", "k"), fs.ErrNotExist, []string{"target: put s3://nowhere/k", "NoSuchBucket", "check that bucket nowhere exists"}},
		{"the reader may not read", 500, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.reader = w.client(t, w.a, refused)
			return dst("k"), unknown("k")
		}, fs.ErrPermission, []string{"source: head s3://source/k", "AccessDenied", "allow access key AKIA", "the action s3:GetObject on arn:aws:s3:::source/k"}},
		{"the writer may not write an object", 500, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.writer = w.client(t, w.b, refused)
			return dst("k"), unknown("k")
		}, fs.ErrPermission, []string{"target: put s3://target/k (from s3://source/k)", "AccessDenied", "allow access key AKIA", "the action s3:PutObject on arn:aws:s3:::target/k"}},
		{"the writer may not begin an upload", 5000, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.writer = w.client(t, w.b, refused)
			return dst("k"), unknown("k")
		}, fs.ErrPermission, []string{"target: create upload to s3://target/k", "AccessDenied", "the action s3:PutObject on arn:aws:s3:::target/k"}},
		{"the source's region is wrong", 500, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.reader = w.with(t, w.a, func(a *bridge.Access) { a.Region = "ap-south-1" })
			return dst("k"), unknown("k")
		}, nil, []string{"source: head s3://source/k", "ap-south-1", "us-east-1"}},
		{"the target's region is wrong", 500, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.writer = w.with(t, w.b, func(a *bridge.Access) { a.Region = "ap-south-1" })
			return dst("k"), unknown("k")
		}, nil, []string{"target: put s3://target/k", "ap-south-1", "eu-west-1"}},
		{"the source cannot be reached", 500, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.reader = w.with(t, w.a, func(a *bridge.Access) { a.Endpoint = "http://nobody.test:1" })
			return dst("k"), unknown("k")
		}, nil, []string{"source: head s3://source/k", "connection refused", "check that the endpoint http://nobody.test:1 is up"}},
		{"the target cannot be reached", 5000, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.writer = w.with(t, w.b, func(a *bridge.Access) { a.Endpoint = "http://nobody.test:1" })
			return dst("k"), unknown("k")
		}, nil, []string{"target: create upload to s3://target/k", "connection refused", "check that the endpoint http://nobody.test:1 is up"}},
		{"the secret key is wrong", 500, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.reader = w.with(t, w.a, func(a *bridge.Access) {
				keys := must(a.Credentials.Retrieve(t.Context()))(t)
				*a = w.access(w.a, creds.Keys{AccessKeyID: keys.AccessKeyID, SecretAccessKey: creds.NewSecret("hunter2")})
			})
			return dst("k"), unknown("k")
		}, nil, []string{"source: head s3://source/k", "SignatureDoesNotMatch", "check the access key AKIA"}},
		{"the key is unknown", 500, func(t *testing.T, w *world) (redferry.URI, bridge.Object) {
			w.writer = w.with(t, w.b, func(a *bridge.Access) {
				*a = w.access(w.b, creds.Keys{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: creds.NewSecret("hunter2")})
			})
			return dst("k"), unknown("k")
		}, nil, []string{"target: put s3://target/k", "InvalidAccessKeyId", "check the access key AKIAUNKNOWN"}},
		{"an end names no object", 500, func(*testing.T, *world) (redferry.URI, bridge.Object) {
			return redferry.URI{Bucket: "target"}, unknown("k")
		}, nil, []string{"both ends must name an object"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.put(t, "k", random(tt.size), nil)
				to, from := tt.spoil(t, w)
				_, err := w.copier(nil).Copy(t.Context(), to, from)
				says(t, err, tt.is, tt.want)
				if w.got(t, "k") != nil || w.open(t) != 0 {
					t.Error("something is left at the target")
				}
			})
		})
	}
}

func at(to, from string) func(*testing.T, *world) (redferry.URI, bridge.Object) {
	return func(*testing.T, *world) (redferry.URI, bridge.Object) {
		d, s := dst("k"), unknown(from)
		if u, err := redferry.ParseURI(to); err == nil {
			d = u
		}
		if u, err := redferry.ParseURI(from); err == nil {
			s.URI = u
		}
		return d, s
	}
}

func says(t *testing.T, err, is error, want []string) {
	t.Helper()
	var e *bridge.Error
	if !errors.As(err, &e) || is != nil && !errors.Is(err, is) {
		t.Fatalf("error %v, want a *bridge.Error that is %v", err, is)
	}
	for _, text := range append(want, "bridge: ") {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %q holds a secret", err)
	}
}

// TestMissingActions takes each action of a write-only key away in turn.
func TestMissingActions(t *testing.T) {
	for action, size := range map[string]int{"s3:PutObject": 5000, "s3:AbortMultipartUpload": 5000, "s3:ListMultipartUploadParts": 5000} {
		t.Run(action, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.put(t, "k", random(size), nil)
				w.writer = w.client(t, w.b, strings.Replace(writeOnly, `"`+action+`"`, `"s3:Nothing"`, 1))
				journal := new(bridge.MemJournal)
				c := w.copier(func(o *bridge.Options) { o.Journal, o.Retries = journal, -1 })
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 500, Code: "InternalError"})
				_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				if action != "s3:PutObject" {
					_, err = c.Copy(t.Context(), dst("k"), unknown("k"))
				}
				if action == "s3:AbortMultipartUpload" {
					check(t, err)
					check(t, journal.Save(t.Context(), bridge.Upload{Dst: dst("k"), UploadID: newUpload(t, w)}))
					err = c.Abort(t.Context(), dst("k"))
				}
				says(t, err, fs.ErrPermission, []string{"target: ", "s3://target/k", "the action " + action + " on arn:aws:s3:::target/k"})
			})
		})
	}
}

func TestResumable(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("x"), false},
		{&bridge.Error{Err: errors.New("x")}, false},
		{&bridge.Error{Err: errors.New("x"), UploadID: "u"}, true},
		{errors.Join(errors.New("y"), &bridge.Error{Err: errors.New("x"), UploadID: "u"}), true},
	} {
		if got := bridge.Resumable(tt.err); got != tt.want {
			t.Errorf("Resumable(%v) = %t, want %t", tt.err, got, tt.want)
		}
	}
}
