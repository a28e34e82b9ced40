package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/pair"
	"github.com/redferry/redferry/validate"
)

// falseSuccesses are the public cases of tools that said that all went well with
// rows missing, doubled or mixed; by the name of the project and the number of its
// issue. Each test has the world do to a move what befell that tool, and shows
// that the move prevents it, or says that it did not arrive. The sample is
// aws-samples/sample-redshift-serverless-database-migration.
//
// Beside these, TestRejectedRows (airbyte 26821), TestBadInput (airbyte 4538),
// unload.TestRunRefusesAManifestThatDoesNotAddUp (locopy 231) and TestFolder and
// TestTwoRunners (the sample's keys) look at parts of them.
var falseSuccesses = []struct {
	name string
	test func(*testing.T, *falseSuccess)
}{
	{"airbyte 10646: only the last part is loaded", onlyTheLastPart},
	{"airbyte 4538: a part of the work failed and nobody heard", silentFailure},
	{"airbyte 11158: fewer rows at the target than at the source", fewerRows},
	{"airbyte 26821: rows are dropped as invalid", droppedRows},
	{"airbyte 73715: loaded, and the table is empty", loadedAndEmpty},
	{"airbyte 11695: out of memory", outOfMemory},
	{"sling 222: nothing matched", nothingMatched},
	{"locopy 231: UNLOAD made no files", noFiles},
	{"sample: runs and tables share keys", sharedKeys},
	{"sample: files of others under the prefix", strayFiles},
	{"sample: TRUNCATE, then a crash", truncateThenCrash},
	{"sample: the mark for NULL is a word", nullMarkers},
	{"sample: objects of the catalog are counted, no rows", catalogOnly},
}

// A falseSuccess is a small world: A has the table x with two rows in two files.
type falseSuccess struct {
	*client
	a, b   exec.Executor
	config *pipeline.Config
}

func TestFalseSuccess(t *testing.T) {
	for _, tt := range falseSuccesses {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inSmallWorld(t, onBest, func(t *testing.T, c *client, a, b exec.Executor, config *pipeline.Config) {
				tt.test(t, &falseSuccess{c, a, b, config})
			})
		})
	}
}

// red runs the move and fails the test unless it says, in each way it has, that it
// did not arrive, and its error is want.
func (f *falseSuccess) red(t *testing.T, want error) {
	t.Helper()
	report, err := pipeline.Run(t.Context(), f.config)
	if err == nil || want != nil && !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if len(report.Tables) == 0 {
		return
	}
	var text bytes.Buffer
	if _, err := report.WriteTo(&text); err != nil {
		t.Error(err)
	}
	if report.Err() == nil || !strings.Contains(text.String(), "FAILED") || strings.Contains(text.String(), "validated") {
		t.Errorf("the report says that all is well: %v\n%s", report.Err(), &text)
	}
}

// green runs the move, which has to end well.
func (f *falseSuccess) green(t *testing.T) *pipeline.Report {
	t.Helper()
	report, err := pipeline.Run(t.Context(), f.config)
	if err != nil {
		t.Error(err) // and let the bubble come to its end
	}
	return report
}

// at has f done when a step of a table begins.
func (f *falseSuccess) at(step pipeline.Step, do func()) {
	f.config.Trace = &pipeline.Trace{Start: func(_ redferry.Table, s pipeline.Step) {
		if s == step {
			do()
		}
	}}
}

// statements returns the statements that begin with a word.
func statements(a *pair.Account, word string) (list []string) {
	for _, q := range a.Warehouse.History() {
		_, sql, labelled := strings.Cut(q.SQL, "*/ ")
		if !labelled {
			sql = q.SQL
		}
		if strings.HasPrefix(sql, word) {
			list = append(list, sql)
		}
	}
	return list
}

// without fails the test if a statement has one of these words, or if there is no
// statement.
func without(t *testing.T, list []string, words ...string) {
	t.Helper()
	if len(list) == 0 {
		t.Error("there is no statement to look at")
	}
	for _, sql := range list {
		for _, word := range words {
			if strings.Contains(strings.ToUpper(sql), word) {
				t.Errorf("%s in %s", word, sql)
			}
		}
	}
}

