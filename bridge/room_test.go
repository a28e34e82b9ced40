package bridge

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestRoom: what passes at once is a twentieth of what passes in a second, so that
// transfers share a limit evenly.
func TestRoom(t *testing.T) {
	for _, tt := range []struct {
		b         *Bandwidth
		len, want int
	}{
		{nil, 1000, 1000},
		{NewBandwidth(0), 1000, 1000},
		{NewBandwidth(2000), 1000, 100},
		{NewBandwidth(2000), 50, 50},
		{NewBandwidth(5), 1000, 1},
		{NewBandwidth(1 << 40), 1000, 1000},
	} {
		if got := len(tt.b.room(make([]byte, tt.len))); got != tt.want {
			t.Errorf("of %d bytes %d pass at once, want %d", tt.len, got, tt.want)
		}
	}
}

// TestWait: bytes wait for those before them, and no longer than their context.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, begun := NewBandwidth(1000), time.Now()
		if err := b.wait(t.Context(), 1000); err != nil || time.Since(begun) != time.Second {
			t.Errorf("%v after %v, want a second", err, time.Since(begun))
		}
		reason := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(reason) })
		begun = time.Now()
		if err := b.wait(ctx, 1<<20); err != reason || time.Since(begun) != time.Second {
			t.Errorf("%v after %v, want the cause of the context's end after a second", err, time.Since(begun))
		}
		short, end := context.WithTimeout(t.Context(), time.Millisecond)
		defer end()
		if err := b.wait(short, 50); err == nil {
			t.Error("bytes pass that cannot before the context ends")
		}
	})
}
