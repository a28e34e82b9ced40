//go:build !cgo

package pipeline_test

import "github.com/redferry/redferry/testkit/fakeredshift"

// onBest is the engine in memory: there is no cgo to build DuckDB.
func onBest(name string) (fakeredshift.Engine, error) { return onMem(name) }
