package mem_test

import (
	"testing"

	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/ddl/ddltest"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

func TestEngine(t *testing.T) {
	enginetest.TestEngine(t, func(t *testing.T) fakeredshift.Engine { return newEngine(t, &mem.Options{Slices: 4}) })
}

func TestExecutorDirect(t *testing.T) {
	w := newAccounts(t, nil)
	t.Cleanup(func() { w.close(t) })
	exectest.TestExecutor(t, func(t *testing.T) exec.Executor { return w.direct(t, w.A) })
}

func TestExecutorDataAPI(t *testing.T) {
	w := newAccounts(t, nil)
	t.Cleanup(func() { w.close(t) })
	e := w.dataAPI(t, w.A, often)
	exectest.TestExecutor(t, func(*testing.T) exec.Executor { return e })
}

func TestClonerDirect(t *testing.T) {
	w := newAccounts(t, nil)
	t.Cleanup(func() { w.close(t) })
	h := ddltest.Harness{Cloner: ddl.New(nil), Source: w.direct(t, w.A), Target: w.direct(t, w.B)}
	ddltest.TestCloner(t, func(*testing.T) ddltest.Harness { return h })
}

func TestClonerDataAPI(t *testing.T) {
	w := newAccounts(t, nil)
	t.Cleanup(func() { w.close(t) })
	h := ddltest.Harness{Cloner: ddl.New(nil), Source: w.dataAPI(t, w.A, often), Target: w.dataAPI(t, w.B, often)}
	ddltest.TestCloner(t, func(*testing.T) ddltest.Harness { return h })
}
