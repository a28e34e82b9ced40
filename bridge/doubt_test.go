package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A stubbornLedger can be made to refuse what it is told, and counts how often it
// has forgotten something.
type stubbornLedger struct {
	bridge.MemLedger
	record, forget error
	forgets        int
}

func (l *stubbornLedger) Record(ctx context.Context, entries ...bridge.Entry) error {
	if l.record != nil {
		return l.record
	}
	return l.MemLedger.Record(ctx, entries...)
}

func (l *stubbornLedger) Forget(ctx context.Context, destinations ...redferry.URI) error {
	if l.forget != nil {
		return l.forget
	}
	l.forgets++
	return l.MemLedger.Forget(ctx, destinations...)
}

func ignore(*bridge.Event) error { return nil }

// TestSyncOfWhatIsAsBefore: an object is replaced at the target, and the program
// does not live to record it, or to hear of it. Then the source becomes what it was
// before. What the ledger said of that time is true no more.
func TestSyncOfWhatIsAsBefore(t *testing.T) {
	for name, last := range map[string]func(w *world, l *stubbornLedger){
		"the record is refused": func(_ *world, l *stubbornLedger) { l.record = errors.New("no room") },
		"the answer is lost": func(w *world, _ *stubbornLedger) {
			w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Drop: fakes3.AfterEffect})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, ledger := newWorld(t, "https"), new(stubbornLedger)
				c := w.copier(func(o *bridge.Options) { o.Retries = -1 })
				w.put(t, "p/k", []byte("good"), nil)
				same(t, changes(t, c, w.writeOnly(ledger)), map[string]bridge.Change{"k": bridge.Added})
				w.put(t, "p/k", []byte("evil"), nil)
				last(w, ledger)
				summary, err := c.Sync(t.Context(), w.writeOnly(ledger), ignore)
				if err == nil && summary.Failed == 0 || string(w.got(t, "q/k")) != "evil" {
					t.Fatalf("it ended with %v, %+v; the target has %q", err, summary, w.got(t, "q/k"))
				}
				ledger.record = nil
				w.put(t, "p/k", []byte("good"), nil)
				found := changes(t, c, w.writeOnly(ledger))
				if got := string(w.got(t, "q/k")); got != "good" {
					t.Errorf("the object is told to be %s, and the target has %q", found["k"], got)
				}
			})
		})
	}
}

// TestSyncForgetsFirst: what the ledger does not forget is neither replaced nor
// removed.
func TestSyncForgetsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ledger := newWorld(t, "https"), new(stubbornLedger)
		c := w.copier(nil)
		for _, key := range []string{"p/changed", "p/gone", "p/same"} {
			w.put(t, key, []byte("old"), nil)
		}
		both := func(s *bridge.Sync) { s.Ledger, s.Remover = ledger, w.b.admin }
		_ = changes(t, c, w.sync(both))
		w.put(t, "p/changed", []byte("new"), nil)
		w.put(t, "p/zz added", []byte("new"), nil)
		_ = must(w.a.admin.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: aws.String("p/gone")}))(t)
		ledger.forget = errors.New("no room")
		summary, err := c.Sync(t.Context(), w.sync(both), ignore)
		if !errors.Is(err, ledger.forget) || summary.Removed != 0 || summary.Failed != 1 {
			t.Errorf("it ended with %v, %+v", err, summary)
		}
		if w.got(t, "q/gone") == nil || string(w.got(t, "q/changed")) != "old" || string(w.got(t, "q/zz added")) != "new" {
			t.Error("the target has not what it should have")
		}
		ledger.forget = nil
		if summary, err := c.Sync(t.Context(), w.sync(both), ignore); err != nil || summary.Removed != 1 || summary.Copied != 1 || summary.Failed != 0 {
			t.Errorf("it ended with %v, %+v", err, summary)
		}
	})
}

// TestSyncForgetsTogether: the ledger is not asked once for each object.
func TestSyncForgetsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ledger := newWorld(t, "https"), new(stubbornLedger)
		c := w.copier(nil)
		write := func(content string) {
			for i := range 250 {
				w.put(t, fmt.Sprintf("p/%03d", i), []byte(content), nil)
			}
		}
		write("old")
		_ = changes(t, c, w.writeOnly(ledger))
		if ledger.forgets != 0 {
			t.Errorf("%d times something was forgotten, and nothing was known", ledger.forgets)
		}
		write("new")
		_ = changes(t, c, w.writeOnly(ledger))
		if ledger.forgets != 3 {
			t.Errorf("%d times something was forgotten, want 3", ledger.forgets)
		}
	})
}

// TestSyncForgetsBySize: large objects do not wait for a hundred others.
func TestSyncForgetsBySize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ledger := newWorld(t, "http"), new(stubbornLedger)
		c := w.copier(nil)
		for _, content := range [][]byte{[]byte("old"), make([]byte, 33<<20)} {
			for _, key := range []string{"p/1", "p/2", "p/3"} {
				w.put(t, key, content, nil)
			}
			_ = changes(t, c, w.writeOnly(ledger))
		}
		if ledger.forgets != 2 {
			t.Errorf("%d times something was forgotten, want 2: after 66 MiB, and at the end", ledger.forgets)
		}
	})
}
