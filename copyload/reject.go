package copyload

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

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

// A refusedCopy is the error of a COPY that began at begun, and what was before
// it in its batch.
type refusedCopy struct {
	error
	begun time.Time
}

// withRejects adds to the error of a COPY what the log has of it. The transaction
// has been rolled back, because nothing can be read in a failed one. What cannot
// be read is left out: the COPY's own error matters more.
func (l *load) withRejects(ctx context.Context, e exec.Executor, refused *refusedCopy, find finder) error {
	failed := refused.error
	if exec.OutcomeUnknown(failed) || ctx.Err() != nil {
		return failed
	}
	rejects, err := readRejects(ctx, e, time.Since(refused.begun), find)
	if err != nil || len(rejects) == 0 {
		return failed
	}
	return &RejectError{Table: l.Into, Rejects: rejects, Err: failed}
}

// A finder says which rows of the log are those of a COPY: the condition on them,
// and what $1 is in it.
type finder func(ctx context.Context, e exec.Executor) (condition string, arg any, err error)

// ofSession finds what the session logged. It asks for the process id apart:
// leader-node functions do not mix with system views. Source: Database Developer
// Guide, "SQL functions supported on the leader node".
func ofSession(ctx context.Context, session exec.Executor) (string, any, error) {
	rows, err := session.Query(ctx, exec.Statement{SQL: "SELECT pg_backend_pid()", Label: "backend pid", Expect: time.Minute})
	if err != nil {
		return "", nil, err
	}
	pid, err := exec.Scalar[int64](rows)
	return "session_id = $1", pid, err
}

// maxLogged is how much the log keeps of the name of a file, in bytes. Source:
// Database Developer Guide, "SYS_LOAD_ERROR_DETAIL".
const maxLogged = 256

// ofFiles finds what was logged about the files of the load. The session of a
// batch is gone and nobody knows its process id, but its files are those of no
// other load.
func (l *load) ofFiles(context.Context, exec.Executor) (string, any, error) {
	prefix := l.To.String()
	for len(prefix) > maxLogged {
		_, last := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-last]
	}
	return fmt.Sprintf("left(file_name, %d) = $1", utf8.RuneCountInString(prefix)), prefix, nil
}

// readRejects reads what was logged within age.
func readRejects(ctx context.Context, e exec.Executor, age time.Duration, find finder) ([]Reject, error) {
	condition, arg, err := find(ctx, e)
	if err != nil {
		return nil, err
	}
	rows, err := e.Query(ctx, exec.Statement{
		SQL: rejectsSQL(condition, age), Args: []any{arg}, Label: "load errors", Expect: time.Minute, Idempotent: true,
	})
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

// rejectsSQL asks for the log where condition holds. Process ids are used again, so
// older rows may be another session's. The age is measured on one clock and
// taken off the warehouse's, so that the two need not agree; getdate() is in the
// time zone of the session and has whole seconds, the log is in UTC.
func rejectsSQL(condition string, age time.Duration) string {
	const margin = 2 * time.Second
	return fmt.Sprintf("SELECT trim(file_name), line_number, trim(column_name), trim(error_message) FROM sys_load_error_detail "+
		"WHERE %s AND start_time >= dateadd(second, -%d, getdate()::timestamptz AT TIME ZONE 'UTC') "+
		"ORDER BY start_time DESC LIMIT %d", condition, (age+margin)/time.Second, maxRejects)
}

// known returns what p points to, and the zero T for a NULL.
func known[T any](p *T) T {
	if p == nil {
		p = new(T)
	}
	return *p
}
