//go:build cgo

package duck

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

// A lockKey is what is locked: a table by its id, or a name that is about to be
// taken, so that two creators of one name stand in line.
type lockKey struct {
	oid  uint32
	name string
}

// locks are the table locks of an engine. They are held until the transaction
// ends. Who waits, waits on a channel.
type locks struct {
	mu    sync.Mutex // guards items
	items map[lockKey]*lock
}

type lock struct {
	held  map[*conn]lockMode
	queue []*waiter // in the order of their coming
}

type waiter struct {
	owner *conn
	mode  lockMode
	ready chan struct{} // closed when the lock is held
}

func newLocks() *locks { return &locks{items: make(map[lockKey]*lock)} }

// acquire takes a lock for owner, and waits for it if it must, which it reports.
// A wait that could never end is refused.
func (l *locks) acquire(ctx context.Context, owner *conn, key lockKey, mode lockMode) (waited bool, err error) {
	l.mu.Lock()
	item := l.items[key]
	if item == nil {
		item = &lock{held: make(map[*conn]lockMode)}
		l.items[key] = item
	}
	if item.held[owner] >= mode {
		l.mu.Unlock()
		return false, nil
	}
	if item.free(owner, mode, len(item.queue)) {
		item.held[owner] = mode
		l.mu.Unlock()
		return false, nil
	}
	w := &waiter{owner, mode, make(chan struct{})}
	item.queue = append(item.queue, w)
	if l.reaches(owner, owner, make(map[*conn]bool)) {
		item.leave(w)
		l.mu.Unlock()
		return false, refuse(stateDeadlock, "deadlock detected")
	}
	l.mu.Unlock()

	select {
	case <-w.ready:
		return true, nil
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		item.leave(w)
		item.grant()
		return true, refuse(stateCanceled, "Query cancelled on user's request")
	}
}

// release gives up all locks of owner.
func (l *locks) release(owner *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, item := range l.items {
		if _, ok := item.held[owner]; !ok {
			continue
		}
		delete(item.held, owner)
		item.grant()
		if len(item.held) == 0 && len(item.queue) == 0 {
			delete(l.items, key)
		}
	}
}

// free reports whether owner can hold the lock: neither who holds it nor any of
// the first n in the queue stands against it. Who holds it already does not
// queue behind others to hold it harder.
func (k *lock) free(owner *conn, mode lockMode, n int) bool {
	for other, held := range k.held {
		if other != owner && held.conflicts(mode) {
			return false
		}
	}
	if k.held[owner] > 0 {
		return true
	}
	for _, w := range k.queue[:n] {
		if w.owner != owner && w.mode.conflicts(mode) {
			return false
		}
	}
	return true
}

// grant lets in those of the queue whose way is free.
func (k *lock) grant() {
	for i := 0; i < len(k.queue); {
		w := k.queue[i]
		if !k.free(w.owner, w.mode, i) {
			i++
			continue
		}
		k.held[w.owner] = w.mode
		k.queue = slices.Delete(k.queue, i, i+1)
		close(w.ready)
	}
}

func (k *lock) leave(w *waiter) {
	k.queue = slices.DeleteFunc(k.queue, func(other *waiter) bool { return other == w })
}

// reaches reports whether from waits, by way of others, for target.
func (l *locks) reaches(from, target *conn, seen map[*conn]bool) bool {
	if seen[from] {
		return false
	}
	seen[from] = true
	for _, blocker := range l.blockers(from) {
		if blocker == target || l.reaches(blocker, target, seen) {
			return true
		}
	}
	return false
}

// blockers are those whom c waits for.
func (l *locks) blockers(c *conn) []*conn {
	var found []*conn
	for _, item := range l.items {
		for i, w := range item.queue {
			if w.owner != c {
				continue
			}
			for other, held := range item.held {
				if other != c && held.conflicts(w.mode) {
					found = append(found, other)
				}
			}
			for _, ahead := range item.queue[:i] {
				if ahead.owner != c && ahead.mode.conflicts(w.mode) && item.held[c] == 0 {
					found = append(found, ahead.owner)
				}
			}
		}
	}
	return found
}
