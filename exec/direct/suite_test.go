//go:build cgo

package direct_test

import (
	"net"
	"testing"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
)

// warehouse starts a warehouse on DuckDB and returns where it listens.
func warehouse(t testing.TB) direct.Target {
	t.Helper()
	engine, err := duck.New(&duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111122223333")
	if err != nil {
		t.Fatal(err)
	}
	w, err := fakeredshift.New(cloud, account, engine, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.CreateUser("loader", password, true); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.StartPG(l, nil)
	return direct.Target{Host: "127.0.0.1", Port: uint16(l.Addr().(*net.TCPAddr).Port), Database: w.Database()}
}

func connect(t testing.TB, target direct.Target, p creds.Provider[creds.Login]) *direct.Executor {
	t.Helper()
	e, err := direct.Open(t.Context(), target, p, &direct.Options{Plaintext: true})
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

func TestExecutor(t *testing.T) {
	target := warehouse(t)
	exectest.TestExecutor(t, func(t *testing.T) exec.Executor { return connect(t, target, loader) })
}

func BenchmarkExecutor(b *testing.B) {
	target := warehouse(b)
	exectest.BenchmarkExecutor(b, func(b *testing.B) exec.Executor { return connect(b, target, loader) })
}
