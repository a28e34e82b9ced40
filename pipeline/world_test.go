package pipeline_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/memnet"
	"github.com/redferry/redferry/testkit/pair"
)

// A world is two accounts on a network in memory.
type world struct {
	*pair.Pair
	network *memnet.Network
}

// An engine runs the SQL of a world's warehouses.
type engine func(name string) (fakeredshift.Engine, error)

func onMem(string) (fakeredshift.Engine, error) { return mem.New(nil), nil }

// newWorld starts a world. The caller must close it.
func newWorld(t *testing.T, e engine) *world {
	t.Helper()
	w := &world{network: new(memnet.Network)}
	var err error
	w.Pair, err = pair.New(pair.Options{
		Engine:      e,
		Listen:      func(name string) (net.Listener, error) { return w.network.Listen(name + ":443") },
		DialContext: w.network.DialContext,
		LookupHost:  w.network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) close(t *testing.T) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// inWorld runs f in virtual time, in a world of its own with the shop in A.
func inWorld(t *testing.T, e engine, f func(*testing.T, *client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, e)
		defer w.close(t)
		c := w.newClient(nil)
		c.fill(t)
		f(t, c)
		c.close(t)
		time.Sleep(time.Minute) // virtual: connections that idle come to their end
	})
}

// A dialer reaches the servers of a world.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// A client is one program's way into the world: its connections are its own.
type client struct {
	*world
	dial      dialer
	transport *http.Transport
	pools     []*direct.Executor // to close
	pool      map[*pair.Account]exec.Executor
}

// newClient returns a client that reaches the world through dial; nil is the
// world's own network. The caller must close it.
func (w *world) newClient(dial dialer) *client {
	if dial == nil {
		dial = w.network.DialContext
	}
	return &client{world: w, dial: dial, transport: &http.Transport{DialContext: dial}}
}

func (c *client) close(t *testing.T) {
	t.Helper()
	for _, e := range c.pools {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	c.transport.CloseIdleConnections()
}

func (c *client) direct(t *testing.T, a *pair.Account, login creds.Login) *direct.Executor {
	t.Helper()
	host, port, err := a.PGEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	e, err := direct.Open(t.Context(), direct.Target{Host: host, Port: port, Database: a.Database}, creds.Static(login), &direct.Options{
		Plaintext: true, DialContext: c.dial, LookupHost: c.network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.pools = append(c.pools, e)
	return e
}

func (c *client) dataAPI(t *testing.T, a *pair.Account) exec.Executor {
	t.Helper()
	e, err := dataapi.New(redshiftdata.New(redshiftdata.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.DataAPIEndpoint), HTTPClient: &http.Client{Transport: c.transport},
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	}), dataapi.Target{Workgroup: a.Workgroup, Database: a.Database, SecretARN: a.LoginSecret}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// executor runs SQL on a's warehouse in a mode: direct, dataapi or auto. It
// opens one pool per warehouse.
func (c *client) executor(t *testing.T, a *pair.Account, mode string) exec.Executor {
	t.Helper()
	if mode == "dataapi" {
		return exec.Retry(c.dataAPI(t, a), nil)
	}
	if c.pool == nil {
		c.pool = make(map[*pair.Account]exec.Executor)
	}
	if c.pool[a] == nil {
		c.pool[a] = c.direct(t, a, a.Login)
	}
	if mode == "auto" {
		return exec.Retry(exec.Auto(c.pool[a], c.dataAPI(t, a), nil), nil)
	}
	return exec.Retry(c.pool[a], nil)
}

func (c *client) s3(a *pair.Account, keys creds.Keys) *s3.Client {
	return s3.New(s3.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.S3Endpoint), UsePathStyle: true,
		HTTPClient: &http.Client{Transport: c.transport}, Credentials: awscreds.Provider(creds.Static(keys)),
	})
}

// config moves the schema "shop" from A to B; source and target run its SQL.
func (c *client) config(source, target exec.Executor) *pipeline.Config {
	return &pipeline.Config{
		Run:      "run-1",
		Source:   pipeline.Side{DB: source, Stage: c.A.Stage, Role: creds.Static(c.A.Role)},
		Target:   pipeline.Side{DB: target, Stage: c.B.Stage, Role: creds.Static(c.B.Role)},
		Bridge:   bridge.New(c.s3(c.B, c.Writer), c.s3(c.A, c.Reader), &bridge.Options{PartSize: 5 << 20}),
		Cloner:   ddl.New(nil),
		Tables:   ddl.Selector{Schemas: []string{"shop"}},
		MinLevel: bridge.Stored,
		Files:    bridge.NewLister(c.s3(c.B, c.Auditor), nil),
	}
}

// The tables of the shop.
var (
	people  = redferry.Table{Schema: "shop", Name: "people"}
	orders  = redferry.Table{Schema: "shop", Name: "customers_orders"}
	nothing = redferry.Table{Schema: "shop", Name: "nothing"}
)

// shop is what A has: alphabetical order would create customers_orders before
// the table it refers to.
var shop = []string{
	`CREATE SCHEMA shop`,
	`CREATE TABLE shop.people (id bigint NOT NULL ENCODE az64, name varchar(80), born date, PRIMARY KEY (id)) DISTSTYLE ALL`,
	`CREATE TABLE shop.customers_orders (
		id bigint IDENTITY(1, 1), person bigint NOT NULL REFERENCES shop.people (id), at timestamp, total numeric(12, 2), note varchar(200)
	) DISTKEY (person) SORTKEY (at)`,
	`COMMENT ON TABLE shop.people IS 'it''s people'`,
	`CREATE TABLE shop.nothing (id integer, what varchar(10))`,
	`INSERT INTO shop.people VALUES (1, 'Ada', '1815-12-10'), (2, 'O''Brien \\ Söhne', NULL), (3, '', '1970-01-01')`,
	`INSERT INTO shop.customers_orders (person, at, total, note) VALUES
		(1, '2026-11-21 10:00:00', 12.50, 'first'), (1, '2026-11-21 11:00:00', -0.01, NULL), (2, NULL, 99999999.99, '😀 two\nlines'),
		(3, '2026-11-21 12:00:00.000001', 0, '')`,
}

// fill creates the shop in A.
func (c *client) fill(t *testing.T) {
	t.Helper()
	e := c.executor(t, c.A, "direct")
	for _, sql := range shop {
		if _, err := e.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
}

// rows returns a table's rows as text, in the order of its first column.
func rows(t *testing.T, e exec.Executor, table redferry.Table) []string {
	t.Helper()
	r, err := e.Query(t.Context(), exec.Statement{SQL: "SELECT * FROM " + table.String() + " ORDER BY 1"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := exec.Collect(r, func(r *exec.Rows) (string, error) {
		cells := make([]any, len(r.Columns()))
		dest := make([]any, len(cells))
		for i := range cells {
			dest[i] = &cells[i]
		}
		err := r.Scan(dest...)
		var b strings.Builder
		for _, cell := range cells {
			fmt.Fprintf(&b, "%v|", cell)
		}
		return b.String(), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// same fails the test unless B's tables hold exactly the rows of A's.
func (c *client) same(t *testing.T, tables ...redferry.Table) {
	t.Helper()
	a, b := c.executor(t, c.A, "direct"), c.executor(t, c.B, "direct")
	for _, table := range tables {
		want, got := rows(t, a, table), rows(t, b, table)
		if strings.Join(want, "\n") != strings.Join(got, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", table, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
