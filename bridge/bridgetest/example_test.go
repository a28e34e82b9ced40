package bridgetest_test

import (
	"testing"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
)

// The test of a journal is the suite, and what is special to it.
func ExampleTestJournal() {
	_ = func(t *testing.T) {
		bridgetest.TestJournal(t, func(*testing.T) bridge.Journal { return new(bridge.MemJournal) }, nil)
	}
	// Output:
}
