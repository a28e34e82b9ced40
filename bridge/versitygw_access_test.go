package bridge_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/vgwtest"
)

// A refusal is something that a bridge does and, in the policy of one bucket, may not.
type refusal struct {
	name   string
	side   string
	action string
	run    func(*testing.T, *gateways, bridge.Journal) error
}

// TestVersitygwRefusals takes one right away, and the error names it.
func TestVersitygwRefusals(t *testing.T) {
	for _, tt := range []refusal{
		{"get", bridge.SideSource, "s3:GetObject", copySmall},
		{"head", bridge.SideSource, "s3:GetObject", copyLarge},
		{"list", bridge.SideSource, "s3:ListBucket", list},
		{"put", bridge.SideTarget, "s3:PutObject", copySmall},
		{"create an upload", bridge.SideTarget, "s3:PutObject", copyLarge},
		{"list parts", bridge.SideTarget, "s3:ListMultipartUploadParts", resumeLarge},
		{"abort an upload", bridge.SideTarget, "s3:AbortMultipartUpload", abortLarge},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t) })
	}
}

func (r *refusal) test(t *testing.T) {
	g, journal := versitygw(t), new(bridge.MemJournal)
	g.put(t, "small", random(10), nil)
	g.put(t, "k", random(2*smallest), nil)
	if r.action == "s3:ListMultipartUploadParts" || r.action == "s3:AbortMultipartUpload" {
		_ = g.stopAfter(t, 1, journal)
	}
	at, all := g.A, readerActions
	if r.side == bridge.SideTarget {
		at, all = g.B, writerActions
	}
	at.allow(t, slices.DeleteFunc(slices.Clone(all), func(action string) bool { return action == r.action })...)

	err := r.run(t, g, journal)
	want := "allow access key " + at.User.ID + " the action " + r.action + " on arn:aws:s3:::" + at.bucket
	var e *bridge.Error
	if !errors.As(err, &e) || e.Side != r.side || !errors.Is(err, fs.ErrPermission) || !strings.Contains(e.Advice, want) {
		t.Errorf("got %v, want at the %s: %s", err, r.side, want)
	}
	at.allow(t, all...)
	if r.run(t, g, journal) != nil {
		t.Errorf("with the right it fails, too: %v", err)
	}
}

func copySmall(t *testing.T, g *gateways, _ bridge.Journal) error {
	_, err := g.copier(nil).Copy(t.Context(), g.dst("small"), bridge.Object{URI: g.src("small"), Size: 10})
	return err
}

func copyLarge(t *testing.T, g *gateways, _ bridge.Journal) error {
	_, err := g.copier(nil).Copy(t.Context(), g.dst("k"), g.unknown("k"))
	return err
}

func resumeLarge(t *testing.T, g *gateways, j bridge.Journal) error {
	_, err := g.copier(func(o *bridge.Options) { o.Journal = j }).Copy(t.Context(), g.dst("k"), g.unknown("k"))
	return err
}

func abortLarge(t *testing.T, g *gateways, j bridge.Journal) error {
	return g.copier(func(o *bridge.Options) { o.Journal = j }).Abort(t.Context(), g.dst("k"))
}

func list(t *testing.T, g *gateways, _ bridge.Journal) error {
	for _, err := range bridge.NewLister(g.reader, nil).List(t.Context(), g.src(""), "") {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestVersitygwWrongAccess: a key of the other account, another secret, another region,
// an authority that is not trusted, a bucket that is not there.
func TestVersitygwWrongAccess(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*testing.T, *gateways)
		want   string
	}{
		{"a key of the other account", func(t *testing.T, g *gateways) {
			g.reader = g.A.client(t, g.B.User)
		}, "check the access key"},
		{"another secret", func(t *testing.T, g *gateways) {
			g.reader = g.A.client(t, vgwtest.Keys{ID: g.A.User.ID, Secret: g.B.User.Secret})
		}, "check the access key"},
		{"another region", func(t *testing.T, g *gateways) {
			g.A.Region = g.B.Region
			g.reader = g.A.client(t, g.A.User)
		}, "region " + "eu-west-1"},
		{"another bucket", func(_ *testing.T, g *gateways) { g.A.bucket += "-not" }, "check that bucket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := versitygw(t)
			g.put(t, "k", random(10), nil)
			tt.change(t, g)
			for _, object := range []bridge.Object{g.unknown("k"), {URI: g.src("k"), Size: 10}} {
				_, err := g.copier(nil).Copy(t.Context(), g.dst("k"), object)
				var e *bridge.Error
				if !errors.As(err, &e) || e.Side != bridge.SideSource || !strings.Contains(e.Advice, tt.want) {
					t.Errorf("got %v, want the advice %q", err, tt.want)
				}
			}
			g.holds(t, "k", nil)
		})
	}
}
