package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// jobs yields a job for each key, and then err if it is not nil.
func jobs(keys []string, err error) iter.Seq2[bridge.Job, error] {
	return func(yield func(bridge.Job, error) bool) {
		for _, key := range keys {
			if !yield(bridge.Job{Dst: dst(key), Src: unknown(key)}, nil) {
				return
			}
		}
		if err != nil {
			yield(bridge.Job{}, err)
		}
	}
}

func (w *world) fill(t *testing.T, n int) (keys []string, contents map[string][]byte) {
	t.Helper()
	contents = make(map[string][]byte)
	for i := range n {
		key := fmt.Sprintf("k%03d", i)
		contents[key] = random(100 + i*37)
		w.put(t, key, contents[key], nil)
		keys = append(keys, key)
	}
	return keys, contents
}

func TestCopyAll(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		keys, contents := w.fill(t, 100)
		keys = append(keys, "missing")
		var failed, copied []string
		err := w.copier(nil).CopyAll(t.Context(), jobs(keys, nil), func(job bridge.Job, r *bridge.Result, err error) error {
			if err != nil {
				failed = append(failed, job.Dst.Key)
				if !errors.Is(err, fs.ErrNotExist) || r != nil {
					t.Errorf("%s: %v, %v", job.Dst, r, err)
				}
				return nil
			}
			copied = append(copied, job.Dst.Key)
			return nil
		})
		check(t, err)
		slices.Sort(copied)
		if !slices.Equal(copied, keys[:100]) || !slices.Equal(failed, []string{"missing"}) {
			t.Errorf("copied %d, failed %v, want 100 and the missing one", len(copied), failed)
		}
		for key, content := range contents {
			if !bytes.Equal(w.got(t, key), content) {
				t.Errorf("%s has other bytes", key)
			}
		}
	})
}

// TestConcurrency holds each transfer for a second and looks how many go on.
func TestConcurrency(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		keys, _ := w.fill(t, 40)
		w.reader, w.writer = w.a.admin, w.b.admin
		var g gauge
		c := bridge.New(&gaugedTarget{w.writer, &g}, w.reader, &bridge.Options{PartSize: 1 << 10, Concurrency: 3})
		check(t, c.CopyAll(t.Context(), jobs(keys, nil), func(_ bridge.Job, _ *bridge.Result, err error) error { return err }))
		if g.most != 3 {
			t.Errorf("%d transfers went on at once, want 3", g.most)
		}
	})
}

func TestCopyAllStops(t *testing.T) {
	enough := errors.New("enough")
	tests := []struct {
		name string
		run  func(*testing.T, *world, []string) (int, error)
		want error
		done func(int) bool
	}{
		{"when done refuses", func(t *testing.T, w *world, keys []string) (calls int, err error) {
			err = w.copier(nil).CopyAll(t.Context(), jobs(keys, nil), func(bridge.Job, *bridge.Result, error) error {
				calls++
				return enough
			})
			return calls, err
		}, enough, func(n int) bool { return n == 1 }},
		{"when the jobs end in an error, after those before it", func(t *testing.T, w *world, keys []string) (calls int, err error) {
			err = w.copier(nil).CopyAll(t.Context(), jobs(keys, enough), func(_ bridge.Job, _ *bridge.Result, err error) error {
				calls++
				return err
			})
			return calls, err
		}, enough, func(n int) bool { return n == 50 }},
		{"when the context ends", func(t *testing.T, w *world, keys []string) (calls int, err error) {
			ctx, cancel := context.WithCancelCause(t.Context())
			err = w.copier(nil).CopyAll(ctx, jobs(keys, nil), func(bridge.Job, *bridge.Result, error) error {
				if calls++; calls == 5 {
					cancel(enough)
				}
				return nil
			})
			return calls, err
		}, enough, func(n int) bool { return n >= 5 && n < 50 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				keys, _ := w.fill(t, 50)
				if calls, err := tt.run(t, w, keys); !errors.Is(err, tt.want) || !tt.done(calls) {
					t.Errorf("CopyAll = %v after %d calls of done", err, calls)
				}
				if n := w.open(t); n != 0 {
					t.Errorf("%d uploads are open", n)
				}
			})
		})
	}
}

