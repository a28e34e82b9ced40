package copyload

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// A RejectError carries the first rows of the warehouse's load error log.
type RejectError struct {
	Table   redferry.Table
	Rejects []Reject // at least one, at most maxRejects
	Err     error    // what COPY itself answered
}

// A Reject is one value that the warehouse would not load. What the log leaves
// open is empty.
type Reject struct {
	File   string
	Line   int64 // zero where the format has no lines
	Column string
	Reason string
}

// maxRejects bounds what is read from the log.
const maxRejects = 5

// Error returns what COPY answered and the first rejects.
func (e *RejectError) Error() string {
	var b strings.Builder
	b.WriteString(e.Err.Error())
	for _, r := range e.Rejects {
		b.WriteString("; " + r.String())
	}
	return b.String()
}

// String returns where the value is, as far as the log says, and the reason.
func (r Reject) String() string {
	where := r.File
	if r.Line > 0 {
		where += fmt.Sprintf(" line %d", r.Line)
	}
	if r.Column != "" {
		where += " column " + redferry.Quote(r.Column)
	}
	return where + ": " + r.Reason
}

// Unwrap returns what COPY answered.
func (e *RejectError) Unwrap() error { return e.Err }

// withRejects adds the log of a COPY that began at begun to its error. The transaction is
// rolled back first, because nothing can be read in a failed one. What cannot
// be read is left out: the COPY's own error matters more.
func (c *Command) withRejects(ctx context.Context, session exec.Executor, begun time.Time, failed error) error {
	if exec.OutcomeUnknown(failed) || ctx.Err() != nil {
		return failed
	}
	if _, err := session.Exec(ctx, exec.Statement{SQL: "ROLLBACK", Label: "roll back load", Expect: time.Minute}); err != nil {
		return failed
	}
	rejects, err := readRejects(ctx, session, time.Since(begun))
	if err != nil || len(rejects) == 0 {
		return failed
	}
	return &RejectError{Table: c.Into, Rejects: rejects, Err: failed}
}

// readRejects reads what the session logged within age. It asks for the process
// id apart: leader-node functions do not mix with system views. Source: Database
// Developer Guide, "SQL functions supported on the leader node".
func readRejects(ctx context.Context, session exec.Executor, age time.Duration) ([]Reject, error) {
	rows, err := session.Query(ctx, exec.Statement{SQL: "SELECT pg_backend_pid()", Label: "backend pid", Expect: time.Minute})
	if err != nil {
		return nil, err
	}
	pid, err := exec.Scalar[int64](rows)
	if err != nil {
		return nil, err
	}
	rows, err = session.Query(ctx, exec.Statement{SQL: rejectsSQL(age), Args: []any{pid}, Label: "load errors", Expect: time.Minute})
	if err != nil {
		return nil, err
	}
	return exec.Collect(rows, func(r *exec.Rows) (Reject, error) {
		var file, column, reason *string
		var line *int64
		err := r.Scan(&file, &line, &column, &reason)
		return Reject{File: known(file), Line: known(line), Column: known(column), Reason: known(reason)}, err
	})
}

// rejectsSQL asks for the log of the process $1. Process ids are used again, so
// older rows may be another session's. The age is measured on one clock and
// taken off the warehouse's, so that the two need not agree; getdate() is in the
// time zone of the session and has whole seconds, the log is in UTC.
func rejectsSQL(age time.Duration) string {
	const margin = 2 * time.Second
	return fmt.Sprintf("SELECT trim(file_name), line_number, trim(column_name), trim(error_message) FROM sys_load_error_detail "+
		"WHERE session_id = $1 AND start_time >= dateadd(second, -%d, getdate()::timestamptz AT TIME ZONE 'UTC') "+
		"ORDER BY start_time DESC LIMIT %d", (age+margin)/time.Second, maxRejects)
}

// known returns what p points to, and the zero T for a NULL.
func known[T any](p *T) T {
	if p == nil {
		p = new(T)
	}
	return *p
}
