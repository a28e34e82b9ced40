package fakeredshift

import (
	"context"
	"crypto/md5"
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// The statuses of a statement:
//
//	SUBMITTED -> PICKED -> STARTED -> FINISHED | FAILED | ABORTED
type dataStatus string

const (
	submitted dataStatus = "SUBMITTED"
	picked    dataStatus = "PICKED"
	started   dataStatus = "STARTED"
	finished  dataStatus = "FINISHED"
	failed    dataStatus = "FAILED"
	aborted   dataStatus = "ABORTED"
)

func (s dataStatus) ended() bool { return s == finished || s == failed || s == aborted }

// retention is how long statements and results are kept after their end.
// Source: Amazon Redshift Management Guide, "Considerations when calling the
// Amazon Redshift Data API".
const retention = 24 * time.Hour

// A statement is what ExecuteStatement or BatchExecuteStatement submitted. All
// that changes is guarded by dataAPI.mu.
type statement struct {
	request // as it was submitted
	id      string
	name    string
	batch   bool
	owner   fakeaws.Identity
	login   dataLogin
	created time.Time

	parts   []part
	session *dataSession // nil for a session of its own

	cancel   context.CancelCauseFunc
	updated  time.Time
	began    time.Time
	status   dataStatus
	failure  string
	pid      int32
	duration time.Duration
}

// A part is one SQL statement of a batch, or the only one.
type part struct {
	text string    // as it was submitted
	sql  string    // with $1 for :name
	args []*string // for sql

	status   dataStatus
	failure  string
	updated  time.Time
	began    time.Time
	duration time.Duration
	query    int64
	columns  []Column
	rows     [][]byte // each a JSON array of fields
	affected int64
	size     int64
}

// id gives a new UUID.
func (a *dataAPI) id(kind string) string {
	a.ids++
	return uuid(md5.Sum(fmt.Appendf(nil, "%s %s %d", a.w.ARN(), kind, a.ids)))
}

// kept reports whether a statement and its result are still kept.
func (s *statement) kept() bool { return !s.status.ended() || time.Since(s.updated) <= retention }

// find returns a statement and, for an id with a suffix ":n", its part n from 1.
// What another identity submitted does not exist for the caller, nor does what
// ended more than a day ago.
func (a *dataAPI) find(c *call) (s *statement, n int, err error) {
	if !statementID.MatchString(c.ID) {
		return nil, 0, invalid("id must satisfy regex pattern: %s", statementID)
	}
	id, suffix, _ := strings.Cut(c.ID, ":")
	s = a.byID[id]
	if s == nil || s.owner.Principal != c.identity.Principal || !s.kept() {
		return nil, 0, missing("Query does not exist.")
	}
	if suffix == "" {
		return s, 0, nil
	}
	if _, err := fmt.Sscanf(suffix, "%d", &n); err != nil || !s.batch || n < 1 || n > len(s.parts) {
		return nil, 0, missing("Query does not exist.")
	}
	return s, n, nil
}

// failureText is an error as the Data API reports it, without an SQLSTATE. An
// error before there is a session is the login's.
func failureText(e *Error, s *session) string {
	severity := "ERROR: "
	if s == nil || e.SQLState == stateTerminated {
		severity = "FATAL: "
	}
	text := severity + e.Message
	switch {
	case e.Code != 0 && s != nil:
		text += "\n  Detail: " + detail(e, s)
	case e.Detail != "":
		text += "\n  Detail: " + e.Detail
	}
	if e.Hint != "" {
		text += "\n  Hint: " + e.Hint
	}
	return text
}
