package exec

import (
	"context"
	"fmt"
	"time"

	"github.com/redferry/redferry/internal/backoff"
)

// A RetryPolicy says how long [Retry] tries. The zero value is the documented
// behaviour: 20 attempts within 15 minutes, which outlasts the restart of a
// warehouse.
type RetryPolicy struct {
	// Attempts is the most often that a statement is sent. The default is 20; 1
	// switches retries off.
	Attempts int
	// Within is the time after which no further attempt begins. The default is
	// 15 minutes.
	Within time.Duration
	// FirstPause and MaxPause bound the pauses: each is drawn between zero and a
	// bound that doubles from FirstPause up to MaxPause. The defaults are 400
	// milliseconds and a minute.
	FirstPause, MaxPause time.Duration
	// Rand draws from [0, 1) for the jitter. The default is that of math/rand/v2;
	// a simulation that must replay gives a seeded one.
	Rand func() float64
	// Retry, if set, is told of each attempt that failed and will be repeated
	// after pause, from the goroutine that runs the statement.
	Retry func(ctx context.Context, s Statement, err error, pause time.Duration)
}

func (p *RetryPolicy) withDefaults() RetryPolicy {
	full := RetryPolicy{}
	if p != nil {
		full = *p
	}
	if full.Attempts <= 0 {
		full.Attempts = 20
	}
	if full.Within <= 0 {
		full.Within = 15 * time.Minute
	}
	if full.FirstPause <= 0 {
		full.FirstPause = 400 * time.Millisecond
	}
	if full.MaxPause <= 0 {
		full.MaxPause = time.Minute
	}
	return full
}

// Retry returns e with the outer of two layers of retry. The inner one belongs
// to an implementation and repeats requests: it never runs a statement twice.
// This one runs whole statements again, and only where that is right: the error
// is [SafeToRetry], or it is [OutcomeUnknown] and the statement Idempotent. A
// statement that the warehouse refused is not repeated.
//
// A batch is repeated as a whole, likewise. A session is opened anew until it
// is open; the statements in it are not repeated, because only the caller knows
// what the lost session held. The rows of a Query are not repeated once they
// flow.
func Retry(e Executor, policy *RetryPolicy) Executor {
	return &retrier{e: e, policy: policy.withDefaults()}
}

type retrier struct {
	e      Executor
	policy RetryPolicy
}

var (
	_ Batcher   = (*retrier)(nil)
	_ Sessioner = (*retrier)(nil)
)

func (r *retrier) Exec(ctx context.Context, s Statement) (Result, error) {
	return repeat(ctx, r.policy, s, func() (Result, error) { return r.e.Exec(ctx, s) })
}

func (r *retrier) Query(ctx context.Context, s Statement) (*Rows, error) {
	return repeat(ctx, r.policy, s, func() (*Rows, error) { return r.e.Query(ctx, s) })
}

func (r *retrier) ExecBatch(ctx context.Context, statements []Statement) ([]Result, error) {
	if len(statements) == 0 {
		return nil, nil
	}
	whole := Statement{SQL: statements[0].SQL, Label: statements[0].Label, Idempotent: true}
	for _, s := range statements {
		whole.Idempotent = whole.Idempotent && s.Idempotent
	}
	return repeat(ctx, r.policy, whole, func() ([]Result, error) { return Atomically(ctx, r.e, statements...) })
}

func (r *retrier) Session(ctx context.Context) (Session, error) {
	opening := Statement{Label: "session", Idempotent: true}
	return repeat(ctx, r.policy, opening, func() (Session, error) { return OpenSession(ctx, r.e) })
}

func repeat[T any](ctx context.Context, policy RetryPolicy, s Statement, run func() (T, error)) (T, error) {
	pauses := backoff.Policy{Base: policy.FirstPause, Max: policy.MaxPause, Rand: policy.Rand}
	begin := time.Now()
	for attempt := 1; ; attempt++ {
		v, err := run()
		if err == nil || ctx.Err() != nil || attempt >= policy.Attempts {
			return v, err
		}
		if !SafeToRetry(err) && !(s.Idempotent && OutcomeUnknown(err)) {
			return v, err
		}
		pause := pauses.Delay(attempt)
		if time.Since(begin)+pause > policy.Within {
			return v, err
		}
		if policy.Retry != nil {
			policy.Retry(ctx, s, err, pause)
		}
		if backoff.Sleep(ctx, pause) != nil {
			return v, fmt.Errorf("%w; no attempt followed: %w", err, ctx.Err())
		}
	}
}
