package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redferry/redferry"
)

// TestRetrySaysWhy: every repeated request is counted, and explained with -v only.
func TestRetrySaysWhy(t *testing.T) {
	for verbose, want := range map[bool]string{
		false: "",
		true:  "s3://bbb/p/k: part 3: again in 250ms: slow down\n",
	} {
		var out strings.Builder
		r := newReport(&out, verbose)
		r.trace().Retry(redferry.MustParseURI("s3://bbb/p/k"), 3, errors.New("slow down"), 250*time.Millisecond)
		if out.String() != want || r.retries.Load() != 1 {
			t.Errorf("with -v=%v it counts %d and prints %q, want 1 and %q", verbose, r.retries.Load(), out.String(), want)
		}
	}
}
