package copyload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/internal/backoff"
)

// A Writer writes small objects to the bucket that COPY reads from;
// bridge.Bridge is one.
type Writer interface {
	WriteTarget(ctx context.Context, dst redferry.URI, content []byte) error
}

// A Result is what a load did.
type Result struct {
	// Rows is what the table gained: counted by COPY, equal to the manifest, and
	// written into the ledger.
	Rows int64
	// Already is true if the ledger showed that this load had been done before.
	Already  bool
	Attempts int // transactions begun, in sessions or as batches
	Elapsed  time.Duration
}

// ErrCount is wrapped by the error for a COPY that did not load the rows of its
// manifest, and for a load that the ledger has with other files. Nothing was
// loaded.
var ErrCount = errors.New("loaded rows and manifest differ")

// attempts bounds the transactions of one Run. Another one follows only when
// the one before is known to have left nothing, or when its outcome is unknown,
// which the next one settles. It follows after a pause of firstPause, which
// doubles each time up to maxPause: what ended the last transaction, a lost
// connection, a restart of the warehouse or another load, lasts a while. The
// pauses have no jitter, because the lock makes one load wait for another.
const (
	attempts   = 5
	firstPause = 500 * time.Millisecond
	maxPause   = 30 * time.Second
)

// Run writes the manifest for the target's bucket and loads the files, once,
// however often it is called with the same ID. It begins up to 5 transactions,
// with pauses between them that grow from half a second. If its error satisfies
// exec.OutcomeUnknown, call it again: it looks first.
//
// Run holds a session of e if e has them ([exec.Sessioner]), and else sends
// batches ([exec.Batcher]); see the package comment. Without either the error
// wraps [errors.ErrUnsupported].
//
// The error wraps [ErrNotEmpty], [ErrSuperseded], [ErrCount], [ErrEmptied] or
// [ErrCommand] for what Run refuses itself, and a [*RejectError] if the warehouse
// rejects rows.
func Run(ctx context.Context, e exec.Executor, files Writer, c *Command) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("copyload: %s: %w", c.Into, err)
	}
	start := time.Now()
	if err := c.writeManifest(ctx, files); err != nil {
		return nil, fmt.Errorf("copyload: %s: %w", c.Into, err)
	}
	result, err := c.repeat(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("copyload: %s from %s: %w", c.Into, c.RewrittenManifest(), err)
	}
	result.Elapsed = time.Since(start)
	return result, nil
}

// repeat runs the transaction until its outcome is known or attempts are over.
func (c *Command) repeat(ctx context.Context, e exec.Executor) (*Result, error) {
	l, err := newLoad(ctx, e, c)
	if err != nil {
		return nil, err
	}
	pauses := backoff.Policy{Base: firstPause, Max: maxPause}
	locked := []redferry.Table{c.Into}
	for attempt := 1; ; attempt++ {
		already, err := l.attempt(ctx, locked)
		if err == nil {
			return &Result{Rows: c.Manifest.Rows, Already: already, Attempts: attempt}, nil
		}
		if attempt == attempts || ctx.Err() != nil || !again(err) {
			return nil, err
		}
		if conflict(err) {
			locked = []redferry.Table{c.Into, c.ledger()}
		}
		if backoff.Sleep(ctx, pauses.Ceiling(attempt)) != nil {
			return nil, fmt.Errorf("%w; no attempt followed: %w", err, ctx.Err())
		}
	}
}

// again reports whether another transaction may do better: this one's outcome
// is unknown, it never started, or the warehouse rolled it back.
func again(err error) bool {
	return exec.OutcomeUnknown(err) || exec.SafeToRetry(err) || conflict(err)
}

// conflict reports whether the warehouse rolled the transaction back because of
// another one (1023, serializable isolation violation; 40P01, deadlock). Where
// isolation is serializable, loads of different tables conflict in the ledger,
// which each of them reads before and writes after its COPY; so the next
// transaction locks the ledger as well, and waits for them instead.
// Source: Database Developer Guide, "Serializable isolation".
func conflict(err error) bool {
	refused, ok := errors.AsType[*exec.Error](err)
	return ok && (refused.Code == "1023" || refused.SQLState == "40P01" || refused.SQLState == "40001")
}

// writeManifest puts the rewritten manifest beside the files. A load of no rows
// has none.
func (c *Command) writeManifest(ctx context.Context, files Writer) error {
	if len(c.Manifest.Entries) == 0 {
		return nil
	}
	moved, err := c.Manifest.Rebase(c.From, c.To)
	if err != nil {
		return err
	}
	for _, entry := range moved.Entries {
		if entry.Size < 0 {
			return fmt.Errorf("%w: %s has no size in the manifest; COPY from Parquet needs it", ErrCommand, entry.URL)
		}
	}
	data, err := json.Marshal(moved)
	if err != nil {
		return err
	}
	if err := files.WriteTarget(ctx, c.RewrittenManifest(), data); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	return nil
}
