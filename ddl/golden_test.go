package ddl_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/redferry/redferry/ddl"
)

var update = flag.Bool("update", false, "rewrite the expected parts of testdata")

// TestPlanGolden reads each archive of testdata: catalog.json and, if it is
// there, options.json go in; plan.sql or, if Plan refuses, error.txt comes out.
func TestPlanGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, got := planGolden(t, archive)
			want := string(part(archive, name))
			if *update {
				setPart(archive, name, got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		})
	}
}

func planGolden(t *testing.T, archive *txtar.Archive) (name, content string) {
	t.Helper()
	var catalog ddl.Catalog
	unmarshal(t, part(archive, "catalog.json"), &catalog)
	opts := new(ddl.PlanOptions)
	if data := part(archive, "options.json"); data != nil {
		unmarshal(t, data, opts)
	}
	plan, err := ddl.New(nil).Plan(&catalog, opts)
	if err != nil {
		return "error.txt", err.Error() + "\n"
	}
	var script strings.Builder
	if _, err := plan.WriteTo(&script); err != nil {
		t.Fatal(err)
	}
	return "plan.sql", script.String()
}

func unmarshal(t *testing.T, data []byte, v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatal(err)
	}
}

func part(archive *txtar.Archive, name string) []byte {
	for _, f := range archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setPart(archive *txtar.Archive, name, content string) {
	files := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "plan.sql" && f.Name != "error.txt" {
			files = append(files, f)
		}
	}
	archive.Files = append(files, txtar.File{Name: name, Data: []byte(content)})
}
