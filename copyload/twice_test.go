package copyload_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
)

// A race is two loads that run at the same time on one model; the second begins
// later by delay.
type race struct {
	ways    [2]string
	loads   [2]copyload.Command
	delay   time.Duration
	results [2]*copyload.Result
	errs    [2]error
}

func (r *race) run(ctx context.Context, m *model) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(r.delay)
		r.results[1], r.errs[1] = copyload.Run(ctx, ways[r.ways[1]](m), bucket{}, &r.loads[1])
	}()
	r.results[0], r.errs[0] = copyload.Run(ctx, ways[r.ways[0]](m), bucket{}, &r.loads[0])
	<-done
}

// eachRace runs two loads at once, each way to the model against each, in steps of
// a second, with delays that put each statement of one beside each of the other.
func eachRace(t *testing.T, first, second copyload.Command, prepare func(*model), check func(*testing.T, *race, *model)) {
	t.Helper()
	for _, a := range []string{"session", "batch"} {
		for _, b := range []string{"session", "batch"} {
			for delay := range 12 {
				t.Run(fmt.Sprintf("%s and %s/%d s later", a, b, delay), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						m := newModel(6)
						m.pace = time.Second
						if prepare != nil {
							prepare(m)
						}
						// Half a second more keeps two statements from falling on one instant.
						r := &race{ways: [2]string{a, b}, loads: [2]copyload.Command{first, second}, delay: time.Duration(delay)*time.Second + time.Second/2}
						r.run(t.Context(), m)
						check(t, r, m)
					})
				})
			}
		}
	}
}

// of is a command with another ID and its own files.
func of(c copyload.Command, id string, generation int64) copyload.Command {
	c.ID, c.Generation = id, generation
	c.To.Key = "stage/" + id + "/"
	return c
}

// TestOneLoadTwice: two runners of one load bring its rows once, and both know.
func TestOneLoadTwice(t *testing.T) {
	for _, mode := range modes {
		c := command(6)
		c.Mode = mode
		eachRace(t, c, c, nil, func(t *testing.T, r *race, m *model) {
			if r.errs[0] != nil || r.errs[1] != nil || r.results[0].Already == r.results[1].Already {
				t.Errorf("mode %d: %+v and %+v, errors %v", mode, r.results[0], r.results[1], r.errs)
			}
			if m.rows != 6 || len(m.ledger) != 1 {
				t.Errorf("mode %d: %d rows, %d loads", mode, m.rows, len(m.ledger))
			}
		})
	}
}

// TestTwoOntoEmpty: one of two loads that want the table empty finds it so.
func TestTwoOntoEmpty(t *testing.T) {
	c := command(6)
	eachRace(t, of(c, "a", 7), of(c, "b", 7), nil, func(t *testing.T, r *race, m *model) {
		if (r.errs[0] == nil) == (r.errs[1] == nil) || !errors.Is(errors.Join(r.errs[0], r.errs[1]), copyload.ErrNotEmpty) {
			t.Errorf("errors %v, want ErrNotEmpty once", r.errs)
		}
		if m.rows != 6 || len(m.ledger) != 1 {
			t.Errorf("%d rows, %d loads", m.rows, len(m.ledger))
		}
	})
}

// TestTwoAppend: loads that append do not stand in each other's way.
func TestTwoAppend(t *testing.T) {
	c := command(6)
	c.Mode = copyload.Append
	eachRace(t, of(c, "a", 8), of(c, "b", 7), nil, func(t *testing.T, r *race, m *model) {
		if r.errs[0] != nil || r.errs[1] != nil || m.rows != 12 || len(m.ledger) != 2 {
			t.Errorf("errors %v, %d rows, %d loads", r.errs, m.rows, len(m.ledger))
		}
	})
}

// TestTwoReplace: whichever comes first, in the end the table is the newer one's,
// and the older one does not say that it is its own if it came too late.
func TestTwoReplace(t *testing.T) {
	c := command(6)
	c.Mode = copyload.Replace
	for _, generations := range [][2]int64{{7, 8}, {8, 7}} {
		eachRace(t, of(c, "a", generations[0]), of(c, "b", generations[1]), nil, func(t *testing.T, r *race, m *model) {
			newer, older := 0, 1
			if generations[1] > generations[0] {
				newer, older = 1, 0
			}
			if r.errs[newer] != nil || r.errs[older] != nil && !errors.Is(r.errs[older], copyload.ErrSuperseded) {
				t.Errorf("errors %v", r.errs)
			}
			if want := r.loads[newer].RewrittenManifest().String(); !slices.Equal(m.loaded, []string{want}) || m.rows != 6 {
				t.Errorf("the table has %d rows of %v, want 6 of %s", m.rows, m.loaded, want)
			}
		})
	}
}

// TestTheLockIsNeeded: on a warehouse whose LOCK does nothing these tests fail, as
// they must if they show anything.
func TestTheLockIsNeeded(t *testing.T) {
	c := command(6)
	doubled := 0
	eachRace(t, c, c, func(m *model) { m.noLock = true }, func(_ *testing.T, _ *race, m *model) {
		if m.rows > 6 {
			doubled++
		}
	})
	if doubled == 0 {
		t.Error("without the lock the rows are there once, too")
	}
}

// TestZombie: a batch that its client gave up goes on in the warehouse. The next
// one waits for it, at each moment that it may have been given up.
func TestZombie(t *testing.T) {
	for _, mode := range modes {
		for seconds := range 10 {
			synctest.Test(t, func(t *testing.T) {
				m, c := newModel(6), command(6)
				m.pace, c.Mode = time.Second, mode
				impatient := &batches{m: m, patience: time.Duration(seconds)*time.Second + time.Second/2}
				var got *copyload.Result
				err := lost()
				for exec.OutcomeUnknown(err) {
					got, err = copyload.Run(t.Context(), impatient, bucket{}, &c)
					impatient.patience = 0
				}
				if err != nil || got.Rows != 6 {
					t.Errorf("mode %d, given up after %d s: %+v, %v", mode, seconds, got, err)
				}
				time.Sleep(time.Hour) // until all that was given up has ended
				if rows := m.total(); rows != 6 || len(m.ledger) != 1 {
					t.Errorf("mode %d, given up after %d s: %d rows, %d loads", mode, seconds, rows, len(m.ledger))
				}
			})
		}
	}
}
