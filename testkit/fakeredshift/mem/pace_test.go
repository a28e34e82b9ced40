package mem_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

// paced returns two sessions of an engine in which an INSERT takes an hour to
// queue, two to work and three to answer.
func paced(t *testing.T) (slow, quick *enginetest.Session) {
	t.Helper()
	e := newEngine(t, &mem.Options{Pace: func(sql string) mem.Pace {
		if !strings.HasPrefix(sql, "INSERT") {
			return mem.Pace{}
		}
		return mem.Pace{Queued: time.Hour, Working: 2 * time.Hour, Answering: 3 * time.Hour}
	}})
	slow, quick = enginetest.Connect(t, e, 1, nil), enginetest.Connect(t, e, 2, nil)
	slow.Do("CREATE TABLE t (id INT)")
	return slow, quick
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := paced(t)
		start := time.Now()
		done := slow.Later(t.Context(), "INSERT INTO t VALUES (1)")
		locked := func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := quick.Run(ctx, "LOCK t", nil)
			return err != nil
		}
		for _, moment := range []struct {
			at     time.Duration
			locked bool
			rows   string
		}{
			{30 * time.Minute, false, "0"},
			{2 * time.Hour, true, "0"},
			{4 * time.Hour, false, "1"},
		} {
			time.Sleep(moment.at - time.Since(start))
			if got := locked(); got != moment.locked {
				t.Errorf("after %s: locked is %t", moment.at, got)
			}
			if got := quick.One("SELECT count(*) FROM t"); got != moment.rows {
				t.Errorf("after %s: %s rows, want %s", moment.at, got, moment.rows)
			}
		}
		if err := <-done; err != nil || time.Since(start) != 6*time.Hour {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestPaceEndsWithTheStatement(t *testing.T) {
	for _, test := range []struct {
		after time.Duration
		state string // of the refusal
		rows  string
	}{
		{30 * time.Minute, "57014", "0"},
		{2 * time.Hour, "57014", "0"},
		{4 * time.Hour, "", "1"},
	} {
		synctest.Test(t, func(t *testing.T) {
			slow, quick := paced(t)
			ctx, cancel := context.WithTimeout(t.Context(), test.after)
			defer cancel()
			start := time.Now()
			_, err := slow.Run(ctx, "INSERT INTO t VALUES (1)", nil)
			state := ""
			var e *fakeredshift.Error
			if errors.As(err, &e) {
				state = e.SQLState
			}
			if state != test.state || time.Since(start) != test.after {
				t.Errorf("cancelled after %s: %v after %s", test.after, err, time.Since(start))
			}
			if got := quick.One("SELECT count(*) FROM t"); got != test.rows {
				t.Errorf("cancelled after %s: %s rows, want %s", test.after, got, test.rows)
			}
		})
	}
}

// TestStatementOutlivesItsClient: what has begun runs on when the connection is
// lost, and commits.
func TestStatementOutlivesItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newAccounts(t, &mem.Options{Pace: func(sql string) mem.Pace {
			if strings.Contains(sql, "INSERT") {
				return mem.Pace{Working: time.Hour}
			}
			return mem.Pace{}
		}})
		defer w.close(t)
		e := w.direct(t, w.A)
		if _, err := e.Exec(t.Context(), exec.Statement{SQL: "CREATE TABLE t (id INT)"}); err != nil {
			t.Fatal(err)
		}
		config, err := pgconn.ParseConfig(w.A.PGURL())
		if err != nil {
			t.Fatal(err)
		}
		var line net.Conn
		config.LookupFunc = w.network.LookupHost
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if line != nil { // to cancel what runs, which a client that is gone cannot
				return nil, errors.New("the network is gone")
			}
			var err error
			line, err = w.network.DialContext(ctx, network, addr)
			return line, err
		}
		client, err := pgconn.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		lost := make(chan error, 1)
		go func() {
			_, err := client.Exec(t.Context(), "INSERT INTO t VALUES (1)").ReadAll()
			lost <- err
		}()
		synctest.Wait()
		if err := line.Close(); err != nil {
			t.Error(err)
		}
		if err := <-lost; err == nil {
			t.Error("the client got an answer")
		}
		time.Sleep(2 * time.Hour)
		if got := contents(t, e, "t"); len(got) != 1 {
			t.Errorf("the table has %d rows, want 1", len(got))
		}
		time.Sleep(time.Minute)
	})
}
