package copyload_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
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
	tests := map[string]map[copyload.Mode]string{
		"session": {
			copyload.OntoEmpty: "BEGIN, LOCK, LOOK, FENCE, EMPTY?, COPY, COUNT, INSERT, COMMIT",
			copyload.Append:    "BEGIN, LOCK, LOOK, FENCE, COPY, COUNT, INSERT, COMMIT",
			copyload.Replace:   "BEGIN, LOCK, LOOK, FENCE, DELETE, COPY, COUNT, INSERT, COMMIT",
		},
		"batch": {
			copyload.OntoEmpty: "BEGIN, LOCK, GUARD LOOK, GUARD FENCE, GUARD EMPTY?, COPY, GUARD COUNT, INSERT, COMMIT",
			copyload.Append:    "BEGIN, LOCK, GUARD LOOK, GUARD FENCE, COPY, GUARD COUNT, INSERT, COMMIT",
			copyload.Replace:   "BEGIN, LOCK, GUARD LOOK, GUARD FENCE, DELETE, COPY, GUARD COUNT, INSERT, COMMIT",
		},
	}
	for way, modes := range tests {
		for mode, want := range modes {
			t.Run(fmt.Sprintf("%s/%d", way, mode), func(t *testing.T) {
				m, c := newModel(6), command(6)
				c.Mode = mode
				e := ways[way](m)
				got, err := copyload.Run(t.Context(), e, bucket{}, &c)
				if err != nil {
					t.Fatal(err)
				}
				if got.Rows != 6 || got.Already || got.Attempts != 1 || m.rows != 6 {
					t.Errorf("got %+v and %d rows", got, m.rows)
				}
				if diff := cmp.Diff(want, strings.Join(m.log, ", ")); diff != "" {
					t.Errorf("statements (-want +got):\n%s", diff)
				}
				if open(e) != 0 {
					t.Error("a session is left open")
				}
			})
		}
	}
}

// open returns how many sessions and rows are not closed.
func open(e exec.Executor) int { return e.(interface{ Open() int }).Open() }

// eachWay runs a test once for each way to the model.
func eachWay(t *testing.T, test func(t *testing.T, way func(*model) exec.Executor)) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { test(t, way) })
	}
}

// TestNeither: an executor that has neither sessions nor batches cannot load.
func TestNeither(t *testing.T) {
	m, c := newModel(6), command(6)
	_, err := copyload.Run(t.Context(), struct{ exec.Executor }{m.e}, bucket{}, &c)
	if !errors.Is(err, errors.ErrUnsupported) || len(m.log) != 0 {
		t.Errorf("got %v after %v", err, m.log)
	}
}

// TestManifest: every entry is mandatory and has its length, and the manifest
// lies beside the data, not among it.
func TestManifest(t *testing.T) {
	m, files, c := newModel(6), bucket{}, command(6)
	if _, err := copyload.Run(t.Context(), m.e, files, &c); err != nil {
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
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		m, c := newModel(6), command(6)
		for i, already := range []bool{false, true, true} {
			got, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
			if err != nil || got.Already != already || got.Rows != 6 {
				t.Errorf("run %d: got %+v, %v", i, got, err)
			}
		}
		if m.rows != 6 || len(m.ledger) != 1 {
			t.Errorf("%d rows, %d loads", m.rows, len(m.ledger))
		}
	})
}

// TestHeldSession: a session that the caller holds is left as it was, with no
// transaction open and no lock kept, whatever became of the load.
func TestHeldSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := newModel(6), command(6)
		session, err := exec.OpenSession(t.Context(), m.sessions())
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		other := c
		other.ID = "another"
		m.refuse = once(13, conflict) // the first COPY
		for _, run := range []struct {
			c    *copyload.Command
			want error
		}{{&c, nil}, {&c, nil}, {&other, copyload.ErrNotEmpty}} {
			if _, err := copyload.Run(t.Context(), session, bucket{}, run.c); !errors.Is(err, run.want) {
				t.Errorf("got %v, want %v", err, run.want)
			}
			if len(m.tx) != 0 || len(m.held[target]) != 0 {
				t.Errorf("%d transactions are open, %d hold the table", len(m.tx), len(m.held[target]))
			}
		}
	})
}

