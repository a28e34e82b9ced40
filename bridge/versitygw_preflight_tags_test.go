package bridge_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
)

// TestVersitygwPreflightTags: of the rights to tags, those are found that are there.
func TestVersitygwPreflightTags(t *testing.T) {
	g := versitygw(t)
	g.put(t, "p/k", random(10), nil)
	for name, tt := range map[string]struct {
		grants []string
		want   []string
	}{
		"both":   {[]string{"source s3:GetObjectTagging", "target s3:PutObjectTagging"}, []string{mayReadTags, mayTag}},
		"reader": {[]string{"source s3:GetObjectTagging"}, []string{mayReadTags, "target s3:PutObjectTagging on arn:aws:s3:::target/q/*: needed, denied"}},
		"writer": {[]string{"target s3:PutObjectTagging"}, []string{"source s3:GetObjectTagging on arn:aws:s3:::source/p/*: needed, denied", mayTag}},
	} {
		t.Run(name, func(t *testing.T) {
			g.grantExactly(t, append(without(everything, "target s3:GetObject"), tt.grants...))
			found, _ := g.preflight().Run(t.Context(), &bridge.Options{Carry: bridge.Carry{Tags: bridge.KeepTags}})
			tags := slices.DeleteFunc(g.in(told(found)), func(line string) bool { return !slices.Contains(tt.want, line) })
			if diff := cmp.Diff(tt.want, tags); diff != "" {
				t.Errorf("rights (-want +got):\n%s\nall: %v", diff, told(found))
			}
			g.untouched(t, 1)
		})
	}
}
