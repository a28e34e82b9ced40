package ddl_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
)

// planned returns the plan of tables, and an empty warehouse that knows it.
func planned(t *testing.T, tables []ddl.Table, opts *ddl.PlanOptions) (*ddl.Plan, *model) {
	t.Helper()
	source := newModel(tables...)
	plan, err := ddl.New(nil).Plan(source.catalog(), opts)
	if err != nil {
		t.Fatal(err)
	}
	target := newModel()
	target.knows(plan)
	return plan, target
}

func outcomes(a *ddl.Applied) map[ddl.Outcome]int {
	counts := make(map[ddl.Outcome]int)
	for _, s := range a.Steps {
		counts[s.Outcome]++
	}
	return counts
}

func TestApplyTwice(t *testing.T) {
	t.Parallel()
	tables := prescriptions()
	plan, target := planned(t, tables, nil)
	for run, want := range []ddl.Outcome{ddl.Created, ddl.Skipped} {
		applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, nil)
		if err != nil {
			t.Fatalf("run %d: %v", run, err)
		}
		if diff := cmp.Diff(map[ddl.Outcome]int{want: len(plan.Steps)}, outcomes(applied)); diff != "" {
			t.Errorf("run %d (-want +got):\n%s", run, diff)
		}
		for _, s := range applied.Steps {
			if len(s.Differences) > 0 {
				t.Errorf("run %d: %s differs: %v", run, s.Step.Name, s.Differences)
			}
		}
	}
	if diff := cmp.Diff(newModel(tables...).catalog(), target.catalog()); diff != "" {
		t.Errorf("target (-source +target):\n%s", diff)
	}
}

