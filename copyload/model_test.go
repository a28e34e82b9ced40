package copyload_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

// A model is the little of a warehouse that a load depends on: one table, a
// ledger, and transactions under snapshot isolation. Its rules:
//
//   - The first statement of a transaction that reads or writes data takes its
//     snapshot; BEGIN and LOCK take none.
//   - LOCK waits for all who use the table, and keeps out all others until the
//     transaction ends. Readers and one writer may be there at once. Who has
//     waited goes on with the snapshot that it has.
//   - What a transaction deletes and another one has changed is a conflict.
//   - A refused statement fails the transaction; then it takes its end alone.
//   - A transaction whose connection is lost is rolled back when the warehouse
//     notices, and no sooner.
type model struct {
	e *exectest.Executor // gives each session its number

	mu   sync.Mutex // guards what follows
	free *sync.Cond // a lock was given up

	state   // what is committed
	changes int
	tx      map[int]*tx                 // by session
	held    map[string]map[int]lockMode // by table and session
	gone    map[int]bool                // sessions whose connection is lost
	log     []string                    // the kinds of statements
	locks   []string                    // the SQL of each LOCK
	refuse  func(kind string, after bool) error

	copies int64 // rows that one COPY brings
	// pace is how long a statement takes, notice how long it takes the warehouse to
	// see that a connection is lost; both in the time of a bubble.
	pace, notice time.Duration
	keepsCase    bool // enable_case_sensitive_identifier
	noLock       bool // LOCK does nothing: a warehouse on which all this is wrong
	// rejects are the rows of the load error log: file, line, column, reason.
	rejects [][]exec.Value
}

// A state is what the table and the ledger hold: rows that were there, and a
// manifest for each load.
type state struct {
	rows   int64
	loaded []string
	ledger []load
}

type load struct {
	id, target, mode               string
	rows, bytes, files, generation int64
}

type tx struct {
	seen    *state // the snapshot
	at      int    // model.changes at the snapshot
	deleted bool
	added   state
	copied  int64
	failed  bool
}

type lockMode int

const (
	reading lockMode = iota + 1
	writing
	locking
)

func (m lockMode) conflicts(other lockMode) bool {
	return m == locking || other == locking || m == writing && other == writing
}

func newModel(copies int64) *model {
	m := &model{
		copies: copies, notice: time.Second,
		tx: make(map[int]*tx), held: make(map[string]map[int]lockMode), gone: make(map[int]bool),
	}
	m.e, m.free = exectest.New(m.serve), sync.NewCond(&m.mu)
	return m
}

// total is how many rows the table has.
func (m *model) total() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows
}

// kind names a statement; a guard is named after what it asks.
func kind(sql string) string {
	for _, k := range []struct{ part, name string }{
		{"pg_last_copy_count", "COUNT"},
		{"max(generation)", "FENCE"},
		{"first_row", "EMPTY?"},
		{"WHERE load_id", "LOOK"},
		{"pg_backend_pid", "PID"},
		{"sys_load_error_detail", "REJECTS"},
	} {
		if strings.HasPrefix(sql, "SELECT 1 / ") && strings.Contains(sql, k.part) {
			return "GUARD " + k.name
		}
		if strings.Contains(sql, k.part) {
			return k.name
		}
	}
	word, _, _ := strings.Cut(sql, " ")
	return word
}

func (m *model) serve(ctx context.Context, s exec.Statement) (*exectest.Answer, error) {
	if m.pace > 0 {
		time.Sleep(m.pace) // only in a bubble
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	id, k := exectest.SessionOf(ctx), kind(s.SQL)
	if m.gone[id] {
		return nil, &exec.Error{Op: "exec", Err: errors.New("the session was lost")}
	}
	m.log = append(m.log, k)
	if err := m.meets(id, k, false); err != nil {
		return nil, err
	}
	answer, err := m.run(id, k, s)
	if err != nil {
		m.fail(id)
		return nil, err
	}
	return answer, m.meets(id, k, true)
}

// meets gives refuse its chance before or after a statement.
func (m *model) meets(id int, kind string, after bool) error {
	if m.refuse == nil {
		return nil
	}
	err := m.refuse(kind, after)
	if exec.OutcomeUnknown(err) && id != 0 {
		m.gone[id] = true
		time.AfterFunc(m.notice, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.end(id)
		})
	} else if err != nil && kind == "COMMIT" {
		m.end(id)
	} else if err != nil {
		m.fail(id)
	}
	return err
}

