package bridge

import (
	"context"
	"iter"
	"sync"
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
	return c.copyAll(ctx, jobs, func(ctx context.Context, job Job) (*Result, error) { return c.Copy(ctx, job.Dst, job.Src) }, done,
		func() error { return nil })
}

// A copyOne copies one job.
type copyOne func(ctx context.Context, job Job) (*Result, error)

// copyAll calls settle when no outcome waits to be told, and at the latest after as many
// as there are transfers: what takes its time is done there for several together.
func (c *Copier) copyAll(ctx context.Context, jobs iter.Seq2[Job, error], copy copyOne, done func(Job, *Result, error) error, settle func() error) error {
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
	var refused error
	unsettled := 0
	for o := range outcomes {
		if refused != nil {
			continue
		}
		refused = done(o.job, o.result, o.err)
		if unsettled++; refused == nil && (len(outcomes) == 0 || unsettled >= c.opts.Concurrency) {
			unsettled, refused = 0, settle()
		}
		if refused != nil {
			stop()
		}
	}
	switch {
	case refused != nil:
		return refused
	case ctx.Err() != nil:
		return endOf(ctx)
	}
	return source
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