// TestPrescriptionOrder is the story of a script that created its tables in
// alphabetical order: dim_doctor comes before the dim_hospital that it refers
// to. The model refuses a reference to what is not there.
func TestPrescriptionOrder(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	var order []string
	for _, s := range plan.Steps {
		if s.Kind == ddl.CreateTable {
			order = append(order, s.Target.Name)
		}
	}
	if diff := cmp.Diff([]string{"dim_hospital", "dim_doctor", "fact_prescription"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, nil); err != nil {
		t.Errorf("ours: %v, %v", outcomes(applied), err)
	}
	alphabetical := slices.Clone(plan.Steps)
	slices.SortStableFunc(alphabetical, func(a, b ddl.Step) int {
		return strings.Compare(a.Target.Name, b.Target.Name)
	})
	_, target = planned(t, prescriptions(), nil)
	var err error
	for _, s := range alphabetical {
		if _, err = target.executor.Exec(t.Context(), exec.Statement{SQL: s.SQL}); err != nil {
			break
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("alphabetical order: %v, want a refusal", err)
	}
}

func TestApplyRunsIndependentStepsSideBySide(t *testing.T) {
	t.Parallel()
	const tables, concurrency = 12, 3
	var list []ddl.Table
	for i := range tables {
		table := prescriptions()[1]
		table.Name.Name += string(rune('a' + i))
		table.Comment, table.Columns = "a comment", slices.Clone(table.Columns)
		table.Columns[0].Comment = "another"
		list = append(list, table)
	}
	plan, target := planned(t, list, nil)
	var mu sync.Mutex
	together := sync.NewCond(&mu)
	now, most := 0, 0
	touched := make(map[redferry.Table]int)
	target.hold = func(s exec.Statement) {
		step, ok := target.steps[s.SQL]
		if !ok || step.Kind == ddl.CreateSchema {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if touched[step.Target]++; touched[step.Target] > 1 {
			t.Errorf("two statements touch %s at a time", step.Target)
		}
		now++
		most = max(most, now)
		together.Broadcast()
		for step.Kind == ddl.CreateTable && most < concurrency { // ends only if that many run at a time
			together.Wait()
		}
		now--
		touched[step.Target]--
	}
	if _, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{Concurrency: concurrency}); err != nil {
		t.Fatal(err)
	}
	if most != concurrency {
		t.Errorf("%d statements at a time, want %d", most, concurrency)
	}
}

func TestApplySkipReportsDifferences(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	old := prescriptions()[0]
	old.Columns = []ddl.Column{old.Columns[0]}
	old.Columns[0].Type = "bigint"
	old.Dist, old.Comment, old.Foreign = ddl.Dist{Style: ddl.DistEven}, "as it was", nil
	target.put(old)
	applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string][]string)
	for _, s := range applied.Steps {
		for _, d := range s.Differences {
			got[s.Step.Name] = append(got[s.Step.Name], d.String())
		}
	}
	want := map[string][]string{
		`table "med"."dim_doctor"`: {
			`the type of column "id" is bigint, not integer`,
			`column "hospital_id" is none, not integer`,
			`the distribution is DISTSTYLE EVEN, not DISTSTYLE ALL`,
		},
		`foreign key "doctor_hospital" of table "med"."dim_doctor"`: {
			`foreign key "doctor_hospital" is none, not FOREIGN KEY ("hospital_id") REFERENCES "med"."dim_hospital" ("id")`,
		},
		`comment on table "med"."dim_doctor"`: {
			`the comment on the table is as it was, not who prescribes`,
		},
		`comment on column "med"."dim_doctor"."hospital_id"`: {
			`the comment on column "hospital_id" is none, not refers to hospital`,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(old, target.tables[old.Name]); diff != "" {
		t.Errorf("a skipped table was changed (-want +got):\n%s", diff)
	}
}

func TestApplySkipFinishesWhatWasLeft(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	target.fault[`ALTER TABLE "med"."fact`] = errors.New("no more room")
	applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{KeepGoing: true})
	var failed *ddl.StepError
	if !errors.As(err, &failed) || failed.Step.Kind != ddl.AddForeignKey || applied.Count(ddl.Failed) != 1 {
		t.Fatalf("%v, %v; want one failed foreign key", outcomes(applied), err)
	}
	clear(target.fault)
	applied, err = ddl.New(nil).Apply(t.Context(), target.executor, plan, nil)
	if err != nil || applied.Count(ddl.Created) != 1 || applied.Count(ddl.Skipped) != len(plan.Steps)-1 {
		t.Fatalf("%v, %v; want one created, all others skipped", outcomes(applied), err)
	}
	if diff := cmp.Diff(newModel(prescriptions()...).catalog(), target.catalog()); diff != "" {
		t.Errorf("target (-source +target):\n%s", diff)
	}
}

func TestApplyRecreate(t *testing.T) {
	t.Parallel()
	tables := prescriptions()
	hospital := &tables[1] // closes a cycle: hospital -> doctor -> hospital
	hospital.Columns = append(hospital.Columns, ddl.Column{Name: "head", Type: "integer", Encoding: "az64"})
	hospital.Foreign = []ddl.ForeignKey{{Name: "hospital_head", Columns: []string{"head"}, RefTable: tables[0].Name, RefColumns: []string{"id"}}}
	plan, target := planned(t, tables, nil)
	for _, table := range tables {
		table.Comment = "old"
		target.put(table)
	}
	applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{IfExists: ddl.Recreate})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range applied.Steps {
		if want := s.Step.Kind == ddl.CreateTable; (s.Outcome == ddl.Recreated) != want || s.Dropped != want {
			t.Errorf("%s: %s, dropped %v", s.Step.Name, s.Outcome, s.Dropped)
		}
	}
	if diff := cmp.Diff(newModel(tables...).catalog(), target.catalog()); diff != "" {
		t.Errorf("target (-source +target):\n%s", diff)
	}
}

// TestApplyKeeps: what an earlier Apply of the same move made is neither dropped
// nor refused.
func TestApplyKeeps(t *testing.T) {
	t.Parallel()
	kept := prescriptions()[1].Name
	keep := func(target redferry.Table) bool { return target == kept }
	plan, target := planned(t, prescriptions(), nil)
	target.put(prescriptions()[1])
	for _, policy := range []ddl.IfExists{ddl.Fail, ddl.Recreate} {
		applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{IfExists: policy, Keep: keep})
		if err != nil {
			t.Fatalf("%s: %v", policy, err)
		}
		for _, s := range applied.Steps {
			if s.Step.Target == kept && (s.Dropped || s.Step.Kind == ddl.CreateTable && s.Outcome != ddl.Skipped) {
				t.Errorf("%s: %s: %s, dropped %v", policy, s.Step.Name, s.Outcome, s.Dropped)
			}
		}
		keep = func(redferry.Table) bool { return true } // all of it is there now
	}
}