// A meddler is a bridge on which something goes wrong unseen.
type meddler struct {
	bridge.Bridge
	write func(content []byte) []byte // changes what is written
	lose  bool                        // the first job, without a word
	read  func()                      // before a manifest is read
}

func (m *meddler) WriteTarget(ctx context.Context, dst redferry.URI, content []byte) error {
	if m.write != nil {
		content = m.write(content)
	}
	return m.Bridge.WriteTarget(ctx, dst, content)
}

func (m *meddler) CopyAll(ctx context.Context, jobs iter.Seq2[bridge.Job, error], done func(bridge.Job, *bridge.Result, error) error) error {
	return m.Bridge.CopyAll(ctx, func(yield func(bridge.Job, error) bool) {
		for job, err := range jobs {
			if m.lose {
				m.lose = false
				continue
			}
			if !yield(job, err) {
				return
			}
		}
	}, done)
}

func (m *meddler) ReadSource(ctx context.Context, src redferry.URI, limit int64) ([]byte, error) {
	if m.read != nil {
		m.read()
	}
	return m.Bridge.ReadSource(ctx, src, limit)
}

// onlyTheLastPart: the COPY is given the last file alone and counts its row.
func onlyTheLastPart(t *testing.T, f *falseSuccess) {
	f.config.Bridge = &meddler{Bridge: f.config.Bridge, write: func(content []byte) []byte {
		var manifest struct {
			Entries []json.RawMessage `json:"entries"`
		}
		if err := json.Unmarshal(content, &manifest); err != nil || len(manifest.Entries) < 2 {
			t.Errorf("%d files in the manifest, %v", len(manifest.Entries), err)
		}
		manifest.Entries = manifest.Entries[len(manifest.Entries)-1:]
		last, err := json.Marshal(manifest)
		if err != nil {
			t.Error(err)
		}
		return last
	}}
	f.red(t, copyload.ErrCount)
	if got := rows(t, f.b, x); len(got) != 0 {
		t.Errorf("the part stays in the table: %v", got)
	}
}

// silentFailure: the bridge says nothing of one file, neither that it arrived nor
// that it failed.
func silentFailure(t *testing.T, f *falseSuccess) {
	f.config.Bridge = &meddler{Bridge: f.config.Bridge, lose: true}
	f.red(t, nil)
	if got := statements(f.B, "COPY"); len(got) != 0 {
		t.Errorf("it loaded what there was: %v", got)
	}
	f.green(t) // what had arrived is not lost
	f.same(t, x)
}

// fewerRows: a row goes between the load and the look at it.
func fewerRows(t *testing.T, f *falseSuccess) {
	f.at(pipeline.Validate, func() { run(t, f.b, `DELETE FROM small.x WHERE a = 1`) })
	f.red(t, validate.ErrDifferent)
}

// droppedRows: no COPY may drop or mend rows. TestRejectedRows shows what becomes
// of a row that the table does not take.
func droppedRows(t *testing.T, f *falseSuccess) {
	f.green(t)
	without(t, statements(f.B, "COPY"), "MAXERROR", "NOLOAD", "ACCEPTINVCHARS", "ACCEPTANYDATE", "TRUNCATECOLUMNS", "FILLRECORD", "IGNOREBLANKLINES", "IGNOREALLERRORS")
}

// loadedAndEmpty: a table is emptied after its load. Neither the State nor the
// ledger, which both say that it is loaded, make the next run say so.
func loadedAndEmpty(t *testing.T, f *falseSuccess) {
	f.at(pipeline.Validate, func() { run(t, f.b, `DELETE FROM small.x`) })
	f.red(t, validate.ErrDifferent)
	f.config.Trace = nil
	f.red(t, nil)
	f.config.State = pipeline.NewMemState() // it is lost as well
	f.red(t, nil)
}

