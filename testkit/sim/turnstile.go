package sim

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing/synctest"
	"time"
)

// A turnstile lets one boundary pass at a time, after everything else in the
// bubble has come to rest, in an order that only the seed and the names of the
// boundaries decide. That makes a run of many goroutines replay: each interval
// between two passages has one goroutine that has something to do.
//
// It rests on three rules that the simulated program keeps: what it does side by
// side it begins in an order, its only randomness is the one it is given, and a
// dead process draws none.
type turnstile struct {
	plan  *Plan
	begin time.Time
	wake  chan struct{}

	mu     sync.Mutex // guards what follows
	parked []*ticket
	counts map[Boundary]int // by Process and Op; N is 0
	drawn  int              // faults drawn so far
	calm   bool             // nothing goes wrong any more
	trace  []Step
}

// A Step is one passage of the turnstile.
type Step struct {
	Boundary
	Class Class
	Fault Kind // empty if nothing went wrong
	// Effect says that something of the world may be other afterwards: a kill
	// before a boundary without one leaves the same as a kill before the next.
	Effect bool
	At     time.Duration // virtual time since the run began
}

// String returns a line of a trace.
func (s Step) String() string {
	text := s.At.String() + " " + s.Boundary.String()
	if s.Fault != "" {
		text += "=" + string(s.Fault)
	}
	return text
}

// A ticket is a goroutine that waits for its turn.
type ticket struct {
	at      Boundary // its N is 0 until everything has come to rest
	tie     string   // tells it from others with the same process and operation
	class   Class
	process *Process
	about   any // *request or *message, what passes; nil for what is on no network
	pass    chan Kind
}

// statementOf is the SQL that passes, and its label; empty if none does.
func statementOf(about any) (sql, label string) {
	switch about := about.(type) {
	case *request:
		return about.sql, about.label
	case *message:
		return about.sql, about.label
	}
	return "", ""
}

// effect reports whether what passes may change the world.
func (k *ticket) effect() bool {
	switch about := k.about.(type) {
	case *request:
		return k.class == Write || k.class == Control && about.action != "HeadObject" || k.class == Submit && command(about.sql) != "SELECT"
	case *message:
		word := command(about.sql)
		return word != "" && word != "SELECT"
	}
	return k.class == DiskOp
}

// dead is the verdict for a process that is no more.
const dead Kind = "dead"

func newTurnstile(plan *Plan) *turnstile {
	return &turnstile{plan: plan, begin: time.Now(), wake: make(chan struct{}, 1), counts: make(map[Boundary]int)}
}

// cross waits for the turn of a boundary and returns what goes wrong there, or
// dead, and the boundary's number.
func (t *turnstile) cross(ticket *ticket) (Kind, int) {
	if ticket.process.isDead() {
		return dead, 0
	}
	ticket.pass = make(chan Kind, 1)
	t.mu.Lock()
	t.parked = append(t.parked, ticket)
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
	kind := <-ticket.pass
	return kind, ticket.at.N
}

// number gives those that have come since the last time their numbers. Of several
// with the same name it is not the scheduler that decides.
func (t *turnstile) number() {
	var fresh []*ticket
	for _, k := range t.parked {
		if k.at.N == 0 {
			fresh = append(fresh, k)
		}
	}
	slices.SortStableFunc(fresh, func(a, b *ticket) int { return strings.Compare(a.tie, b.tie) })
	for _, k := range fresh {
		t.counts[k.at]++
		k.at.N = t.counts[Boundary{Process: k.at.Process, Op: k.at.Op}]
	}
}

// run passes boundaries until done is closed.
func (t *turnstile) run(done <-chan struct{}) {
	for {
		select {
		case <-t.wake:
		case <-done:
			return
		}
		synctest.Wait()
		for next := t.take(); next != nil; next = t.take() {
			time.Sleep(t.latency(next))
			synctest.Wait()
			t.release(next)
			synctest.Wait()
		}
	}
}

// take removes the parked ticket that the seed wants to go first.
func (t *turnstile) take() *ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.number()
	best := -1
	var least uint64
	for i, candidate := range t.parked {
		if rank := t.draw("order", candidate.at.String()); best < 0 || rank < least {
			best, least = i, rank
		}
	}
	if best < 0 {
		return nil
	}
	ticket := t.parked[best]
	t.parked = slices.Delete(t.parked, best, best+1)
	return ticket
}

// latency is how long a passage takes: 10 to 500 microseconds. Because every one
// takes another time, two timers of the program hardly ever end together.
func (t *turnstile) latency(k *ticket) time.Duration {
	return 10*time.Microsecond + time.Duration(t.draw("latency", k.at.String())%490_000)
}

func (t *turnstile) release(k *ticket) {
	if k.process.isDead() {
		k.pass <- dead
		return
	}
	kind := t.fault(k)
	t.mu.Lock()
	t.trace = append(t.trace, Step{Boundary: k.at, Class: k.class, Fault: kind, Effect: k.effect(), At: time.Since(t.begin)})
	t.mu.Unlock()
	k.process.world.happen(k, kind)
	if kind == KillBefore {
		k.process.kill()
		k.pass <- dead
		return
	}
	k.pass <- kind
}

// fault is what the plan has for a boundary.
func (t *turnstile) fault(k *ticket) Kind {
	t.mu.Lock()
	defer t.mu.Unlock()
	possible := kinds[k.class]
	if t.calm || len(possible) == 0 {
		return ""
	}
	for _, f := range t.plan.Faults {
		if f.At == k.at {
			return effective(k, f.Kind)
		}
	}
	name := k.at.String()
	if t.plan.Rate == 0 || t.drawn >= t.plan.max() || t.draw("fault", name)%1_000_000 >= uint64(t.plan.rate(k.class)*1_000_000) {
		return ""
	}
	if t.plan.Kinds != nil {
		possible = slices.DeleteFunc(slices.Clone(possible), func(kind Kind) bool { return !slices.Contains(t.plan.Kinds, kind) })
	}
	if len(possible) == 0 {
		return ""
	}
	kind := effective(k, possible[t.draw("kind", name)%uint64(len(possible))])
	if kind != "" {
		t.drawn++
	}
	return kind
}

// effective returns kind, or nothing where it would do nothing: what does nothing
// is not counted as a fault.
func effective(k *ticket, kind Kind) Kind {
	if !k.process.world.can(k, kind) {
		return ""
	}
	return kind
}

// setCalm ends all faults.
func (t *turnstile) setCalm() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calm = true
}

// cancel sends away what a dead process has parked.
func (t *turnstile) cancel(p *Process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parked = slices.DeleteFunc(t.parked, func(k *ticket) bool {
		if k.process == p {
			k.pass <- dead
		}
		return k.process == p
	})
}

// draw returns a number that the seed and the names decide, and nothing else:
// what is drawn for one boundary does not depend on what was drawn before, so a
// fault can be taken out of a schedule and the rest stays as it is.
func (t *turnstile) draw(what, name string) uint64 { return draw(t.plan.Seed, what, name) }

func draw(seed uint64, what, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(strconv.AppendUint(nil, seed, 36))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(what))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(name))
	x := h.Sum64() // FNV leaves its high bits poor for short texts: mix them as splitmix64 does
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
