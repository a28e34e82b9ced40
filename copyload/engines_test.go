//go:build !cgo

package copyload_test

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

// engines are those of the fake warehouse.
var engines = map[string]func() (fakeredshift.Engine, error){
	"mem":               func() (fakeredshift.Engine, error) { return mem.New(nil), nil },
	"mem, serializable": func() (fakeredshift.Engine, error) { return mem.New(&mem.Options{Isolation: mem.Serializable}), nil },
}
