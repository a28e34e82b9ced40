package bridge_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// A trickle is a source whose bodies come at a rate: a tenth of it for some.
type trickle struct {
	bridge.Source
	rate int // bytes per second
	slow func(in *s3.GetObjectInput) bool
}

func (s *trickle) GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	out, err := s.Source.GetObject(ctx, in, options...)
	if err == nil {
		rate := s.rate
		if s.slow(in) {
			rate /= 10
		}
		out.Body = &trickling{ReadCloser: out.Body, rate: rate, left: aws.ToInt64(out.ContentLength)}
	}
	return out, err
}

type trickling struct {
	io.ReadCloser
	rate int
	left int64 // bytes
}

func (b *trickling) Read(p []byte) (int, error) {
	if b.left == 0 { // whoever looks for more than there is may be in the way of Close
		return 0, io.EOF
	}
	time.Sleep(100 * time.Millisecond)
	n, err := b.ReadCloser.Read(p[:min(len(p), max(b.rate/10, 1))])
	b.left -= int64(n)
	return n, err
}

// TestStraggler: a part that comes at a tenth of the rate of others is asked for again,
// once; where all are slow, none is.
func TestStraggler(t *testing.T) {
	for _, tt := range []struct {
		name  string
		slow  func(n int64, part5 bool) bool // of the n-th read of part 5, or of another
		again int64                          // restarts
		most  time.Duration
	}{
		{"one part, once", func(n int64, part5 bool) bool { return part5 && n == 1 }, 1, time.Minute},
		{"one part, always", func(_ int64, part5 bool) bool { return part5 }, 1, 3 * time.Minute},
		{"all parts", func(int64, bool) bool { return true }, 0, 10 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(20_000)
				w.put(t, "k", content, nil)
				var reads, again atomic.Int64
				source := &trickle{Source: w.reader, rate: 100, slow: func(in *s3.GetObjectInput) bool {
					part5 := strings.HasPrefix(aws.ToString(in.Range), "bytes=8192-")
					if part5 {
						reads.Add(1)
					}
					return tt.slow(reads.Load(), part5)
				}}
				c := bridge.New(w.writer, source, &bridge.Options{PartSize: 2 << 10, Concurrency: 2, Trace: bridge.Trace{Retry: func(_ redferry.URI, _ int, err error, _ time.Duration) {
					again.Add(1)
					if !strings.Contains(err.Error(), "much slower than others") {
						t.Error(err)
					}
				}}})
				// Others have shown what is typical.
				for range 8 {
					w.put(t, "before", content[:300], nil)
					_ = must(c.Copy(t.Context(), dst("before"), unknown("before")))(t)
				}
				reads.Store(0)
				begun := time.Now()
				result := must(c.Copy(t.Context(), dst("k"), unknown("k")))(t)
				if took := time.Since(begun); again.Load() != tt.again || !bytes.Equal(w.got(t, "k"), content) || result.Level != bridge.Stored || took > 2*tt.most+2*time.Minute {
					t.Errorf("%d restarts in %v, want %d: %+v", again.Load(), took, tt.again, result)
				}
			})
		})
	}
}

// TestStragglerConnections: the part that is asked for again gets connections of its own at
// both sides, though others are idle; a limit of bandwidth that is off changes nothing, and
// what is held back on purpose straggles for no fault of its connection.
func TestStragglerConnections(t *testing.T) {
	for _, tt := range []struct {
		name      string
		bandwidth func() *bridge.Bandwidth
		again     int
	}{
		{"no limit", func() *bridge.Bandwidth { return nil }, 1},
		{"a limit that is off", func() *bridge.Bandwidth { return bridge.NewBandwidth(0) }, 1},
		{"a limit", func() *bridge.Bandwidth { return bridge.NewBandwidth(1 << 20) }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(4 << 10)
				w.put(t, "k", content, nil)
				var dials [2]atomic.Int64 // at the source, at the target
				count := func(n *atomic.Int64) func(*bridge.Access) {
					return func(a *bridge.Access) {
						dial := a.Dial
						a.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
							n.Add(1)
							return dial(ctx, network, address)
						}
					}
				}
				source := &trickle{Source: w.with(t, w.a, count(&dials[0])), rate: 100}
				var reads atomic.Int64
				source.slow = func(in *s3.GetObjectInput) bool {
					return strings.HasPrefix(aws.ToString(in.Range), "bytes=0-") && reads.Add(1) == 1
				}
				var starts, again atomic.Int64
				var before, after [2]int64
				now := func() [2]int64 { return [2]int64{dials[0].Load(), dials[1].Load()} }
				options := &bridge.Options{PartSize: 2 << 10, Concurrency: 8, Bandwidth: tt.bandwidth(), Trace: bridge.Trace{
					Retry: func(redferry.URI, int, error, time.Duration) { again.Add(1); before = now() },
					Part: func(_ redferry.URI, part int, _ int64) {
						if part == 1 && starts.Add(1) == 1 {
							after = now()
						}
					},
				}}
				c := bridge.New(w.with(t, w.b, count(&dials[1])), source, options)
				_ = w.timed(t, c, 8, 8*300) // which shows what is typical, and leaves eight connections idle
				starts.Store(0)
				_ = must(c.Copy(t.Context(), dst("k"), unknown("k")))(t)
				if again.Load() != int64(tt.again) || !bytes.Equal(w.got(t, "k"), content) {
					t.Fatalf("%d restarts, want %d", again.Load(), tt.again)
				}
				if tt.again > 0 && (after[0] == before[0] || after[1] == before[1]) {
					t.Errorf("connections were opened at source and target: %v when it straggled, %v when it had arrived", before, after)
				}
			})
		})
	}
}
