package direct_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	host     = "redshift.test"
	password = "Canary-Pa55word"
)

// An answer is what a script gives for one statement.
type answer func(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error)

// A script is an engine that answers statements by their first word. Words that
// begin and end transactions are its own, all others succeed.
type script struct {
	answers map[string]answer

	mu   sync.Mutex // guards sqls
	sqls []string
}

func (s *script) Connect(context.Context, fakeredshift.Session) (fakeredshift.Conn, error) {
	return &scriptConn{script: s, status: fakeredshift.Idle}, nil
}

func (s *script) Close() error { return nil }

// ran lists the statements so far.
func (s *script) ran() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.sqls, "; ")
}

type scriptConn struct {
	script *script
	status fakeredshift.TxStatus
}

func (c *scriptConn) Status() fakeredshift.TxStatus { return c.status }
func (c *scriptConn) Close() error                  { return nil }

func (c *scriptConn) Run(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
	c.script.mu.Lock()
	c.script.sqls = append(c.script.sqls, sql)
	c.script.mu.Unlock()
	word := strings.ToUpper(sqltext.Code(sql)[0].Text)
	switch word {
	case "BEGIN":
		c.status = fakeredshift.InTx
	case "COMMIT", "ROLLBACK":
		c.status = fakeredshift.Idle
	}
	if run, ok := c.script.answers[word]; ok {
		result, err := run(ctx, sql, args)
		if err != nil && c.status == fakeredshift.InTx {
			c.status = fakeredshift.Failed
		}
		return result, err
	}
	return &fakeredshift.Result{Tag: word, RowsAffected: -1}, nil
}

// wait blocks until the statement is cancelled.
func wait(ctx context.Context, _ string, _ []*string) (*fakeredshift.Result, error) {
	<-ctx.Done()
	return nil, errCancelled
}

var errCancelled = &fakeredshift.Error{SQLState: "57014", Message: "canceling statement due to user request"}

// series returns n rows of one number.
func series(n int) answer {
	return func(ctx context.Context, _ string, _ []*string) (*fakeredshift.Result, error) {
		next := 0
		return &fakeredshift.Result{
			Tag:          "SELECT",
			RowsAffected: -1,
			Columns:      []fakeredshift.Column{{Name: "n", Type: fakeredshift.Type{OID: 23, Name: "int4", Size: 4, Modifier: -1}}},
			Read: func(row [][]byte) error {
				switch {
				case ctx.Err() != nil:
					return errCancelled
				case next == n:
					return io.EOF
				}
				next++
				row[0] = []byte("7")
				return nil
			},
		}, nil
	}
}

// endless returns rows, then none until it is cancelled.
func endless(cancelled *atomic.Bool) answer {
	return func(ctx context.Context, sql string, args []*string) (*fakeredshift.Result, error) {
		result, err := series(100_000)(ctx, sql, args)
		read := result.Read
		result.Read = func(row [][]byte) error {
			if read(row) == nil {
				return nil
			}
			<-ctx.Done()
			cancelled.Store(true)
			return errCancelled
		}
		return result, err
	}
}

func refusing(e fakeredshift.Error) answer {
	return func(context.Context, string, []*string) (*fakeredshift.Result, error) { return nil, &e }
}

// A house is a warehouse with a script behind it, on a network in memory.
type house struct {
	*fakeredshift.Warehouse
	network memnet.Network
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
	script  *script
}

func newHouse(t *testing.T, answers map[string]answer) *house {
	t.Helper()
	h := &house{script: &script{answers: answers}}
	h.dial = h.network.DialContext
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111122223333")
	if err != nil {
		t.Fatal(err)
	}
	if h.Warehouse, err = fakeredshift.New(cloud, account, h.script, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := h.CreateUser("loader", password, false); err != nil {
		t.Fatal(err)
	}
	h.StartPG(h.listen(t), nil)
	return h
}

func (h *house) listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := h.network.Listen(host + ":5439")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var loader = creds.Static(creds.Login{User: "loader", Password: creds.NewSecret(password)})

// open returns an Executor that is closed with the test, before the house is.
func (h *house) open(t *testing.T, p creds.Provider[creds.Login], opts direct.Options) *direct.Executor {
	t.Helper()
	opts.DialContext, opts.LookupHost = h.dial, h.network.LookupHost
	opts.Plaintext = opts.TLSConfig == nil
	e, err := direct.Open(t.Context(), direct.Target{Host: host, Database: "dev"}, p, &opts)
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
