package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// The rights that a preflight of [world.preflight] finds with a good pair of keys.
var (
	sourceRights = []string{
		"source s3:ListBucket on arn:aws:s3:::source: needed, allowed",
		"source s3:GetObject on arn:aws:s3:::source/p/*: needed, allowed",
		"source s3:PutObject on arn:aws:s3:::source/p/*: denied",
		"source s3:DeleteObject on arn:aws:s3:::source/p/*: unknown",
	}
	targetRights = []string{
		"target s3:PutObject on arn:aws:s3:::target/q/*: needed, allowed",
		"target s3:ListMultipartUploadParts on arn:aws:s3:::target/q/*: needed, allowed",
		"target s3:ListBucketMultipartUploads on arn:aws:s3:::target: needed, allowed",
		"target s3:AbortMultipartUpload on arn:aws:s3:::target/q/*: needed, allowed",
		"target s3:ListBucket on arn:aws:s3:::target: denied",
		"target s3:DeleteObject on arn:aws:s3:::target/q/*: unknown",
		"target s3:GetObject on arn:aws:s3:::target/q/*: denied",
	}
)

// everything that the rights of both keys are made of.
var everything = []string{
	"source s3:ListBucket", "source s3:GetObject", "source s3:PutObject", "source s3:AbortMultipartUpload",
	"target s3:PutObject", "target s3:ListMultipartUploadParts", "target s3:ListBucketMultipartUploads", "target s3:AbortMultipartUpload",
	"target s3:ListBucket", "target s3:DeleteObject", "target s3:GetObject",
}

func (w *world) preflight() *bridge.Preflight {
	return &bridge.Preflight{Source: w.reader, Target: w.writer, Src: src("p/"), Dst: dst("q/")}
}

// grant gives both keys these rights, such as "source s3:GetObject", and no others.
func (w *world) grant(t *testing.T, rights ...string) {
	t.Helper()
	statements := make(map[string][]string)
	for _, right := range rights {
		side, action, _ := strings.Cut(right, " ")
		resource := side + "/*"
		if strings.HasPrefix(action, "s3:ListBucket") {
			resource = side
		}
		statements[side] = append(statements[side], fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":"arn:aws:s3:::%s"}`, action, resource))
	}
	policy := func(side string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements[side], ",") + `]}`
	}
	w.reader, w.writer = w.client(t, w.a, policy("source")), w.client(t, w.b, policy("target"))
}

// without returns all of a list that none of these ends.
func without(list []string, these ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(these, s) })
}

func told(f *bridge.Findings) []string {
	var lines []string
	for _, r := range f.Rights {
		needed := ""
		if r.Needed {
			needed = "needed, "
		}
		lines = append(lines, fmt.Sprintf("%s %s on %s: %s%s", r.Side, r.Action, r.Resource, needed, r.Allowed))
	}
	return lines
}

// untouched checks that both sides are as they were, and that nothing was asked for
// twice.
func (w *world) untouched(t *testing.T, sources, targets int) {
	t.Helper()
	for side, objects := range map[*account]int{w.a: sources, w.b: targets} {
		bucket := redferry.URI{Bucket: side.bucket}
		if n := len(side.s3.Objects(bucket)); n != objects {
			t.Errorf("%s holds %d objects, want %d", bucket, n, objects)
		}
		if open := side.s3.OpenUploads(bucket); len(open) != 0 {
			t.Errorf("uploads are left open: %+v", open)
		}
		asked := make(map[string]int)
		for _, r := range side.s3.Requests() {
			if asked[r.Op]++; asked[r.Op] > 1 {
				t.Errorf("%s was asked for %d times at %s", r.Op, asked[r.Op], bucket)
			}
		}
	}
}

// TestPreflight: with the rights of a reader and of a write-only key all is well, and
// they are found out one request each.
func TestPreflight(t *testing.T) {
	for _, objects := range []int{0, 2} {
		t.Run(fmt.Sprintf("%d objects", objects), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				for n := range objects {
					must(w.a.s3.Put(src(fmt.Sprintf("p/ü %d", n)), strings.NewReader(strings.Repeat("x", n)), nil))(t)
				}
				found, err := w.preflight().Run(t.Context(), nil)
				check(t, err)
				if diff := cmp.Diff(slices.Concat(sourceRights, targetRights), told(found)); diff != "" {
					t.Errorf("rights (-want +got):\n%s", diff)
				}
				for _, r := range found.Rights {
					if !r.Good() || r.Advice != "" {
						t.Errorf("%+v is not good", r)
					}
				}
				if found.Left != nil {
					t.Errorf("left: %v", found.Left)
				}
				w.untouched(t, objects, 0)
			})
		})
	}
}

