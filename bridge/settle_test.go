package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestLedgerHearsAtOnce: an object that takes its time keeps no other from the ledger.
// Else a program that is killed meanwhile would copy those again.
func TestLedgerHearsAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/a", random(100), nil)
		w.put(t, "p/b", random(100), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Key: "q/a", Delay: 100 * time.Millisecond})
		w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Key: "q/b", Delay: 10 * time.Second})
		ledger := new(bridge.MemLedger)
		ended := make(chan error)
		go func() {
			_, err := w.copier(nil).Sync(t.Context(), w.writeOnly(ledger), func(*bridge.Event) error { return nil })
			ended <- err
		}()
		time.Sleep(time.Second) // of the bubble
		if _, ok, err := ledger.Lookup(t.Context(), dst("q/a")); err != nil || !ok {
			t.Errorf("a second after q/a was copied the ledger has it: %t, %v", ok, err)
		}
		check(t, <-ended)
		if _, ok, err := ledger.Lookup(t.Context(), dst("q/b")); err != nil || !ok {
			t.Errorf("at the end the ledger has q/b: %t, %v", ok, err)
		}
	})
}

// A slowLedger takes its time, as a disk does, and notes of how many entries it is told
// together.
type slowLedger struct {
	bridge.MemLedger
	takes time.Duration
	heard func()     // nil if nobody wants to know
	mu    sync.Mutex // guards told
	told  []int
}

func (l *slowLedger) Record(ctx context.Context, entries ...bridge.Entry) error {
	l.mu.Lock()
	l.told = append(l.told, len(entries))
	l.mu.Unlock()
	if l.heard != nil {
		l.heard()
	}
	time.Sleep(l.takes)
	return l.MemLedger.Record(ctx, entries...)
}

// TestLedgerHearsTogether: what is copied while the ledger writes is written together,
// but never more than there are transfers; and who waits for it does not run on.
func TestLedgerHearsTogether(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const objects, transfers = 40, 4
		for n := range objects {
			w.put(t, fmt.Sprintf("p/%02d", n), random(10), nil)
		}
		ledger := &slowLedger{takes: time.Minute}
		ended := make(chan error)
		go func() {
			_, err := w.copier(func(o *bridge.Options) { o.Concurrency = transfers }).Sync(t.Context(), w.writeOnly(ledger), func(*bridge.Event) error { return nil })
			ended <- err
		}()
		time.Sleep(30 * time.Second) // of the bubble
		synctest.Wait()
		// As many are being written, as many wait, and each transfer has one more.
		if n := acknowledged(w.b.s3, "PutObject"); n > transfers+transfers+transfers {
			t.Errorf("while the ledger has nothing, %d objects were copied", n)
		}
		check(t, <-ended)
		total := 0
		for _, n := range ledger.told {
			if total += n; n > transfers {
				t.Errorf("the ledger was told of %d objects together", n)
			}
		}
		if total != objects || len(ledger.told) > objects/2 {
			t.Errorf("the ledger was told of %d objects in %v", total, ledger.told)
		}
	})
}

// TestLedgerRefuses: that the ledger does not take a copy ends the Sync, and the listings.
func TestLedgerRefuses(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		object := w.put(t, "p/a", random(100), nil)
		full := errors.New("the disk is full")
		s := w.writeOnly(fullLedger{new(bridge.MemLedger), full})
		s.Source = endless{object}
		begin := time.Now()
		_, err := w.copier(nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
		if took := time.Since(begin); !errors.Is(err, full) || took > time.Second {
			t.Errorf("after %v Sync = %v", took, err)
		}
	})
}

// endless lists an object and a page of others that are not there, and has the next one
// ready ten hours later.
type endless struct{ first bridge.Object }

func (e endless) List(ctx context.Context, _ redferry.URI, _ string) iter.Seq2[bridge.Object, error] {
	return func(yield func(bridge.Object, error) bool) {
		if !yield(e.first, nil) {
			return
		}
		for n := range 999 {
			if !yield(bridge.Object{URI: src(fmt.Sprintf("p/b%03d", n)), ETag: `"e"`, Size: 1}, nil) {
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Hour):
		}
	}
}

