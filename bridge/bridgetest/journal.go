// Package bridgetest checks implementations of the interfaces of package bridge.
package bridgetest

import (
	"context"
	"errors"
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
	t.Run("an upload is saved again", func(t *testing.T) {
		j := open(t)
		u := upload("k")
		save(t, j, u)
		save(t, j, u)
		present(t, j, u)
		u.Size, u.PartSize, u.ETag, u.Meta, u.Src.Key = 1<<45, 5<<30, `"0123456789abcdef-7"`, "fedcba9876543210", "other"
		save(t, j, u)
		present(t, j, u)
	})
	t.Run("no upload is lost to another one", func(t *testing.T) {
		keeps(t, open(t), func(_ *testing.T, j bridge.Journal) bridge.Journal { return j })
	})
	t.Run("one of many uploads to a destination is saved", func(t *testing.T) { race(t, open(t)) })
	t.Run("delete forgets one destination", func(t *testing.T) {
		j := open(t)
		save(t, j, upload("k"))
		save(t, j, upload("K"))
		forget(t, j, upload("k"))
		absent(t, j, upload("k"))
		present(t, j, upload("K"))
	})
	t.Run("no key begins a line in an error", func(t *testing.T) {
		j := open(t)
		save(t, j, upload("k\n"))
		oneLine(t, j.Save(t.Context(), other("k\n")))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := j.Load(ctx, dst("k\n"))
		oneLine(t, err)
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
		refused(t, again, other("kept"))
		present(t, again, upload("kept"))
	})
	t.Run("two programs do not lose each other's uploads", func(t *testing.T) { keeps(t, open(t), reopen) })
}

// keeps checks that the first of two uploads to one destination, which j has, is kept
// until it is forgotten, by who comes after that.
func keeps(t *testing.T, j bridge.Journal, after func(*testing.T, bridge.Journal) bridge.Journal) {
	save(t, j, upload("k"))
	save(t, j, upload("beside"))
	j = after(t, j)
	refused(t, j, other("k"))
	present(t, j, upload("k"))
	forget(t, j, other("k"))
	present(t, j, upload("k"))
	forget(t, j, upload("k"))
	absent(t, j, upload("k"))
	save(t, j, other("k"))
	forget(t, j, upload("k"))
	present(t, j, other("k"))
	present(t, j, upload("beside"))
}

// race checks that of many who save different uploads to one destination at the same
// time one succeeds, whose upload is there, and the others hear of it.
func race(t *testing.T, j bridge.Journal) {
	const savers = 8
	for round := range 5 {
		var errs [savers]error
		var group sync.WaitGroup
		for i := range savers {
			group.Go(func() { errs[i] = j.Save(t.Context(), numbered(round, i)) })
		}
		group.Wait()
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner >= 0:
				t.Errorf("uploads %d and %d are both saved", winner, i)
			case err == nil:
				winner = i
			case !errors.Is(err, bridge.ErrOtherUpload):
				t.Errorf("Save: %v, want ErrOtherUpload", err)
			}
		}
		if winner < 0 {
			t.Fatal("no upload is saved")
		}
		present(t, j, numbered(round, winner))
		forget(t, j, numbered(round, winner))
	}
}

// numbered is one of several uploads to one destination.
func numbered(round, i int) bridge.Upload {
	u := upload("k")
	u.UploadID = fmt.Sprintf("%s-%d-%d", u.UploadID, round, i)
	return u
}

// other is another upload to the destination of upload(key).
func other(key string) bridge.Upload {
	u := upload(key)
	u.UploadID = "another"
	return u
}

func refused(t *testing.T, j bridge.Journal, u bridge.Upload) {
	t.Helper()
	if err := j.Save(t.Context(), u); !errors.Is(err, bridge.ErrOtherUpload) {
		t.Errorf("Save %s: %v, want ErrOtherUpload", u.Dst, err)
	}
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
	if err := j.Delete(t.Context(), u); err != nil {
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
