package pipeline

import (
	"strings"
	"testing"

	"github.com/redferry/redferry"
)

func TestFolder(t *testing.T) {
	a := folder(redferry.Table{Schema: "s", Name: `a/b`})
	b := folder(redferry.Table{Schema: "s", Name: `a"b`})
	if a == b {
		t.Errorf("two tables share the folder %s", a)
	}
	long := folder(redferry.Table{Schema: strings.Repeat("é", 60), Name: strings.Repeat("x", 127)})
	for _, f := range []string{a, b, long} {
		if strings.ContainsAny(f, `/"\ '`) || !strings.HasPrefix(f, "t-") || len(f) > 60 {
			t.Errorf("folder %q", f)
		}
	}
}

// TestFolderIsReadable: what every store and file system takes is left in a
// table's folder, and nothing else.
func TestFolderIsReadable(t *testing.T) {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
	for c := range 256 {
		want := "-"
		if strings.IndexByte(plain, byte(c)) >= 0 {
			want = string(byte(c))
		}
		if got := folder(redferry.Table{Schema: "s", Name: string([]byte{byte(c)})}); !strings.HasPrefix(got, "t-s."+want+"-") {
			t.Errorf("the folder of a table named %q is %s", byte(c), got)
		}
	}
}

func TestStepOrder(t *testing.T) {
	for i, later := range steps {
		for j, earlier := range steps {
			if got, want := later.Reached(earlier), i >= j; got != want {
				t.Errorf("%q reached %q: got %t, want %t", later, earlier, got, want)
			}
		}
	}
}

// TestRecordCheck: a record that no run can have written is not trusted.
func TestRecordCheck(t *testing.T) {
	table := redferry.Table{Schema: "s", Name: "t"}
	good := func() *Record {
		return &Record{
			Run: "r", Table: table, Step: Transfer, Folder: "1-x", Columns: []redferry.Column{{Name: "a", Type: "integer"}},
			Manifest: &redferry.Manifest{Rows: 1, Entries: make([]redferry.Entry, 1)}, Files: make([]File, 1),
		}
	}
	for name, change := range map[string]func(*Record){
		"as it is":            func(*Record) {},
		"before the first":    func(r *Record) { *r = Record{Run: r.Run, Table: r.Table} },
		"defined":             func(r *Record) { *r = Record{Run: r.Run, Table: r.Table, Step: Define} },
		"unloaded":            func(r *Record) { r.Step, r.Files = Unload, nil },
		"validated":           func(r *Record) { r.Step = Validate },
		"without rows":        func(r *Record) { r.Manifest, r.Files = new(redferry.Manifest), nil },
		"copied in part only": func(r *Record) { r.Step, r.Manifest.Entries = Unload, make([]redferry.Entry, 2) },
	} {
		r := good()
		change(r)
		if err := r.check("r", table); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, damage := range map[string]func(*Record){
		"another run":    func(r *Record) { r.Run = "q" },
		"another table":  func(r *Record) { r.Table.Name = "u" },
		"unknown step":   func(r *Record) { r.Step = "lode" },
		"no manifest":    func(r *Record) { r.Manifest = nil },
		"no folder":      func(r *Record) { r.Folder = "" },
		"no columns":     func(r *Record) { r.Columns = nil },
		"a file too few": func(r *Record) { r.Files = nil },
		"rows not known": func(r *Record) { r.Manifest.Rows = -1 },
	} {
		r := good()
		damage(r)
		if err := r.check("r", table); err == nil || !strings.Contains(err.Error(), "cannot be right") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