// outOfMemory: a warehouse gives up in the middle of UNLOAD, then of COPY. The
// bridge holds no object in memory (examples/bridgecopy, TestMemory).
func outOfMemory(t *testing.T, f *falseSuccess) {
	full := &fakeredshift.Error{SQLState: "53200", Message: "Out Of Memory"}
	f.A.Warehouse.Inject(fakeredshift.Fault{Op: "UNLOAD", SQL: full})
	f.red(t, nil)
	f.B.Warehouse.Inject(fakeredshift.Fault{Op: "COPY", SQL: full})
	f.red(t, nil)
	if got := rows(t, f.b, x); len(got) != 0 {
		t.Errorf("it left %v", got)
	}
	f.A.Warehouse.Check(t)
	f.B.Warehouse.Check(t)
	f.green(t)
	f.same(t, x)
}

// nothingMatched: a selection that finds nothing is an error, and creates nothing.
func nothingMatched(t *testing.T, f *falseSuccess) {
	for _, s := range []ddl.Selector{
		{Schemas: []string{"smal"}},
		{Schemas: []string{"small"}, Exclude: []string{"small.x"}},
		{Tables: []redferry.Table{{Schema: "small", Name: "X"}}},
		{Tables: []redferry.Table{x, {Schema: "small", Name: "y"}}}, // one of them is there
	} {
		f.config.Tables = s
		f.red(t, nil)
	}
	if got := statements(f.B, "CREATE"); len(got) != 0 {
		t.Errorf("it created %v", got)
	}
}

// noFiles: an UNLOAD ends well and counts its rows, and there is nothing: no
// manifest, or no file of it.
func noFiles(t *testing.T, f *falseSuccess) {
	copier := f.config.Bridge
	for name, stays := range map[string]string{"nothing": "none", "the manifest": "/manifest"} {
		f.config.State = pipeline.NewMemState()
		f.config.Bridge = &meddler{Bridge: copier, read: func() {
			for _, o := range f.A.S3.Objects(f.A.Stage) {
				if strings.HasSuffix(o.URI.Key, stays) {
					continue
				}
				if err := f.A.S3.Delete(o.URI); err != nil {
					t.Error(err)
				}
			}
		}}
		f.red(t, nil)
		if got := statements(f.B, "COPY"); len(got) != 0 {
			t.Errorf("%s is there, and it loads: %v", name, got)
		}
	}
	f.config.Bridge, f.config.State = copier, pipeline.NewMemState()
	f.green(t)
	f.same(t, x)
}