// TestLostAnswers loses each answer once, before and after the statement had
// its effect: the rows are there once, and the ledger says so once. In a batch it
// is the service that loses the answers within; the client loses the request or
// the answer of the whole.
func TestLostAnswers(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		for _, mode := range modes {
			losses := 0
			for settled := false; !settled; losses++ {
				synctest.Test(t, func(t *testing.T) {
					m, c := newModel(6), command(6)
					c.Mode = mode
					m.refuse = once(losses+1, lost())
					got, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
					if err != nil {
						t.Fatalf("mode %d, loss %d: %v", mode, losses+1, err)
					}
					if m.rows != 6 || len(m.ledger) != 1 {
						t.Errorf("mode %d, loss %d: %d rows, %d loads after %v", mode, losses+1, m.rows, len(m.ledger), m.log)
					}
					settled = got.Attempts == 1 // nothing was left to lose
				})
			}
			if losses < 15 {
				t.Errorf("mode %d: only %d answers could be lost", mode, losses-1)
			}
		}
	})
}

// TestZeroRows: a load of no rows is recorded, and found again in a table that is
// empty, as it should be.
func TestZeroRows(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		m, files, c := newModel(6), bucket{}, command(0)
		m.rows, c.Mode = 3, copyload.Replace
		for _, already := range []bool{false, true} {
			got, err := copyload.Run(t.Context(), way(m), files, &c)
			if err != nil || got.Rows != 0 || got.Already != already {
				t.Fatalf("got %+v, %v", got, err)
			}
		}
		if m.rows != 0 || len(m.ledger) != 1 || len(files) != 0 {
			t.Errorf("%d rows, %d loads, wrote %v", m.rows, len(m.ledger), files)
		}
	})
}

// TestFilesOfNoRows: files that hold no row are loaded, and counted, like others.
func TestFilesOfNoRows(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		m, c := newModel(0), command(6)
		c.Manifest.Rows = 0
		got, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
		if err != nil || got.Rows != 0 || len(m.loaded) != 1 || len(m.ledger) != 1 {
			t.Errorf("got %+v, %v, and %+v", got, err, m.state)
		}
	})
}

