package bridge

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A link moves so many bytes per second in all, and no more than some for one
// transfer.
type link struct {
	gate   *gate
	inside atomic.Int64
	total  float64
	each   float64
}

// move moves one object of a mebibyte through the gate.
func (l *link) move(ctx context.Context) {
	if l.gate.enter(ctx, 0, nil) != nil {
		return
	}
	begun := time.Now()
	n := l.inside.Add(1)
	rate := min(l.each, l.total/float64(n))
	time.Sleep(time.Duration(mebibyte / rate * float64(time.Second)))
	l.inside.Add(-1)
	l.gate.moved(mebibyte, time.Since(begun))
	l.gate.leave()
}

// limitAfter has 64 workers move objects for some time, and returns the limit then.
func (l *link) limitAfter(t *testing.T, d time.Duration) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	done := make(chan struct{})
	for range 64 {
		go func() {
			for ctx.Err() == nil {
				l.move(ctx)
			}
			done <- struct{}{}
		}()
	}
	for range 64 {
		<-done
	}
	return l.gate.pace.limit
}

// TestPaceFindsTheLimit: as many transfers as a link has use for, and not many more.
func TestPaceFindsTheLimit(t *testing.T) {
	for _, tt := range []struct {
		name        string
		most        int
		total, each float64
		least, last int
	}{
		{"a link that is never full", 64, 1e12, 2 << 20, 64, 64},
		{"a link that eight fill", 64, 16 << 20, 2 << 20, 8, 11},
		{"a link that forty fill", 64, 80 << 20, 2 << 20, 40, 64},
		{"a link that one fills", 64, 2 << 20, 2 << 20, 8, 11},
		{"a limit below the first", 3, 1e12, 2 << 20, 3, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &link{gate: newGate(tt.most), total: tt.total, each: tt.each}
				if got := l.limitAfter(t, 2*time.Minute); got < tt.least || got > tt.last {
					t.Errorf("%d transfers at once, want %d to %d", got, tt.least, tt.last)
				}
			})
		})
	}
}

// TestPaceYields: what strains S3 goes on with fewer, and more again later; failures
// that come together count once.
func TestPaceYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &link{gate: newGate(64), total: 1e12, each: 2 << 20}
		if got := l.limitAfter(t, time.Minute); got != 64 {
			t.Fatalf("%d at once, want 64", got)
		}
		for range 30 {
			l.gate.strained()
		}
		if got := l.gate.pace.limit; got != 44 {
			t.Errorf("%d at once after one burst of failures, want 44", got)
		}
		for range 30 {
			time.Sleep(2 * time.Second)
			l.gate.strained()
		}
		if got := l.gate.pace.limit; got != 1 {
			t.Errorf("%d at once after thirty bursts, want 1", got)
		}
		if got := l.limitAfter(t, 10*time.Minute); got < 16 {
			t.Errorf("%d at once ten minutes later, want 16 at least", got)
		}
	})
}

// TestGateWithoutAQueue: where nobody waits, the limit stays.
func TestGateWithoutAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &link{gate: newGate(64), total: 1e12, each: 2 << 20}
		for range 200 {
			l.move(t.Context())
		}
		if got := l.gate.pace.limit; got != paceStart {
			t.Errorf("%d at once, want %d", got, paceStart)
		}
	})
}

// TestGateOrder: who waits is let in in the order of arrival, and who leaves the queue
// takes nobody's place.
func TestGateOrder(t *testing.T) {
	for who, want := range [][2]int{{1, 2}, {0, 2}, {0, 1}} {
		synctest.Test(t, func(t *testing.T) { gateOrder(t, who, want) })
	}
}