// TestCopyAllReturnsLast: no copy goes on when CopyAll has returned, also of those that
// take their time to end.
func TestCopyAllReturnsLast(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		keys, _ := w.fill(t, 50)
		source := &slowToEnd{Source: w.reader, another: make(chan struct{})}
		enough := errors.New("enough")
		err := bridge.New(w.writer, source, nil).CopyAll(t.Context(), jobs(keys, nil), func(bridge.Job, *bridge.Result, error) error { return enough })
		if !errors.Is(err, enough) {
			t.Errorf("error %v", err)
		}
		if n := source.open.Load(); n != 0 {
			t.Errorf("%d copies go on", n)
		}
		if source.calls.Load() < 2 {
			t.Error("there was one copy only")
		}
	})
}

// A slowToEnd source answers the first request, once there is another one, and takes a
// second to give up others.
type slowToEnd struct {
	bridge.Source
	calls, open atomic.Int64
	another     chan struct{} // closed when there is
}

// Options are those of the client beneath: package bridge asks for them.
func (s *slowToEnd) Options() s3.Options { return s.Source.(*s3.Client).Options() }

func (s *slowToEnd) GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	switch s.calls.Add(1) {
	case 1:
		<-s.another
		return s.Source.GetObject(ctx, in, options...)
	case 2:
		close(s.another)
	}
	s.open.Add(1)
	defer s.open.Add(-1)
	<-ctx.Done()
	time.Sleep(time.Second)
	return nil, ctx.Err()
}

func TestCopyAllUnderTrouble(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		keys, contents := w.fill(t, 60)
		w.a.s3.Inject(
			fakes3.Fault{Op: "GetObject", Skip: 5, Times: 10, Status: 503, Code: "SlowDown"},
			fakes3.Fault{Op: "GetObject", Skip: 30, Times: 4, CutResponse: 50})
		w.b.s3.Inject(
			fakes3.Fault{Op: "PutObject", Skip: 2, Times: 5, Drop: fakes3.AfterEffect},
			fakes3.Fault{Op: "UploadPart", Skip: 7, Times: 9, Status: 500, Code: "InternalError"})
		defer w.a.s3.Check(t)
		defer w.b.s3.Check(t)
		check(t, w.copier(nil).CopyAll(t.Context(), jobs(keys, nil), func(_ bridge.Job, _ *bridge.Result, err error) error { return err }))
		for key, content := range contents {
			if !bytes.Equal(w.got(t, key), content) {
				t.Errorf("%s has other bytes", key)
			}
		}
	})
}

// TestLeftOpenIsToldAfterARefusal: when done has had enough, what the others leave open is
// told all the same.
func TestLeftOpenIsToldAfterARefusal(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var keys []string
		for n := range 4 {
			keys = append(keys, fmt.Sprint(n))
			w.put(t, keys[n], random(5000), nil)
		}
		w.b.s3.Inject(
			fakes3.Fault{Op: "UploadPart", Times: -1, Status: 403, Code: "AccessDenied"},
			fakes3.Fault{Op: "AbortMultipartUpload", Times: -1, Status: 403, Code: "AccessDenied"})
		enough := errors.New("enough")
		err := w.copier(func(o *bridge.Options) { o.Concurrency = 8 }).CopyAll(t.Context(), jobs(keys, nil), func(_ bridge.Job, _ *bridge.Result, err error) error {
			synctest.Wait() // until all have begun their uploads: of one whose answer is lost nobody knows
			return errors.Join(enough, err)
		})
		text := ""
		if err != nil {
			text = err.Error()
		}
		for _, u := range w.b.s3.OpenUploads(dst("")) {
			if !strings.Contains(text, u.ID) {
				t.Errorf("upload %s to %s is open, and not told: %s", u.ID, u.URI, text)
			}
		}
		if !errors.Is(err, enough) || !errors.Is(err, bridge.ErrLeftOpen) {
			t.Errorf("CopyAll = %v", err)
		}
	})
}
