package bridge

import (
	"errors"
	"sync/atomic"
	"time"
)

// errStraggling ends a transfer that is much slower than others are: on another
// connection, to another of S3's hosts, it is likely as fast as they. Source: AWS
// whitepaper "Best Practices Design Patterns: Optimizing Amazon S3 Performance",
// "Timeouts and Retries for Latency-Sensitive Applications".
var errStraggling = errors.New("it is much slower than others, and begins anew on another connection")

const (
	straggleAfter = 10 * time.Second // that is how long a transfer is watched
	straggleRatio = 4                // slower by this factor than what is typical
)

// A watch looks for a transfer that straggles. A transfer does so once at most.
type watch struct {
	typical func() float64 // bytes per second, 0 if unknown
	done    *atomic.Bool   // the transfer has straggled before; whoever reads it may outlive the try
	begun   time.Time
	from    int64     // bytes that had moved then
	next    time.Time // when it is looked at again
}

// pause has it begin again with what comes next.
func (w *watch) pause() { w.begun = time.Time{} }

// straggles reports whether a transfer that has moved some of its bytes should begin
// anew: it is slow, and what is left of it takes longer than all of it would at a
// typical rate.
func (w *watch) straggles(count, size int64) bool {
	if w.done == nil || w.done.Load() {
		return false
	}
	now := time.Now()
	if w.begun.IsZero() {
		w.begun, w.from, w.next = now, count, now.Add(straggleAfter)
	}
	if now.Before(w.next) {
		return false
	}
	w.next = now.Add(time.Second)
	typical, own := w.typical(), float64(count-w.from)/now.Sub(w.begun).Seconds()
	if own*straggleRatio > typical || float64(size-count)/own < float64(size)/typical {
		return false
	}
	w.done.Store(true)
	return true
}
