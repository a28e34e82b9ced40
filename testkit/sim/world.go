package sim

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memnet"
	"github.com/redferry/redferry/testkit/pair"
)

// A World is two accounts on a network in memory, which outlive the processes
// that use them.
type World struct {
	*pair.Pair
	network   *memnet.Network
	plan      *Plan
	scenario  *Scenario
	turnstile *turnstile
	observer  *observer
	processes sync.WaitGroup
	runners   sync.WaitGroup

	mu       sync.Mutex // guards what follows
	counts   map[string]int
	started  map[int]bool
	born     []*Process
	versions map[redferry.URI][]version // of source objects that were replaced, what they were
	damaged  string                     // what was done to the world that no program can repair; empty if nothing was
	lists    map[string][]byte
	disks    map[int]*disk
}

func newWorld(s *Scenario, plan *Plan) (*World, error) {
	w := &World{
		network: new(memnet.Network), plan: plan, scenario: s, turnstile: newTurnstile(plan),
		counts: make(map[string]int), started: make(map[int]bool), versions: make(map[redferry.URI][]version), disks: make(map[int]*disk), lists: make(map[string][]byte),
	}
	w.observer = newObserver(w)
	var err error
	w.Pair, err = pair.New(pair.Options{
		Engine: func(side string) (fakeredshift.Engine, error) {
			return s.engine(side, func(sql string) mem.Pace { return w.pace(side, sql) })
		},
		Listen:      func(name string) (net.Listener, error) { return w.network.Listen(name + ":443") },
		DialContext: w.network.DialContext,
		LookupHost:  w.network.LookupHost,
		TLS:         s.TLS,
		S3:          fakes3.Options{MinPartSize: s.MinPartSize},
	})
	if err != nil {
		return nil, err
	}
	return w, nil
}

// choose picks one of n, another one at each call with the same name.
func (w *World) choose(name string, n int) int {
	w.mu.Lock()
	w.counts[name]++
	name = fmt.Sprintf("%s %d", name, w.counts[name])
	w.mu.Unlock()
	return int(w.pick(name, int64(n)))
}

// pick returns a number below n, or 0.
func (w *World) pick(name string, n int64) int64 {
	if n <= 1 {
		return 0
	}
	return int64(draw(w.plan.Seed, "pick", name) % uint64(n))
}

// own marks the statements of the simulator itself, which take no time.
const own = "/* sim */ "

// pace is how long a statement of a side's warehouse takes. A third of them take
// no time; those that move data take the longest.
func (w *World) pace(side, sql string) mem.Pace {
	if strings.HasPrefix(sql, own) {
		return mem.Pace{}
	}
	longest := int64(2 * time.Second)
	if word := command(sql); word == "COPY" || word == "UNLOAD" {
		longest = int64(40 * time.Second)
	}
	name := "pace " + side + " " + withoutComment(sql)
	n := w.choose(name, 3<<20)
	if n%3 == 0 {
		return mem.Pace{}
	}
	name += " " + strconv.Itoa(n)
	return mem.Pace{
		Queued:    time.Duration(w.pick("queued "+name, longest/4)),
		Working:   time.Duration(w.pick("working "+name, longest)),
		Answering: time.Duration(w.pick("answering "+name, longest/4)),
	}
}

func withoutComment(sql string) string {
	if _, rest, ok := strings.Cut(sql, "*/"); ok && strings.HasPrefix(sql, "/*") {
		return strings.TrimSpace(rest)
	}
	return sql
}

// can reports whether a fault would do anything at a boundary.
func (w *World) can(k *ticket, kind Kind) bool {
	r, _ := k.about.(*request)
	switch kind {
	case SecondRunner:
		w.mu.Lock()
		defer w.mu.Unlock()
		return !w.started[2]
	case StaleListing:
		return w.stale(r) != nil
	case EngineError, EngineLost:
		sql, _ := statementOf(k.about)
		return command(sql) != ""
	case ReplaceSource:
		_, ok := w.source(k)
		return ok
	case CutBody, FlipBit, KillDuring:
		return r == nil || r.class == Listing || w.bodySize(r) > 0
	}
	return true
}

// bodySize is the size of the body that passes with a Read or a Write, in bytes.
func (w *World) bodySize(r *request) int64 {
	if r.class == Write {
		return r.size
	}
	object, _ := w.account(r.server).S3.Object(redferry.URI{Bucket: r.bucket, Key: r.key})
	return object.Size
}

// happen does to the world what a fault is about, before its boundary is passed.
func (w *World) happen(k *ticket, kind Kind) {
	switch kind {
	case EngineError, EngineLost:
		w.breakStatement(k, kind)
	case RotateKey:
		w.rotate(k)
	case ReplaceSource:
		w.replace(k)
	case SecondRunner:
		w.spawn(2)
	}
	w.observer.fault(k, kind)
}

// breakStatement has the warehouse fail the statement that is about to be sent.
func (w *World) breakStatement(k *ticket, kind Kind) {
	sql, label := statementOf(k.about)
	fault := fakeredshift.Fault{Op: command(sql), Label: label}
	var server string
	switch about := k.about.(type) {
	case *request:
		server, fault.Wire = about.server, fakeredshift.DataAPI
	case *message:
		server, fault.Wire = about.server, fakeredshift.PG
	}
	if kind == EngineError {
		fault.SQL = &fakeredshift.Error{SQLState: "XX000", Code: 1023, Message: "1023", Detail: "Serializable isolation violation on table - 100001, transactions forming the cycle are: 1, 2 (pid:3)"}
	} else {
		fault.Drop = fakeredshift.BeforeEffect
		if w.pick("engine "+k.at.String(), 2) == 1 {
			fault.Drop = fakeredshift.AfterEffect
		}
	}
	w.account(server).Warehouse.Inject(fault)
}

// command is the first word of a statement in upper case. It is empty if there is
// no code: a ping is a comment.
func command(sql string) string { return strings.ToUpper(sqltext.Command(sql).Text) }

// account returns the account that a server is of: "s3.a" is of A.
func (w *World) account(server string) *pair.Account {
	if strings.HasSuffix(server, ".a") {
		return w.A
	}
	return w.B
}

// Damaged says what was done to the world that no program can repair, or "".
func (w *World) Damaged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.damaged
}
