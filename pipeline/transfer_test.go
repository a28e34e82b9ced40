package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/pipeline"
)

// TestTransferRefuses: whatever the bridge says, a transfer ends well only if
// each file was copied, with its size and the proof that is demanded.
func TestTransferRefuses(t *testing.T) {
	type done = func(bridge.Job, *bridge.Result, error) error
	for _, tt := range []struct {
		name string
		copy func(jobs []bridge.Job, done done) error
		says string // empty if it ends well
	}{
		{"all copied", copyAll, ""},
		{"in another order", func(jobs []bridge.Job, done done) error {
			slices.Reverse(jobs)
			return copyAll(jobs, done)
		}, ""},
		{"proven as demanded", func(jobs []bridge.Job, done done) error {
			for _, job := range jobs {
				result := proven(job)
				result.Level = bridge.Recomputed
				_ = done(job, result, nil)
			}
			return nil
		}, ""},
		{"one not copied", func(jobs []bridge.Job, done done) error { return copyAll(jobs[1:], done) }, "reported 2 files, the manifest has 3"},
		{"one reported twice", func(jobs []bridge.Job, done done) error { return copyAll(append(jobs, jobs[0]), done) }, "reported 4 files"},
		{"none copied", func([]bridge.Job, done) error { return nil }, "reported 0 files"},
		{"one failed", func(jobs []bridge.Job, done done) error {
			_ = done(jobs[0], nil, errBroken)
			return copyAll(jobs[1:], done)
		}, "broken"},
		{"the bridge failed", func(jobs []bridge.Job, done done) error { return errors.Join(copyAll(jobs, done), errBroken) }, "broken"},
		{"a byte more", func(jobs []bridge.Job, done done) error {
			result := proven(jobs[0])
			result.Size++
			_ = done(jobs[0], result, nil)
			return copyAll(jobs[1:], done)
		}, "has 101 bytes, the manifest says 100"},
		{"a proof too weak", func(jobs []bridge.Job, done done) error {
			result := proven(jobs[0])
			result.Level = bridge.Wire
			_ = done(jobs[0], result, nil)
			return copyAll(jobs[1:], done)
		}, `level "wire" only`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := offline(clones("r.x"), 100, 0, 7)
			config.Bridge.(*scripted).copy, config.MinLevel = tt.copy, bridge.Recomputed
			report, _ := pipeline.Run(t.Context(), config)
			got := report.Tables[0]
			failed, ok := errors.AsType[*pipeline.Error](got.Err)
			if tt.says == "" {
				if got.Step != pipeline.Transfer || len(got.Files) != 3 || got.Rows != 3 || got.Bytes != 107 {
					t.Errorf("got %+v", got)
				}
				sorted := slices.IsSortedFunc(got.Files, func(a, b pipeline.File) int { return strings.Compare(a.Source.Key, b.Source.Key) })
				if !sorted {
					t.Errorf("the files are not in the manifest's order: %v", got.Files)
				}
				return
			}
			if got.Step != pipeline.Unload || !ok || failed.Step != pipeline.Transfer || !strings.Contains(failed.Error(), tt.says) {
				t.Errorf("got %q, %v, want it to say %q", got.Step, got.Err, tt.says)
			}
		})
	}
}