// TestPreflightBelowAPrefix: policies that allow no more than a prefix, as they should
// be, are enough; also for an empty one, of which S3 says nothing then.
func TestPreflightBelowAPrefix(t *testing.T) {
	const (
		document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%s,"Resource":"arn:aws:s3:::%s*"},{"Effect":"Allow","Action":"%s","Resource":"arn:aws:s3:::%s","Condition":{"StringLike":{"s3:prefix":"%s*"}}}]}`
		writes   = `["s3:PutObject","s3:AbortMultipartUpload","s3:ListMultipartUploadParts"]`
	)
	inWorld(t, func(t *testing.T, w *world) {
		w.reader = w.client(t, w.a, fmt.Sprintf(document, `"s3:GetObject"`, "source/p/", "s3:ListBucket", "source", "p/"))
		w.writer = w.client(t, w.b, fmt.Sprintf(document, writes, "target/q/", "s3:ListBucketMultipartUploads", "target", "q/"))
		found, err := w.preflight().Run(t.Context(), nil)
		check(t, err)
		if diff := cmp.Diff(slices.Concat(sourceRights, targetRights), told(found)); diff != "" {
			t.Errorf("rights (-want +got):\n%s", diff)
		}
		w.untouched(t, 0, 0)
	})
}

// TestPreflightMissing takes each right away in turn: the error names that one, and
// no other.
func TestPreflightMissing(t *testing.T) {
	needed := without(everything, "source s3:PutObject", "source s3:AbortMultipartUpload", "target s3:GetObject")
	for _, right := range needed {
		t.Run(right, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				must(w.a.s3.Put(src("p/k"), strings.NewReader("x"), nil))(t)
				w.grant(t, without(needed, right)...)
				p := w.preflight()
				p.List, p.Remove = true, true
				found, err := p.Run(t.Context(), nil)
				if !errors.Is(err, bridge.ErrRights) || !errors.Is(err, fs.ErrPermission) {
					t.Fatalf("error %v, want ErrRights", err)
				}
				side, action, _ := strings.Cut(right, " ")
				if text := err.Error(); strings.Count(text, "the action") != 1 || !strings.Contains(text, side+": allow access key AKIA") || !strings.Contains(text, "the action "+action+" on arn:aws:s3:::"+side) {
					t.Errorf("error %q, want it to name %s alone", text, right)
				}
				for _, r := range found.Rights {
					is := r.Side == side && r.Action == action
					if r.Needed && (r.Allowed == bridge.Denied) != is || is && !strings.Contains(r.Why, "not authorized to perform: "+action) {
						t.Errorf("%+v", r)
					}
				}
				if action != "s3:AbortMultipartUpload" {
					w.untouched(t, 1, 0)
				}
			})
		})
	}
}

// TestPreflightTooMuch: a reader that can write, and a writer that can read and list.
func TestPreflightTooMuch(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		must(w.a.s3.Put(src("p/k"), strings.NewReader("x"), nil))(t)
		must(w.b.s3.Put(dst("q/private"), strings.NewReader("x"), nil))(t)
		w.grant(t, everything...)
		found, err := w.preflight().Run(t.Context(), nil)
		check(t, err)
		if diff := cmp.Diff(rightsTooMuch, badRights(found)); diff != "" {
			t.Errorf("to be taken away (-want +got):\n%s", diff)
		}
		w.untouched(t, 1, 1)
		if read := w.a.gets(); !slices.Equal(read, []string{"p/k"}) {
			t.Errorf("at the source it read %q, want an object that is there", read)
		}
		if read := w.b.gets(); len(read) != 1 || !strings.HasPrefix(read[0], "q/.redferry-preflight-") {
			t.Errorf("at the target it read %q, want nobody's object", read)
		}
	})
}

// rightsTooMuch are those of everything that neither key should have.
var rightsTooMuch = []string{
	"s3:PutObject on arn:aws:s3:::source/p/*", "s3:ListBucket on arn:aws:s3:::target", "s3:GetObject on arn:aws:s3:::target/q/*",
}

// badRights are the actions, and on what, that something is to be done about.
func badRights(found *bridge.Findings) []string {
	var bad []string
	for _, r := range found.Rights {
		if !r.Good() {
			_, what, _ := strings.Cut(r.Advice, " the action ")
			bad = append(bad, what)
		}
	}
	return bad
}

// gets returns the keys that were asked for.
func (a *account) gets() []string {
	var keys []string
	for _, r := range a.s3.Requests() {
		if r.Op == "GetObject" {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// aborts counts the uploads that were asked to be aborted.
func (a *account) aborts() int {
	n := 0
	for _, r := range a.s3.Requests() {
		if r.Op == "AbortMultipartUpload" {
			n++
		}
	}
	return n
}

// TestPreflightLeaves: an upload that must not be aborted is named.
func TestPreflightLeaves(t *testing.T) {
	for side, rights := range map[string][]string{
		"source": without(everything, "source s3:AbortMultipartUpload"),
		"target": without(everything, "target s3:AbortMultipartUpload"),
	} {
		t.Run(side, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.grant(t, rights...)
				found, err := w.preflight().Run(t.Context(), nil)
				if errors.Is(err, bridge.ErrRights) != (side == "target") || (err == nil) != (side == "source") {
					t.Errorf("error %v", err)
				}
				asked := w.a.aborts() + w.b.aborts()
				if asked != 2 {
					t.Errorf("%d aborts were asked for, want one at each side", asked)
				}
				open := slices.Concat(w.a.s3.OpenUploads(src("")), w.b.s3.OpenUploads(dst("")))
				if len(open) != 1 || len(found.Left) != 1 {
					t.Fatalf("open are %+v, told was %+v", open, found.Left)
				}
				want := bridge.Leftover{Side: side, URI: open[0].URI, UploadID: open[0].ID}
				if found.Left[0] != want || !strings.Contains(want.String(), open[0].ID) {
					t.Errorf("left: %v, want %v", found.Left[0], want)
				}
			})
		})
	}
}

// TestPreflightLostAnswer: an upload whose answer was lost is found among those that
// are open, and aborted; where they cannot be listed, it is told.
func TestPreflightLostAnswer(t *testing.T) {
	for _, tt := range []struct {
		name, bucket string
		missing      string
		left         int
	}{
		{"found again", "target", "", 0},
		{"not to be listed", "target", "target s3:ListBucketMultipartUploads", 1},
		{"at the source", "source", "", 1},
		{"and not the last word", "source", "source s3:PutObject", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.grant(t, without(everything, tt.missing)...)
				for _, side := range []*account{w.a, w.b} {
					if side.bucket == tt.bucket {
						side.s3.Inject(fakes3.Fault{Op: "CreateMultipartUpload", Drop: fakes3.AfterEffect})
					}
				}
				found, err := w.preflight().Run(t.Context(), nil)
				if err != nil && !errors.Is(err, bridge.ErrRights) {
					t.Fatal(err)
				}
				open := len(w.a.s3.OpenUploads(src(""))) + len(w.b.s3.OpenUploads(dst("")))
				if len(found.Left) != tt.left || open != tt.left {
					t.Errorf("left: %v, and %d open, want %d", found.Left, open, tt.left)
				}
			})
		})
	}
}

// TestPreflightAbortFails: an abort that goes wrong is tried again at the end; if that
// goes wrong, too, the upload is named.
func TestPreflightAbortFails(t *testing.T) {
	for _, tt := range []struct {
		times int
		tags  bridge.Tags // if they are kept, there are two uploads
		left  int
	}{{1, bridge.DropTags, 0}, {2, bridge.DropTags, 1}, {1, bridge.KeepTags, 0}, {2, bridge.KeepTags, 1}, {3, bridge.KeepTags, 2}} {
		t.Run(fmt.Sprintf("%d times, tags %d", tt.times, tt.tags), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.grant(t, append(slices.Clone(everything), "source s3:GetObjectTagging", "target s3:PutObjectTagging")...)
				w.b.s3.Inject(fakes3.Fault{Op: "AbortMultipartUpload", Times: tt.times, Status: 500, Code: "InternalError"})
				found, err := w.preflight().Run(t.Context(), &bridge.Options{Retries: -1, Carry: bridge.Carry{Tags: tt.tags}})
				says(t, err, nil, []string{"target: abort upload below s3://target/q/", "InternalError"})
				if open := len(w.b.s3.OpenUploads(dst(""))); open != tt.left || len(found.Left) != tt.left {
					t.Errorf("%d open, and told was %v, want %d", open, found.Left, tt.left)
				}
			})
		})
	}
}

// TestPreflightInterrupted: a context that ends while an upload is open does not
// leave it open.
func TestPreflightInterrupted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		p := w.preflight()
		p.Target = preflightInterrupted{p.Target, cancel}
		found, err := p.Run(ctx, nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
		if open := w.b.s3.OpenUploads(dst("")); len(open) != 0 || found.Left != nil {
			t.Errorf("open are %v, told was %v", open, found.Left)
		}
	})
}

// preflightInterrupted ends a context when parts are listed.
type preflightInterrupted struct {
	bridge.Prober
	cancel func()
}

func (i preflightInterrupted) ListParts(ctx context.Context, in *s3.ListPartsInput, options ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	i.cancel()
	return i.Prober.ListParts(ctx, in, options...)
}

// TestPreflightNotBegun: a context that has ended before the target was reached leaves
// nothing there to be told.
func TestPreflightNotBegun(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		found, err := w.preflight().Run(ctx, nil)
		if !errors.Is(err, context.Canceled) || found.Left != nil || found.Rights != nil {
			t.Errorf("error %v, findings %+v", err, found)
		}
	})
}

// TestPreflightForeignUpload: an upload of somebody else stays, even where a store does
// not keep to the prefix that is asked for.
func TestPreflightForeignUpload(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		newUpload(t, w)
		p := w.preflight()
		p.Target = careless{w.writer}
		found, err := p.Run(t.Context(), nil)
		check(t, err)
		if open := w.b.s3.OpenUploads(dst("")); len(open) != 1 || open[0].URI != dst("k") || w.b.aborts() != 1 || found.Left != nil {
			t.Errorf("open are %+v, %d aborts were asked for, told was %v", open, w.b.aborts(), found.Left)
		}
	})
}

// careless lists all uploads.
type careless struct{ bridge.Prober }

func (c careless) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, options ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	return c.Prober.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: in.Bucket}, options...)
}

// TestPreflightMarker: what the trial of a removal leaves in a bucket with versions is
// told.
func TestPreflightMarker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.grant(t, everything...)
		p := w.preflight()
		p.Remove = true
		p.Target = versioned{w.writer}
		found, err := p.Run(t.Context(), nil)
		check(t, err)
		if len(found.Left) != 1 || found.Left[0].Marker != "v1" || !strings.Contains(found.Left[0].String(), "delete marker v1 of s3://target/q/.redferry-preflight-") {
			t.Errorf("left: %v", found.Left)
		}
	})
}

// versioned answers as a bucket with versions does.
type versioned struct{ bridge.Prober }

func (versioned) DeleteObject(context.Context, *s3.DeleteObjectInput, ...func(*s3.Options)) (*s3.DeleteObjectOutput, error) {
	return &s3.DeleteObjectOutput{DeleteMarker: aws.Bool(true), VersionId: aws.String("v1")}, nil
}

// TestPreflightUnexplained: S3 does not explain itself to keys of another account, so
// that the refusal of an object may mean that it does not exist, unless it is listed.
func TestPreflightUnexplained(t *testing.T) {
	for _, tt := range []struct {
		action, resource string
		list, read       bridge.Allowance
		says             string
	}{
		{"s3:GetObject", "source/*", bridge.Denied, bridge.Unknown, "make sure that access key AKIA"},
		{"s3:ListBucket", "source", bridge.Allowed, bridge.Denied, "the action s3:GetObject on arn:aws:s3:::source/p/*"},
	} {
		t.Run(tt.action, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				must(w.a.s3.Put(src("p/k"), strings.NewReader("x"), nil))(t)
				user := must(w.b.iam.CreateUser("foreign", fakeaws.MustParsePolicy(all)))(t)
				check(t, w.a.s3.SetBucketPolicy("source", fakeaws.MustParsePolicy(fmt.Sprintf(
					`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":%q,"Resource":"arn:aws:s3:::%s"}]}`, user.ARN(), tt.action, tt.resource))))
				w.reader = must(bridge.NewClient(w.access(w.a, user.CreateAccessKey())))(t)
				found, err := w.preflight().Run(t.Context(), nil)
				if !errors.Is(err, bridge.ErrRights) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("error %v, want it to say %q", err, tt.says)
				}
				if list, read := found.Rights[0].Allowed, found.Rights[1].Allowed; list != tt.list || read != tt.read {
					t.Errorf("to list is %s, to read %s; want %s and %s", list, read, tt.list, tt.read)
				}
			})
		})
	}
}

