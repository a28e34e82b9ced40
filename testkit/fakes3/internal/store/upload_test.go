package store_test

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

func code(err error) string {
	var r *refusal.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

func create(t *testing.T, s *store.Store) store.Upload {
	t.Helper()
	u, err := s.CreateUpload(bucket, store.Upload{Key: "key", Algorithm: checksum.CRC64NVME, Type: checksum.FullObject})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestLifecycleAbortsAtMidnightAfterItsDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins on 2000-01-01 at midnight
		s := newStore()
		if err := s.SetAbortDays(bucket, 7); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		u := create(t, s)
		if want := time.Date(2000, 1, 9, 0, 0, 0, 0, time.UTC); !u.AbortDate.Equal(want) {
			t.Fatalf("got abort date %s, want %s", u.AbortDate, want)
		}
		time.Sleep(time.Until(u.AbortDate) - time.Second)
		if _, err := s.Upload(bucket, "key", u.ID); err != nil {
			t.Errorf("a second before: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := s.Upload(bucket, "key", u.ID); code(err) != "NoSuchUpload" {
			t.Errorf("got %v, want NoSuchUpload", err)
		}
	})
}

func TestFilesGoWithTheirParts(t *testing.T) {
	dir := t.TempDir()
	disk := blob.NewDisk(dir)
	s := newStore()
	u := create(t, s)
	add := func(content string) store.Part {
		w, err := disk.Create()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
		b, err := w.Commit()
		if err != nil {
			t.Fatal(err)
		}
		hash := checksum.CRC64NVME.New()
		hash.Write([]byte(content))
		p := store.Part{Number: 1, ETag: `"d41d8cd98f00b204e9800998ecf8427e"`, Sum: hash.Sum(nil), Content: b}
		if err := s.AddPart(bucket, "key", u.ID, p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	files := func() int {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	add("first")
	p := add("second")
	if got := files(); got != 1 {
		t.Errorf("%d files after a part was replaced, want 1", got)
	}
	named := []store.CompletedPart{{Number: 1, ETag: p.ETag}}
	if _, err := s.Complete(bucket, "key", u.ID, store.Completion{Parts: named, Size: 99}); code(err) != "InvalidRequest" {
		t.Fatalf("got %v, want InvalidRequest", err)
	}
	if _, err := s.Complete(bucket, "key", u.ID, store.Completion{Parts: named, Size: 6}); err != nil {
		t.Fatal(err)
	}
	if got := files(); got != 1 {
		t.Errorf("%d files of the object, want 1", got)
	}
	if err := s.Delete(bucket, "key", store.Condition{}); err != nil {
		t.Fatal(err)
	}
	if got := files(); got != 0 {
		t.Errorf("%d files are left, want 0", got)
	}
}

// The answer to a completion may be lost; the object may even be gone by then.
func TestCompleteAgainAfterTheObjectWasDeleted(t *testing.T) {
	s := newStore()
	u := create(t, s)
	p := store.Part{Number: 1, ETag: `"d41d8cd98f00b204e9800998ecf8427e"`, Sum: make([]byte, 8), Content: empty(t)}
	if err := s.AddPart(bucket, "key", u.ID, p); err != nil {
		t.Fatal(err)
	}
	completion := store.Completion{Parts: []store.CompletedPart{{Number: 1, ETag: p.ETag}}, Size: -1}
	first, err := s.Complete(bucket, "key", u.ID, completion)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(bucket, "key", store.Condition{}); err != nil {
		t.Fatal(err)
	}
	again, err := s.Complete(bucket, "key", u.ID, completion)
	if err != nil || again.ETag != first.ETag {
		t.Errorf("got %v, %v, want ETag %s", again, err, first.ETag)
	}
	if _, err := s.Complete(bucket, "key", u.ID, store.Completion{Parts: []store.CompletedPart{{Number: 1, ETag: "other"}}, Size: -1}); code(err) != "NoSuchUpload" {
		t.Errorf("with other parts: got %v, want NoSuchUpload", err)
	}
}

func TestPartsOfAnEndedUpload(t *testing.T) {
	s := newStore()
	u := create(t, s)
	if err := s.Abort(bucket, "key", u.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.AddPart(bucket, "key", u.ID, store.Part{Number: 1, Content: empty(t)}); code(err) != "NoSuchUpload" {
		t.Errorf("got %v, want NoSuchUpload", err)
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		list string
		want bool
	}{
		{`"abc"`, true}, {`abc`, true}, {`*`, true}, {`"x", "abc"`, true}, {`"ab"`, false}, {``, false},
	}
	for _, test := range tests {
		if got := store.Matches(test.list, `"abc"`); got != test.want {
			t.Errorf("%q: got %t, want %t", test.list, got, test.want)
		}
	}
}
