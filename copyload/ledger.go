package copyload

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload/internal/guard"
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
	loaded_at    timestamp     NOT NULL DEFAULT getdate(),
	mode         varchar(16)   NOT NULL DEFAULT 'unknown'
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
		SQL:   "SELECT load_id, target, generation, row_count, byte_count, file_count, manifest, mode FROM " + ledger.String() + " WHERE 1 = 0",
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

// A load is a Command on its way.
type load struct {
	*Command
	e exec.Executor
	// target is what the ledger calls Into.
	target string
}

// newLoad finds out what the ledger calls the target. It asks the warehouse only
// if that makes a difference.
func newLoad(ctx context.Context, e exec.Executor, c *Command) (*load, error) {
	folded := fold(c.Into)
	l := &load{Command: c, e: e, target: folded.String()}
	if folded == c.Into {
		return l, nil
	}
	rows, err := e.Query(ctx, exec.Statement{
		SQL: "SHOW enable_case_sensitive_identifier", Label: "do names keep their case", Expect: time.Minute, Idempotent: true,
	})
	if err != nil {
		return nil, err
	}
	setting, err := exec.Scalar[string](rows)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(setting) {
	case "off", "false":
	case "on", "true":
		l.target = c.Into.String()
	default:
		return nil, fmt.Errorf("enable_case_sensitive_identifier is %q, want on or off", setting)
	}
	return l, nil
}

// fold names a table as a warehouse does that folds names, quoted ones, too.
func fold(t redferry.Table) redferry.Table {
	return redferry.Table{Schema: redferry.Fold(t.Schema), Name: redferry.Fold(t.Name)}
}

// inLedger are the rows of the ledger for this load, with $1 and $2 for ofLoad.
func (l *load) inLedger() string {
	return "FROM " + l.ledger().String() + " WHERE load_id = $1 AND target = $2"
}

func (l *load) ofLoad() []any { return []any{l.ID, l.target} }

// notLoaded fails if the ledger has the load.
func (l *load) notLoaded() exec.Statement {
	return exec.Statement{SQL: guard.SQL("count(*) = 0", l.inLedger()), Args: l.ofLoad(), Label: "guard: not loaded yet"}
}

// An entry is what the ledger has of a load.
type entry struct {
	record
	generation int64
}

// lookUp finds the load in the ledger. It is nil if the load is not there.
func (l *load) lookUp(ctx context.Context, e exec.Executor) (*entry, error) {
	rows, err := e.Query(ctx, exec.Statement{
		SQL:  "SELECT row_count, byte_count, file_count, generation " + l.inLedger(),
		Args: l.ofLoad(), Label: "look into ledger", Idempotent: true,
	})
	if err != nil {
		return nil, err
	}
	found, err := exec.Collect(rows, func(r *exec.Rows) (entry, error) {
		var found entry
		return found, r.Scan(&found.rows, &found.bytes, &found.files, &found.generation)
	})
	switch {
	case err != nil:
		return nil, err
	case len(found) > 1:
		return nil, fmt.Errorf("the ledger %s has %d rows for load %q: the table may hold its rows twice; compare it with the source", l.ledger(), len(found), l.ID)
	case len(found) == 0:
		return nil, nil
	}
	return &found[0], nil
}

// stands holds an earlier load against this one, and the table against it. One ID
// is one set of files: as many rows of other files, unloaded anew under the same
// ID, would otherwise pass for loaded. So would rows that are gone since.
func (l *load) stands(ctx context.Context, e exec.Executor, done *entry) error {
	if files := l.record(); done.record != files {
		return fmt.Errorf("%w: the ledger has load %q with %s, the manifest has %s; use a new ID for other files", ErrCount, l.ID, done.record, files)
	}
	if done.generation > 0 {
		if err := l.fence(ctx, e, done.generation, Append); err != nil { // as if it came now to what is there
			return fmt.Errorf("load %q was done: %w", l.ID, err)
		}
	}
	if done.rows == 0 {
		return nil
	}
	empty, err := l.isEmpty(ctx, e)
	if err == nil && empty {
		err = fmt.Errorf("%w: load %q brought %s; the table was emptied or made anew since; use a new ID to load again", ErrEmptied, l.ID, done.record)
	}
	return err
}

// ErrEmptied is wrapped by the error for a load that the ledger has, with rows,
// for a table that has none.
var ErrEmptied = errors.New("the ledger has the load, and the table is empty")

// ErrSuperseded is wrapped by the error for a load of a table that has had one
// of a higher [Command.Generation], whether this one was done before it or not.
var ErrSuperseded = errors.New("the table has had a newer load")

// newest is the highest generation of the loads that a load of some mode must not
// come after, with $1 for the target.
func (l *load) newest(mode Mode) (column, from string) {
	from = "FROM " + l.ledger().String() + " WHERE target = $1"
	if mode == Append {
		from += " AND mode = " + redferry.Literal(Replace.String())
	}
	return "coalesce(max(generation), 0)", from
}

// notSuperseded fails if the ledger has a newer load.
func (l *load) notSuperseded() exec.Statement {
	newest, from := l.newest(l.Mode)
	return exec.Statement{SQL: guard.SQL(newest+" <= $2", from), Args: []any{l.target, l.Generation}, Label: "guard: no newer load"}
}

// fence refuses a load of some generation and mode that comes after a newer one.
func (l *load) fence(ctx context.Context, e exec.Executor, generation int64, mode Mode) error {
	column, from := l.newest(mode)
	rows, err := e.Query(ctx, exec.Statement{SQL: "SELECT " + column + " " + from, Args: []any{l.target}, Label: "newest generation", Idempotent: true})
	if err != nil {
		return err
	}
	newest, err := exec.Scalar[int64](rows)
	if err == nil && newest > generation {
		err = fmt.Errorf("%w: it is of generation %d, this load of %d", ErrSuperseded, newest, generation)
	}
	return err
}

// recording writes the load into the ledger.
func (l *load) recording() exec.Statement {
	files := l.record()
	return exec.Statement{
		SQL: "INSERT INTO " + l.ledger().String() +
			" (load_id, target, generation, row_count, byte_count, file_count, manifest, mode) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		Args:  []any{l.ID, l.target, l.Generation, files.rows, files.bytes, files.files, l.RewrittenManifest().String(), l.Mode.String()},
		Label: "record load",
	}
}