// fail ends a transaction but for its ROLLBACK. A statement that stands alone has
// no more to end.
func (m *model) fail(id int) {
	if t := m.tx[id]; t != nil {
		t.failed = true
		return
	}
	m.end(id)
}

// end forgets what a session has not committed, and its locks.
func (m *model) end(id int) {
	delete(m.tx, id)
	for _, holders := range m.held {
		delete(holders, id)
	}
	m.free.Broadcast()
}

// acquire waits until a session can have a lock.
func (m *model) acquire(id int, table string, mode lockMode) {
	blocked := func() bool {
		for other, held := range m.held[table] {
			if other != id && held.conflicts(mode) {
				return true
			}
		}
		return false
	}
	for blocked() {
		m.free.Wait()
	}
	if m.held[table] == nil {
		m.held[table] = make(map[int]lockMode)
	}
	m.held[table][id] = max(m.held[table][id], mode)
}

const target, ledger = `"sales"."orders"`, `"redferry"."loads"`

// run runs a statement in the session's transaction, or alone.
func (m *model) run(id int, kind string, s exec.Statement) (*exectest.Answer, error) {
	t := m.tx[id]
	if t != nil && t.failed && kind != "ROLLBACK" && kind != "COMMIT" {
		return nil, refusal("25P02", "current transaction is aborted")
	}
	switch kind {
	case "BEGIN":
		if t == nil {
			m.tx[id] = new(tx)
		}
		return nil, nil
	case "COMMIT":
		if t != nil && !t.failed {
			return nil, m.commit(id, t)
		}
		m.end(id)
		return nil, nil
	case "ROLLBACK":
		m.end(id)
		return nil, nil
	case "LOCK":
		return nil, m.lock(id, t, s.SQL)
	}
	alone := t == nil
	if alone {
		t = new(tx)
	}
	answer, err := m.work(id, t, kind, s)
	if alone && err == nil {
		err = m.commit(id, t)
	}
	return answer, err
}

func (m *model) lock(id int, t *tx, sql string) error {
	if t == nil {
		return refusal("25P01", "LOCK TABLE may only be used in transaction blocks")
	}
	m.locks = append(m.locks, sql)
	for name := range strings.SplitSeq(strings.TrimPrefix(sql, "LOCK "), ", ") {
		if !m.noLock {
			m.acquire(id, strings.ToLower(name), locking)
		}
	}
	return nil
}

func (m *model) commit(id int, t *tx) error {
	if t.deleted && t.at != m.changes {
		m.end(id)
		return &exec.Error{Op: "exec", SQLState: "XX000", Code: "1023", Err: errors.New("Serializable isolation violation on table")}
	}
	if t.deleted {
		m.rows, m.loaded = 0, nil
	}
	if t.deleted || len(t.added.loaded) > 0 {
		m.changes++
	}
	m.rows += t.added.rows
	m.loaded = append(slices.Clone(m.loaded), t.added.loaded...)
	m.ledger = append(slices.Clone(m.ledger), t.added.ledger...)
	m.end(id)
	return nil
}

// use takes a table's lock, and the snapshot if there is none.
func (m *model) use(id int, t *tx, table string, mode lockMode) {
	m.acquire(id, table, mode)
	if t.seen == nil {
		seen := m.state
		t.seen, t.at = &seen, m.changes
	}
}

// count is how many rows the transaction sees.
func (t *tx) count() int64 {
	if t.deleted {
		return t.added.rows
	}
	return t.seen.rows + t.added.rows
}

