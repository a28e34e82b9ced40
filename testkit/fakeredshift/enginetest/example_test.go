package enginetest_test

import (
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

// The test of an engine is the suite, and what is special to it.
func ExampleTestEngine() {
	_ = func(t *testing.T) {
		enginetest.TestEngine(t, func(t *testing.T) fakeredshift.Engine {
			e := mem.New(&mem.Options{Slices: 4})
			t.Cleanup(func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			})
			return e
		})
	}
	// Output:
}