// TestTrace: each event is told, also where nobody listens to the others.
func TestTrace(t *testing.T) {
	var told []string
	tell := func(what string, err error) {
		if err != nil {
			what += " failed"
		}
		told = append(told, what)
	}
	for _, tt := range []struct {
		name  string
		trace pipeline.Trace
		want  []string
	}{
		{"nobody", pipeline.Trace{}, nil},
		{"planned", pipeline.Trace{Planned: func(p *ddl.Plan) { tell("plan of "+p.Tables[0].Source.Name, nil) }}, []string{"plan of x"}},
		{"start", pipeline.Trace{Start: func(_ redferry.Table, s pipeline.Step) { tell(string(s), nil) }}, []string{"define", "unload", "transfer", "load"}},
		{"done", pipeline.Trace{Done: func(_ redferry.Table, s pipeline.Step, err error) { tell(string(s), err) }}, []string{"define", "unload", "transfer", "load failed"}},
		{"unloaded", pipeline.Trace{Unloaded: func(x redferry.Table, m *redferry.Manifest) {
			tell(fmt.Sprintf("%s has %d files", x.Name, len(m.Entries)), nil)
		}}, []string{"x has 2 files"}},
		{"file", pipeline.Trace{File: func(_ redferry.Table, job bridge.Job, _ *bridge.Result, err error) {
			tell(fmt.Sprintf("%d bytes", job.Src.Size), err)
		}}, []string{"100 bytes", "200 bytes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told = nil
			config := offline(clones("r.x"), 100, 200)
			config.Trace = &tt.trace
			_, _ = pipeline.Run(t.Context(), config)
			if !slices.Equal(told, tt.want) {
				t.Errorf("got %q, want %q", told, tt.want)
			}
		})
	}
}

// TestFailedFileIsTold, too.
func TestFailedFileIsTold(t *testing.T) {
	config := offline(clones("r.x"))
	var told error
	config.Trace = &pipeline.Trace{File: func(_ redferry.Table, _ bridge.Job, _ *bridge.Result, err error) { told = err }}
	config.Bridge.(*scripted).copy = func(jobs []bridge.Job, done func(bridge.Job, *bridge.Result, error) error) error {
		return done(jobs[0], nil, errBroken)
	}
	_, _ = pipeline.Run(t.Context(), config)
	if !errors.Is(told, errBroken) {
		t.Errorf("got %v", told)
	}
}

// TestUnloadIsRemembered: a second run has the files of the first, copies none
// of them again, and goes on with the load.
func TestUnloadIsRemembered(t *testing.T) {
	config := offline(clones("r.x"))
	_, _ = pipeline.Run(t.Context(), config)
	config.Source.DB = unloading(1)
	config.Bridge = &scripted{nil, func([]bridge.Job, func(bridge.Job, *bridge.Result, error) error) error {
		t.Error("files are copied again")
		return nil
	}}
	var started []pipeline.Step
	unloaded := 0
	config.Trace = &pipeline.Trace{
		Start:    func(_ redferry.Table, s pipeline.Step) { started = append(started, s) },
		Unloaded: func(redferry.Table, *redferry.Manifest) { unloaded++ },
	}
	report, _ := pipeline.Run(t.Context(), config)
	if want := []pipeline.Step{pipeline.Define, pipeline.Load}; !slices.Equal(started, want) || unloaded != 1 {
		t.Errorf("started %v, told of %d manifests, want %v and one", started, unloaded, want)
	}
	if got := report.Tables[0]; got.Rows != 1 || got.Bytes != 100 || len(got.Files) != 1 || got.Resumed != pipeline.Transfer || got.Loaded != -1 {
		t.Errorf("got %+v", got)
	}
	if n := len(config.Source.DB.(*exectest.Executor).Statements()); n != 0 {
		t.Errorf("%d statements were run at the source", n)
	}
}

// TestUnloadAgain: after an UNLOAD that failed the next goes to another place.
// The order of loads that replace the target stays that of the first.
func TestUnloadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := offline(clones("r.x"))
		var to []string
		config.Source.DB = exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
			to = append(to, s.SQL)
			return nil, errBroken
		})
		begin := time.Now().UnixMicro()
		for range 2 {
			_, _ = pipeline.Run(t.Context(), config)
			time.Sleep(time.Hour)
		}
		record, err := config.State.Read(t.Context(), config.Run, redferry.Table{Schema: "r", Name: "x"})
		if err != nil || record.Attempt != 2 || record.Generation != begin || record.Step != pipeline.Define || len(to) != 2 || to[0] == to[1] {
			t.Errorf("got %+v, %v, and statements\n%s", record, err, strings.Join(to, "\n"))
		}
	})
}

