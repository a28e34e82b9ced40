package bridge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
)

// TestSyncOfAFolderMarker: an object whose key is the prefix has no counterpart in a whole
// bucket, in neither direction; between two prefixes it has one.
func TestSyncOfAFolderMarker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/", nil, nil)
		w.put(t, "p/a", nil, nil)
		want := map[string]bridge.Change{"": bridge.Excluded, "a": bridge.Added}
		toBucket := w.sync(func(s *bridge.Sync) { s.Dst = dst("") })
		if diff := cmp.Diff(want, changes(t, w.copier(nil), toBucket)); diff != "" {
			t.Errorf("to a bucket (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]bridge.Change{"": bridge.Added, "a": bridge.Added}, changes(t, w.copier(nil), w.sync(nil))); diff != "" {
			t.Errorf("between prefixes (-want +got):\n%s", diff)
		}
		// The bucket at the source has p/ and p/a, and no key that is empty.
		fromBucket := w.sync(func(s *bridge.Sync) { s.Src, s.Remover = src(""), w.b.admin })
		want = map[string]bridge.Change{"": bridge.Excluded, "a": bridge.Extra, "p/": bridge.Added, "p/a": bridge.Added}
		if diff := cmp.Diff(want, changes(t, w.copier(nil), fromBucket)); diff != "" {
			t.Errorf("from a bucket (-want +got):\n%s", diff)
		}
	})
}
