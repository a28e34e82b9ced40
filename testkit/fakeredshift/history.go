package fakeredshift

import (
	"slices"
	"sync"
	"time"
)

// A Query is one statement that ran or runs in the warehouse: what
// SYS_QUERY_HISTORY tells of it.
type Query struct {
	ID       int64 // query_id, counting up
	PID      int32 // session_id
	User     string
	Database string
	// Label is the StatementName of the Data API, or else the session's
	// query_group, or else the /* comment */ that the statement begins with.
	Label  string
	SQL    string
	Wire   Wire
	Start  time.Time
	End    time.Time // zero while it runs
	Status QueryStatus
	// Rows is Result.RowsAffected, -1 without.
	Rows  int64
	Error string // the message, without "ERROR: "
}

// A QueryStatus is a status of SYS_QUERY_HISTORY.
type QueryStatus string

// The statuses of a [Query].
const (
	QueryRunning  QueryStatus = "running"
	QuerySuccess  QueryStatus = "success"
	QueryFailed   QueryStatus = "failed"
	QueryCanceled QueryStatus = "canceled"
)

// History returns all statements since the warehouse was made, in the order in
// which they started. Statements that were refused before they reached the
// engine (an aborted transaction, an injected error) are in it as well.
func (w *Warehouse) History() []Query { return w.history.list() }

type history struct {
	mu      sync.Mutex // guards queries
	queries []Query
}

// firstQuery is the ID before the first; Redshift's are seldom small.
const firstQuery = 1000

func (h *history) begin(q Query) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	q.ID = firstQuery + int64(len(h.queries))
	q.Status, q.Rows, q.Start = QueryRunning, -1, time.Now()
	h.queries = append(h.queries, q)
	return q.ID
}

func (h *history) end(id int64, result *Result, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	q := &h.queries[id-firstQuery]
	q.End = time.Now()
	switch e := asError(err); {
	case err == nil:
		q.Status, q.Rows = QuerySuccess, result.RowsAffected
	case e.SQLState == stateCanceled:
		q.Status, q.Error = QueryCanceled, e.Message
	default:
		q.Status, q.Error = QueryFailed, e.Message
	}
}

func (h *history) list() []Query {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.queries)
}
