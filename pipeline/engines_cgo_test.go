//go:build cgo

package pipeline_test

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
)

// onBest is the best engine that there is: DuckDB where it can be built, else the
// one in memory.
func onBest(string) (fakeredshift.Engine, error) {
	return duck.New(&duck.Options{Threads: 1, Slices: 2})
}
