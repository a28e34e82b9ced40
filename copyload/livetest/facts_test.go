package livetest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"go.uber.org/goleak"

	"github.com/redferry/redferry/copyload/livetest"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wires are how a fake warehouse is reached.
var wires = map[string]func(*fake, *testing.T) *livetest.Warehouse{"direct": (*fake).direct, "dataapi": (*fake).dataAPI}

// A fake is a warehouse on a network in memory.
type fake struct {
	*fakeredshift.Warehouse
	network   *memnet.Network
	transport *http.Transport
	keys      creds.Keys
}

const schema = "live"

var login = creds.Login{User: "tester", Password: creds.NewSecret("Canary-Pa55word"), Source: "test"}

// onFake runs a test in virtual time on a fake warehouse that a wire reaches.
func onFake(t *testing.T, engine, wire string, test func(t *testing.T, w *livetest.Warehouse)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := start(t, engine)
		w := wires[wire](f, t)
		for _, sql := range []string{"CREATE SCHEMA " + schema, "CREATE TABLE live.other (n int)"} {
			if _, err := w.DB.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
				t.Fatal(err)
			}
		}
		test(t, w)
		if w.Close != nil {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		f.transport.CloseIdleConnections()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
}

func start(t *testing.T, engine string) *fake {
	t.Helper()
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111122223333")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engines[engine]()
	if err != nil {
		t.Fatal(err)
	}
	w, err := fakeredshift.New(cloud, account, e, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{Warehouse: w, network: new(memnet.Network)}
	f.transport = &http.Transport{DialContext: f.network.DialContext}
	for name, serve := range map[string]func(string) error{
		"pg:5439": func(at string) error { l, err := f.network.Listen(at); w.StartPG(l, nil); return err },
		"data:80": func(at string) error { l, err := f.network.Listen(at); w.StartDataAPI(l, nil); return err },
	} {
		if err := serve(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.CreateUser(login.User, login.Password.Reveal(), true); err != nil {
		t.Fatal(err)
	}
	user, err := account.CreateUser("program", fakeaws.MustParsePolicy(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	f.keys = user.CreateAccessKey()
	return f
}

func (f *fake) direct(t *testing.T) *livetest.Warehouse {
	t.Helper()
	w, err := livetest.Direct(t.Context(), schema, direct.Target{Host: "pg", Database: f.Database()}, creds.Static(login), &direct.Options{
		Plaintext: true, DialContext: f.network.DialContext, LookupHost: f.network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (f *fake) dataAPI(t *testing.T) *livetest.Warehouse {
	t.Helper()
	client := redshiftdata.New(redshiftdata.Options{
		Region: f.Region(), BaseEndpoint: aws.String("http://data"), HTTPClient: &http.Client{Transport: f.transport},
		Credentials: awscreds.Provider(creds.Static(f.keys)),
	})
	w, err := livetest.DataAPI(schema, client, dataapi.Target{Workgroup: f.Workgroup(), Database: f.Database()})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestFacts: on the fake warehouse they are so, over each wire, and no check
// leaves a table behind.
func TestFacts(t *testing.T) {
	for engine := range engines {
		for wire := range wires {
			for _, f := range livetest.Facts() {
				t.Run(engine+"/"+wire+"/"+f.Name, func(t *testing.T) {
					onFake(t, engine, wire, func(t *testing.T, w *livetest.Warehouse) {
						if f.Batch && w.Batches == nil {
							return // a direct connection has none
						}
						if err := f.Check(t.Context(), w); err != nil {
							t.Error(err)
						}
						rows, err := w.DB.Query(t.Context(), exec.Statement{SQL: "SELECT count(*) FROM pg_class WHERE relname LIKE 'redferry_live%'"})
						if err != nil {
							t.Fatal(err)
						}
						if n, err := exec.Scalar[int64](rows); n != 0 || err != nil {
							t.Errorf("%d tables are left, %v", n, err)
						}
					})
				})
			}
		}
	}
}

// TestWrongWarehouses: a warehouse on which a fact is not so is found out.
func TestWrongWarehouses(t *testing.T) {
	const read = "SELECT count(*) FROM live.other"
	tests := []struct {
		wrong string
		wire  string
		sql   change
		fact  string
		want  string
	}{
		{"LOCK takes the snapshot", "direct", before("LOCK", read), "LOCK takes no snapshot", "is not seen after it"},
		{"LOCK does nothing", "direct", instead("LOCK", "SELECT 1"), "LOCK takes no snapshot", "was to wait, and did not"},
		{"BEGIN takes the snapshot", "direct", after("BEGIN", read), "BEGIN takes no snapshot", "BEGIN took the snapshot"},
		{"BEGIN takes the snapshot", "direct", after("BEGIN", read), "LOCK takes no snapshot", "is not seen after it"},
		{"each read has its own", "direct", instead("BEGIN", "SELECT 1"), "BEGIN takes no snapshot", "the first read did not take the snapshot"},
		{"COMMIT keeps it", "direct", instead("COMMIT", "SELECT 1"), "BEGIN takes no snapshot", "has the old snapshot"},
		{"two tables of one name", "direct", instead("CREATE TABLE", "SELECT 1"), "fails if it was created", "was to wait, and did not"},
		{"the second creator succeeds", "direct", replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "), "fails if it was created", "want that the table exists"},
		{"CREATE TABLE does not roll back", "direct", instead("ROLLBACK", "COMMIT"), "proceeds if the other one rolled back", "already exists"},
		{"an abandoned session goes on", "direct", same, "an abandoned session", "still waits after 1m0s"},
		{"an abandoned session is committed", "direct", same, "an abandoned session", "has not committed is there"},
		{"TRUNCATE can be rolled back", "direct", replace("TRUNCATE ", "DELETE FROM "), "TRUNCATE commits", "ROLLBACK undid TRUNCATE"},
		{"TRUNCATE does nothing", "direct", instead("TRUNCATE", "ROLLBACK"), "TRUNCATE commits", "ROLLBACK undid TRUNCATE"},
		{"a guard never fails", "direct", instead("SELECT 1 / ", "SELECT 1"), "a guard on a table", "answered 1"},
		{"a guard always fails", "direct", instead("SELECT 1 / ", "SELECT 1 / 0"), "a guard on a table", "though its condition holds"},
		{"a guard fails by another error", "direct", replace("ELSE 0", "ELSE CAST('x' || count(*) AS int)"), "a guard on a table", "not with a division by zero"},
		{"a guard does not end the transaction", "direct", after("SELECT 1 / ", "ROLLBACK"), "a guard on a table", "the transaction goes on"},
		{"a guard never fails", "dataapi", instead("SELECT 1 / ", "SELECT 1"), "a guard on pg_last_copy_count()", "answered 1"},
		{"a guard never fails", "dataapi", instead("SELECT 1 / ", "SELECT 1"), "a batch whose guard fails", "its guard was to fail"},
		{"a guard never fails", "dataapi", instead("SELECT 1 / ", "SELECT 1"), "LOCK in a batch", "its guard was to fail"},
		{"a guard always fails", "dataapi", instead("SELECT 1 / ", "SELECT 1 / 0"), "a batch whose guard fails", "a batch whose guard holds"},
		{"LOCK does nothing in a batch", "dataapi", instead("LOCK", "SELECT 1"), "LOCK in a batch", "was to wait, and did not"},
		{"LOCK takes the snapshot in a batch", "dataapi", before("LOCK", read), "LOCK in a batch", "its guard was to fail"},
		{"another statement of the batch fails", "dataapi", before("SELECT 1 / ", read), "a batch whose guard fails", "says that statement 3 of the batch failed, and it was 2"},
	}
	for _, tt := range tests {
		t.Run(tt.wrong+"/"+tt.fact, func(t *testing.T) {
			onFake(t, "mem", tt.wire, func(t *testing.T, w *livetest.Warehouse) {
				spoiled := *w
				spoiled.Release = time.Minute
				spoiled.DB = wrong{w.DB, tt.sql}
				if w.Batches != nil {
					spoiled.Batches = wrong{w.Batches, tt.sql}
				}
				spoiled.Abandon = func(ctx context.Context) (exec.Session, func(), error) {
					session, abandon, err := w.Abandon(ctx)
					switch tt.wrong {
					case "an abandoned session goes on":
						abandon = func() {}
					case "an abandoned session is committed":
						abandon = func() {
							if _, err := session.Exec(ctx, exec.Statement{SQL: "COMMIT"}); err != nil {
								t.Error(err)
							}
						}
					}
					return session, abandon, err
				}
				err := fact(t, tt.fact).Check(t.Context(), &spoiled)
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			})
		})
	}
}

func fact(t *testing.T, name string) livetest.Fact {
	t.Helper()
	for _, f := range livetest.Facts() {
		if strings.Contains(f.Name, name) {
			return f
		}
	}
	t.Fatalf("no fact %q", name)
	return livetest.Fact{}
}

// A change says what a wrong warehouse runs in the place of a statement; the answer
// is that of the first which begins like it, or of the last.
type change func(sql string) []string

func same(s string) []string { return []string{s} }

func before(word, sql string) change {
	return func(s string) []string {
		if strings.HasPrefix(s, word) {
			return []string{sql, s}
		}
		return same(s)
	}
}

func after(word, sql string) change {
	return func(s string) []string {
		if strings.HasPrefix(s, word) {
			return []string{s, sql}
		}
		return same(s)
	}
}

func instead(word, sql string) change {
	return func(s string) []string {
		if strings.HasPrefix(s, word) {
			return []string{sql}
		}
		return same(s)
	}
}

func replace(old, text string) change {
	return func(s string) []string {
		if strings.HasPrefix(s, "DROP") {
			return []string{s}
		}
		return []string{strings.Replace(s, old, text, 1)}
	}
}

// A wrong executor runs other statements than it is given.
type wrong struct {
	e      exec.Executor
	change change
}

// all are the statements to run for s, and which of them answers.
func (w wrong) all(s exec.Statement) (statements []exec.Statement, answer int) {
	sqls := w.change(s.SQL)
	answer = len(sqls) - 1
	if sqls[0] == s.SQL {
		answer = 0
	}
	for _, sql := range sqls {
		s.SQL = sql
		statements = append(statements, s)
	}
	return statements, answer
}

func (w wrong) Exec(ctx context.Context, s exec.Statement) (result exec.Result, err error) {
	statements, answer := w.all(s)
	for i, s := range statements {
		r, failed := w.e.Exec(ctx, s)
		if i == answer {
			result, err = r, failed
		}
	}
	return result, err
}

func (w wrong) Query(ctx context.Context, s exec.Statement) (*exec.Rows, error) {
	statements, answer := w.all(s)
	if answer == 0 && len(statements) == 1 {
		return w.e.Query(ctx, statements[0])
	}
	rows, err := w.e.Query(ctx, statements[0])
	if err == nil {
		return rows, nil
	}
	_, _ = w.e.Exec(ctx, statements[1])
	return nil, err
}

func (w wrong) Session(ctx context.Context) (exec.Session, error) {
	s, err := exec.OpenSession(ctx, w.e)
	if err != nil {
		return nil, err
	}
	return wrongSession{wrong{s, w.change}, s}, nil
}

func (w wrong) ExecBatch(ctx context.Context, statements []exec.Statement) ([]exec.Result, error) {
	var all []exec.Statement
	for _, s := range statements {
		some, _ := w.all(s)
		all = append(all, some...)
	}
	return exec.Atomically(ctx, w.e, all...)
}

type wrongSession struct {
	wrong
	session exec.Session
}

func (w wrongSession) Close() error { return w.session.Close() }