// TestLedgerHearsOfLargeObjects at once: to send one again costs most.
func TestLedgerHearsOfLargeObjects(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "p/a", random(5000), nil)
		var done, recorded time.Time
		ledger := &slowLedger{}
		ledger.heard = func() { recorded = time.Now() }
		_, err := w.copier(nil).Sync(t.Context(), w.writeOnly(ledger), func(*bridge.Event) error { done = time.Now(); return nil })
		if err != nil || !recorded.Equal(done) {
			t.Errorf("%v; it is recorded %v after it was copied", err, recorded.Sub(done))
		}
	})
}

// TestLevelLeavesTheLedgerAlone: a run that demands more than can be had copies nothing, and
// the ledger knows afterwards what it knew before.
func TestLevelLeavesTheLedgerAlone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for n := range 3 {
			w.put(t, fmt.Sprintf("p/%d", n), random(500), func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = "SHA256" })
		}
		ledger := new(bridge.MemLedger)
		_ = changes(t, w.copier(nil), w.writeOnly(ledger))
		strict := w.copier(func(o *bridge.Options) { o.MinLevel = bridge.Stored })
		summary, err := strict.Sync(t.Context(), w.writeOnly(ledger), func(*bridge.Event) error { return nil })
		if puts := acknowledged(w.b.s3, "PutObject"); err != nil || summary.Unproven != 3 || puts != 3 {
			t.Fatalf("%+v, %v; %d objects were put", summary, err, puts)
		}
		for key, change := range changes(t, w.copier(nil), w.writeOnly(ledger)) {
			if change != bridge.Unchanged {
				t.Errorf("%s is %s, and nobody has touched it", key, change)
			}
		}
	})
}

// TestUntouchedStaysInTheLedger: of a copy that fails before anything is put at the target,
// the ledger knows what it knew; of one that fails after that, nothing.
func TestUntouchedStaysInTheLedger(t *testing.T) {
	for _, tt := range []struct {
		size  int
		fault fakes3.Fault
		there bool
	}{
		{500, fakes3.Fault{Op: "GetObject"}, true},
		{5000, fakes3.Fault{Op: "GetObject"}, true},
		{5000, fakes3.Fault{Op: "HeadObject"}, true},
		{5000, fakes3.Fault{Op: "UploadPart"}, true},
		{500, fakes3.Fault{Op: "PutObject"}, false},
		{5000, fakes3.Fault{Op: "CompleteMultipartUpload"}, false},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.put(t, "p/k", random(tt.size), nil)
			ledger := new(bridge.MemLedger)
			_ = changes(t, w.copier(nil), w.writeOnly(ledger))
			w.put(t, "p/k", random(tt.size + 1)[1:], nil)
			fault := tt.fault
			fault.Times, fault.Status, fault.Code = -1, 403, "AccessDenied"
			w.a.s3.Inject(fault)
			w.b.s3.Inject(fault)
			summary, err := w.copier(nil).Sync(t.Context(), w.writeOnly(ledger), func(*bridge.Event) error { return nil })
			_, there, _ := ledger.Lookup(t.Context(), dst("q/k"))
			if err != nil || summary.Failed != 1 || there != tt.there {
				t.Errorf("%+v: %+v, %v; the ledger knows it: %t", tt.fault, summary, err, there)
			}
		})
	}
}

// TestMissedCopiesAreRecorded: what has been copied when done has had enough is in the ledger,
// though nobody is told.
func TestMissedCopiesAreRecorded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ledger := new(bridge.MemLedger)
		for n := range 4 {
			w.put(t, fmt.Sprintf("p/%d", n), random(5000+n), nil)
		}
		enough := errors.New("the disk of the report is full")
		_, err := w.copier(nil).Sync(t.Context(), w.writeOnly(ledger), func(*bridge.Event) error {
			time.Sleep(time.Minute) // of the bubble: the others end meanwhile
			return enough
		})
		if !errors.Is(err, enough) {
			t.Fatal(err)
		}
		copied := 0
		for n := range 4 {
			key := fmt.Sprintf("q/%d", n)
			_, known, err := ledger.Lookup(t.Context(), dst(key))
			check(t, err)
			there := w.got(t, key) != nil
			if there {
				copied++
			}
			if there != known {
				t.Errorf("%s is there: %t; the ledger knows it: %t", key, there, known)
			}
		}
		if copied < 2 {
			t.Errorf("%d are copied, of which the first one was told", copied)
		}
	})
}