func TestRefusals(t *testing.T) {
	this := load{id: "run/orders/1", target: target, generation: 7, rows: 6, bytes: 30, files: 2}
	newer := load{id: "other", target: target, generation: 8}
	for _, tt := range []struct {
		name    string
		prepare func(*model, *copyload.Command)
		want    error
	}{
		{"COPY loads fewer rows than the manifest has", func(m *model, _ *copyload.Command) { m.copies = 5 }, copyload.ErrCount},
		{"COPY loads more", func(m *model, _ *copyload.Command) { m.copies = 12 }, copyload.ErrCount},
		{"COPY loads none", func(m *model, _ *copyload.Command) { m.copies = 0 }, copyload.ErrCount},
		{"the table has rows", func(m *model, _ *copyload.Command) { m.rows = 6 }, copyload.ErrNotEmpty},
		{"a newer load has replaced it", func(m *model, c *copyload.Command) {
			c.Mode, m.ledger = copyload.Replace, []load{newer}
		}, copyload.ErrSuperseded},
		{"a newer load has left it empty", func(m *model, _ *copyload.Command) { m.ledger = []load{newer} }, copyload.ErrSuperseded},
		{"the ledger has the ID with other rows", func(m *model, _ *copyload.Command) {
			this := this
			this.rows, m.ledger = 4, []load{this}
			m.ledger[0].rows = 4
		}, copyload.ErrCount},
		{"the ledger has the ID with as many rows of other files", func(m *model, _ *copyload.Command) {
			m.ledger = []load{this}
			m.ledger[0].bytes = 31
		}, copyload.ErrCount},
		{"the ledger has the ID with another number of files", func(m *model, _ *copyload.Command) {
			m.ledger = []load{this}
			m.ledger[0].files = 1
		}, copyload.ErrCount},
		{"the ledger has the load twice", func(m *model, _ *copyload.Command) { m.rows, m.ledger = 12, []load{this, this} }, errAny},
		{"the table was emptied since", func(m *model, _ *copyload.Command) { m.ledger = []load{this} }, copyload.ErrEmptied},
		{"the ledger itself", func(_ *model, c *copyload.Command) { c.Into = copyload.DefaultLedger }, copyload.ErrCommand},
		{"the ledger itself in capitals", func(_ *model, c *copyload.Command) {
			c.Into = redferry.Table{Schema: "Redferry", Name: "LOADS"}
		}, copyload.ErrCommand},
		{"a table's name too long", func(_ *model, c *copyload.Command) { c.Into.Name = strings.Repeat("x", 128) }, redferry.ErrIdentifier},
		{"a schema's name missing", func(_ *model, c *copyload.Command) { c.Into.Schema = "" }, redferry.ErrIdentifier},
		{"a ledger's name too long", func(_ *model, c *copyload.Command) {
			c.Ledger = redferry.Table{Schema: "redferry", Name: strings.Repeat("x", 128)}
		}, redferry.ErrIdentifier},
		{"an entry elsewhere", func(_ *model, c *copyload.Command) { c.From.Key = "stage/other/" }, redferry.ErrManifest},
		{"an entry without its size", func(_ *model, c *copyload.Command) { c.Manifest.Entries[0].Size = -1 }, copyload.ErrCommand},
		{"rows without a file", func(_ *model, c *copyload.Command) { c.Manifest.Entries = nil }, copyload.ErrCommand},
	} {
		t.Run(tt.name, func(t *testing.T) {
			eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
				m, c := newModel(6), command(6)
				tt.prepare(m, &c)
				rows, loads := m.rows, len(m.ledger)
				e := way(m)
				got, err := copyload.Run(t.Context(), e, bucket{}, &c)
				if !errors.Is(err, tt.want) && (tt.want != errAny || err == nil) {
					t.Errorf("got %+v, %v, want %v", got, err, tt.want)
				}
				if m.rows != rows || len(m.ledger) != loads || open(e) != 0 || len(m.tx) != 0 {
					t.Errorf("it left %d rows, %d loads, %d sessions, %d transactions", m.rows, len(m.ledger), open(e), len(m.tx))
				}
			})
		})
	}
}

// TestFence: a load is refused if it would bring back an older state of the table.
// Loads that append may come in any order, but not after what replaced them.
func TestFence(t *testing.T) {
	for _, tt := range []struct {
		mode       copyload.Mode
		generation int64
		newest     load
		want       error
	}{
		{copyload.OntoEmpty, 7, load{target: target, generation: 8, mode: "append"}, copyload.ErrSuperseded},
		{copyload.OntoEmpty, 7, load{target: target, generation: 8, mode: "replace"}, copyload.ErrSuperseded},
		{copyload.OntoEmpty, 0, load{target: target, generation: 8, mode: "replace"}, nil},
		{copyload.OntoEmpty, 8, load{target: target, generation: 8, mode: "replace"}, nil},
		{copyload.OntoEmpty, 7, load{target: "another", generation: 8, mode: "replace"}, nil},
		{copyload.Append, 7, load{target: target, generation: 8, mode: "append"}, nil},
		{copyload.Append, 7, load{target: target, generation: 8, mode: "onto empty"}, nil},
		{copyload.Append, 7, load{target: target, generation: 8, mode: "replace"}, copyload.ErrSuperseded},
		{copyload.Append, 8, load{target: target, generation: 8, mode: "replace"}, nil},
		{copyload.Append, 0, load{target: target, generation: 8, mode: "replace"}, nil},
		{copyload.Append, 7, load{target: "another", generation: 8, mode: "replace"}, nil},
		{copyload.Replace, 7, load{target: target, generation: 8, mode: "append"}, copyload.ErrSuperseded},
		{copyload.Replace, 7, load{target: target, generation: 8, mode: "onto empty"}, copyload.ErrSuperseded},
		{copyload.Replace, 7, load{target: target, generation: 8, mode: "unknown"}, copyload.ErrSuperseded},
		{copyload.Replace, 8, load{target: target, generation: 8, mode: "replace"}, nil},
		{copyload.Replace, 7, load{target: "another", generation: 8, mode: "replace"}, nil},
	} {
		t.Run(fmt.Sprintf("%s %d after %s %d of %s", tt.mode, tt.generation, tt.newest.mode, tt.newest.generation, tt.newest.target), func(t *testing.T) {
			eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
				m, c := newModel(6), command(6)
				m.ledger, c.Mode, c.Generation = []load{tt.newest}, tt.mode, tt.generation
				if _, err := copyload.Run(t.Context(), way(m), bucket{}, &c); !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		})
	}
}

