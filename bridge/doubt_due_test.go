package bridge

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestDoubtsDue at each limit.
func TestDoubtsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for _, tt := range []struct {
			n     int
			bytes int64
			ago   time.Duration
			want  bool
		}{
			{1, 0, 0, false},
			{doubtedJobs - 1, doubtedBytes - 1, doubtedFor - 1, false},
			{doubtedJobs, 0, 0, true},
			{1, doubtedBytes, 0, true},
			{1, 0, doubtedFor, true},
		} {
			d := doubts{jobs: make([]doubt, tt.n), bytes: tt.bytes, since: now.Add(-tt.ago)}
			if got := d.due(); got != tt.want {
				t.Errorf("%+v: %t", tt, got)
			}
		}
	})
}
