package copyload_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/memnet"
	"github.com/redferry/redferry/testkit/pair"
	"github.com/redferry/redferry/unload"
)

// A warehouse is a fake one, in the time of a bubble, with a table, a
// ledger, and the files of six rows in its own bucket.
type warehouse struct {
	*pair.Account
	stage    *stage
	direct   *direct.Executor
	data     *dataapi.Executor
	manifest *redferry.Manifest
}

var (
	orders = redferry.MustParseTable("sales.orders")
	source = redferry.MustParseTable("sales.source")
)

// onWarehouse runs a test in a bubble with a warehouse, once for each engine.
func onWarehouse(t *testing.T, test func(t *testing.T, w *warehouse)) {
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) { inBubble(t, engine, test) })
	}
}

func inBubble(t *testing.T, engine func() (fakeredshift.Engine, error), test func(t *testing.T, w *warehouse)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := new(memnet.Network)
		p, err := pair.New(pair.Options{
			Engine:      func(string) (fakeredshift.Engine, error) { return engine() },
			Listen:      func(name string) (net.Listener, error) { return network.Listen(name + ":443") },
			DialContext: network.DialContext, LookupHost: network.LookupHost,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}()
		transport := &http.Transport{DialContext: network.DialContext}
		w := &warehouse{Account: p.B, stage: &stage{client: s3.New(s3.Options{
			Region: p.B.Region, BaseEndpoint: aws.String(p.B.S3Endpoint), UsePathStyle: true,
			HTTPClient: &http.Client{Transport: transport}, Credentials: awscreds.Provider(creds.Static(p.B.Admin)),
		})}}
		w.open(t, network, transport)
		w.fill(t)
		test(t, w)
		if err := w.direct.Close(); err != nil {
			t.Error(err)
		}
		transport.CloseIdleConnections()
		time.Sleep(time.Minute) // virtual: connections that idle come to their end
	})
}