// TestOlderAndNewer: of a load and a newer one that replaces the table, the newer
// one's rows are there in the end, in whatever order and however often they are
// run, and the older one does not say that its own are.
func TestOlderAndNewer(t *testing.T) {
	for _, mode := range modes {
		for _, order := range []string{"on", "no", "noo", "onon", "noon"} {
			eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
				m, older, newer := newModel(6), of(command(6), "older", 7), of(command(6), "newer", 8)
				older.Mode, newer.Mode = mode, copyload.Replace
				replaced := false
				for _, which := range order {
					if which == 'n' {
						if _, err := copyload.Run(t.Context(), way(m), bucket{}, &newer); err != nil {
							t.Fatal(err)
						}
						replaced = true
						continue
					}
					if _, err := copyload.Run(t.Context(), way(m), bucket{}, &older); replaced != errors.Is(err, copyload.ErrSuperseded) || !replaced && err != nil {
						t.Errorf("%s, %s: %v", mode, order, err)
					}
				}
				if want := newer.RewrittenManifest().String(); m.rows != 6 || !slices.Equal(m.loaded, []string{want}) {
					t.Errorf("%s, %s: %d rows of %v", mode, order, m.rows, m.loaded)
				}
			})
		}
	}
}

// TestAppendedSince: rows that a newer load has added to are still there.
func TestAppendedSince(t *testing.T) {
	for _, mode := range modes {
		m, c, newer := newModel(6), command(6), of(command(6), "newer", 8)
		c.Mode, newer.Mode = mode, copyload.Append
		for _, run := range []*copyload.Command{&c, &newer, &c} {
			if _, err := copyload.Run(t.Context(), m.sessions(), bucket{}, run); err != nil {
				t.Errorf("%s: %v", mode, err)
			}
		}
		if m.rows != 12 {
			t.Errorf("%s: %d rows", mode, m.rows)
		}
	}
}

// TestDoneInNoOrder: a load of no generation is not held against newer ones when
// it is found in the ledger, as it was not when it was done.
func TestDoneInNoOrder(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		m, c, newer := newModel(6), of(command(6), "a", 0), of(command(6), "b", 8)
		newer.Mode = copyload.Replace
		for i, run := range []*copyload.Command{&c, &newer, &c} {
			got, err := copyload.Run(t.Context(), way(m), bucket{}, run)
			if err != nil || got.Already != (i == 2) {
				t.Errorf("run %d: got %+v, %v", i, got, err)
			}
		}
	})
}

// TestOneTableInTwoCases: a warehouse that folds names has one table for both, and
// the ledger knows it by one name; one that keeps their case has two.
func TestOneTableInTwoCases(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
			m, c := newModel(6), command(6)
			m.keepsCase, c.Mode = keeps, copyload.Append
			for i, name := range []string{"orders", "Orders"} {
				c.Into.Name = name
				got, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
				if err != nil || got.Already != (i > 0 && !keeps) {
					t.Errorf("%s, names keep their case %t: got %+v, %v", name, keeps, got, err)
				}
			}
		})
	}
}