// sharedKeys: two runs move two tables of one name, at the same time and through
// the same stages. No key is written twice, and no row ends up in another table.
func sharedKeys(t *testing.T, f *falseSuccess) {
	run(t, f.a, `CREATE SCHEMA "smal-l"`, `CREATE TABLE "smal-l".x (a int, b int)`, `INSERT INTO "smal-l".x VALUES (3, 300), (4, 400), (5, 500)`,
		`CREATE SCHEMA smal_l`, `CREATE TABLE smal_l.x (a int, b int)`, `INSERT INTO smal_l.x VALUES (6, 600)`)
	schemas := []string{"small", "smal-l", "smal_l"}
	var runs sync.WaitGroup
	for _, name := range []string{"1", "2"} {
		config := *f.config
		config.Run, config.State = "run-"+name, pipeline.NewMemState()
		config.Tables, config.Plan = ddl.Selector{Schemas: schemas}, &ddl.PlanOptions{Suffix: "_" + name}
		runs.Go(func() {
			if _, err := pipeline.Run(t.Context(), &config); err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	for _, schema := range schemas {
		want := rows(t, f.a, redferry.Table{Schema: schema, Name: "x"})
		for _, suffix := range []string{"_1", "_2"} {
			if got := rows(t, f.b, redferry.Table{Schema: schema, Name: "x" + suffix}); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s.x%s has %v, want %v", schema, suffix, got, want)
			}
		}
	}
	for _, account := range []*pair.Account{f.A, f.B} {
		writes := make(map[string]int)
		for _, r := range account.S3.Requests() {
			if r.Op == "PutObject" || r.Op == "CompleteMultipartUpload" {
				writes[r.Key]++
			}
		}
		for key, n := range writes {
			if n > 1 {
				t.Errorf("%s was written %d times", key, n)
			}
		}
		if len(writes) < 12 { // 6 moves with a file and a manifest each
			t.Errorf("only %d keys were written", len(writes))
		}
	}
}

// strayFiles: a file of somebody else lies where the table's files are. COPY goes
// by its manifest and takes none but these; the look at the bucket finds the
// other. An UNLOAD overwrites nothing, nor does it clean.
func strayFiles(t *testing.T, f *falseSuccess) {
	f.at(pipeline.Load, func() {
		for _, o := range f.B.S3.Objects(f.B.Stage) {
			content, err := f.B.S3.Content(o.URI)
			if err != nil {
				t.Error(err)
			}
			stray := o.URI
			stray.Key += ".stray.parquet"
			if _, err := f.B.S3.Put(stray, bytes.NewReader(content), nil); err != nil {
				t.Error(err)
			}
		}
	})
	f.red(t, validate.ErrDifferent)
	f.same(t, x)
	without(t, statements(f.A, "UNLOAD"), "ALLOWOVERWRITE", "CLEANPATH")
	for _, list := range [][]string{statements(f.A, "UNLOAD"), statements(f.B, "COPY")} {
		for _, sql := range list {
			if !strings.Contains(sql, "\nMANIFEST") {
				t.Errorf("no MANIFEST in %s", sql)
			}
		}
	}
}

// truncateThenCrash: a load in the place of old rows loses its connection for good
// when the old rows are out and the new ones not in. The old ones are still there.
func truncateThenCrash(t *testing.T, f *falseSuccess) {
	run(t, f.b, `CREATE SCHEMA small`, `CREATE TABLE small.x (a int, b int)`, `INSERT INTO small.x VALUES (9, 900)`)
	f.config.Apply, f.config.Load = &ddl.ApplyOptions{IfExists: ddl.Skip}, copyload.Replace
	f.B.Warehouse.Inject(fakeredshift.Fault{Op: "COPY", Times: -1, Drop: fakeredshift.BeforeEffect})
	f.red(t, nil)
	f.B.Warehouse.Check(t)
	f.B.Warehouse.ClearFaults()
	if got := rows(t, f.b, x); fmt.Sprint(got) != "[9|900|]" {
		t.Errorf("the table has %v, want its old row", got)
	}
	f.green(t)
	f.same(t, x)
	if got := statements(f.B, "TRUNCATE"); len(got) != 0 {
		t.Errorf("TRUNCATE commits: %v", got)
	}
}

// nullMarkers: words that tools write for NULL are words.
func nullMarkers(t *testing.T, f *falseSuccess) {
	words := redferry.Table{Schema: "small", Name: "words"}
	run(t, f.a, `CREATE TABLE small.words (word varchar(20))`,
		`INSERT INTO small.words VALUES ('NULL'), ('null'), ('\\N'), ('\\\\N'), ('@NULL@'), ('None'), ('nil'), ('NaN'), ('""'), (''), (' '), (NULL)`)
	f.config.Tables = ddl.Selector{Tables: []redferry.Table{words}}
	f.green(t)
	f.same(t, words)
	if got := rows(t, f.b, words); len(got) != 12 || strings.Count(fmt.Sprint(got), "<nil>") != 1 {
		t.Errorf("got %v, want twelve rows and one NULL", got)
	}
}

// catalogOnly: B has the schema, the table and a record of its load, and no rows.
// And a report says what was looked at, and no more.
func catalogOnly(t *testing.T, f *falseSuccess) {
	report := f.green(t)
	if t.Failed() {
		return
	}
	checks := report.Tables[0].Checks
	if checks.Level() != validate.Counted {
		t.Errorf("the level is %s, want %s: rows were counted, and not compared", checks.Level(), validate.Counted)
	}
	run(t, f.b, `DELETE FROM small.x`)
	f.red(t, copyload.ErrEmptied)
	run(t, f.b, `INSERT INTO small.x VALUES (1, 100)`) // not empty, and not all
	f.red(t, validate.ErrDifferent)
}