func (w *warehouse) open(t *testing.T, network *memnet.Network, transport *http.Transport) {
	t.Helper()
	host, port, err := w.PGEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	w.direct, err = direct.Open(t.Context(), direct.Target{Host: host, Port: port, Database: w.Database}, creds.Static(w.Login), &direct.Options{
		Plaintext: true, DialContext: network.DialContext, LookupHost: network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.data, err = dataapi.New(redshiftdata.New(redshiftdata.Options{
		Region: w.Region, BaseEndpoint: aws.String(w.DataAPIEndpoint), HTTPClient: &http.Client{Transport: transport},
		Credentials: awscreds.Provider(creds.Static(w.Runner)),
	}), dataapi.Target{Workgroup: w.Workgroup, Database: w.Database, SecretARN: w.LoginSecret}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// fill makes the tables, and the files by an UNLOAD.
func (w *warehouse) fill(t *testing.T) {
	t.Helper()
	w.run(t, `CREATE SCHEMA sales`, `CREATE TABLE sales.source (id bigint, note varchar(40))`,
		`INSERT INTO sales.source VALUES (1, 'a'), (2, 'b'), (3, NULL), (4, ''), (5, 'e'), (6, 'f')`)
	w.manifest = w.unload(t, w.Stage.Join("run-1/"))
	w.reset(t)
}

// reset makes the target and the ledger anew, and empty.
func (w *warehouse) reset(t *testing.T) {
	t.Helper()
	w.run(t, `DROP SCHEMA IF EXISTS redferry CASCADE`, `DROP TABLE IF EXISTS sales.orders`, `DROP TABLE IF EXISTS sales.hidden`,
		`CREATE TABLE sales.orders (id bigint, note varchar(40))`, `DELETE FROM sales.source WHERE id > 6`)
	if err := copyload.CreateLedger(t.Context(), w.direct, redferry.Table{}); err != nil {
		t.Fatal(err)
	}
}

func (w *warehouse) unload(t *testing.T, to redferry.URI) *redferry.Manifest {
	t.Helper()
	result, err := unload.Run(t.Context(), w.direct, w.stage, &unload.Command{
		Table: source, Columns: command(6).Columns, To: to, Role: w.Role,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result.Manifest
}

// batches is the Data API without its sessions.
func (w *warehouse) batches() exec.Executor {
	return exec.Retry(struct {
		exec.Executor
		exec.Batcher
	}{w.data, w.data}, nil)
}

// ways are how a load reaches the warehouse.
func (w *warehouse) ways() map[string]exec.Executor {
	return map[string]exec.Executor{"batch": w.batches(), "session": exec.Retry(w.data, nil), "direct": w.direct}
}

func (w *warehouse) command(mode copyload.Mode) *copyload.Command {
	c := command(6)
	c.Mode, c.Into, c.Manifest, c.Role = mode, orders, w.manifest, w.Role
	c.From = w.Stage.Join("run-1/")
	c.To = c.From
	return &c
}

func (w *warehouse) run(t *testing.T, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if _, err := w.direct.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
			t.Fatalf("%v in %s", err, sql)
		}
	}
}

func (w *warehouse) count(t *testing.T, from string) int64 {
	t.Helper()
	rows, err := w.direct.Query(t.Context(), exec.Statement{SQL: "SELECT count(*) FROM " + from})
	if err != nil {
		t.Fatal(err)
	}
	n, err := exec.Scalar[int64](rows)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// once fails the test unless the table has the rows of the files, each once, and
// the ledger one load.
func (w *warehouse) once(t *testing.T, told string) {
	t.Helper()
	rows, loads := w.count(t, "sales.orders"), w.count(t, "redferry.loads")
	missing := w.count(t, "(SELECT * FROM sales.source EXCEPT SELECT * FROM sales.orders) AS missing")
	if rows != 6 || missing != 0 || loads != 1 {
		t.Errorf("%s: %d rows with %d missing, %d loads", told, rows, missing, loads)
	}
}

// A stage reads and writes the bucket.
type stage struct{ client *s3.Client }

func (s *stage) ReadSource(ctx context.Context, src redferry.URI, _ int64) ([]byte, error) {
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &src.Bucket, Key: &src.Key})
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	return io.ReadAll(object.Body)
}

func (s *stage) WriteTarget(ctx context.Context, dst redferry.URI, content []byte) error {
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &dst.Bucket, Key: &dst.Key, Body: bytes.NewReader(content)})
	return err
}

// modes are what a load may do with rows that are there.
var modes = []copyload.Mode{copyload.OntoEmpty, copyload.Append, copyload.Replace}

// TestWarehouse: the guards let pass what they are to let pass, and a second run
// finds the load, whichever way the first one went.
func TestWarehouse(t *testing.T) {
	onWarehouse(t, func(t *testing.T, w *warehouse) {
		for _, mode := range modes {
			for first, a := range w.ways() {
				for second, b := range w.ways() {
					w.reset(t)
					if mode == copyload.Replace {
						w.run(t, "INSERT INTO sales.orders VALUES (7, 'old')")
					}
					for i, e := range []exec.Executor{a, b} {
						got, err := copyload.Run(t.Context(), e, w.stage, w.command(mode))
						if err != nil || got.Rows != 6 || got.Already != (i > 0) {
							t.Errorf("mode %d, %s after %s, run %d: %+v, %v", mode, second, first, i, got, err)
						}
					}
					w.once(t, fmt.Sprintf("mode %d, %s after %s", mode, second, first))
				}
			}
		}
	})
}

// A change makes a load one that is refused.
type change func(t *testing.T, w *warehouse, c *copyload.Command)

// statements runs SQL.
func statements(sql ...string) change {
	return func(t *testing.T, w *warehouse, _ *copyload.Command) { w.run(t, sql...) }
}

// recorded puts a load into the ledger.
func recorded(id string, generation, rows int) change {
	return statements(fmt.Sprintf(`INSERT INTO redferry.loads (load_id, target, generation, row_count, byte_count, file_count, manifest)
		VALUES ('%s', '"sales"."orders"', %d, %d, 0, 1, '')`, id, generation, rows))
}

// TestWarehouseRefuses: each way has the same errors, and leaves nothing.
func TestWarehouseRefuses(t *testing.T) {
	old := statements("INSERT INTO sales.orders VALUES (7, 'old')")
	tests := []struct {
		name    string
		mode    copyload.Mode
		changes []change
		want    error
		text    string
	}{
		{"rows are there", copyload.OntoEmpty, []change{old}, copyload.ErrNotEmpty, "the table has rows already"},
		{"a newer load left nothing", copyload.OntoEmpty, []change{recorded("other", 8, 0)}, copyload.ErrSuperseded, "generation 8, this load of 7"},
		{"a newer load", copyload.Replace, []change{recorded("other", 8, 1), old}, copyload.ErrSuperseded, "generation 8, this load of 7"},
		{"other files", copyload.Append, []change{recorded("run/orders/1", 7, 6)}, copyload.ErrCount, "use a new ID"},
		{"emptied since", copyload.Append, []change{func(t *testing.T, w *warehouse, c *copyload.Command) {
			if _, err := copyload.Run(t.Context(), w.direct, w.stage, c); err != nil {
				t.Fatal(err)
			}
			w.run(t, "DELETE FROM sales.orders")
		}}, copyload.ErrEmptied, "use a new ID to load again"},
		{"more rows than the manifest says", copyload.Replace, []change{old, func(_ *testing.T, _ *warehouse, c *copyload.Command) {
			c.Manifest = &redferry.Manifest{Rows: 5, Entries: c.Manifest.Entries}
		}}, copyload.ErrCount, "the load was rolled back"},
		{"no table", copyload.OntoEmpty, []change{statements("ALTER TABLE sales.orders RENAME TO hidden")}, fs.ErrNotExist, `"sales"."orders"`},
		{"no ledger", copyload.OntoEmpty, []change{statements("ALTER TABLE redferry.loads RENAME TO hidden")}, fs.ErrNotExist, "loads"},
		{"no rights in S3", copyload.Replace, []change{old, func(_ *testing.T, _ *warehouse, c *copyload.Command) {
			c.Role = creds.MustParseRole("arn:aws:iam::222222222222:role/another")
		}}, errAny, "role/another"},
		{"a value too long", copyload.Append, []change{
			statements("ALTER TABLE sales.orders RENAME TO hidden", "CREATE TABLE sales.orders (id bigint, note varchar(1))"),
			func(t *testing.T, w *warehouse, c *copyload.Command) {
				w.run(t, "INSERT INTO sales.source VALUES (9, 'long')")
				c.From = w.Stage.Join(fmt.Sprintf("long-%d/", time.Now().UnixNano()))
				time.Sleep(time.Second) // in the bubble, so that the next prefix is another
				c.To, c.Manifest = c.From, w.unload(t, c.From)
			},
		}, errAny, tooLong},
	}
	onWarehouse(t, func(t *testing.T, w *warehouse) {
		for _, tt := range tests {
			for way, e := range w.ways() {
				w.reset(t)
				c := w.command(tt.mode)
				for _, change := range tt.changes {
					change(t, w, c)
				}
				before := w.state(t)
				got, err := copyload.Run(t.Context(), e, w.stage, c)
				if err == nil || tt.want != errAny && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
					t.Errorf("%s, %s: got %+v, %v", tt.name, way, got, err)
				}
				rejected, ok := errors.AsType[*copyload.RejectError](err)
				if ok != (tt.text == tooLong) || ok && !strings.HasPrefix(rejected.Rejects[0].File, c.To.String()) {
					t.Errorf("%s, %s: the error has rejects: %t: %v", tt.name, way, ok, err)
				}
				if after := w.state(t); before != after {
					t.Errorf("%s, %s: it had %s and left %s", tt.name, way, before, after)
				}
			}
		}
	})
}

