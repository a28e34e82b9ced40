package backoff_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/internal/backoff"
)

func TestAfter(t *testing.T) {
	tests := []struct {
		name    string
		attempt int
		random  float64
		want    time.Duration
	}{
		{"first", 1, 0, time.Second},
		{"first at its shortest", 1, 1, 500 * time.Millisecond},
		{"doubled twice", 3, 0, 4 * time.Second},
		{"at the top", 4, 0, 5 * time.Second},
		{"no overflow", 1 << 20, 0, 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := backoff.Pauses{First: time.Second, Max: 5 * time.Second, Random: func() float64 { return tt.random }}
			if got := p.After(tt.attempt); got != tt.want {
				t.Errorf("After(%d) = %v, want %v", tt.attempt, got, tt.want)
			}
		})
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		if err := backoff.Sleep(t.Context(), time.Hour); err != nil || time.Since(begin) != time.Hour {
			t.Errorf("Sleep = %v after %v, want nil after an hour", err, time.Since(begin))
		}
		cause := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if err := backoff.Sleep(ctx, time.Hour); !errors.Is(err, cause) {
			t.Errorf("Sleep = %v, want %v", err, cause)
		}
	})
}
