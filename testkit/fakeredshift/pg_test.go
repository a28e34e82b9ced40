package fakeredshift_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// state returns the SQLSTATE of err.
func state(t *testing.T, err error) string {
	t.Helper()
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		t.Fatalf("got %v, want an error of the server", err)
	}
	return pg.Code
}

func TestPGQuery(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	tests := []struct {
		name string
		sql  string
		args []any
		want [][]string
	}{
		{"literals", "SELECT 1, 'two', NULL, TRUE, 2.5", nil, [][]string{{"1", "two", "NULL", "t", "2.5"}}},
		{"text parameter", "SELECT $1", []any{"it's"}, [][]string{{"it's"}}},
		{"null parameter", "SELECT $1", []any{nil}, [][]string{{"NULL"}}},
		{"int parameter", "SELECT $1", []any{int64(-7)}, [][]string{{"-7"}}},
		{"small int parameter", "SELECT $1", []any{int16(-7)}, [][]string{{"-7"}}},
		{"bool parameter", "SELECT $1", []any{true}, [][]string{{"t"}}},
		{"float parameter", "SELECT $1", []any{0.5}, [][]string{{"0.5"}}},
		{"no rows", "SERIES 0", nil, nil},
		{"many rows", "SERIES 3", nil, [][]string{{"0"}, {"1"}, {"2"}}},
		{"no result set", "SET x", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rows, err := conn.Query(t.Context(), test.sql, test.args...)
			if diff := cmp.Diff(test.want, text(t, rows, err)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPGColumnsKeepRedshiftsTypes(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	rows, err := h.connect(t).Query(t.Context(), "SELECT 1, 'two', 2.50")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for _, f := range rows.FieldDescriptions() {
		got = append(got, strings.Join([]string{f.Name, itoa(int(f.DataTypeOID)), itoa(int(f.TypeModifier))}, " "))
	}
	want := []string{"?column? 23 -1", "?column? 1043 260", "?column? 1700 327686"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

func TestPGParameters(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t).PgConn()
	want := map[string]string{
		"server_version": "8.0.2", "server_encoding": "UNICODE", "client_encoding": "UTF8",
		"DateStyle": "ISO, MDY", "TimeZone": "UTC", "integer_datetimes": "on",
		"is_superuser": "on", "session_authorization": "awsuser", "standard_conforming_strings": "",
	}
	for name, value := range want {
		if got := conn.ParameterStatus(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if conn.PID() == 0 {
		t.Error("no process id")
	}
}

// pgx needs standard_conforming_strings for its simple protocol, so that mode
// must fail here as it does on Redshift.
func TestPGSimpleModeOfPgxFailsAsOnRedshift(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	_, err := h.connect(t).Query(t.Context(), "SELECT 1", pgx.QueryExecModeSimpleProtocol)
	if err == nil || !strings.Contains(err.Error(), "standard_conforming_strings") {
		t.Errorf("got %v", err)
	}
}

func TestPGScriptCommitsEachStatement(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	_, err := conn.Exec(t.Context(), "PUT 'a;b'; PUT 'c' ; FAIL '42P01' 0 'gone'; PUT 'd'")
	if got := state(t, err); got != "42P01" {
		t.Errorf("SQLSTATE is %s", got)
	}
	if diff := cmp.Diff([]string{"a;b", "c"}, h.toy.committed()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if tag, err := conn.Exec(t.Context(), " -- nothing"); err != nil || tag.String() != "" {
		t.Errorf("empty query: %q, %v", tag, err)
	}
	if tag, err := conn.Exec(t.Context(), "PUT 'e'"); err != nil || tag.String() != "INSERT 0 1" {
		t.Errorf("after the error: %q, %v", tag, err)
	}
}

func TestPGLogin(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	tests := []struct {
		name   string
		change func(c *pgx.ConnConfig)
		state  string
		words  string
	}{
		{"wrong password", func(c *pgx.ConnConfig) { c.Password = "no" }, "28000", `password authentication failed for user "awsuser"`},
		{"unknown user", func(c *pgx.ConnConfig) { c.User = "nobody" }, "28000", `password authentication failed for user "nobody"`},
		{"unknown database", func(c *pgx.ConnConfig) { c.Database = "prod" }, "3D000", `database "prod" does not exist`},
		{"unknown parameter", func(c *pgx.ConnConfig) { c.RuntimeParams["ssl_renegotiation_limit"] = "0" }, "42704", "unrecognized configuration parameter"},
		{"PostgreSQL's parameter", func(c *pgx.ConnConfig) { c.RuntimeParams["search_path"] = "s" }, "42704", "unrecognized configuration parameter"},
		{"other encoding", func(c *pgx.ConnConfig) { c.RuntimeParams["client_encoding"] = "latin1" }, "22023", "client_encoding"},
		{"bad options", func(c *pgx.ConnConfig) { c.RuntimeParams["options"] = "-d 5" }, "42601", "command-line"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := h.pg(t, "")
			test.change(config)
			_, err := pgx.ConnectConfig(t.Context(), config)
			if got := state(t, err); got != test.state || !strings.Contains(err.Error(), test.words) {
				t.Errorf("got %v, want %s with %q", err, test.state, test.words)
			}
		})
	}
	t.Run("what drivers send", func(t *testing.T) {
		config := h.pg(t, "client_encoding=UTF8&DateStyle=ISO&extra_float_digits=2&application_name=x&TimeZone=UTC&driver_version=1&options=-c%20query_group%3Dq")
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestPGRotation(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	before := h.connect(t)
	if err := h.SetPassword("awsuser", "Secret2"); err != nil {
		t.Fatal(err)
	}
	if _, err := before.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("an open session: %v", err)
	}
	_, err := pgx.ConnectConfig(t.Context(), h.pg(t, ""))
	if got := state(t, err); got != "28000" {
		t.Errorf("the old password: %v", err)
	}
	config := h.pg(t, "")
	config.Password = "Secret2"
	after, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	_ = after.Close(t.Context())
	if err := h.SetPassword("nobody", "x"); err == nil {
		t.Error("a user who does not exist got a password")
	}
	if err := h.CreateUser("awsuser", "x", false); err == nil {
		t.Error("the user was created twice")
	}
}

func TestPGErrorDetail(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	_, err := h.connect(t).Exec(t.Context(), "FAIL 'XX000' 15007 'Spectrum Scan Error'")
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		t.Fatal(err)
	}
	if pg.Severity != "ERROR" || pg.Code != "XX000" || pg.Message != "Spectrum Scan Error" {
		t.Errorf("got %+v", pg)
	}
	for _, line := range []string{"\n  error:  Spectrum Scan Error\n", "\n  code:      15007\n", "\n  context:   a detail\n", "\n  query:     1000\n"} {
		if !strings.Contains(pg.Detail, line) {
			t.Errorf("detail %q lacks %q", pg.Detail, line)
		}
	}
}

func TestPGTransaction(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := conn.PgConn().TxStatus(); got != 'T' {
		t.Errorf("status in a transaction is %c", got)
	}
	if _, err := tx.Exec(t.Context(), "PUT 'x'"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "FAIL '22000' 0 'no'"); state(t, err) != "22000" {
		t.Error(err)
	}
	if got := conn.PgConn().TxStatus(); got != 'E' {
		t.Errorf("status after the error is %c", got)
	}
	if _, err := tx.Exec(t.Context(), "SELECT 1"); state(t, err) != "25P02" {
		t.Error(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	if got := h.toy.committed(); len(got) != 0 {
		t.Errorf("table has %q", got)
	}
}

// A refusal that the engine never sees fails the transaction all the same, and
// its COMMIT is a ROLLBACK.
func TestPGRefusalFailsTheTransaction(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	for _, sql := range []string{"BEGIN", "PUT 'x'"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	_, err := conn.Exec(t.Context(), "COPY t FROM STDIN")
	if state(t, err) != "0A000" || !strings.Contains(err.Error(), "LOAD source is not supported") {
		t.Error(err)
	}
	if _, err := conn.Exec(t.Context(), "PUT 'y'"); state(t, err) != "25P02" {
		t.Error(err)
	}
	tag, err := conn.Exec(t.Context(), "COMMIT")
	if err != nil || tag.String() != "ROLLBACK" {
		t.Errorf("COMMIT: %q, %v", tag, err)
	}
	if got := h.toy.committed(); len(got) != 0 {
		t.Errorf("table has %q", got)
	}
}

func TestPGPipelineSkipsToSync(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	var batch pgx.Batch
	batch.Queue("PUT $1", "a")
	batch.Queue("FAIL '22000' 0 'no'")
	batch.Queue("PUT $1", "b")
	results := conn.SendBatch(t.Context(), &batch)
	if _, err := results.Exec(); err != nil {
		t.Error(err)
	}
	if _, err := results.Exec(); state(t, err) != "22000" {
		t.Error(err)
	}
	if err := results.Close(); err == nil {
		t.Error("the batch succeeded")
	}
	if n := len(h.toy.committed()); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	if _, err := conn.Exec(t.Context(), "SELECT $1", 1); err != nil {
		t.Errorf("after Sync: %v", err)
	}
}

// The default mode of pgx prepares, caches, describes and asks for binary.
func TestPGPreparedStatements(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	config := h.pg(t, "")
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for range 2 {
		var i int
		var s, p string
		var b bool
		var f float64
		err := conn.QueryRow(t.Context(), "SELECT 7, 'two', $1, TRUE, 2.5", "par").Scan(&i, &s, &p, &b, &f)
		if err != nil {
			t.Fatal(err)
		}
		if i != 7 || s != "two" || p != "par" || !b || f != 2.5 {
			t.Errorf("got %v %v %v %v %v", i, s, p, b, f)
		}
	}
	var n string
	if err := conn.QueryRow(t.Context(), "SELECT 2.50").Scan(&n); state(t, err) != "0A000" {
		t.Errorf("a binary numeric: %v", err)
	}
	if err := conn.DeallocateAll(t.Context()); err == nil {
		t.Error("the toy knows no DEALLOCATE")
	}
}

func TestPGRefusesSeveralCommandsInOneParse(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	_, err := h.connect(t).Exec(t.Context(), "PUT 'a'; PUT $1", "b")
	if state(t, err) != "42601" {
		t.Error(err)
	}
}

func TestPGCancel(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	failed := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "WAIT")
		failed <- err
	}()
	<-h.toy.waiting
	if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; state(t, err) != "57014" {
		t.Error(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("the session is of no use after a cancel: %v", err)
	}
	if got := h.History()[0].Status; got != fakeredshift.QueryCanceled {
		t.Errorf("status in the history is %s", got)
	}
}

func TestPGCancelNeedsTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.startPG(t)
		victim, attacker := h.connect(t), h.connect(t)
		failed := make(chan error, 1)
		go func() {
			_, err := victim.Exec(t.Context(), "WAIT")
			failed <- err
		}()
		<-h.toy.waiting
		hijacked, err := attacker.PgConn().Hijack()
		if err != nil {
			t.Fatal(err)
		}
		hijacked.PID = victim.PgConn().PID()
		forged, err := pgconn.Construct(hijacked)
		if err != nil {
			t.Fatal(err)
		}
		if err := forged.CancelRequest(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		select {
		case err := <-failed:
			t.Errorf("a wrong key cancelled the statement: %v", err)
		default:
		}
		_ = forged.Close(t.Context())
		h.Kill(int32(victim.PgConn().PID()))
		if err := <-failed; state(t, err) != "57P01" {
			t.Error(err)
		}
	})
}

func TestPGKillOfAnIdleSession(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	if _, err := conn.Exec(t.Context(), "BEGIN; PUT 'x'"); err != nil {
		t.Fatal(err)
	}
	if !h.Kill(int32(conn.PgConn().PID())) {
		t.Fatal("no such session")
	}
	_, err := conn.Exec(t.Context(), "SELECT 1")
	if err == nil {
		t.Fatal("the session lives")
	}
	if h.Kill(4711) {
		t.Error("a session that does not exist was killed")
	}
	if got := h.toy.committed(); len(got) != 0 {
		t.Errorf("table has %q", got)
	}
}

// Whoever vanishes leaves his statement running, and his transaction is rolled
// back after it.
func TestPGVanishedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		var vanished atomic.Bool // without it pgx sends a cancel request
		h.network.Dial = func(context.Context, string) error {
			if vanished.Load() {
				return errors.New("vanished")
			}
			return nil
		}
		h.startPG(t)
		conn := h.connect(t)
		if _, err := conn.Exec(t.Context(), "BEGIN; PUT 'x'"); err != nil {
			t.Fatal(err)
		}
		h.Inject(fakeredshift.Fault{Op: "PUT", Delay: time.Hour})
		go func() { _, _ = conn.Exec(t.Context(), "PUT 'y'") }()
		synctest.Wait()
		vanished.Store(true)
		_ = conn.PgConn().Conn().Close()
		start := time.Now()
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		last := h.History()[2]
		if last.Status != fakeredshift.QuerySuccess || last.End.Sub(start) != time.Hour {
			t.Errorf("the statement ended as %s after %s", last.Status, last.End.Sub(start))
		}
		if got := h.toy.committed(); len(got) != 0 {
			t.Errorf("table has %q", got)
		}
		h.Check(t)
	})
}

func TestPGOverTLS(t *testing.T) {
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server, err := authority.ServerConfig(pgHost)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, nil)
	h.StartPG(h.listen(t, pgHost+":5439"), server)
	config := h.pg(t, "")
	config.TLSConfig = tlsClient(authority, pgHost)
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	failed := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "WAIT")
		failed <- err
	}()
	<-h.toy.waiting
	if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; state(t, err) != "57014" {
		t.Error(err)
	}
}

func TestPGRefusesTLSWithoutCertificate(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	config := h.pg(t, "")
	config.TLSConfig = tlsClient(authority, pgHost)
	if _, err := pgx.ConnectConfig(t.Context(), config); err == nil || !strings.Contains(err.Error(), "refused TLS") {
		t.Errorf("got %v", err)
	}
}

func TestPGPoolInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.startPG(t)
		config, err := pgxpool.ParseConfig("postgres://" + pgHost + "/dev?pool_max_conns=3")
		if err != nil {
			t.Fatal(err)
		}
		config.ConnConfig = h.pg(t, "")
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		h.Inject(fakeredshift.Fault{Op: "PUT", Times: -1, Delay: time.Minute})
		start := time.Now()
		done := make(chan error)
		for range 9 {
			go func() {
				_, err := pool.Exec(t.Context(), "PUT 'x'")
				done <- err
			}()
		}
		for range 9 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := time.Since(start).Round(time.Minute); got != 3*time.Minute {
			t.Errorf("9 statements of a minute on 3 connections took %s", got)
		}
		if n := len(h.toy.committed()); n != 9 {
			t.Errorf("%d rows, want 9", n)
		}
	})
}

func TestCloseEndsWhatRuns(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	failed := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), "WAIT")
		failed <- err
	}()
	<-h.toy.waiting
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; err == nil {
		t.Error("the statement survived its warehouse")
	}
	if _, err := pgx.ConnectConfig(t.Context(), h.pg(t, "")); err == nil {
		t.Error("a closed warehouse answers")
	}
}

func TestHistoryLabel(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	conn := h.connect(t)
	if _, err := conn.Exec(t.Context(), "SET query_group TO 'unload a'; SELECT 1; RESET query_group; SELECT 2; /* load b */ SELECT 3"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, q := range h.History() {
		got = append(got, q.SQL+" | "+q.Label+" | "+string(q.Status)+" | "+q.User)
	}
	want := []string{
		"SET query_group TO 'unload a' |  | success | awsuser",
		"SELECT 1 | unload a | success | awsuser",
		"RESET query_group | unload a | success | awsuser",
		"SELECT 2 |  | success | awsuser",
		"/* load b */ SELECT 3 | load b | success | awsuser",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}
