package main

import (
	"sync"

	"github.com/redferry/redferry/testkit/fakes3"
)

// A gate stands in the S3 servers. Once it is shut, requests that a rule does not
// let pass wait in front of it. When it is opened, those that waited are cut off
// without an effect, and all others pass from then on. It is safe for concurrent
// use.
type gate struct {
	held   chan fakes3.Request // one for each request that waits
	opened chan struct{}
	open   func()

	mu   sync.Mutex // guards rule
	rule func(fakes3.Request) bool
}

func newGate() *gate {
	g := &gate{held: make(chan fakes3.Request), opened: make(chan struct{})}
	g.open = sync.OnceFunc(func() { close(g.opened) })
	return g
}

// shut lets a request pass only if rule says so.
func (g *gate) shut(rule func(fakes3.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rule = rule
}

// meddle is what the servers ask about each request.
func (g *gate) meddle(r fakes3.Request) fakes3.Fault {
	g.mu.Lock()
	rule := g.rule
	g.mu.Unlock()
	select {
	case <-g.opened:
		return fakes3.Fault{}
	default:
	}
	if rule == nil || rule(r) {
		return fakes3.Fault{}
	}
	select {
	case g.held <- r:
	case <-g.opened:
	}
	<-g.opened
	return fakes3.Fault{Drop: fakes3.BeforeEffect}
}
