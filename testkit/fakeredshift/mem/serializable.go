package mem

import "slices"

// A footmark is what a committed transaction has read and written.
type footmark struct {
	end         uint64 // Engine.ends of its commit
	read, wrote []uint32
}

// checkCycle refuses to commit t if, under Serializable, it has read a table that
// a concurrent transaction wrote, and has written one that such a transaction
// read: then each might have to come before the other. It is used under e.mu.
func (e *Engine) checkCycle(t *transaction) error {
	if e.opts.Isolation != Serializable || !t.begun || len(t.wrote) == 0 {
		return nil
	}
	before, after := uint32(0), false // a table that t has read too early; whether t was read too early
	for _, m := range e.footmarks {
		if m.end <= t.start {
			continue
		}
		if oid := common(t.read, m.wrote); oid != 0 && before == 0 {
			before = oid
		}
		after = after || common(t.wrote, m.read) != 0
	}
	if before != 0 && after {
		return conflict(before)
	}
	return nil
}

// leaveFootmark notes a commit for those who are under way. It is used under e.mu.
func (e *Engine) leaveFootmark(t *transaction) {
	if e.opts.Isolation == Serializable && len(t.read)+len(t.wrote) > 0 {
		e.ends++
		e.footmarks = append(e.footmarks, footmark{e.ends, t.read, t.wrote})
	}
}

func common(a, b []uint32) uint32 {
	for _, oid := range a {
		if slices.Contains(b, oid) {
			return oid
		}
	}
	return 0
}
