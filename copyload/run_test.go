package copyload_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
)

func TestRun(t *testing.T) {
	m, files, c := newModel(6), bucket{}, command(6)
	e := m.executor()
	got, err := copyload.Run(t.Context(), e, files, &c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != 6 || got.Already || got.Attempts != 1 || m.rows != 6 {
		t.Errorf("got %+v and %d rows", got, m.rows)
	}
	want := []string{"BEGIN", "LOCK", "LOOK", "EMPTY?", "COPY", "COUNT", "INSERT", "COMMIT"}
	if diff := cmp.Diff(want, m.log); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	if e.Open() != 0 {
		t.Error("a session is left open")
	}
}

// TestManifest: every entry is mandatory and has its length, and the manifest
// lies beside the data, not among it.
func TestManifest(t *testing.T) {
	m, files, c := newModel(6), bucket{}, command(6)
	if _, err := copyload.Run(t.Context(), m.executor(), files, &c); err != nil {
		t.Fatal(err)
	}
	content, ok := files[redferry.MustParseURI("s3://bucket-b/stage/run/orders/1.manifest")]
	if !ok || len(files) != 1 {
		t.Fatalf("wrote %v", files)
	}
	got, err := redferry.ParseManifest([]byte(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range got.Entries {
		if e.URL.Bucket != "bucket-b" || !e.Mandatory || e.Size < 0 {
			t.Errorf("entry %+v", e)
		}
	}
}

func TestSecondRunLoadsNothing(t *testing.T) {
	m, c := newModel(6), command(6)
	for i, already := range []bool{false, true, true} {
		got, err := copyload.Run(t.Context(), m.executor(), bucket{}, &c)
		if err != nil || got.Already != already {
			t.Errorf("run %d: got %+v, %v", i, got, err)
		}
	}
	if m.rows != 6 || len(m.ledger) != 1 {
		t.Errorf("%d rows, %d loads", m.rows, len(m.ledger))
	}
}

// TestLostAnswers loses each answer once, before and after the statement had
// its effect: the rows are there once, and the ledger says so once.
func TestLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, mode := range []copyload.Mode{copyload.OntoEmpty, copyload.Append, copyload.Replace} {
			for n := 1; ; n++ {
				m, c := newModel(6), command(6)
				c.Mode = mode
				m.refuse = once(n, lost())
				got, err := copyload.Run(t.Context(), m.executor(), bucket{}, &c)
				if err != nil {
					t.Fatalf("mode %d, loss %d: %v", mode, n, err)
				}
				if m.rows != 6 || len(m.ledger) != 1 {
					t.Errorf("mode %d, loss %d: %d rows, %d loads after %v", mode, n, m.rows, len(m.ledger), m.log)
				}
				if got.Attempts == 1 { // nothing was left to lose
					if n < 14 {
						t.Errorf("only %d answers could be lost", n-1)
					}
					break
				}
			}
		}
	})
}

