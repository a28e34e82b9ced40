package bridge_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// What a preflight finds about tags.
const (
	mayReadTags = "source s3:GetObjectTagging on arn:aws:s3:::source/p/*: needed, allowed"
	mayTag      = "target s3:PutObjectTagging on arn:aws:s3:::target/q/*: needed, allowed"
)

// TestPreflightTags: rights to tags are tried where tags are read or kept, and only
// there, and what is tried leaves nothing.
func TestPreflightTags(t *testing.T) {
	plain := []string{
		"source s3:ListBucket", "source s3:GetObject",
		"target s3:PutObject", "target s3:ListMultipartUploadParts", "target s3:ListBucketMultipartUploads", "target s3:AbortMultipartUpload",
	}
	tagged := append(slices.Clone(plain), "source s3:GetObjectTagging", "target s3:PutObjectTagging")
	for name, tt := range map[string]struct {
		tags    bridge.Tags
		grants  []string
		more    []string // findings beside those of a preflight without tags
		missing string
	}{
		"dropped":                           {bridge.DropTags, plain, nil, ""},
		"kept":                              {bridge.KeepTags, tagged, []string{mayReadTags, mayTag}, ""},
		"refused, and the writer tags none": {bridge.FailTags, without(tagged, "target s3:PutObjectTagging"), []string{mayReadTags}, ""},
		"the reader may not read them": {
			bridge.KeepTags, without(tagged, "source s3:GetObjectTagging"),
			[]string{"source s3:GetObjectTagging on arn:aws:s3:::source/p/*: needed, denied", mayTag},
			"source: allow access key ",
		},
		"the writer may not give them": {
			bridge.KeepTags, without(tagged, "target s3:PutObjectTagging"),
			[]string{mayReadTags, "target s3:PutObjectTagging on arn:aws:s3:::target/q/*: needed, denied"},
			"target: allow access key ",
		},
	} {
		for _, objects := range []int{0, 1} {
			t.Run(name+[]string{", no object", ""}[objects], func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					if objects > 0 {
						must(w.a.s3.Put(src("p/k"), strings.NewReader("x"), nil))(t)
					}
					w.grant(t, tt.grants...)
					found, err := w.preflight().Run(t.Context(), &bridge.Options{Carry: bridge.Carry{Tags: tt.tags}})
					if tt.missing == "" {
						check(t, err)
					} else if !errors.Is(err, bridge.ErrRights) || strings.Count(err.Error(), "the action") != 1 || !strings.Contains(err.Error(), tt.missing) {
						t.Errorf("error %v, want ErrRights with %q and one right", err, tt.missing)
					}
					want := slices.Sorted(slices.Values(slices.Concat(sourceRights, targetRights, tt.more)))
					if diff := cmp.Diff(want, slices.Sorted(slices.Values(told(found)))); diff != "" {
						t.Errorf("rights (-want +got):\n%s", diff)
					}
					if found.Left != nil || len(w.b.s3.OpenUploads(dst(""))) > 0 {
						t.Errorf("left: %v, open: %v", found.Left, w.b.s3.OpenUploads(dst("")))
					}
					if n := len(w.b.s3.Objects(dst(""))); n != 0 {
						t.Errorf("%d objects at the target", n)
					}
				})
			})
		}
	}
}

// TestPreflightTagsUntried: without the right to write, that to tag cannot be tried,
// and it is not taken to be there.
func TestPreflightTagsUntried(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.grant(t, append(without(everything, "target s3:PutObject"), "source s3:GetObjectTagging", "target s3:PutObjectTagging")...)
		found, err := w.preflight().Run(t.Context(), &bridge.Options{Carry: bridge.Carry{Tags: bridge.KeepTags}})
		if !errors.Is(err, bridge.ErrRights) {
			t.Errorf("error %v, want ErrRights", err)
		}
		i := slices.IndexFunc(found.Rights, func(f bridge.Finding) bool { return f.Action == "s3:PutObjectTagging" })
		if i < 0 || found.Rights[i].Allowed != bridge.Unknown || found.Rights[i].Good() || !strings.Contains(found.Rights[i].Advice, "make sure that access key AKIA") {
			t.Errorf("rights %+v, want s3:PutObjectTagging to be unknown, with advice", found.Rights)
		}
	})
}

// TestPreflightTagsUnexplained: keys of another account are told no reason, so what is
// refused may be the right to know that there is no object, or to write.
func TestPreflightTagsUnexplained(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		foreign := func(of, a *account, bucket string) *s3.Client {
			user := must(of.iam.CreateUser("foreign", fakeaws.MustParsePolicy(all)))(t)
			check(t, a.s3.SetBucketPolicy(bucket, fakeaws.MustParsePolicy(fmt.Sprintf(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":["s3:GetObjectTagging","s3:PutObjectTagging"],"Resource":"arn:aws:s3:::%s/*"}]}`, user.ARN(), bucket))))
			return must(bridge.NewClient(w.access(a, user.CreateAccessKey())))(t)
		}
		w.reader, w.writer = foreign(w.b, w.a, "source"), foreign(w.a, w.b, "target")
		found, err := w.preflight().Run(t.Context(), &bridge.Options{Carry: bridge.Carry{Tags: bridge.KeepTags}})
		if !errors.Is(err, bridge.ErrRights) {
			t.Errorf("error %v, want ErrRights", err)
		}
		tags := 0
		for _, r := range found.Rights {
			if strings.HasSuffix(r.Action, "Tagging") {
				if tags++; r.Allowed != bridge.Unknown {
					t.Errorf("%+v, want it to be unknown", r)
				}
			}
		}
		if tags != 2 {
			t.Errorf("%d findings about tags, want 2: %+v", tags, found.Rights)
		}
	})
}

// TestPreflightTagsRefused: an upload whose answer was lost is not forgotten because
// the next one, with a tag, is refused. It cannot be listed, so it is told.
func TestPreflightTagsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.grant(t, append(without(everything, "target s3:ListBucketMultipartUploads"), "source s3:GetObjectTagging")...)
		w.b.s3.Inject(fakes3.Fault{Op: "CreateMultipartUpload", Drop: fakes3.AfterEffect})
		found, err := w.preflight().Run(t.Context(), &bridge.Options{Carry: bridge.Carry{Tags: bridge.KeepTags}})
		if !errors.Is(err, bridge.ErrRights) {
			t.Errorf("error %v, want ErrRights", err)
		}
		if len(found.Left) != 1 || found.Left[0].UploadID != "" || len(w.b.s3.OpenUploads(dst(""))) != 1 {
			t.Errorf("left: %v, open: %v; want the upload whose answer was lost", found.Left, w.b.s3.OpenUploads(dst("")))
		}
	})
}

// TestPreflightTagsClient: a client that cannot read tags is an error of the source.
func TestPreflightTagsClient(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		p := w.preflight()
		p.Source = struct{ bridge.Prober }{w.reader}
		_, err := p.Run(t.Context(), &bridge.Options{Carry: bridge.Carry{Tags: bridge.FailTags}})
		var e *bridge.Error
		if !errors.As(err, &e) || e.Side != bridge.SideSource || !strings.Contains(err.Error(), "the client has no GetObjectTagging") {
			t.Errorf("error %v", err)
		}
	})
}