// TestEachStatementRefused: whatever the warehouse will not do, the error is its
// own and nothing is left. With the first look refused for a load whose COPY is,
// too, nobody knows why the batch failed.
func TestEachStatementRefused(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		for _, mode := range modes {
			for _, broken := range []string{"", "COPY"} {
				for n, reached := 1, true; reached; n++ {
					m, c := newModel(6), command(6)
					c.Mode, reached = mode, false
					c.Into.Name = "Orders" // so that SHOW is asked
					left := n
					m.refuse = func(kind string, after bool) error {
						if kind == broken {
							return refusal("XX000", "Spectrum Scan Error")
						}
						if left--; left == 0 && !after && kind != "BATCH" && kind != "ROLLBACK" {
							reached = true
							return refusal("42501", "permission denied")
						}
						reached = reached || left == 0
						return nil
					}
					e := way(m)
					_, err := copyload.Run(t.Context(), e, bucket{}, &c)
					denied := errors.Is(err, fs.ErrPermission)
					if broken == "" && reached && err != nil != denied || broken != "" && err == nil {
						t.Errorf("mode %d, %q and refusal %d of %v: %v", mode, broken, n, m.log, err)
					}
					if err != nil && (m.rows != 0 || len(m.ledger) != 0) || open(e) != 0 || len(m.tx) != 0 {
						t.Errorf("mode %d, %q and refusal %d of %v left %+v", mode, broken, n, m.log, m.state)
					}
				}
			}
		}
	})
}

// TestConflictsAreTriedAgain: a transaction that the warehouse rolled back
// because of another one has left nothing. The next one locks the ledger, too:
// where isolation is serializable, loads side by side read and write it, and
// would go on rolling each other back.
func TestConflictsAreTriedAgain(t *testing.T) {
	eachWay(t, func(t *testing.T, way func(*model) exec.Executor) {
		synctest.Test(t, func(t *testing.T) {
			m, c := newModel(6), command(6)
			m.refuse = once(9, conflict)
			got, err := copyload.Run(t.Context(), way(m), bucket{}, &c)
			if err != nil || got.Attempts != 2 || m.rows != 6 {
				t.Errorf("got %+v, %v, %d rows", got, err, m.rows)
			}
			want := []string{`LOCK "sales"."orders"`, `LOCK "sales"."orders", "redferry"."loads"`}
			if diff := cmp.Diff(want, m.locks); diff != "" {
				t.Errorf("locks (-want +got):\n%s", diff)
			}
			if _, batch := way(m).(*batches); batch && slices.Contains(m.log, "LOOK") {
				t.Errorf("the next batch settles it, and %v were run", m.log)
			}
		})
	})
}

var conflict = &exec.Error{Op: "exec", SQLState: "XX000", Code: "1023", Err: errors.New("serializable isolation violation")}

// TestAnswersLostForever: what is not known is not called done. The attempts
// have pauses between them that grow.
func TestAnswersLostForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, c := newModel(6), command(6)
		m.notice = 0 // a lost transaction makes the next one wait no longer than its pause
		want := []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond, 7500 * time.Millisecond}
		var begun []time.Duration
		start := time.Now()
		m.refuse = func(kind string, after bool) error {
			switch {
			case kind == "BEGIN" && !after:
				begun = append(begun, time.Since(start))
			case kind == "COMMIT" && !after && len(begun) <= len(want): // one more, and the test would fail
				return lost()
			}
			return nil
		}
		_, err := copyload.Run(t.Context(), m.e, bucket{}, &c)
		if !exec.OutcomeUnknown(err) {
			t.Errorf("got %v", err)
		}
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
		_, err := copyload.Run(ctx, m.e, bucket{}, &c)
		if !exec.OutcomeUnknown(err) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want an unknown outcome and the context's error", err)
		}
		if begun := strings.Count(strings.Join(m.log, " "), "BEGIN"); begun != 1 {
			t.Errorf("%d transactions were begun, want one", begun)
		}
	})
}
