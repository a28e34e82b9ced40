package copyload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// ledgerColumns define the ledger. One row is one load; there is no second row
// with the same load_id and target, which the lock on the target sees to.
const ledgerColumns = ` (
	load_id      varchar(256)  NOT NULL,
	target       varchar(520)  NOT NULL,
	generation   bigint        NOT NULL,
	row_count    bigint        NOT NULL,
	byte_count   bigint        NOT NULL,
	file_count   bigint        NOT NULL,
	manifest     varchar(2048) NOT NULL,
	loaded_at    timestamp     NOT NULL DEFAULT getdate()
)`

// CreateLedger creates the schema and the table of a ledger where they are
// missing; the zero Table is [DefaultLedger]. It looks first, and creates
// nothing if the table is there: a login that may only use a ledger which
// somebody prepared for it needs no right to create. Two runners may call it at
// once.
func CreateLedger(ctx context.Context, e exec.Executor, ledger redferry.Table) error {
	if ledger == (redferry.Table{}) {
		ledger = DefaultLedger
	}
	err := ledger.Check()
	if err == nil {
		err = findLedger(ctx, e, ledger)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = makeLedger(ctx, e, ledger)
	}
	if err != nil {
		return fmt.Errorf("copyload: create ledger %s: %w", ledger, err)
	}
	return nil
}

// findLedger reads no row of the ledger, but every column that loads use.
func findLedger(ctx context.Context, e exec.Executor, ledger redferry.Table) error {
	rows, err := e.Query(ctx, exec.Statement{
		SQL:   "SELECT load_id, target, generation, row_count, byte_count, file_count, manifest FROM " + ledger.String() + " WHERE 1 = 0",
		Label: "find ledger", Expect: time.Minute, Idempotent: true,
	})
	if err != nil {
		return err
	}
	rows.Next() // there is none
	return errors.Join(rows.Err(), rows.Close())
}

func makeLedger(ctx context.Context, e exec.Executor, ledger redferry.Table) error {
	for _, sql := range []string{
		"CREATE SCHEMA IF NOT EXISTS " + redferry.Quote(ledger.Schema),
		"CREATE TABLE IF NOT EXISTS " + ledger.String() + ledgerColumns,
	} {
		_, err := e.Exec(ctx, exec.Statement{SQL: sql, Label: "create ledger", Expect: time.Minute, Idempotent: true})
		if err != nil && !errors.Is(err, fs.ErrExist) { // lost a race with another runner: good enough
			return err
		}
	}
	return nil
}

// A record is what the ledger keeps of the files of a load.
type record struct {
	rows, bytes, files int64
}

func (r record) String() string {
	return fmt.Sprintf("%d rows in %d files of %d bytes", r.rows, r.files, r.bytes)
}

// record is what the ledger will have of c.
func (c *Command) record() record {
	return record{rows: c.Manifest.Rows, bytes: c.Manifest.Size(), files: int64(len(c.Manifest.Entries))}
}

// lookUp finds the load in the ledger. It is nil if the load is not there.
func (c *Command) lookUp(ctx context.Context, e exec.Executor) (*record, error) {
	rows, err := e.Query(ctx, exec.Statement{
		SQL:   "SELECT row_count, byte_count, file_count FROM " + c.ledger().String() + " WHERE load_id = $1 AND target = $2",
		Args:  []any{c.ID, c.Into.String()},
		Label: "look into ledger",
	})
	if err != nil {
		return nil, err
	}
	found, err := exec.Collect(rows, func(r *exec.Rows) (record, error) {
		var found record
		return found, r.Scan(&found.rows, &found.bytes, &found.files)
	})
	switch {
	case err != nil:
		return nil, err
	case len(found) > 1:
		return nil, fmt.Errorf("the ledger %s has %d rows for load %q: the table may hold its rows twice; compare it with the source", c.ledger(), len(found), c.ID)
	case len(found) == 0:
		return nil, nil
	}
	return &found[0], nil
}

// ErrSuperseded is wrapped by the error for a load that would replace a newer
// one.
var ErrSuperseded = errors.New("a newer load has replaced the table")

// fence refuses to replace what a newer generation loaded.
func (c *Command) fence(ctx context.Context, e exec.Executor) error {
	rows, err := e.Query(ctx, exec.Statement{
		SQL:   "SELECT coalesce(max(generation), 0) FROM " + c.ledger().String() + " WHERE target = $1",
		Args:  []any{c.Into.String()},
		Label: "newest generation",
	})
	if err != nil {
		return err
	}
	newest, err := exec.Scalar[int64](rows)
	if err != nil {
		return err
	}
	if newest > c.Generation {
		return fmt.Errorf("%w: it is of generation %d, this load of %d", ErrSuperseded, newest, c.Generation)
	}
	return nil
}

func (c *Command) recordLoad(ctx context.Context, e exec.Executor) error {
	files := c.record()
	_, err := e.Exec(ctx, exec.Statement{
		SQL: "INSERT INTO " + c.ledger().String() +
			" (load_id, target, generation, row_count, byte_count, file_count, manifest) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		Args: []any{
			c.ID, c.Into.String(), c.Generation, files.rows, files.bytes, files.files, c.RewrittenManifest().String(),
		},
		Label: "record load",
	})
	return err
}