// TestPreflightRefuses: what it cannot try it says, and tries nothing.
func TestPreflightRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*bridge.Preflight){
		"source no prefix":     func(p *bridge.Preflight) { p.Src = src("p") },
		"target no prefix":     func(p *bridge.Preflight) { p.Dst = dst("q") },
		"no source":            func(p *bridge.Preflight) { p.Src = redferry.URI{} },
		"no target":            func(p *bridge.Preflight) { p.Dst = redferry.URI{} },
		"a file elsewhere":     func(p *bridge.Preflight) { p.File = src("other/manifest") },
		"no client for source": func(p *bridge.Preflight) { p.Source = nil },
		"no client for target": func(p *bridge.Preflight) { p.Target = nil },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				p := w.preflight()
				spoil(p)
				found, err := p.Run(t.Context(), nil)
				if n := len(w.a.s3.Requests()) + len(w.b.s3.Requests()); err == nil || errors.Is(err, bridge.ErrRights) || n > 0 || found.Rights != nil {
					t.Errorf("error %v after %d requests, findings %+v", err, n, found)
				}
			})
		})
	}
}

// TestPreflightErrors: what has nothing to do with rights is an error with advice, and
// the other side is tried all the same.
func TestPreflightErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*testing.T, *world, *bridge.Preflight)
		want  []string
	}{
		{"no such bucket", func(_ *testing.T, _ *world, p *bridge.Preflight) { p.Src.Bucket = "nowhere" }, []string{"source: list s3://nowhere/p/", "check that bucket nowhere exists"}},
		{"another region", func(t *testing.T, w *world, p *bridge.Preflight) {
			p.Source = w.with(t, w.a, func(a *bridge.Access) { a.Region = "ap-south-1" })
		}, []string{"source: list s3://source/p/", "the client is made for ap-south-1: give it us-east-1"}},
		{"an unknown key", func(t *testing.T, w *world, p *bridge.Preflight) {
			p.Source = must(bridge.NewClient(w.access(w.a, creds.Keys{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: creds.NewSecret("hunter2")})))(t)
		}, []string{"source: list s3://source/p/", "InvalidAccessKeyId", "check the access key AKIAUNKNOWN"}},
		{"nobody there", func(t *testing.T, w *world, p *bridge.Preflight) {
			p.Source = w.with(t, w.a, func(a *bridge.Access) { a.Endpoint = "http://nobody.test:1" })
		}, []string{"source: list s3://source/p/", "check that the endpoint http://nobody.test:1 is up"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				p := w.preflight()
				tt.spoil(t, w, p)
				found, err := p.Run(t.Context(), &bridge.Options{Retries: -1})
				says(t, err, nil, tt.want)
				if errors.Is(err, bridge.ErrRights) {
					t.Errorf("error %v is about rights", err)
				}
				if diff := cmp.Diff(targetRights, told(found)); diff != "" {
					t.Errorf("rights (-want +got):\n%s", diff)
				}
				w.untouched(t, 0, 0)
			})
		})
	}
	if _, err := new(bridge.Preflight).Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "both ends must be prefixes") {
		t.Errorf("of nothing: %v", err)
	}
	p := bridge.Preflight{Src: src(""), Dst: dst("")}
	if _, err := p.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "both sides need a client") {
		t.Errorf("without clients: %v", err)
	}
}

