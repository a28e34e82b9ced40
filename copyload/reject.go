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

// A Reject is one value that the warehouse would not load.
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
		fmt.Fprintf(&b, "; %s line %d column %s: %s", r.File, r.Line, redferry.Quote(r.Column), r.Reason)
	}
	return b.String()
}

// Unwrap returns what COPY answered.
func (e *RejectError) Unwrap() error { return e.Err }

// withRejects adds the log of a failed COPY to its error. The transaction is
// rolled back first, because nothing can be read in a failed one. What cannot
// be read is left out: the COPY's own error matters more.
func (c *Command) withRejects(ctx context.Context, session exec.Executor, failed error) error {
	if exec.OutcomeUnknown(failed) || ctx.Err() != nil {
		return failed
	}
	if _, err := session.Exec(ctx, exec.Statement{SQL: "ROLLBACK", Label: "roll back load", Expect: time.Minute}); err != nil {
		return failed
	}
	rejects, err := readRejects(ctx, session)
	if err != nil || len(rejects) == 0 {
		return failed
	}
	return &RejectError{Table: c.Into, Rejects: rejects, Err: failed}
}

// readRejects asks for the process id apart: leader-node functions do not mix
// with system views. Source: Database Developer Guide, "SQL functions supported
// on the leader node".
func readRejects(ctx context.Context, session exec.Executor) ([]Reject, error) {
	rows, err := session.Query(ctx, exec.Statement{SQL: "SELECT pg_backend_pid()", Label: "backend pid", Expect: time.Minute})
	if err != nil {
		return nil, err
	}
	pid, err := exec.Scalar[int64](rows)
	if err != nil {
		return nil, err
	}
	rows, err = session.Query(ctx, exec.Statement{
		SQL: "SELECT trim(file_name), line_number, trim(column_name), trim(error_message) FROM sys_load_error_detail " +
			"WHERE session_id = $1 ORDER BY start_time DESC LIMIT " + fmt.Sprint(maxRejects),
		Args: []any{pid}, Label: "load errors", Expect: time.Minute,
	})
	if err != nil {
		return nil, err
	}
	return exec.Collect(rows, func(r *exec.Rows) (Reject, error) {
		var reject Reject
		return reject, r.Scan(&reject.File, &reject.Line, &reject.Column, &reject.Reason)
	})
}
