package mem_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newEngine returns an engine that ends with the test.
func newEngine(t testing.TB, opts *mem.Options) fakeredshift.Engine {
	t.Helper()
	e := mem.New(opts)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// login opens a session of an engine of its own.
func login(t testing.TB) *enginetest.Session {
	t.Helper()
	return enginetest.Connect(t, newEngine(t, nil), 101, nil)
}
