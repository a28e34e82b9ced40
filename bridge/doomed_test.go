package bridge

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDoomed: what counts is what is left to send.
func TestDoomed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan{size: 20 * slowRate, partSize: 10 * slowRate}
		for _, tt := range []struct {
			name  string
			until time.Duration // the rule's date; 0 for none
			known bool          // that part 1 is in place
			want  bool
		}{
			{"no rule", 0, false, false},
			{"time for all", spare + 20*time.Second, false, false},
			{"a moment less", spare + 20*time.Second - 1, false, true},
			{"time for the other half", spare + 10*time.Second, true, false},
			{"less", spare + 10*time.Second - 1, true, true},
			{"nothing left, and time to end it", toEnd, true, false},
			{"nothing left, and no time", toEnd - 1, true, true},
		} {
			u := &upload{plan: p, parts: []part{{known: tt.known}, {known: strings.HasPrefix(tt.name, "nothing left")}}}
			if tt.until > 0 {
				u.abortDate = time.Now().Add(tt.until)
			}
			if got := u.doomed(); got != tt.want {
				t.Errorf("%s: %t", tt.name, got)
			}
		}
	})
}
