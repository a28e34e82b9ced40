package bridge

import (
	"context"
	"fmt"
	"time"

	"github.com/redferry/redferry"
)

// doubts are jobs that replace objects which the ledger knows. It forgets an object
// before that is replaced: a program that does not live to hear what became of the
// copy must not leave an entry about what was there before, or a source that becomes
// what it was passes for unchanged. The jobs wait a little for others, because each
// time may cost a sync of a disk.
type doubts struct {
	jobs  []doubt
	bytes int64
	since time.Time // of the first
}

// A doubt is a job, and what the ledger knew before it; nil if that was nothing.
type doubt struct {
	Job
	change Change
	known  *Entry
}

// What waits for others, at most.
const (
	doubtedJobs  = 100
	doubtedBytes = 64 << 20
	doubtedFor   = time.Second
)

// due reports whether the jobs have waited long enough.
func (d *doubts) due() bool {
	return len(d.jobs) >= doubtedJobs || d.bytes >= doubtedBytes || time.Since(d.since) >= doubtedFor
}

func (d *doubts) add(job Job, change Change, known Entry) {
	if len(d.jobs) == 0 {
		d.since = time.Now()
	}
	d.jobs = append(d.jobs, doubt{job, change, &known})
	d.bytes += job.Src.Size
}

// release has the ledger forget what waits, and lets it go on, if it is worth it or
// if it is the end.
func (s *sides) release(ctx context.Context, yield func(Job) bool, end bool) error {
	if len(s.doubts.jobs) == 0 || !end && !s.doubts.due() {
		return nil
	}
	waiting := s.doubts.jobs
	s.doubts = doubts{}
	destinations := make([]redferry.URI, len(waiting))
	for i, w := range waiting {
		destinations[i] = w.Dst
	}
	if err := s.Ledger.Forget(ctx, destinations...); err != nil {
		return fmt.Errorf("bridge: %d objects below %s are not copied, because the ledger does not forget what they were: %w", len(waiting), s.Dst, err)
	}
	for _, w := range waiting {
		if err := s.pass(w, yield); err != nil {
			return err
		}
	}
	return nil
}

// pass hands a job to who copies it.
func (s *sides) pass(d doubt, yield func(Job) bool) error {
	s.begin(d)
	if !yield(d.Job) {
		return errLeft
	}
	return nil
}
