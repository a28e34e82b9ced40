//go:build !cgo

package livetest_test

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

// engines are those that the facts are checked on.
var engines = map[string]func() (fakeredshift.Engine, error){
	"mem":               func() (fakeredshift.Engine, error) { return mem.New(nil), nil },
	"mem, serializable": func() (fakeredshift.Engine, error) { return mem.New(&mem.Options{Isolation: mem.Serializable}), nil },
}
