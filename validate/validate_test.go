package validate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/validate"
)

// counting answers every count with n.
func counting(n int64) *exectest.Executor {
	return exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) {
		return exectest.Table([]string{"count int8"}, []exec.Value{n}), nil
	})
}

// A bucket is a list of files, and an error at its end.
type bucket struct {
	files []validate.File
	err   error
}

func (b bucket) List(_ context.Context, prefix redferry.URI) iter.Seq2[validate.File, error] {
	return func(yield func(validate.File, error) bool) {
		for _, f := range b.files {
			if _, ok := f.URI.Rebase(prefix, prefix); ok && !yield(f, nil) {
				return
			}
		}
		if b.err != nil {
			yield(validate.File{}, b.err)
		}
	}
}

var (
	from = redferry.MustParseURI("s3://bucket-a/stage/orders/1/")
	to   = redferry.MustParseURI("s3://bucket-b/stage/orders/1/")
)

// move is one of two files with six rows.
func move() *validate.Move {
	return &validate.Move{
		Source: redferry.Table{Schema: "sales", Name: "orders"}, Target: redferry.Table{Schema: "eu", Name: "orders"},
		From: from, To: to, Loaded: 6,
		Manifest: &redferry.Manifest{Rows: 6, Entries: []redferry.Entry{
			{URL: from.Join("0000_part_00.parquet"), Size: 10, Rows: 2},
			{URL: from.Join("0001_part_00.parquet"), Size: 20, Rows: 4},
		}},
	}
}

func copied() bucket {
	return bucket{files: []validate.File{{URI: to.Join("0000_part_00.parquet"), Size: 10}, {URI: to.Join("0001_part_00.parquet"), Size: 20}}}
}

func TestCompareEqual(t *testing.T) {
	r, err := validate.Compare(t.Context(), counting(6), counting(6), copied(), move())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err != nil || !r.Equal() || len(r.Checks) != 4 {
		t.Errorf("got %v, %+v", err, r)
	}
	for _, c := range r.Checks {
		if c.NotMade != "" {
			t.Errorf("%s was not made: %s", c.Name, c.NotMade)
		}
	}
}

func TestCompareFinds(t *testing.T) {
	for _, tt := range []struct {
		name           string
		source, target int64
		change         func(*validate.Move, *bucket)
		check, says    string
	}{
		{"rows missing at the target", 6, 5, nil, validate.TargetRows, "want 6 rows in the manifest, got 5 rows"},
		{"rows doubled at the target", 6, 12, nil, validate.TargetRows, "got 12 rows"},
		{"rows appended and gone", 6, 5, func(m *validate.Move, _ *bucket) { m.Appended = true }, validate.TargetRows, "got 5 rows"},
		{"rows at the target of a move of none", 0, 3, func(m *validate.Move, b *bucket) {
			m.Manifest, m.Loaded, b.files = new(redferry.Manifest), 0, nil
		}, validate.TargetRows, "want 0 rows in the manifest, got 3 rows"},
		{"rows that came since the UNLOAD", 7, 6, nil, validate.SourceRows, "got 7 rows"},
		{"fewer rows loaded", 6, 6, func(m *validate.Move, _ *bucket) { m.Loaded = 4 }, validate.LoadedRows, "got 4 rows loaded"},
		{"a file missing", 6, 6, func(_ *validate.Move, b *bucket) { b.files = b.files[:1] }, validate.TargetFile, "0001_part_00.parquet: want 20 bytes in the manifest, got no file"},
		{"a file of another size", 6, 6, func(_ *validate.Move, b *bucket) { b.files[0].Size = 9 }, validate.TargetFile, "want 10 bytes in the manifest, got 9 bytes"},
		{"a file that should be empty", 6, 6, func(m *validate.Move, _ *bucket) { m.Manifest.Entries[0].Size = 0 }, validate.TargetFile, "want 0 bytes in the manifest, got 10 bytes"},
		{"a file too many", 6, 6, func(_ *validate.Move, b *bucket) {
			b.files = append(b.files, validate.File{URI: to.Join("0002_part_00.parquet"), Size: 5})
		}, validate.TargetFile, "0002_part_00.parquet: want no such file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, b := move(), copied()
			if tt.change != nil {
				tt.change(m, &b)
			}
			r, err := validate.Compare(t.Context(), counting(tt.target), counting(tt.source), b, m)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Err()
			if !errors.Is(got, validate.ErrDifferent) || !strings.Contains(got.Error(), tt.says) {
				t.Errorf("got %v, want it to say %q", got, tt.says)
			}
			for _, c := range r.Checks {
				if found := len(c.Findings) > 0; found != (c.Name == tt.check) {
					t.Errorf("%s: %v", c.Name, c.Findings)
				}
			}
		})
	}
}

// TestNotMadeIsNotPassed: what was not looked at is said, with the reason, and
// a source that agrees with its own manifest says nothing about the target.
func TestNotMadeIsNotPassed(t *testing.T) {
	m := move()
	m.Loaded, m.Appended = -1, true
	r, err := validate.Compare(t.Context(), counting(99), counting(6), nil, m)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, c := range r.Checks {
		if c.NotMade == "" {
			made++
		}
	}
	if made != 1 || r.Equal() {
		t.Errorf("%d checks were made, equal %v: %+v", made, r.Equal(), r.Checks)
	}
	if err := r.Err(); !errors.Is(err, validate.ErrUnproven) || errors.Is(err, validate.ErrDifferent) {
		t.Errorf("got %v, want ErrUnproven", err)
	}
	if (&validate.Report{}).Equal() || (&validate.Report{}).Err() == nil {
		t.Error("a report without checks counts as equal")
	}
}