// TestRememberedFilesAreChecked: of the copies that a record remembers, only
// those are not made again that this run would make.
func TestRememberedFilesAreChecked(t *testing.T) {
	config := offline(clones("r.x"), 100, 200, 300, 400, 500)
	config.MinLevel = bridge.Recomputed
	config.Bridge.(*scripted).copy = func([]bridge.Job, func(bridge.Job, *bridge.Result, error) error) error { return errBroken }
	_, _ = pipeline.Run(t.Context(), config)
	record, err := config.State.Read(t.Context(), config.Run, redferry.Table{Schema: "r", Name: "x"})
	if err != nil || record.Step != pipeline.Unload {
		t.Fatalf("the first run left %+v, %v", record, err)
	}
	from := config.Source.Stage
	for _, entry := range record.Manifest.Entries {
		to, _ := entry.URL.Rebase(from, config.Target.Stage)
		record.Files = append(record.Files, pipeline.File{Source: entry.URL, Target: to, Size: entry.Size, Level: bridge.Recomputed})
	}
	record.Files[1].Source = from.Join("elsewhere")
	record.Files[2].Size++
	record.Files[3].Level = bridge.Wire
	record.Files[4].Target = config.Target.Stage.Join("elsewhere")
	record.Files = append(record.Files, record.Files[0])
	if err := config.State.Write(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	var again []int64
	config.Bridge.(*scripted).copy = func(jobs []bridge.Job, done func(bridge.Job, *bridge.Result, error) error) error {
		for _, job := range jobs {
			again = append(again, job.Src.Size)
		}
		return copyAll(jobs, done)
	}
	report, _ := pipeline.Run(t.Context(), config)
	if want := []int64{200, 300, 400, 500}; !slices.Equal(again, want) {
		t.Errorf("files of %v bytes were copied again, want %v", again, want)
	}
	if got := report.Tables[0]; len(got.Files) != 5 || got.Rows != 5 || got.Bytes != 1500 || got.Resumed != pipeline.Unload {
		t.Errorf("got %+v", got)
	}
}

// TestManySmallFiles: copies of many small files are remembered now and then, so
// that a run that is cut short need not make most of them again.
func TestManySmallFiles(t *testing.T) {
	sizes := slices.Repeat([]int64{1000}, 1000)
	config := offline(clones("r.x"), sizes...)
	copied := 0
	config.Bridge.(*scripted).copy = func(jobs []bridge.Job, done func(bridge.Job, *bridge.Result, error) error) error {
		copied = len(jobs)
		if len(jobs) == len(sizes) {
			jobs = jobs[:900]
		}
		return copyAll(jobs, done)
	}
	writes := &writing{State: config.State}
	config.State = writes
	for range 2 {
		_, _ = pipeline.Run(t.Context(), config)
	}
	if copied < 100 || copied > 500 || writes.n > 12 {
		t.Errorf("the second run made %d copies after 900, and there were %d writes", copied, writes.n)
	}
}

// TestCopyThatIsNotRemembered: a State that cannot keep a copy fails the table.
func TestCopyThatIsNotRemembered(t *testing.T) {
	config := offline(clones("r.x"), 100, 200)
	config.State = forgetful{config.State}
	report, _ := pipeline.Run(t.Context(), config)
	failed, ok := errors.AsType[*pipeline.Error](report.Tables[0].Err)
	if !ok || failed.Step != pipeline.Transfer || !errors.Is(failed, errBroken) {
		t.Errorf("got %v", report.Tables[0].Err)
	}
}

// A forgetful State fails to keep copies.
type forgetful struct{ pipeline.State }

func (f forgetful) Write(ctx context.Context, record *pipeline.Record) error {
	if len(record.Files) > 0 {
		return errBroken
	}
	return f.State.Write(ctx, record)
}

// writing counts writes.
type writing struct {
	pipeline.State
	n int
}

func (w *writing) Write(ctx context.Context, record *pipeline.Record) error {
	w.n++
	return w.State.Write(ctx, record)
}
