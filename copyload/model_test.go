package copyload_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
)

// A model is the little of a warehouse that a load depends on: one table, a
// ledger, transactions that end in a commit or not at all, and a lock. It
// answers by the kind of a statement.
type model struct {
	mu     sync.Mutex
	rows   int64 // committed
	ledger []load
	tx     map[int]*tx // by session

	copies int64 // rows that one COPY brings
	// refuse, if set, may answer a statement with an error, before it has its
	// effect or, with after, once it has had it.
	refuse func(kind string, after bool) error
	log    []string
	locks  []string // the SQL of each LOCK
	// rejects are the rows of the load error log: file, line, column, reason.
	rejects [][]exec.Value
}

type load struct {
	id                             string
	rows, bytes, files, generation int64
}

type tx struct {
	rows   int64
	copied int64
	ledger []load
	locked bool
}

func newModel(copies int64) *model { return &model{copies: copies, tx: make(map[int]*tx)} }

func (m *model) executor() *exectest.Executor { return exectest.New(m.serve) }

func kind(sql string) string {
	switch {
	case strings.Contains(sql, "pg_last_copy_count"):
		return "COUNT"
	case strings.Contains(sql, "max(generation)"):
		return "FENCE"
	case strings.Contains(sql, "first_row"):
		return "EMPTY?"
	case strings.HasPrefix(sql, "SELECT row_count"):
		return "LOOK"
	case strings.Contains(sql, "pg_backend_pid"):
		return "PID"
	case strings.Contains(sql, "sys_load_error_detail"):
		return "REJECTS"
	}
	word, _, _ := strings.Cut(sql, " ")
	return word
}

func (m *model) serve(ctx context.Context, s exec.Statement) (*exectest.Answer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := kind(s.SQL)
	m.log = append(m.log, k)
	if m.refuse != nil {
		if err := m.refuse(k, false); err != nil {
			delete(m.tx, exectest.SessionOf(ctx))
			return nil, err
		}
	}
	answer, err := m.run(exectest.SessionOf(ctx), k, s)
	if err == nil && m.refuse != nil {
		err = m.refuse(k, true)
	}
	return answer, err
}

func (m *model) run(session int, kind string, s exec.Statement) (*exectest.Answer, error) {
	t := m.tx[session]
	switch kind {
	case "BEGIN":
		m.tx[session] = &tx{rows: m.rows}
	case "LOCK":
		m.locks = append(m.locks, s.SQL)
		t.rows, t.locked = m.rows, true
	case "LOOK":
		var found [][]exec.Value
		for _, l := range m.ledger {
			if l.id == s.Args[0] {
				found = append(found, []exec.Value{l.rows, l.bytes, l.files})
			}
		}
		return exectest.Table([]string{"row_count int8", "byte_count int8", "file_count int8"}, found...), nil
	case "FENCE":
		var newest int64
		for _, l := range m.ledger {
			newest = max(newest, l.generation)
		}
		return exectest.Table([]string{"max int8"}, []exec.Value{newest}), nil
	case "EMPTY?":
		return exectest.Table([]string{"count int8"}, []exec.Value{min(t.rows, 1)}), nil
	case "DELETE":
		t.rows = 0
	case "COPY":
		t.rows, t.copied = t.rows+m.copies, m.copies
	case "COUNT":
		return exectest.Table([]string{"pg_last_copy_count int8"}, []exec.Value{t.copied}), nil
	case "PID":
		return exectest.Table([]string{"pg_backend_pid int4"}, []exec.Value{int64(7)}), nil
	case "REJECTS":
		return exectest.Table([]string{"file_name", "line_number int8", "column_name", "error_message"}, m.rejects...), nil
	case "INSERT":
		t.ledger = append(t.ledger, load{
			id: s.Args[0].(string), generation: s.Args[2].(int64),
			rows: s.Args[3].(int64), bytes: s.Args[4].(int64), files: s.Args[5].(int64),
		})
	case "COMMIT":
		if !t.locked {
			return nil, errors.New("the transaction took no lock")
		}
		m.rows, m.ledger = t.rows, append(m.ledger, t.ledger...)
		delete(m.tx, session)
	case "ROLLBACK":
		delete(m.tx, session)
	}
	return nil, nil
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