// work runs what reads and writes data, and what is about the session.
func (m *model) work(id int, t *tx, kind string, s exec.Statement) (*exectest.Answer, error) {
	switch kind {
	case "DELETE":
		m.use(id, t, target, writing)
		t.deleted, t.added.rows, t.added.loaded = true, 0, nil
	case "COPY":
		m.use(id, t, target, writing)
		_, from, _ := strings.Cut(s.SQL, "FROM '")
		from, _, _ = strings.Cut(from, "'")
		t.added.rows, t.copied = t.added.rows+m.copies, m.copies
		t.added.loaded = append(t.added.loaded, from)
	case "INSERT":
		m.use(id, t, ledger, writing)
		t.added.ledger = append(t.added.ledger, load{
			id: s.Args[0].(string), target: s.Args[1].(string), generation: s.Args[2].(int64),
			rows: s.Args[3].(int64), bytes: s.Args[4].(int64), files: s.Args[5].(int64), mode: s.Args[7].(string),
		})
	case "PID":
		return exectest.Table([]string{"pg_backend_pid int4"}, []exec.Value{int64(7)}), nil
	case "REJECTS":
		return exectest.Table([]string{"file_name", "line_number int8", "column_name", "error_message"}, m.rejects...), nil
	case "SHOW":
		return exectest.Table([]string{"enable_case_sensitive_identifier"}, []exec.Value{map[bool]string{true: "on", false: "off"}[m.keepsCase]}), nil
	default:
		if asked, ok := strings.CutPrefix(kind, "GUARD "); ok {
			return m.guard(id, t, asked, s)
		}
		return m.look(id, t, kind, s)
	}
	return nil, nil
}

func (m *model) look(id int, t *tx, kind string, s exec.Statement) (*exectest.Answer, error) {
	switch kind {
	case "COUNT":
		return exectest.Table([]string{"pg_last_copy_count int8"}, []exec.Value{t.copied}), nil
	case "EMPTY?":
		m.use(id, t, target, reading)
		return exectest.Table([]string{"count int8"}, []exec.Value{min(t.count(), 1)}), nil
	case "LOOK":
		m.use(id, t, ledger, reading)
		var found [][]exec.Value
		for _, l := range t.seen.ledger {
			if l.id == s.Args[0] && l.target == s.Args[1] {
				found = append(found, []exec.Value{l.rows, l.bytes, l.files, l.generation})
			}
		}
		return exectest.Table([]string{"row_count int8", "byte_count int8", "file_count int8", "generation int8"}, found...), nil
	case "FENCE":
		m.use(id, t, ledger, reading)
		var newest int64
		for _, l := range t.seen.ledger {
			if l.target == s.Args[0] && (l.mode == "replace" || !strings.HasSuffix(s.SQL, " AND mode = 'replace'")) {
				newest = max(newest, l.generation)
			}
		}
		return exectest.Table([]string{"max int8"}, []exec.Value{newest}), nil
	}
	return nil, refusal("42601", "syntax error at or near "+s.SQL)
}

// guard looks, and divides by zero unless the condition holds.
func (m *model) guard(id int, t *tx, asked string, s exec.Statement) (*exectest.Answer, error) {
	answer, err := m.look(id, t, asked, s)
	if err != nil {
		return nil, err
	}
	_, condition, _ := strings.Cut(s.SQL, "WHEN ")
	condition, _, _ = strings.Cut(condition, " THEN")
	var holds bool
	switch asked {
	case "LOOK":
		holds = condition == "count(*) = 0" && len(answer.Rows) == 0
	case "EMPTY?":
		holds = condition == "count(*) = 0" && answer.Rows[0][0] == int64(0)
	case "FENCE":
		holds = condition == "coalesce(max(generation), 0) <= $2" && answer.Rows[0][0].(int64) <= s.Args[1].(int64)
	case "COUNT":
		want, err := strconv.ParseInt(strings.TrimPrefix(condition, "pg_last_copy_count() = "), 10, 64)
		holds = err == nil && answer.Rows[0][0] == want
	}
	if !holds {
		return nil, refusal("22012", "division by zero")
	}
	return exectest.Table([]string{"holds int4"}, []exec.Value{int64(1)}), nil
}

func refusal(state, text string) error {
	return &exec.Error{Op: "exec", SQLState: state, Err: errors.New(text)}
}

// sessions is the model as an executor that has sessions.
func (m *model) sessions() exec.Executor { return sessions{m.e} }

type sessions struct{ e *exectest.Executor }

func (s sessions) Exec(ctx context.Context, st exec.Statement) (exec.Result, error) {
	return s.e.Exec(ctx, st)
}