func TestZeroRows(t *testing.T) {
	m, files, c := newModel(6), bucket{}, command(0)
	m.rows, c.Mode = 3, copyload.Replace
	got, err := copyload.Run(t.Context(), m.executor(), files, &c)
	if err != nil || got.Rows != 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if m.rows != 0 || len(m.ledger) != 1 || len(files) != 0 {
		t.Errorf("%d rows, %d loads, wrote %v", m.rows, len(m.ledger), files)
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*model, *copyload.Command)
		want    error
	}{
		{"COPY loads fewer rows than the manifest has", func(m *model, _ *copyload.Command) { m.copies = 5 }, copyload.ErrCount},
		{"COPY loads more", func(m *model, _ *copyload.Command) { m.copies = 12 }, copyload.ErrCount},
		{"the table has rows", func(m *model, _ *copyload.Command) { m.rows = 6 }, copyload.ErrNotEmpty},
		{"a newer load has replaced it", func(m *model, c *copyload.Command) {
			c.Mode, m.ledger = copyload.Replace, []load{{id: "other", generation: 8}}
		}, copyload.ErrSuperseded},
		{"the ledger has the ID with other rows", func(m *model, _ *copyload.Command) {
			m.ledger = []load{{id: "run/orders/1", rows: 4, bytes: 30, files: 2}}
		}, copyload.ErrCount},
		{"the ledger has the ID with as many rows of other files", func(m *model, _ *copyload.Command) {
			m.ledger = []load{{id: "run/orders/1", rows: 6, bytes: 31, files: 2}}
		}, copyload.ErrCount},
		{"the ledger has the ID with another number of files", func(m *model, _ *copyload.Command) {
			m.ledger = []load{{id: "run/orders/1", rows: 6, bytes: 30, files: 1}}
		}, copyload.ErrCount},
		{"the ledger itself", func(_ *model, c *copyload.Command) { c.Into = copyload.DefaultLedger }, copyload.ErrCommand},
		{"a table's name too long", func(_ *model, c *copyload.Command) { c.Into.Name = strings.Repeat("x", 128) }, redferry.ErrIdentifier},
		{"a schema's name missing", func(_ *model, c *copyload.Command) { c.Into.Schema = "" }, redferry.ErrIdentifier},
		{"a ledger's name too long", func(_ *model, c *copyload.Command) {
			c.Ledger = redferry.Table{Schema: "redferry", Name: strings.Repeat("x", 128)}
		}, redferry.ErrIdentifier},
		{"an entry elsewhere", func(_ *model, c *copyload.Command) { c.From.Key = "stage/other/" }, redferry.ErrManifest},
		{"an entry without its size", func(_ *model, c *copyload.Command) { c.Manifest.Entries[0].Size = -1 }, copyload.ErrCommand},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, c := newModel(6), command(6)
			tt.prepare(m, &c)
			rows, loads := m.rows, len(m.ledger)
			e := m.executor()
			got, err := copyload.Run(t.Context(), e, bucket{}, &c)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %+v, %v, want %v", got, err, tt.want)
			}
			if m.rows != rows || len(m.ledger) != loads || e.Open() != 0 {
				t.Errorf("it left %d rows, %d loads, %d sessions", m.rows, len(m.ledger), e.Open())
			}
		})
	}
}

// TestConflictsAreTriedAgain: a transaction that the warehouse rolled back
// because of another one has left nothing. The next one locks the ledger, too:
// where isolation is serializable, loads side by side read and write it, and
// would go on rolling each other back.
func TestConflictsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conflict := &exec.Error{Op: "exec", SQLState: "XX000", Code: "1023", Err: errors.New("Serializable isolation violation on table")}
		m, c := newModel(6), command(6)
		m.refuse = once(9, conflict)
		got, err := copyload.Run(t.Context(), m.executor(), bucket{}, &c)
		if err != nil || got.Attempts != 2 || m.rows != 6 {
			t.Errorf("got %+v, %v, %d rows", got, err, m.rows)
		}
		want := []string{`LOCK "sales"."orders"`, `LOCK "sales"."orders", "redferry"."loads"`}
		if diff := cmp.Diff(want, m.locks); diff != "" {
			t.Errorf("locks (-want +got):\n%s", diff)
		}
	})
}

// TestAnswersLostForever: what is not known is not called done. The attempts
// have pauses between them that grow.
func TestAnswersLostForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := newModel(6), command(6)
		var begun []time.Duration
		start := time.Now()
		m.refuse = func(kind string, after bool) error {
			switch {
			case kind == "BEGIN" && !after:
				begun = append(begun, time.Since(start))
			case kind == "COMMIT" && !after:
				return lost()
			}
			return nil
		}
		_, err := copyload.Run(t.Context(), m.executor(), bucket{}, &c)
		if !exec.OutcomeUnknown(err) {
			t.Errorf("got %v", err)
		}
		want := []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond, 7500 * time.Millisecond}
		if diff := cmp.Diff(want, begun); diff != "" {
			t.Errorf("attempts begin at (-want +got):\n%s", diff)
		}
	})
}

// TestContextEndsInAPause: the pause ends with the context, and the error says
// what is known of the attempt before it.
func TestContextEndsInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := newModel(6), command(6)
		m.refuse = func(kind string, after bool) error {
			if kind == "COMMIT" && after {
				return lost()
			}
			return nil
		}
		ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("another table failed"))
		defer cancel()
		_, err := copyload.Run(ctx, m.executor(), bucket{}, &c)
		if !exec.OutcomeUnknown(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want an unknown outcome and the context's error", err)
		}
		if begun := strings.Count(strings.Join(m.log, " "), "BEGIN"); begun != 1 {
			t.Errorf("%d transactions were begun, want one", begun)
		}
	})
}
