package bridge_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

func (g *gateways) preflight() *bridge.Preflight {
	return &bridge.Preflight{Source: g.reader, Target: g.writer, Src: g.src("p/"), Dst: g.dst("q/")}
}

// grantExactly gives both keys these rights, such as "source s3:GetObject", and no others.
func (g *gateways) grantExactly(t *testing.T, rights []string) {
	t.Helper()
	for side, at := range map[string]*gateway{"source": g.A, "target": g.B} {
		var actions []string
		for _, right := range rights {
			if action, ok := strings.CutPrefix(right, side+" "); ok {
				actions = append(actions, action)
			}
		}
		at.allow(t, actions...)
	}
}

// in writes what was told with the names of the buckets of a [world].
func (g *gateways) in(lines []string) []string {
	named := strings.NewReplacer(g.A.bucket, "source", g.B.bucket, "target")
	var all []string
	for _, line := range lines {
		all = append(all, named.Replace(line))
	}
	return all
}

// untouched checks that neither side has another object than before, or an upload.
func (g *gateways) untouched(t *testing.T, sources int) {
	t.Helper()
	for at, want := range map[*gateway]int{g.A: sources, g.B: 0} {
		objects := must(at.admin.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &at.bucket}))(t).Contents
		uploads := must(at.admin.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &at.bucket}))(t).Uploads
		if len(objects) != want || len(uploads) != 0 {
			t.Errorf("%s has %d objects and %d uploads, want %d and none", at.bucket, len(objects), len(uploads), want)
		}
	}
}

// TestVersitygwPreflight: with exactly the rights of a bridge all is well. versitygw does
// not explain its refusals, so that of an object that may not be there, nothing is known.
func TestVersitygwPreflight(t *testing.T) {
	for name, objects := range map[string]int{"an empty source": 0, "a source": 1} {
		t.Run(name, func(t *testing.T) {
			g := versitygw(t)
			for range objects {
				g.put(t, "p/k ü", random(10), nil)
			}
			found, err := g.preflight().Run(t.Context(), nil)
			check(t, err)
			want := slices.Concat(sourceRights, targetRights)
			want[len(want)-1] = strings.Replace(want[len(want)-1], "denied", "unknown", 1)
			if diff := cmp.Diff(want, g.in(told(found))); diff != "" {
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
			g.untouched(t, objects)
		})
	}
}

// TestVersitygwPreflightMissing takes each right away in turn.
func TestVersitygwPreflightMissing(t *testing.T) {
	needed := without(everything, "source s3:PutObject", "source s3:AbortMultipartUpload", "target s3:GetObject")
	g := versitygw(t)
	g.put(t, "p/k", random(10), nil)
	for _, right := range needed {
		t.Run(right, func(t *testing.T) {
			g.grantExactly(t, without(needed, right))
			p := g.preflight()
			p.List, p.Remove = true, true
			found, err := p.Run(t.Context(), nil)
			if !errors.Is(err, bridge.ErrRights) || !errors.Is(err, fs.ErrPermission) {
				t.Fatalf("error %v, want ErrRights", err)
			}
			side, action, _ := strings.Cut(right, " ")
			if text := g.in([]string{err.Error()})[0]; !strings.Contains(text, side+": ") || !strings.Contains(text, "the action "+action+" on arn:aws:s3:::"+side) {
				t.Errorf("error %q, want it to name %s", text, right)
			}
			for _, r := range found.Rights {
				if is := r.Side == side && r.Action == action; r.Needed && (r.Allowed == bridge.Denied) != is {
					t.Errorf("%+v", r)
				}
			}
			g.abortLeft(t, found, action == "s3:AbortMultipartUpload")
			g.untouched(t, 1)
		})
	}
}

// abortLeft aborts what is left, if something must be.
func (g *gateways) abortLeft(t *testing.T, found *bridge.Findings, must bool) {
	t.Helper()
	if (len(found.Left) > 0) != must {
		t.Errorf("left: %v", found.Left)
	}
	for _, l := range found.Left {
		_, err := g.B.admin.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &g.B.bucket, Key: &l.URI.Key, UploadId: &l.UploadID})
		check(t, err)
	}
}

// TestVersitygwPreflightTooMuch: a reader that can write, and a writer that can read and
// list.
func TestVersitygwPreflightTooMuch(t *testing.T) {
	g := versitygw(t)
	g.put(t, "p/k", random(10), nil)
	g.grantExactly(t, everything)
	found, err := g.preflight().Run(t.Context(), nil)
	check(t, err)
	if diff := cmp.Diff(rightsTooMuch, g.in(badRights(found))); diff != "" {
		t.Errorf("to be taken away (-want +got):\n%s", diff)
	}
	g.untouched(t, 1)
}

// TestVersitygwPreflightErrors: what is no question of rights is said for what it is.
func TestVersitygwPreflightErrors(t *testing.T) {
	g := versitygw(t)
	p := g.preflight()
	p.Dst = redferry.URI{Bucket: g.B.bucket + "-not"}
	p.Source = g.A.client(t, g.B.User)
	_, err := p.Run(t.Context(), &bridge.Options{Retries: -1})
	says(t, err, nil, []string{"source: list", "check the access key " + g.B.User.ID, "target: create upload to", "check that bucket " + g.B.bucket + "-not"})
	if errors.Is(err, bridge.ErrRights) {
		t.Errorf("error %v is about rights", err)
	}
}
