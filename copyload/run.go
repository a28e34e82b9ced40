package copyload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/internal/backoff"
	"github.com/redferry/redferry/internal/remedy"
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
	Attempts int // transactions begun
	Elapsed  time.Duration
}

// ErrCount is wrapped by the error for a COPY that did not load the rows of its
// manifest, and for a load that the ledger has with other files. The transaction
// was rolled back.
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
// If the warehouse rejects rows, the error wraps a [*RejectError].
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
	pauses := backoff.Policy{Base: firstPause, Max: maxPause}
	locked := []redferry.Table{c.Into}
	for attempt := 1; ; attempt++ {
		already, err := c.attempt(ctx, e, locked)
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

// attempt runs the transaction once. The session's Close rolls back what was
// not committed.
func (c *Command) attempt(ctx context.Context, e exec.Executor, locked []redferry.Table) (already bool, err error) {
	session, err := exec.OpenSession(ctx, e)
	if err != nil {
		return false, err
	}
	defer func() { _ = session.Close() }() // after COMMIT nothing is left to lose
	if err := begin(ctx, session, locked); err != nil {
		return false, err
	}
	done, err := c.lookUp(ctx, session)
	if err != nil {
		return false, err
	}
	if done != nil {
		return true, c.agrees(done)
	}
	if err := c.load(ctx, session); err != nil {
		return false, err
	}
	_, err = session.Exec(ctx, exec.Statement{SQL: "COMMIT", Label: "commit load"})
	return false, err
}

// begin opens the transaction and takes the locks before anything is read.
func begin(ctx context.Context, session exec.Executor, locked []redferry.Table) error {
	if _, err := session.Exec(ctx, exec.Statement{SQL: "BEGIN", Label: "begin load"}); err != nil {
		return err
	}
	names := make([]string, len(locked))
	for i, table := range locked {
		names[i] = table.String()
	}
	list := strings.Join(names, ", ")
	_, err := session.Exec(ctx, exec.Statement{SQL: "LOCK " + list, Label: "lock " + list})
	return err
}

// agrees holds an earlier load against this one's manifest: one ID is one set
// of files. As many rows of other files, unloaded anew under the same ID, would
// otherwise pass for loaded.
func (c *Command) agrees(done *record) error {
	if files := c.record(); *done != files {
		return fmt.Errorf("%w: the ledger has load %q with %s, the manifest has %s; use a new ID for other files", ErrCount, c.ID, done, files)
	}
	return nil
}

func (c *Command) load(ctx context.Context, session exec.Executor) error {
	if err := c.makeRoom(ctx, session); err != nil {
		return err
	}
	if len(c.Manifest.Entries) > 0 {
		if err := c.copy(ctx, session); err != nil {
			return err
		}
	}
	return c.recordLoad(ctx, session)
}

// makeRoom does with the rows that are there what the Mode says.
func (c *Command) makeRoom(ctx context.Context, session exec.Executor) error {
	switch c.Mode {
	case Append:
		return nil
	case Replace:
		if err := c.fence(ctx, session); err != nil {
			return err
		}
		_, err := session.Exec(ctx, exec.Statement{SQL: "DELETE FROM " + c.Into.String(), Label: "empty " + c.Into.String()})
		return err
	}
	rows, err := session.Query(ctx, exec.Statement{
		SQL: "SELECT count(*) FROM (SELECT 1 FROM " + c.Into.String() + " LIMIT 1) AS first_row", Label: "is empty " + c.Into.String(),
	})
	if err != nil {
		return err
	}
	count, err := exec.Scalar[int64](rows)
	if err == nil && count > 0 {
		err = fmt.Errorf("%w: load with mode Append or Replace, or empty it", ErrNotEmpty)
	}
	return err
}

// copy runs COPY and holds its count against the manifest.
func (c *Command) copy(ctx context.Context, session exec.Executor) error {
	begun := time.Now()
	_, err := session.Exec(ctx, exec.Statement{SQL: c.copySQL(), Label: "copy " + c.Into.String(), Expect: c.Expect})
	if err != nil {
		err = remedy.Transfer{Role: c.Role, Place: c.To, Actions: "s3:GetObject and s3:ListBucket, and s3:GetObject on the manifest beside it"}.Wrap(err)
		return c.withRejects(ctx, session, begun, err)
	}
	rows, err := session.Query(ctx, exec.Statement{SQL: "SELECT pg_last_copy_count()", Label: "count of copy " + c.Into.String()})
	if err != nil {
		return err
	}
	count, err := exec.Scalar[int64](rows)
	if err != nil {
		return err
	}
	if count != c.Manifest.Rows {
		return fmt.Errorf("%w: COPY loaded %d rows, the manifest has %d; the load was rolled back", ErrCount, count, c.Manifest.Rows)
	}
	return nil
}
