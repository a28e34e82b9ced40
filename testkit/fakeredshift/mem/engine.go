package mem

import (
	"sync"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// An Engine is a database behind a fake warehouse. It is safe for concurrent
// use; inside of testing/synctest it must be made in the bubble that uses it.
type Engine struct {
	opts   Options
	locks  *locks
	parsed parsed

	mu        sync.Mutex // guards what follows; nobody waits for anything while holding it
	catalog   *catalog
	clock     uint64 // counts the commits that wrote
	ends      uint64 // counts the footmarks
	oid       uint32 // the last one given away
	queries   int64  // the id of the last one
	users     []string
	databases []string
	snapshots map[*transaction]struct{} // the transactions that have one
	dirty     []*storage                // with versions that are deleted, in the order of the deletions
	footmarks []footmark                // for Serializable
	history   history
}

var _ fakeredshift.Engine = (*Engine)(nil)

// Ids of objects and of queries count up from here.
const (
	firstOID   = 100_000
	firstQuery = 1_000
)

// The schemas of the system.
const (
	hidden            = "pg_catalog"
	hiddenInformation = "information_schema"
)

// New makes an empty database. Nil opts are the defaults. The caller closes it.
func New(opts *Options) *Engine {
	return &Engine{
		opts: opts.withDefaults(), locks: newLocks(), catalog: newCatalog(), oid: firstOID, queries: firstQuery,
		users: []string{"rdsdb"}, snapshots: make(map[*transaction]struct{}),
	}
}

// Close ends the engine. All sessions must be closed before.
func (e *Engine) Close() error { return nil }

// newOID is used under e.mu.
func (e *Engine) newOID() uint32 {
	e.oid++
	return e.oid
}

// nextQuery gives a statement its number.
func (e *Engine) nextQuery() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queries++
	return e.queries
}

// sweep forgets row versions and footmarks that no snapshot needs any more.
func (e *Engine) sweep() {
	oldest, start := e.clock, e.ends
	for t := range e.snapshots {
		oldest, start = min(oldest, t.snapshot), min(start, t.start)
	}
	kept := e.dirty[:0]
	for _, s := range e.dirty {
		if s.sweep(oldest) {
			kept = append(kept, s)
		}
	}
	e.dirty = kept
	marks := e.footmarks[:0]
	for _, m := range e.footmarks {
		if m.end > start {
			marks = append(marks, m)
		}
	}
	e.footmarks = marks
}

// now is the time of package time as a timestamp.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
