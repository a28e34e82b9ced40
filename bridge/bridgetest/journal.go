// Package bridgetest checks implementations of the interfaces of package bridge.
package bridgetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// TestJournal checks a [bridge.Journal]. It calls open for a journal that is
// empty, once per subtest. If reopen is not nil, it must return another view of
// the same journal, as a later run of the program has it; a journal that lives no
// longer than its program passes nil.
func TestJournal(t *testing.T, open func(t *testing.T) bridge.Journal, reopen func(t *testing.T, j bridge.Journal) bridge.Journal) {
	t.Run("an unknown destination is no error", func(t *testing.T) {
		j := open(t)
		absent(t, j, upload("k"))
		forget(t, j, upload("k"))
	})
	t.Run("what is saved is loaded", func(t *testing.T) {
		j := open(t)
		for _, key := range keys() {
			save(t, j, upload(key))
		}
		for _, key := range keys() {
			present(t, j, upload(key))
		}
	})
	t.Run("a later save takes the place of an earlier one", func(t *testing.T) {
		j := open(t)
		u := upload("k")
		save(t, j, u)
		u.UploadID, u.Size, u.ETag, u.Meta = "second", 1<<45, `"0123456789abcdef-7"`, "fedcba9876543210"
		save(t, j, u)
		present(t, j, u)
	})
	t.Run("delete forgets one destination", func(t *testing.T) {
		j := open(t)
		save(t, j, upload("k"))
		save(t, j, upload("K"))
		forget(t, j, upload("k"))
		absent(t, j, upload("k"))
		present(t, j, upload("K"))
	})
	t.Run("it is safe for concurrent use", func(t *testing.T) {
		j := open(t)
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() { churn(t, j, upload(fmt.Sprintf("k%d", i))) })
		}
		group.Wait()
	})
	if reopen == nil {
		return
	}
	t.Run("it outlives the program", func(t *testing.T) {
		j := open(t)
		save(t, j, upload("kept"))
		save(t, j, upload("gone"))
		forget(t, j, upload("gone"))
		again := reopen(t, j)
		present(t, again, upload("kept"))
		absent(t, again, upload("gone"))
	})
}

// keys are those that a file system or a database would like to change.
func keys() []string {
	return []string{"k", "K", "a/b", "a//b", "../x", "ünïcode", "u\u0308", "with 'quotes' and \\", "%2F", strings.Repeat("long", 256)}
}

func upload(key string) bridge.Upload {
	return bridge.Upload{
		Dst:      redferry.URI{Bucket: "target", Key: key},
		Src:      redferry.URI{Bucket: "source", Key: key},
		ETag:     `"d41d8cd98f00b204e9800998ecf8427e"`,
		Size:     100 << 20,
		PartSize: 32 << 20,
		UploadID: "VXBsb2FkIElE-" + key,
		Meta:     "0123456789abcdef",
	}
}

func churn(t *testing.T, j bridge.Journal, u bridge.Upload) {
	for range 20 {
		save(t, j, u)
		present(t, j, u)
		forget(t, j, u)
	}
	absent(t, j, u)
}

func save(t *testing.T, j bridge.Journal, u bridge.Upload) {
	t.Helper()
	if err := j.Save(t.Context(), u); err != nil {
		t.Errorf("Save %s: %v", u.Dst, err)
	}
}

func forget(t *testing.T, j bridge.Journal, u bridge.Upload) {
	t.Helper()
	if err := j.Delete(t.Context(), u.Dst); err != nil {
		t.Errorf("Delete %s: %v", u.Dst, err)
	}
}

func present(t *testing.T, j bridge.Journal, want bridge.Upload) {
	t.Helper()
	got, ok, err := j.Load(t.Context(), want.Dst)
	if err != nil || !ok {
		t.Errorf("Load %s = %v, %v, want the upload", want.Dst, ok, err)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load %s differs (-want +got):\n%s", want.Dst, diff)
	}
}

func absent(t *testing.T, j bridge.Journal, u bridge.Upload) {
	t.Helper()
	if got, ok, err := j.Load(t.Context(), u.Dst); err != nil || ok {
		t.Errorf("Load %s = %+v, %v, %v, want nothing", u.Dst, got, ok, err)
	}
}
