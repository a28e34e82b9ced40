package fakeredshift_test

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	pgHost   = "redshift.test"
	dataHost = "data.test"
)

// A house is a warehouse on an in-memory network, with one user.
type house struct {
	*fakeredshift.Warehouse
	network *memnet.Network
	toy     *toy
	cloud   *fakeaws.Cloud
	account *fakeaws.Account
	tls     *tls.Config // for clients, nil without TLS
}

// newHouse starts a warehouse; it is closed with the test. Inside a bubble the
// test itself must close it before the bubble ends.
func newHouse(t *testing.T, opts *fakeredshift.Options) *house {
	t.Helper()
	h := &house{network: new(memnet.Network), toy: newToy(), cloud: fakeaws.NewCloud(nil)}
	account, err := h.cloud.Account("111122223333")
	if err != nil {
		t.Fatal(err)
	}
	h.account = account
	h.Warehouse, err = fakeredshift.New(h.cloud, account, h.toy, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := h.CreateUser("Awsuser", "Secret1", true); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) listen(t *testing.T, addr string) net.Listener {
	t.Helper()
	l, err := h.network.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// pg returns a configuration for the house's PostgreSQL wire.
func (h *house) pg(t *testing.T, options string) *pgx.ConnConfig {
	t.Helper()
	config, err := pgx.ParseConfig("postgres://awsuser:Secret1@" + pgHost + ":5439/dev?" + options)
	if err != nil {
		t.Fatal(err)
	}
	config.DialFunc = h.network.DialContext
	config.LookupFunc = h.network.LookupHost
	config.TLSConfig = h.tls
	config.Fallbacks = nil
	if h.tls != nil {
		config.TLSConfig = h.tls.Clone()
		config.TLSConfig.ServerName = pgHost
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return config
}

// connect opens a connection that is closed with the test.
func (h *house) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), h.pg(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// startPG serves the PostgreSQL wire without TLS.
func (h *house) startPG(t *testing.T) {
	t.Helper()
	h.StartPG(h.listen(t, pgHost+":5439"), nil)
}

// text reads all values of all rows as text, NULL as "NULL".
func text(t *testing.T, rows pgx.Rows, err error) [][]string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for rows.Next() {
		var row []string
		for _, v := range rows.RawValues() {
			if v == nil {
				row = append(row, "NULL")
			} else {
				row = append(row, string(v))
			}
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func itoa(n int) string { return strconv.Itoa(n) }

func tlsClient(authority *fakeaws.Authority, host string) *tls.Config {
	return &tls.Config{RootCAs: authority.Pool(), ServerName: host}
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
