package main

import (
	"testing"
	"testing/synctest"

	"github.com/redferry/redferry/testkit/fakes3"
)

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		if f := g.meddle(fakes3.Request{Key: "x"}); f.Drop != "" {
			t.Errorf("before it is shut: %+v", f)
		}
		g.shut(func(r fakes3.Request) bool { return r.Key == "free" })
		if f := g.meddle(fakes3.Request{Key: "free"}); f.Drop != "" {
			t.Errorf("what the rule lets pass: %+v", f)
		}
		answers := make(chan fakes3.Fault, 2)
		for range 2 {
			go func() { answers <- g.meddle(fakes3.Request{Key: "x"}) }()
		}
		if r := <-g.held; r.Key != "x" { // the other one waits where nobody asks
			t.Errorf("%q is held", r.Key)
		}
		synctest.Wait()
		if len(answers) != 0 {
			t.Error("the gate does not hold")
		}
		g.open()
		g.open() // once more does no harm
		for range 2 {
			if f := <-answers; f.Drop != fakes3.BeforeEffect {
				t.Errorf("what was held: %+v", f)
			}
		}
		if f := g.meddle(fakes3.Request{Key: "x"}); f.Drop != "" {
			t.Errorf("after it was opened: %+v", f)
		}
	})
}