// tooLong is what COPY says of a value that does not fit.
const tooLong = "is longer than"

// state is how many rows there are in each table that a load changes, if it is
// there, and that nobody has a transaction open that locks them.
func (w *warehouse) state(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"sales.orders", "sales.hidden", "redferry.loads", "redferry.hidden"} {
		rows, err := w.direct.Query(t.Context(), exec.Statement{SQL: "SELECT count(*) FROM " + table})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		n, err := exec.Scalar[int64](rows)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s: %d; ", table, n)
	}
	return b.String()
}

// TestWarehouseLosesAnswers cuts each connection of a batch once: at each
// operation of the Data API and each statement within, before and after it had
// its effect. The rows are there once.
func TestWarehouseLosesAnswers(t *testing.T) {
	onWarehouse(t, func(t *testing.T, w *warehouse) {
		for _, mode := range modes {
			for _, moment := range []fakeredshift.Moment{fakeredshift.BeforeEffect, fakeredshift.AfterEffect} {
				losses, again := 0, 0
				for ; ; losses++ {
					w.reset(t)
					w.Warehouse.Inject(fakeredshift.Fault{Wire: fakeredshift.DataAPI, Skip: losses, Drop: moment})
					got, err := copyload.Run(t.Context(), w.batches(), w.stage, w.command(mode))
					unhit := len(w.Warehouse.Unhit())
					w.Warehouse.ClearFaults()
					told := fmt.Sprintf("mode %d, loss %d %s", mode, losses+1, moment)
					if err != nil {
						t.Fatalf("%s: %v", told, err)
					}
					w.once(t, told)
					if unhit > 0 {
						break
					}
					if got.Attempts > 1 {
						again++
					}
				}
				if losses < 9 || again < 7 {
					t.Errorf("mode %d: %d answers were lost %s, after %d of them it took another batch", mode, losses, moment, again)
				}
			}
		}
	})
}

