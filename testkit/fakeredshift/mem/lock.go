package mem

import (
	"context"
	"slices"
	"sync"
)

// A lockMode is how a transaction holds a table.
type lockMode int

// The modes: readers share, one transaction at a time writes, and exclusive
// (LOCK and DDL) keeps out everybody.
const (
	shared lockMode = iota + 1
	writing
	exclusive
)

func (m lockMode) conflicts(other lockMode) bool {
	return m == exclusive || other == exclusive || m == writing && other == writing
}

// A lockKey is what is locked: a table by its id, or a name, so that two
// creators of one name stand in line.
type lockKey struct {
	oid  uint32
	name string
}

// locks are the locks of an engine. They are held until the transaction ends.
// Who waits, waits on a channel, in the order of coming.
type locks struct {
	mu    sync.Mutex // guards all that follows, in every lock
	items map[lockKey]*lock
	held  map[*conn][]*lock // in the order of taking
	waits map[*conn]*waiter
}

type lock struct {
	key   lockKey
	held  []holder // in the order of taking
	queue []*waiter
}

type holder struct {
	owner *conn
	mode  lockMode
}

type waiter struct {
	lock  *lock
	owner *conn
	mode  lockMode
	ready chan struct{} // closed when the lock is held
}

func newLocks() *locks {
	return &locks{items: make(map[lockKey]*lock), held: make(map[*conn][]*lock), waits: make(map[*conn]*waiter)}
}

// acquire takes a lock for owner, and waits for it if it must, which it reports.
// A wait that could never end is refused at once.
func (l *locks) acquire(ctx context.Context, owner *conn, key lockKey, mode lockMode) (waited bool, err error) {
	w, err := l.request(owner, key, mode)
	if w == nil {
		return false, err
	}
	select {
	case <-w.ready:
		return true, nil
	case <-ctx.Done():
		l.leave(w)
		return true, cancelled()
	}
}

// request takes the lock or stands in line for it.
func (l *locks) request(owner *conn, key lockKey, mode lockMode) (*waiter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.items[key]
	if k == nil {
		k = &lock{key: key}
		l.items[key] = k
	}
	w := &waiter{lock: k, owner: owner, mode: mode}
	if k.modeOf(owner) >= mode {
		return nil, nil
	}
	if len(k.blockers(w, k.queue)) == 0 {
		l.give(w)
		return nil, nil
	}
	w.ready = make(chan struct{})
	k.queue = append(k.queue, w)
	l.waits[owner] = w
	if l.reaches(owner, owner, make(map[*conn]bool)) {
		l.drop(w)
		return nil, refuse(stateDeadlock, "deadlock detected")
	}
	return w, nil
}

func (k *lock) modeOf(owner *conn) lockMode {
	for _, h := range k.held {
		if h.owner == owner {
			return h.mode
		}
	}
	return 0
}

// blockers are those whom w has to wait for: holders, and who came before it.
// Who holds the lock already does not queue behind others to hold it harder.
func (k *lock) blockers(w *waiter, ahead []*waiter) []*conn {
	var found []*conn
	for _, h := range k.held {
		if h.owner != w.owner && h.mode.conflicts(w.mode) {
			found = append(found, h.owner)
		}
	}
	if k.modeOf(w.owner) > 0 {
		return found
	}
	for _, other := range ahead {
		if other.mode.conflicts(w.mode) {
			found = append(found, other.owner)
		}
	}
	return found
}

// give lets w hold its lock.
func (l *locks) give(w *waiter) {
	k := w.lock
	for i := range k.held {
		if k.held[i].owner == w.owner {
			k.held[i].mode = w.mode
			return
		}
	}
	k.held = append(k.held, holder{w.owner, w.mode})
	l.held[w.owner] = append(l.held[w.owner], k)
}

// grant lets in those of the queue whose way is free, from the front.
func (l *locks) grant(k *lock) {
	for i := 0; i < len(k.queue); {
		w := k.queue[i]
		if len(k.blockers(w, k.queue[:i])) > 0 {
			i++
			continue
		}
		k.queue = slices.Delete(k.queue, i, i+1)
		delete(l.waits, w.owner)
		l.give(w)
		close(w.ready)
	}
	if len(k.held)+len(k.queue) == 0 {
		delete(l.items, k.key)
	}
}

// leave takes back a request that nobody waits for any more. If the lock was
// given meanwhile, it is held.
func (l *locks) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits[w.owner] == w {
		l.drop(w)
	}
}

func (l *locks) drop(w *waiter) {
	delete(l.waits, w.owner)
	w.lock.queue = slices.DeleteFunc(w.lock.queue, func(other *waiter) bool { return other == w })
	l.grant(w.lock)
}

// release gives up all locks of owner, in the order in which they were taken.
func (l *locks) release(owner *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held[owner]
	delete(l.held, owner)
	for _, k := range held {
		k.held = slices.DeleteFunc(k.held, func(h holder) bool { return h.owner == owner })
		l.grant(k)
	}
}

// reaches reports whether from waits, by way of others, for target.
func (l *locks) reaches(from, target *conn, seen map[*conn]bool) bool {
	w := l.waits[from]
	if w == nil || seen[from] {
		return false
	}
	seen[from] = true
	ahead := w.lock.queue[:slices.Index(w.lock.queue, w)]
	for _, blocker := range w.lock.blockers(w, ahead) {
		if blocker == target || l.reaches(blocker, target, seen) {
			return true
		}
	}
	return false
}
