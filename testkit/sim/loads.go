package sim

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A Load is one transaction of a load, as the target's warehouse saw it.
type Load struct {
	PID        int32
	Statements []fakeredshift.Query // in the order in which they ended
}

// loads finds the transactions of loads in the history of the target's warehouse.
func (w *World) loads() []Load {
	bySession := make(map[int32]*Load)
	var loads []*Load
	for _, q := range w.B.Warehouse.History() {
		if q.Label == "begin load" {
			bySession[q.PID] = &Load{PID: q.PID}
			loads = append(loads, bySession[q.PID])
		}
		if l := bySession[q.PID]; l != nil {
			l.Statements = append(l.Statements, q)
		}
	}
	list := make([]Load, len(loads))
	for i, l := range loads {
		slices.SortFunc(l.Statements, byEnd)
		list[i] = *l
	}
	return list
}

func (l *Load) find(match func(fakeredshift.Query) bool) (fakeredshift.Query, bool) {
	i := slices.IndexFunc(l.Statements, match)
	if i < 0 {
		return fakeredshift.Query{}, false
	}
	return l.Statements[i], true
}

func (l *Load) committed() bool {
	q, ok := l.find(func(q fakeredshift.Query) bool { return q.Label == "commit load" })
	return ok && q.Status == fakeredshift.QuerySuccess
}

func (l *Load) copied() (fakeredshift.Query, bool) {
	return l.find(func(q fakeredshift.Query) bool { return command(q.SQL) == "COPY" })
}

// checkLoads finds the rare states of loads.
func (w *World) checkLoads() {
	reached := w.observer.reached
	for _, l := range w.loads() {
		if q, ok := l.find(func(q fakeredshift.Query) bool { return strings.HasPrefix(q.Label, "lock ") }); ok && w.held(q) {
			reached[WaitedForLock]++
		}
		if copied, ok := l.copied(); ok && copied.Status == fakeredshift.QuerySuccess && !l.committed() {
			reached[LoadRolledBack]++
		}
		for _, q := range l.Statements {
			if w.outlived(q) {
				reached[OutlivedItsClient]++
			}
		}
	}
	attempts := make(map[string]int)
	for _, q := range w.A.Warehouse.History() {
		if command(q.SQL) == "UNLOAD" && q.Status == fakeredshift.QuerySuccess {
			if attempts[q.Label]++; attempts[q.Label] == 2 {
				reached[UnloadedAgain]++
			}
		}
	}
}

// held reports whether a LOCK was waiting while another transaction ended.
func (w *World) held(lock fakeredshift.Query) bool {
	return slices.ContainsFunc(w.B.Warehouse.History(), func(q fakeredshift.Query) bool {
		return q.PID != lock.PID && (command(q.SQL) == "COPY" || command(q.SQL) == "COMMIT") && q.Start.Before(lock.End) && q.End.After(lock.Start)
	})
}

// outlived reports whether a process died while a statement ran.
func (w *World) outlived(q fakeredshift.Query) bool {
	return slices.ContainsFunc(w.observer.deaths, func(at time.Time) bool { return !at.Before(q.Start) && at.Before(q.End) })
}

// byEnd orders statements by when they took effect.
func byEnd(a, b fakeredshift.Query) int {
	return cmp.Or(a.End.Compare(b.End), cmp.Compare(a.ID, b.ID))
}
