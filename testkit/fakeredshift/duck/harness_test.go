//go:build cgo

package duck

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newEngine returns an engine that ends with the test.
func newEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(&Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
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
	return enginetest.Connect(t, newEngine(t), 101, nil)
}

func TestEngine(t *testing.T) {
	enginetest.TestEngine(t, func(t *testing.T) fakeredshift.Engine { return newEngine(t) })
}
