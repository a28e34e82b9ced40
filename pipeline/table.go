package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/unload"
)

// A journey is one table on its way.
type journey struct {
	*move
	report *TableReport
	source ddl.Table
	target ddl.Table
	record *Record
	token  string // makes the prefix of an UNLOAD one that nobody has used
}

// moveTable takes one table through the steps after Define and puts what became
// of it into t, which belongs to this goroutine alone.
func (m *move) moveTable(ctx context.Context, t *TableReport, token string) {
	start := time.Now()
	defer func() { t.Elapsed = time.Since(start) }()
	j := &journey{move: m, report: t, token: token}
	if err := j.prepare(); err != nil {
		t.Err = &Error{Table: t.Source, Step: Unload, Side: "source", Err: err}
		return
	}
	for _, s := range []struct {
		step Step
		side string
		do   func(context.Context) error
	}{
		{Unload, "source", j.unload},
		{Transfer, "", j.transfer},
		{Load, "target", j.load},
		{Validate, "", j.validate},
	} {
		if t.Err = j.step(ctx, s.step, s.side, s.do); t.Err != nil {
			return
		}
		t.Step = s.step
	}
}

// prepare finds the definitions on both sides. Files that an earlier run wrote
// are used only if the source still has the columns that they were written from:
// COPY goes by their places.
func (j *journey) prepare() error {
	var ok bool
	if j.source, ok = j.catalog.Table(j.report.Source); !ok {
		return errors.New("the plan names a table that the catalog does not have")
	}
	mapping, ok := j.move.report.Plan.Mapping(j.report.Source)
	if !ok {
		return errors.New("the plan has lost the table")
	}
	j.target = mapping.Target
	j.record = j.records[j.report.Source]
	if j.record.Step.Reached(Unload) && !slices.EqualFunc(j.record.Columns, columns(j.source), sameColumn) {
		return errors.New("its columns are not those that an earlier run unloaded; move it with a new Run")
	}
	return nil
}

func sameColumn(a, b redferry.Column) bool { return a.Name == b.Name && a.Type == b.Type }

// step does one step and remembers it. What an earlier run unloaded or copied is
// not done again. Load is: it asks the ledger, which alone knows, and finds that
// there is nothing to do. So is Validate: what it says is about now.
func (j *journey) step(ctx context.Context, step Step, side string, do func(context.Context) error) error {
	if j.record.Step.Reached(step) && (step == Unload || step == Transfer) {
		j.restore(step)
		return nil
	}
	j.Trace.start(j.report.Source, step)
	err := do(ctx)
	if err == nil {
		err = j.remember(ctx, step)
	}
	if err != nil {
		err = &Error{Table: j.report.Source, Step: step, Side: side, Err: err}
	}
	j.Trace.done(j.report.Source, step, err)
	return err
}

func (j *journey) remember(ctx context.Context, step Step) error {
	if j.record.Step.Reached(step) {
		return nil
	}
	next := *j.record
	next.Step = step
	if err := j.State.Write(ctx, &next); err != nil {
		return err
	}
	j.record = &next
	return nil
}

// restore puts what an earlier run found out into the report.
func (j *journey) restore(step Step) {
	if step == Unload {
		j.unloaded()
		return
	}
	j.report.Files = j.record.Files
}

func (j *journey) unloaded() {
	j.report.Rows, j.report.Bytes = j.record.Manifest.Rows, j.record.Manifest.Size()
	j.Trace.unloaded(j.report.Source, j.record.Manifest)
}

// folder is where the files of this attempt lie, below the stage of a side.
func (j *journey) folder(stage redferry.URI) redferry.URI {
	return stage.Join(j.Run, folder(j.report.Source), j.record.Folder+"/")
}

// unload writes the rows under a prefix that nobody has used: an UNLOAD that was
// interrupted may still be writing under its own, and another runner of the same
// move may be at it.
func (j *journey) unload(ctx context.Context) error {
	next := *j.record
	if next.Attempt++; next.Attempt == 1 {
		next.Generation = time.Now().UnixMicro()
	}
	next.Folder = fmt.Sprintf("%d-%s", next.Attempt, j.token)
	next.Columns = columns(j.source)
	if err := j.State.Write(ctx, &next); err != nil {
		return err
	}
	j.record = &next
	result, err := unload.Run(ctx, j.Source.DB, j.Bridge, &unload.Command{
		Table: j.report.Source, Columns: j.record.Columns, To: j.folder(j.Source.Stage), Role: j.sourceRole,
		Expect: j.Expect(j.report.Source),
	})
	if err != nil {
		return err
	}
	j.record.Manifest = result.Manifest
	j.unloaded()
	return nil
}

func (j *journey) load(ctx context.Context) error {
	result, err := copyload.Run(ctx, j.Target.DB, j.Bridge, &copyload.Command{
		ID:          j.Run + "/" + folder(j.report.Source),
		Mode:        j.Load,
		Generation:  j.record.Generation,
		Into:        j.report.Target,
		Columns:     columns(j.target),
		Manifest:    j.record.Manifest,
		From:        j.folder(j.Source.Stage),
		To:          j.folder(j.Target.Stage),
		Role:        j.targetRole,
		ExplicitIDs: slices.ContainsFunc(j.target.Columns, strictIdentity),
		Ledger:      j.Ledger,
		Expect:      j.Expect(j.report.Source),
	})
	if err != nil {
		return err
	}
	j.report.Loaded, j.report.Already = result.Rows, result.Already
	return nil
}

func strictIdentity(c ddl.Column) bool { return c.Identity != nil && !c.Identity.ByDefault }

// columns are named on both sides, in the same order: COPY from Parquet maps by
// position.
func columns(t ddl.Table) []redferry.Column {
	list := make([]redferry.Column, len(t.Columns))
	for i, c := range t.Columns {
		list[i] = redferry.Column{Name: c.Name, Type: c.Type}
	}
	return list
}
