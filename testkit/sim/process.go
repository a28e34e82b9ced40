package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/redferry/redferry/testkit/memdisk"
)

// errKilled is what everything ends with that a killed process still tries.
var errKilled = errors.New("sim: the process was killed")

// A Process is one life of the program that is simulated: what it has on the
// network and on its disk goes through here. Its methods are safe for concurrent
// use.
type Process struct {
	// Runner counts the programs that run side by side, from 1; Life counts the
	// times that this one was started, from 1.
	Runner, Life int
	// Calm says that nothing goes wrong in this life.
	Calm bool

	world  *World
	name   string
	ctx    context.Context
	cancel context.CancelCauseFunc
	disk   *disk
	files  *memdisk.Process
	killed chan struct{} // closed when it is killed

	mu     sync.Mutex // guards what follows
	dead   bool
	conns  []net.Conn // in the order in which they were opened
	tokens int
	output []string
	web    *http.Transport
}

// newProcess starts the next life of a runner.
func (w *World) newProcess(runner, life int, on *disk) *Process {
	p := &Process{Runner: runner, Life: life, world: w, name: fmt.Sprintf("%d.%d", runner, life), disk: on, killed: make(chan struct{})}
	p.files = on.Start(p.passes)
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.born = append(w.born, p)
	return p
}

// World is the world that the process lives in. A program has no business in
// there but to find its endpoints.
func (p *Process) World() *World { return p.world }

// Name is "<runner>.<life>".
func (p *Process) Name() string { return p.name }

// Rand returns a number in [0, 1), another one at each moment of virtual time, and
// the same one to all who ask at the same moment: who asks first makes no
// difference. It is the only randomness that a program may have: give it to
// exec.RetryPolicy, bridge.Options and dataapi.Options.
func (p *Process) Rand() float64 {
	n := draw(p.world.plan.Seed, "random", p.name+" "+strconv.FormatInt(time.Now().UnixNano(), 36))
	return float64(n>>11) / (1 << 53)
}

// Token returns a text that no process of the world has had before; for
// pipeline.Config and dataapi.Options.
func (p *Process) Token() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens++
	return fmt.Sprintf("p%dx%dn%d", p.Runner, p.Life, p.tokens)
}

// Print records what the program shows to people. It is searched for secrets.
func (p *Process) Print(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.dead {
		p.output = append(p.output, text)
	}
}

// DialContext connects to a server of the world. The connection dies with the
// process. It is no boundary: requests are, see [Process.HTTPClient].
func (p *Process) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if p.isDead() {
		return nil, errKilled
	}
	conn, err := p.world.network.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		_ = conn.Close()
		return nil, errKilled
	}
	p.conns = append(p.conns, conn)
	return &ownConn{Conn: conn, process: p}, nil
}

// client carries the requests of AWS services other than S3.
func (p *Process) client() aws.HTTPClient {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.web == nil {
		p.web = &http.Transport{DialContext: p.DialContext, TLSClientConfig: p.world.TLSConfig(), MaxIdleConnsPerHost: 64, DisableCompression: true}
	}
	return p.HTTPClient(&http.Client{Transport: p.web})
}

// An ownConn is known to its process until it is closed.
type ownConn struct {
	net.Conn
	process *Process
}

func (c *ownConn) Close() error {
	c.process.mu.Lock()
	c.process.conns = slices.DeleteFunc(c.process.conns, func(conn net.Conn) bool { return conn == c.Conn })
	c.process.mu.Unlock()
	return c.Conn.Close()
}

// Write sends nothing of a dead process.
func (c *ownConn) Write(b []byte) (int, error) {
	if c.process.isDead() {
		return 0, errKilled
	}
	return c.Conn.Write(b)
}

// cross waits for the turn of a boundary that is on no network, and returns what
// goes wrong there, or dead.
func (p *Process) cross(class Class, op string) Kind {
	kind, _ := p.crossTied(class, op, nil, "")
	return kind
}

// crossTied is cross for a boundary of which there may be several with the same
// name at a time; tie tells them apart. It returns the number that it got, too.
func (p *Process) crossTied(class Class, op string, about any, tie string) (Kind, int) {
	return p.world.turnstile.cross(&ticket{at: Boundary{Process: p.name, Op: op}, tie: tie, class: class, process: p, about: about})
}

// answered waits for the turn of the answer to a boundary that had a number. It
// reports whether the process lives to hear of it.
func (p *Process) answered(op string, n int, about any) bool {
	kind, _ := p.crossTied(Answer, "answer to "+op, about, fmt.Sprintf("%9d", n))
	return kind != dead
}

// wasKilled reports whether the process did not come to its own end.
func (p *Process) wasKilled() bool {
	select {
	case <-p.killed:
		return true
	default:
		return false
	}
}

func (p *Process) isDead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// kill ends the process: nothing leaves it any more, and its disk is as a crash
// of the machine leaves it.
func (p *Process) kill() {
	if !p.end() {
		return
	}
	p.files.Kill()
	p.world.observer.died(p)
	if p.disk.crash(func(n int) int { return p.world.choose("crash "+p.name, n) }) {
		p.world.reach(CrashLost)
	}
	p.world.observer.look(p)
	close(p.killed)
}

// end closes what the process has open. It reports whether the process was alive.
func (p *Process) end() bool {
	p.mu.Lock()
	alive := !p.dead
	p.dead = true
	conns := p.conns
	p.conns = nil
	p.mu.Unlock()
	for _, conn := range conns {
		_ = conn.Close()
	}
	p.cancel(errKilled)
	p.world.turnstile.cancel(p)
	return alive
}
