package bridge

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"
)

// An outcome is what became of a job.
type outcome struct {
	job    Job
	result *Result
	err    error
}

// CopyAll copies jobs side by side; see [Bridge]. It begins them in their order,
// as many at once as [Options] allow transfers, and reads jobs from a goroutine
// of its own, a page of a listing ahead. If jobs yields an error, what it yielded
// before is still copied, and CopyAll returns that error. When ctx ends, the jobs
// that run are told to done with their errors, those that have not begun are not,
// and CopyAll returns the cause.
func (c *Copier) CopyAll(ctx context.Context, jobs iter.Seq2[Job, error], done func(Job, *Result, error) error) error {
	return c.copyAll(ctx, jobs, func(ctx context.Context, job Job) (*Result, error) { return c.Copy(ctx, job.Dst, job.Src) },
		hearer{done: done, missed: func(Job, *Result) {}, settle: func() error { return nil }})
}

// A copyOne copies one job.
type copyOne func(ctx context.Context, job Job) (*Result, error)

// A hearer is told what became of jobs, one call at a time. If done or settle returns an
// error, nothing more is told.
type hearer struct {
	done   func(Job, *Result, error) error
	missed func(Job, *Result) // of what is copied all the same, after an error
	settle func() error       // comes soon after done, for several together, because it may take its time
}

// copyAll is [Copier.CopyAll] for a hearer; see [Copier.tell].
func (c *Copier) copyAll(ctx context.Context, jobs iter.Seq2[Job, error], copy copyOne, hears hearer) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	queue, outcomes := make(chan Job, 1000), make(chan outcome, c.opts.Concurrency)
	var source error
	var work sync.WaitGroup
	work.Go(func() { source = feed(running, jobs, queue) })
	for range c.opts.Concurrency {
		work.Go(func() { serve(running, copy, queue, outcomes) })
	}
	go func() {
		work.Wait()
		close(outcomes)
	}()
	refused := c.tell(outcomes, hears, stop)
	switch {
	case refused != nil:
		return refused
	case ctx.Err() != nil:
		return endOf(ctx)
	}
	return source
}

// settleAfter is how long outcomes wait for others to be settled together.
const settleAfter = 20 * time.Millisecond

// tell tells of outcomes until there are no more, or until that is refused; then it calls
// stop, and lets the rest pass by, but for what is left open and what was copied. It settles
// when as many are told as there are transfers, when one is of an object in parts, and what
// is left after [settleAfter].
func (c *Copier) tell(outcomes <-chan outcome, hears hearer, stop func()) error {
	timer := time.NewTimer(settleAfter)
	defer timer.Stop()
	for unsettled := 0; ; {
		var refused error
		due := false
		select {
		case o, ok := <-outcomes:
			if !ok {
				return nil
			}
			if unsettled++; unsettled == 1 {
				timer.Reset(settleAfter)
			}
			refused = hears.done(o.job, o.result, o.err)
			due = unsettled >= c.opts.Concurrency || o.result != nil && o.result.Size > c.opts.Threshold
		case <-timer.C:
			due = unsettled > 0
		}
		if refused == nil && due {
			unsettled, refused = 0, hears.settle()
		}
		if refused != nil {
			stop()
			for o := range outcomes { // those who send must not wait for ever
				switch {
				case o.err == nil:
					hears.missed(o.job, o.result)
				case errors.Is(o.err, ErrLeftOpen):
					refused = errors.Join(refused, o.err) // nobody else would hear of it
				}
			}
			return refused
		}
	}
}

// feed puts jobs into the queue and closes it.
func feed(ctx context.Context, jobs iter.Seq2[Job, error], queue chan<- Job) error {
	defer close(queue)
	for job, err := range jobs {
		if err != nil {
			return err
		}
		if !offer(ctx, queue, job) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// serve copies what it draws from the queue until that is closed or ctx ends.
func serve(ctx context.Context, copy copyOne, queue <-chan Job, outcomes chan<- outcome) {
	for job := range queue {
		if ctx.Err() != nil {
			return
		}
		result, err := copy(ctx, job)
		outcomes <- outcome{job, result, err}
	}
}
