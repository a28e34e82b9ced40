package bridge_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestCrash cuts every connection of one side after n requests, for every n,
// before or after what they ask is done. The next run with the same journal must
// end with equal bytes, and send no part that was acknowledged.
func TestCrash(t *testing.T) {
	for _, moment := range []fakes3.Moment{fakes3.BeforeEffect, fakes3.AfterEffect} {
		for _, side := range []string{bridge.SideSource, bridge.SideTarget} {
			t.Run(fmt.Sprintf("%s %s", side, moment), func(t *testing.T) {
				failed := true
				for n := 0; failed && !t.Failed(); n++ {
					inWorld(t, func(t *testing.T, w *world) { failed = crash(t, w, side, moment, n) })
				}
			})
		}
	}
}

func crash(t *testing.T, w *world, side string, moment fakes3.Moment, n int) (failed bool) {
	content := random(6000)
	object := w.put(t, "k", content, nil)
	broken, journal := w.b.s3, new(bridge.MemJournal)
	if side == bridge.SideSource {
		broken = w.a.s3
	}
	broken.Inject(fakes3.Fault{Skip: n, Times: -1, Drop: moment})
	sent := make(map[int]bool)
	c := w.copier(func(o *bridge.Options) {
		o.Journal, o.Retries, o.Concurrency = journal, -1, 1
		o.Trace.Part = func(_ redferry.URI, part int, _ int64) { sent[part] = true }
	})
	_, err := c.Copy(t.Context(), dst("k"), object)
	broken.ClearFaults()
	_, remembered, _ := journal.Load(t.Context(), dst("k"))
	if remembered != bridge.Resumable(err) {
		t.Errorf("after %d requests: Resumable(%v) = %t, the journal remembers an upload: %t", n, err, bridge.Resumable(err), remembered)
	}
	before, complete := len(sent), w.got(t, "k") != nil
	result, again := c.Copy(t.Context(), dst("k"), object)
	check(t, again)
	if got := w.got(t, "k"); !bytes.Equal(got, content) || result.Level != bridge.Stored {
		t.Errorf("after %d requests: %d bytes of level %s arrived, want %d", n, len(got), result.Level, len(content))
	}
	if err == nil {
		return false
	}
	if result.Resumed < before && !complete {
		t.Errorf("after %d requests: %d parts were resumed, %d had been acknowledged", n, result.Resumed, before)
	}
	if lost := w.open(t); lost > 1 || lost == 1 && !(side == bridge.SideTarget && moment == fakes3.AfterEffect && n == 0) {
		t.Errorf("after %d requests: %d uploads are open", n, lost)
	}
	return true
}

// A repeatingTarget answers the second completion without a checksum, as some S3s do when
// they have answered it before.
type repeatingTarget struct {
	*s3.Client
	completions int
}

func (s *repeatingTarget) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, options ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	out, err := s.Client.CompleteMultipartUpload(ctx, in, options...)
	if s.completions++; s.completions == 2 && err == nil {
		out.ChecksumCRC64NVME = nil
	}
	return out, err
}

func TestLostCompletion(t *testing.T) {
	lost := fakes3.Fault{Op: "CompleteMultipartUpload", Drop: fakes3.AfterEffect}
	gone := fakes3.Fault{Op: "CompleteMultipartUpload", Skip: 1, Status: 404, Code: "NoSuchUpload"}
	tests := []struct {
		name    string
		faults  []fakes3.Fault
		read    bool // the writer may read
		silent  bool
		uploads int
	}{
		{"the same answer again", []fakes3.Fault{lost}, false, false, 1},
		{"no upload any more, and the object can be read", []fakes3.Fault{lost, gone}, true, false, 1},
		{"no upload any more, and the object cannot be read", []fakes3.Fault{lost, gone}, false, false, 2},
		{"no checksum any more, and the object can be read", []fakes3.Fault{lost}, true, true, 1},
		{"no checksum any more, and the object cannot be read", []fakes3.Fault{lost}, false, true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(5000)
				w.put(t, "k", content, nil)
				w.b.s3.Inject(tt.faults...)
				defer w.b.s3.Check(t)
				if tt.read {
					w.writer = w.b.admin
				}
				c := w.copier(nil)
				if tt.silent {
					c = bridge.New(&repeatingTarget{Client: w.writer}, w.reader, &bridge.Options{PartSize: 1 << 10})
				}
				result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				check(t, err)
				if !bytes.Equal(w.got(t, "k"), content) || result.Level != bridge.Stored {
					t.Error("other bytes arrived")
				}
				if n := acknowledged(w.b.s3, "CreateMultipartUpload"); n != tt.uploads || w.open(t) != 0 {
					t.Errorf("%d uploads were made, %d are open, want %d and none", n, w.open(t), tt.uploads)
				}
			})
		})
	}
}

// TestCompletionNobodyHeardOf is a run that is killed between the completion and
// the journal. The next one finds the object in place if it may look, and copies
// it again if not.
func TestCompletionNobodyHeardOf(t *testing.T) {
	for _, read := range []bool{true, false} {
		t.Run(fmt.Sprintf("the target can be read: %t", read), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(5000)
				w.put(t, "k", content, nil)
				if read {
					w.writer = w.b.admin
				}
				journal := &forgetful{Journal: new(bridge.MemJournal)}
				c := w.copier(func(o *bridge.Options) { o.Journal = journal })
				for _, journal.dead = range []bool{true, false} {
					_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
					check(t, err)
				}
				want := 10
				if read {
					want = 5
				}
				if n := acknowledged(w.b.s3, "UploadPart"); n != want || !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("%d parts were sent, want %d", n, want)
				}
			})
		})
	}
}

// TestManyParts: more parts than one answer lists.
func TestManyParts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		content := random(1105)
		w.put(t, "k", content, nil)
		journal := new(bridge.MemJournal)
		c := w.copier(func(o *bridge.Options) { o.Journal, o.PartSize, o.Retries, o.Concurrency = journal, 1, -1, 1 })
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Skip: 1050, Times: -1, Status: 500, Code: "InternalError"})
		_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
		if !bridge.Resumable(err) {
			t.Fatalf("the copy ended with %v", err)
		}
		w.b.s3.ClearFaults()
		result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
		check(t, err)
		if result.Resumed != 1050 || result.Attempts != 55 || !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("result %+v, want 1,050 parts resumed and 55 sent", result)
		}
		if n := acknowledged(w.b.s3, "ListParts"); n < 2 {
			t.Errorf("%d pages were listed, want 2 at least", n)
		}
	})
}

// TestNoJournal: what cannot be resumed is aborted.
func TestNoJournal(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Times: -1, Status: 500, Code: "InternalError"})
		_, err := w.copier(nil).Copy(t.Context(), dst("k"), unknown("k"))
		if err == nil || bridge.Resumable(err) || w.open(t) != 0 {
			t.Errorf("error %v, %d uploads are open, want an error that cannot be resumed and none", err, w.open(t))
		}
	})
}