// TestApplyKeepsWhatRefersToARecreatedTable: a move that was interrupted keeps a
// table whose foreign key leads to one that is made anew.
func TestApplyKeepsWhatRefersToARecreatedTable(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	target.put(prescriptions()...)
	kept := prescriptions()[2].Name
	applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{
		IfExists: ddl.Recreate, Keep: func(target redferry.Table) bool { return target == kept },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range applied.Steps {
		want := ddl.Recreated
		switch {
		case s.Step.Kind == ddl.AddForeignKey:
			want = ddl.Created
		case s.Step.Kind != ddl.CreateTable || s.Step.Target == kept:
			continue
		}
		if s.Outcome != want {
			t.Errorf("%s: %s, want %s", s.Step.Name, s.Outcome, want)
		}
		if s.Step.Target == kept && s.Dropped {
			t.Errorf("%s was dropped", kept)
		}
	}
	if diff := cmp.Diff(newModel(prescriptions()...).catalog(), target.catalog()); diff != "" {
		t.Errorf("target (-source +target):\n%s", diff)
	}
}

// TestApplyBegins: what cannot be remembered is not made.
func TestApplyBegins(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	full := errors.New("disk full")
	begun := 0
	applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{KeepGoing: true, Begin: func(s ddl.Step) error {
		begun++
		if s.Kind == ddl.CreateTable {
			return full
		}
		return nil
	}})
	if !errors.Is(err, full) || begun == 0 || len(target.tables) != 0 {
		t.Errorf("got %v, %d steps begun, %d tables made", err, begun, len(target.tables))
	}
	for _, s := range applied.Steps {
		if s.Step.Kind == ddl.CreateTable && s.Outcome != ddl.Failed {
			t.Errorf("%s: %s", s.Step.Name, s.Outcome)
		}
	}
}

func TestApplyRecreateLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	target.put(prescriptions()...)
	outside := ddl.Table{
		Name: redferry.Table{Schema: "other", Name: "visit"}, Columns: prescriptions()[0].Columns, Dist: ddl.Dist{Style: ddl.DistEven},
		Foreign: []ddl.ForeignKey{{Name: "visit_hospital", Columns: []string{"id"}, RefTable: prescriptions()[1].Name, RefColumns: []string{"id"}}},
	}
	target.put(outside)
	applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{IfExists: ddl.Recreate})
	var failed *ddl.StepError
	if !errors.As(err, &failed) || failed.Doing != "drop" || failed.Step.Target != prescriptions()[1].Name {
		t.Fatalf("error %v, want that dim_hospital cannot be dropped", err)
	}
	if n := applied.Count(ddl.Recreated) + applied.Count(ddl.Created); n > 0 {
		t.Errorf("%d steps are reported as done", n)
	}
	var gone []string
	for _, s := range applied.Steps {
		if s.Dropped {
			gone = append(gone, s.Step.Target.Name)
		}
	}
	if diff := cmp.Diff([]string{"dim_doctor", "fact_prescription"}, gone); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(outside, target.tables[outside.Name]); diff != "" {
		t.Errorf("a table outside of the plan was changed (-want +got):\n%s", diff)
	}
}

