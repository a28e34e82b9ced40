package backoff_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/internal/backoff"
)

func ExamplePolicy() {
	p := backoff.Policy{Base: time.Second, Max: 6 * time.Second, Rand: func() float64 { return 0.5 }}
	for n := 1; n <= 5; n++ {
		fmt.Println(p.Ceiling(n), p.Delay(n))
	}
	// Output:
	// 1s 500ms
	// 2s 1s
	// 4s 2s
	// 6s 3s
	// 6s 3s
}

func TestDelayStaysBelowCeiling(t *testing.T) {
	var p backoff.Policy
	for n := range 100 {
		ceiling := p.Ceiling(n)
		if ceiling < backoff.DefaultBase || ceiling > backoff.DefaultMax {
			t.Errorf("Ceiling(%d) = %v", n, ceiling)
		}
		if d := p.Delay(n); d < 0 || d > ceiling {
			t.Errorf("Delay(%d) = %v, the ceiling is %v", n, d, ceiling)
		}
	}
}

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := backoff.Sleep(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got != time.Hour {
			t.Errorf("slept %v, want an hour", got)
		}
		stop := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stop) })
		if err := backoff.Sleep(ctx, time.Hour); !errors.Is(err, stop) {
			t.Errorf("Sleep = %v, want the cause %v", err, stop)
		}
	})
}