// TestWarehouseTwoRunners: two runners of one load, of whatever kind, bring its
// rows once.
func TestWarehouseTwoRunners(t *testing.T) {
	onWarehouse(t, func(t *testing.T, w *warehouse) {
		for _, mode := range modes {
			for first, a := range w.ways() {
				for second, b := range w.ways() {
					w.reset(t)
					other := make(chan error, 1)
					go func() {
						_, err := copyload.Run(t.Context(), b, w.stage, w.command(mode))
						other <- err
					}()
					_, err := copyload.Run(t.Context(), a, w.stage, w.command(mode))
					told := fmt.Sprintf("mode %d, %s and %s", mode, first, second)
					if err := errors.Join(err, <-other); err != nil {
						t.Errorf("%s: %v", told, err)
					}
					w.once(t, told)
				}
			}
		}
	})
}

// TestWarehouseSideBySide: loads of two tables meet in the ledger alone. Where
// isolation is serializable one of them is rolled back for that (1023), and then
// waits for the other instead.
func TestWarehouseSideBySide(t *testing.T) {
	repeated := make(map[mem.Isolation]int)
	for _, isolation := range []mem.Isolation{mem.Snapshot, mem.Serializable} {
		engine := func() (fakeredshift.Engine, error) {
			return mem.New(&mem.Options{Isolation: isolation, Pace: func(string) mem.Pace { return mem.Pace{Working: time.Second} }}), nil
		}
		inBubble(t, engine, func(t *testing.T, w *warehouse) {
			w.run(t, "CREATE TABLE sales.others (id bigint, note varchar(40))")
			for _, mode := range modes {
				for _, way := range []string{"batch", "session", "direct"} {
					w.reset(t)
					w.run(t, "DELETE FROM sales.others")
					other := make(chan error, 1)
					go func() {
						c := w.command(mode)
						c.Into = redferry.MustParseTable("sales.others")
						got, err := copyload.Run(t.Context(), w.ways()[way], w.stage, c)
						if err == nil {
							repeated[isolation] += got.Attempts - 1
						}
						other <- err
					}()
					got, err := copyload.Run(t.Context(), w.ways()[way], w.stage, w.command(mode))
					if err := errors.Join(err, <-other); err != nil {
						t.Fatalf("mode %d, %s: %v", mode, way, err)
					}
					repeated[isolation] += got.Attempts - 1
					if a, b, loads := w.count(t, "sales.orders"), w.count(t, "sales.others"), w.count(t, "redferry.loads"); a != 6 || b != 6 || loads != 2 {
						t.Errorf("mode %d, %s: %d and %d rows, %d loads", mode, way, a, b, loads)
					}
				}
			}
		})
	}
	if repeated[mem.Snapshot] != 0 || repeated[mem.Serializable] == 0 {
		t.Errorf("loads were repeated %v times, want none under snapshot isolation and some under serializable", repeated)
	}
}