func TestApplyRefusesBeforeItRuns(t *testing.T) {
	t.Parallel()
	doctor := prescriptions()[0]
	for _, tt := range []struct {
		name string
		opts ddl.ApplyOptions
		put  func(*model)
	}{
		{"a table is there", ddl.ApplyOptions{IfExists: ddl.Fail}, func(m *model) { m.put(doctor) }},
		{"a view is there", ddl.ApplyOptions{}, func(m *model) { m.views = []redferry.Table{doctor.Name} }},
		{"a view is there and tables are recreated", ddl.ApplyOptions{IfExists: ddl.Recreate}, func(m *model) {
			m.views = []redferry.Table{doctor.Name}
			m.put(prescriptions()[2])
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, target := planned(t, prescriptions(), nil)
			target.schemas["med"] = ""
			tt.put(target)
			before := target.catalog()
			applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &tt.opts)
			if !errors.Is(err, fs.ErrExist) || applied.Count(ddl.Failed) != 1 || applied.Count(ddl.Created) != 0 {
				t.Errorf("%v, %v; want one failed and nothing created", outcomes(applied), err)
			}
			if diff := cmp.Diff(before, target.catalog(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("something was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestApplyStopsOrKeepsGoing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		keepGoing bool
		want      map[ddl.Outcome]int
	}{
		// steps: schema, 3 tables, 2 foreign keys, 3 comments
		{"stop", false, map[ddl.Outcome]int{ddl.Created: 1, ddl.Failed: 1, ddl.NotRun: 7}},
		{"keep going", true, map[ddl.Outcome]int{ddl.Created: 7, ddl.Failed: 1, ddl.NotRun: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, target := planned(t, prescriptions(), nil)
			target.fault[`CREATE TABLE "med"."dim_hospital"`] = errors.New("no more room")
			applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{KeepGoing: tt.keepGoing, Concurrency: 1})
			var failed *ddl.StepError
			if !errors.As(err, &failed) || failed.Doing != "create" {
				t.Errorf("error %v, want a StepError", err)
			}
			if diff := cmp.Diff(tt.want, outcomes(applied)); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplySettlesUnknownOutcomes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		took  bool // the statement took effect
		want  ddl.Outcome
		count int
	}{
		{"took effect", true, ddl.Created, 9},
		{"did not", false, ddl.Failed, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, target := planned(t, prescriptions(), nil)
			for _, s := range plan.Steps {
				if tt.took {
					target.lost[s.SQL] = true
				} else {
					target.fault[s.SQL] = &exec.Error{Op: "exec", Err: exec.ErrOutcomeUnknown}
				}
			}
			applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, nil)
			if (err == nil) != tt.took || applied.Count(tt.want) != tt.count {
				t.Errorf("%v, %v; want %d %s", outcomes(applied), err, tt.count, tt.want)
			}
			if err != nil && !exec.OutcomeUnknown(err) {
				t.Errorf("error %v, want one that says that the outcome is unknown", err)
			}
		})
	}
}

func TestApplyEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	plan, target := planned(t, prescriptions(), nil)
	target.hold = func(s exec.Statement) {
		if strings.HasPrefix(s.SQL, `CREATE TABLE "med"."dim_doctor"`) {
			cancel(reason)
		}
	}
	applied, err := ddl.New(nil).Apply(ctx, target.executor, plan, &ddl.ApplyOptions{Concurrency: 1, KeepGoing: true})
	if !errors.Is(err, reason) {
		t.Errorf("error %v, want one that wraps the cause", err)
	}
	if diff := cmp.Diff(map[ddl.Outcome]int{ddl.Created: 3, ddl.NotRun: 6}, outcomes(applied)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestApplyTraces(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	target.schemas["med"] = ""
	var started, done []string
	_, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, &ddl.ApplyOptions{Trace: &ddl.Trace{
		Start: func(s ddl.Step) { started = append(started, s.Name) },
		Done:  func(r ddl.StepResult) { done = append(done, r.Step.Name) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(started) != len(plan.Steps)-1 || len(done) != len(plan.Steps) {
		t.Errorf("%d started and %d done, want all %d done and all but the schema started", len(started), len(done), len(plan.Steps))
	}
}

func TestApplyRefusesAPlanOutOfOrder(t *testing.T) {
	t.Parallel()
	plan, target := planned(t, prescriptions(), nil)
	plan.Steps[1].Needs = []int{2}
	applied, err := ddl.New(nil).Apply(t.Context(), target.executor, plan, nil)
	if err == nil || len(target.executor.Statements()) > 0 || applied.Count(ddl.NotRun) != len(plan.Steps) {
		t.Errorf("%v, %v; want a refusal before anything runs", outcomes(applied), err)
	}
}