func TestUnknownRowsAreNotCompared(t *testing.T) {
	for _, tt := range []struct {
		name           string
		source, target int64
		change         func(*validate.Move)
		notMade        string // the names of the checks
		equal          bool
		level          validate.Level
	}{
		{"all known", 6, 6, func(*validate.Move) {}, "", true, validate.Counted},
		{"manifest without counts", 6, 6, func(m *validate.Move) { m.Manifest.Rows = -1 }, "source rows,loaded rows", true, validate.Counted},
		{"manifest without counts, sides differ", 6, 5, func(m *validate.Move) { m.Manifest.Rows = -1 }, "source rows,loaded rows", false, validate.Counted},
		{"no manifest", 6, 6, func(m *validate.Move) { m.Manifest = nil }, "source rows,loaded rows,files", true, validate.Counted},
		{"appended", 6, 99, func(m *validate.Move) { m.Appended = true }, "target rows", true, validate.Loaded},
		{"appended onto nothing", 6, 6, func(m *validate.Move) { m.Appended = true }, "", true, validate.Counted},
		{"appended and not counted", 6, 99, func(m *validate.Move) { m.Appended, m.Loaded = true, -1 }, "loaded rows,target rows", false, validate.None},
		{"no rows at all", 0, 0, func(m *validate.Move) { m.Manifest, m.Loaded = new(redferry.Manifest), 0 }, "", false, validate.Counted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := move()
			tt.change(m)
			r, err := validate.Compare(t.Context(), counting(tt.target), counting(tt.source), copied(), m)
			if err != nil {
				t.Fatal(err)
			}
			var notMade []string
			for _, c := range r.Checks {
				if c.NotMade != "" {
					notMade = append(notMade, c.Name)
				}
				if c.NotMade != "" && len(c.Findings) > 0 {
					t.Errorf("%s was not made and found %v", c.Name, c.Findings)
				}
			}
			if got := strings.Join(notMade, ","); got != tt.notMade || len(r.Checks) != 4 {
				t.Errorf("%d checks, not made: %s; want 4, without %s", len(r.Checks), got, tt.notMade)
			}
			if r.Equal() != tt.equal || r.Level() != tt.level {
				t.Errorf("equal %v, level %s; want %v, %s", r.Equal(), r.Level(), tt.equal, tt.level)
			}
		})
	}
}

// TestFilesBesides: UNLOAD's own manifest may lie beside the files, and a
// folder whose name only begins like this one's is another's.
func TestFilesBesides(t *testing.T) {
	b := copied()
	b.files = append(b.files,
		validate.File{URI: to.Join("manifest"), Size: 300},
		validate.File{URI: redferry.MustParseURI("s3://bucket-b/stage/orders/10/0000_part_00.parquet"), Size: 5})
	m := move()
	m.To.Key = strings.TrimSuffix(m.To.Key, "/")
	r, err := validate.Compare(t.Context(), counting(6), counting(6), b, m)
	if err != nil || !r.Equal() {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestReportAsJSON(t *testing.T) {
	r, err := validate.Compare(t.Context(), counting(5), counting(6), nil, move())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"source":"\"sales\".\"orders\"","target":"\"eu\".\"orders\"","checks":[` +
		`{"name":"source rows","value":"6"},{"name":"loaded rows","value":"6"},` +
		`{"name":"target rows","value":"5","findings":[{"subject":"\"eu\".\"orders\"","want":"6 rows in the manifest","got":"5 rows"}]},` +
		`{"name":"files","notMade":"no key may list the target's bucket"}],"level":"counted","equal":false}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func TestCompareFailsWhenItCannotLook(t *testing.T) {
	broken := errors.New("broken")
	failing := exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) { return nil, broken })
	for name, compare := range map[string]func() (*validate.Report, error){
		"source": func() (*validate.Report, error) {
			return validate.Compare(t.Context(), counting(6), failing, copied(), move())
		},
		"target": func() (*validate.Report, error) {
			return validate.Compare(t.Context(), failing, counting(6), copied(), move())
		},
		"files of the target": func() (*validate.Report, error) {
			return validate.Compare(t.Context(), counting(6), counting(6), bucket{err: broken}, move())
		},
	} {
		r, err := compare()
		if r != nil || !errors.Is(err, broken) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, %v", name, r, err)
		}
	}
}

func ExampleReport_WriteTo() {
	r, err := validate.Compare(context.Background(), counting(5), counting(6), nil, move())
	if err != nil {
		fmt.Println(err)
	}
	_, _ = r.WriteTo(os.Stdout)
	fmt.Println(r.Equal())
	// Output:
	//   "eu"."orders": source rows: 6, equal
	//   "eu"."orders": loaded rows: 6, equal
	//   "eu"."orders": target rows: DIFFERENT: "eu"."orders": want 6 rows in the manifest, got 5 rows
	//   "eu"."orders": files: not checked: no key may list the target's bucket
	// false
}