// TestPreflightOfAManifest: who copies the files of a manifest need not list the source,
// and can read though what is not there is refused to who may not list.
func TestPreflightOfAManifest(t *testing.T) {
	for _, may := range []bool{true, false} {
		t.Run(fmt.Sprintf("may read %t", may), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				must(w.a.s3.Put(src("p/manifest"), strings.NewReader("{}"), nil))(t)
				rights := without(everything, "source s3:ListBucket", "source s3:PutObject", "source s3:AbortMultipartUpload", "target s3:GetObject")
				if !may {
					rights = append(without(rights, "source s3:GetObject"), "source s3:AbortMultipartUpload") // a policy has to allow something
				}
				w.grant(t, rights...)
				p := w.preflight()
				p.File = src("p/manifest")
				found, err := p.Run(t.Context(), nil)
				if (err == nil) != may {
					t.Errorf("Run = %v", err)
				}
				want := []string{"source s3:ListBucket on arn:aws:s3:::source: denied", "source s3:GetObject on arn:aws:s3:::source/p/*: needed, allowed"}
				if !may {
					want[1] = "source s3:GetObject on arn:aws:s3:::source/p/*: needed, denied"
				}
				if diff := cmp.Diff(want, told(found)[:2]); diff != "" {
					t.Errorf("rights (-want +got):\n%s", diff)
				}
				w.untouched(t, 1, 0)
			})
		})
	}
}
