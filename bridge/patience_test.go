package bridge_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A phasedTarget takes a second for each object, and keeps the most that were on their way
// at once before S3 was strained, and from three to eight seconds later.
type phasedTarget struct {
	*s3.Client
	mu            sync.Mutex // guards what follows
	now           int
	strained      time.Time // zero if it has not been
	before, after int
}

func (d *phasedTarget) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	d.add(1)
	time.Sleep(time.Second)
	d.add(-1)
	return d.Client.PutObject(ctx, in, options...)
}

func (d *phasedTarget) add(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now += n
	if d.strained.IsZero() {
		d.before = max(d.before, d.now)
	} else if since := time.Since(d.strained); since > 3*time.Second && since < 8*time.Second {
		d.after = max(d.after, d.now)
	}
}

// TestConcurrencyFollowsS3: as long as more at once bring more, there are more, up to the
// most; when S3 answers with SlowDown, a third fewer.
func TestConcurrencyFollowsS3(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var keys []string
		for n := range 1000 {
			keys = append(keys, fmt.Sprintf("%04d", n))
			w.put(t, keys[n], []byte("x"), nil)
		}
		w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Skip: 500, Times: 10, Status: 503, Code: "SlowDown"})
		target := &phasedTarget{Client: w.writer}
		c := bridge.New(target, w.reader, &bridge.Options{Concurrency: 32, Trace: bridge.Trace{Retry: func(redferry.URI, int, error, time.Duration) {
			target.mu.Lock()
			defer target.mu.Unlock()
			if target.strained.IsZero() {
				target.strained = time.Now()
			}
		}}})
		check(t, c.CopyAll(t.Context(), jobs(keys, nil), func(_ bridge.Job, _ *bridge.Result, err error) error { return err }))
		if target.before != 32 || target.after > 32*7/10 || target.after < 10 {
			t.Errorf("at most %d at once before S3 was strained, and %d after; want 32, and 22 at most", target.before, target.after)
		}
	})
}

// TestNoBudgetForRepeats: however many requests of a run are repeated, none fails for that:
// the SDK's own budget, which a client's requests share, is good for a hundred.
func TestNoBudgetForRepeats(t *testing.T) {
	t.Run("the short way", func(t *testing.T) { noBudget(t, func(*s3.Options) {}) })
	t.Run("the SDK's way", func(t *testing.T) {
		noBudget(t, func(o *s3.Options) { o.APIOptions = append(o.APIOptions, func(*middleware.Stack) error { return nil }) })
	})
}

func noBudget(t *testing.T, change func(*s3.Options)) {
	inWorld(t, func(t *testing.T, w *world) {
		keys, _ := w.fill(t, 60)
		for _, key := range keys {
			w.a.s3.Inject(fakes3.Fault{Op: "GetObject", Key: key, Times: 5, Status: 503, Code: "SlowDown"})
			w.b.s3.Inject(fakes3.Fault{Op: "PutObject", Key: key, Times: 5, Status: 500, Code: "InternalError"})
		}
		reader, writer := s3.New(w.reader.Options(), change), s3.New(w.writer.Options(), change) // with the SDK's retries
		repeats := 0
		var mu sync.Mutex // guards repeats
		c := bridge.New(writer, reader, &bridge.Options{Trace: bridge.Trace{Retry: func(redferry.URI, int, error, time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			repeats++
		}}})
		check(t, c.CopyAll(t.Context(), jobs(keys, nil), func(_ bridge.Job, _ *bridge.Result, err error) error { return err }))
		if repeats != len(keys)*(5+5) { // those of the SDK nobody is told of
			t.Errorf("%d requests were repeated", repeats)
		}
	})
}