// TestPaceOfEmptyObjects: where only requests count, and more at once bring no more of
// them, there are no more at once. After a rest one more is tried.
func TestPaceOfEmptyObjects(t *testing.T) {
	p, now := newPace(64), time.Unix(0, 0)
	p.start(now)
	windows := func(n int) {
		for range n {
			p.crowded = true
			for range 199 {
				p.moved(now, 0, time.Millisecond)
			}
			now = now.Add(time.Second)
			p.moved(now, 0, time.Millisecond)
		}
	}
	windows(3) // a step up, one that settles, a step back
	if p.limit != paceStart {
		t.Errorf("%d at once, want %d", p.limit, paceStart)
	}
	windows(1 + paceRest)
	if p.limit != paceStart {
		t.Errorf("%d at once before the rest is over, want %d", p.limit, paceStart)
	}
	if windows(1); p.limit != paceStart+1 {
		t.Errorf("%d at once after the rest, want %d", p.limit, paceStart+1)
	}
}

// TestTypicalSpeed: what has no bytes, or took no time, has no speed; of the others
// the last twenty or so count.
func TestTypicalSpeed(t *testing.T) {
	p := newPace(1)
	for range 2 * speedsKnown {
		p.count(0, time.Second)
		p.count(1000, 0)
	}
	if p.typical() != 0 {
		t.Errorf("the typical speed is %v, want none", p.typical())
	}
	for range speedsKnown {
		p.count(1000, time.Second)
		p.count(0, time.Second)
	}
	if p.typical() != 1000 {
		t.Errorf("the typical speed is %v, want 1000", p.typical())
	}
	for range speedsKnown {
		p.count(2000, time.Second)
	}
	if got := p.typical(); got < 1300 || got > 1400 { // 2000 - 1000 * 0.95^8
		t.Errorf("the typical speed is %v, want 1337", got)
	}
}

// TestGateTurnTooLate: who is let in at the moment when he gives up leaves his place to
// others.
func TestGateTurnTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		if err := g.enter(t.Context(), 0, nil); err != nil {
			t.Fatal(err)
		}
		reason := errors.New("enough")
		ctx, giveUp := context.WithCancelCause(t.Context())
		waited := make(chan error, 1)
		go func() { waited <- g.enter(ctx, 0, nil) }()
		synctest.Wait()
		g.mu.Lock() // he gives up, and before he can say so, this one leaves
		giveUp(reason)
		g.inside--
		g.admit()
		g.mu.Unlock()
		if err := <-waited; !errors.Is(err, reason) {
			t.Errorf("he was told %v, want %v", err, reason)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.inside != 0 {
			t.Errorf("%d are inside", g.inside)
		}
	})
}

// gateOrder has three wait at a gate, of whom one gives up.
func gateOrder(t *testing.T, who int, want [2]int) {
	g := newGate(1)
	if err := g.enter(t.Context(), 0, nil); err != nil {
		t.Fatal(err)
	}
	reason := errors.New("enough")
	impatient, leave := context.WithCancelCause(t.Context())
	order := make(chan int, 3)
	for i := range 3 {
		ctx := t.Context()
		if i == who {
			ctx = impatient
		}
		go func() {
			if err := g.enter(ctx, 0, nil); err != nil {
				if !errors.Is(err, reason) {
					t.Error(err)
				}
				return
			}
			order <- i
			g.leave()
		}()
		synctest.Wait()
	}
	leave(reason)
	synctest.Wait()
	if err := g.enter(impatient, 0, nil); !errors.Is(err, reason) {
		t.Errorf("with an ended context: %v", err)
	}
	g.leave()
	if a, b := <-order, <-order; a != want[0] || b != want[1] {
		t.Errorf("%d gives up: %d and %d were let in, want %v", who, a, b, want)
	}
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside != 0 || len(g.waiting) != 0 {
		t.Errorf("%d are inside, %d wait", g.inside, len(g.waiting))
	}
}

func TestStraining(t *testing.T) {
	status := func(code int) error {
		return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: code}}}}
	}
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{status(503), true},
		{status(500), true},
		{status(429), true},
		{status(501), false},
		{status(404), false},
		{status(403), false},
		{errStalled, true},
		{errStraggling, false},
		{context.DeadlineExceeded, true},
		{errors.New("x"), false},
		{ErrChecksum, false},
	} {
		if got := straining(tt.err); got != tt.want {
			t.Errorf("%v: got %t", tt.err, got)
		}
	}
}