func (s sessions) Query(ctx context.Context, st exec.Statement) (*exec.Rows, error) {
	return s.e.Query(ctx, st)
}
func (s sessions) Session(ctx context.Context) (exec.Session, error) { return s.e.Session(ctx) }
func (s sessions) Open() int                                         { return s.e.Open() }

// batches is the model as an executor that has batches and no sessions. Like the
// Data API it works on a batch whether anybody waits for it or not.
func (m *model) batches() exec.Executor { return &batches{m: m} }

type batches struct {
	m *model
	// patience is how long a client waits for the answer to a batch; zero is for
	// ever.
	patience time.Duration
}

func (b *batches) Exec(ctx context.Context, st exec.Statement) (exec.Result, error) {
	return b.m.e.Exec(ctx, st)
}

func (b *batches) Query(ctx context.Context, st exec.Statement) (*exec.Rows, error) {
	return b.m.e.Query(ctx, st)
}
func (b *batches) Open() int { return b.m.e.Open() }

// ExecBatch can be lost like a statement: the request, which then never comes, and
// the answer. A loss inside is the service's, which then does not know either.
func (b *batches) ExecBatch(ctx context.Context, statements []exec.Statement) ([]exec.Result, error) {
	if err := b.meets(false); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- b.work(context.WithoutCancel(ctx), statements) }()
	var impatient <-chan time.Time
	if b.patience > 0 {
		impatient = time.After(b.patience)
	}
	select {
	case err := <-ended:
		if err == nil {
			err = b.meets(true)
		}
		return make([]exec.Result, len(statements)), err
	case <-impatient:
		return nil, lost()
	}
}

func (b *batches) meets(after bool) error {
	b.m.mu.Lock()
	defer b.m.mu.Unlock()
	return b.m.meets(0, "BATCH", after)
}

func (b *batches) work(ctx context.Context, statements []exec.Statement) error {
	session, err := b.m.e.Session(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	if _, err := session.Exec(ctx, exec.Statement{SQL: "BEGIN"}); err != nil {
		return err
	}
	for i, s := range statements {
		if _, err := session.Exec(ctx, s); err != nil {
			if !exec.OutcomeUnknown(err) {
				_, _ = session.Exec(ctx, exec.Statement{SQL: "ROLLBACK"})
			}
			failed := &exec.Error{Op: "batch", Statement: i + 1, Err: err}
			if cause, ok := errors.AsType[*exec.Error](err); ok {
				failed.SQLState, failed.Code = cause.SQLState, cause.Code
			}
			return failed
		}
	}
	_, err = session.Exec(ctx, exec.Statement{SQL: "COMMIT"})
	return err
}

// ways are how a load reaches the model.
var ways = map[string]func(*model) exec.Executor{
	"session": (*model).sessions,
	"batch":   (*model).batches,
}

// A bucket remembers what was written to it.
type bucket map[redferry.URI]string

func (b bucket) WriteTarget(_ context.Context, dst redferry.URI, content []byte) error {
	b[dst] = string(content)
	return nil
}

// command loads a manifest of two files with rows in all.
func command(rows int64) copyload.Command {
	from := redferry.MustParseURI("s3://bucket-a/stage/run/orders/1/")
	m := &redferry.Manifest{Rows: rows}
	if rows > 0 {
		m.Entries = []redferry.Entry{
			{URL: from.Join("0000_part_00.parquet"), Size: 10, Rows: 1},
			{URL: from.Join("0001_part_00.parquet"), Size: 20, Rows: rows - 1},
		}
	}
	return copyload.Command{
		ID: "run/orders/1", Generation: 7,
		Into:     redferry.Table{Schema: "sales", Name: "orders"},
		Columns:  []redferry.Column{{Name: "id", Type: "bigint"}, {Name: "note", Type: "character varying(40)"}},
		Manifest: m, From: from, To: redferry.MustParseURI("s3://bucket-b/stage/run/orders/1/"),
		Role: creds.MustParseRole("arn:aws:iam::222222222222:role/copy"),
	}
}

func lost() error {
	return &exec.Error{Op: "exec", Err: fmt.Errorf("connection reset: %w", exec.ErrOutcomeUnknown)}
}

// once refuses the n-th statement, counted over both sides of each, and no other.
func once(n int, err error) func(string, bool) error {
	return func(string, bool) error {
		n--
		if n == 0 {
			return err
		}
		return nil
	}
}
