package deptest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/redferry/redferry"

// A rule says what packages must not reach, by import path or its beginning.
type rule struct {
	name     string
	packages []string // relative to the module; "" is the root
	never    []string
	reason   string
}

var rules = []rule{
	{
		name:     "pure packages know no wire",
		packages: []string{"", "exec", "exec/exectest", "ddl", "validate", "internal/sqltext", "internal/toposort"},
		never:    []string{"github.com/aws/", "github.com/jackc/", "net/http"},
		reason:   "code for a wire belongs into exec/direct, exec/dataapi or bridge",
	},
	{
		name: "production reaches neither DuckDB nor the test kit",
		packages: []string{
			"", "creds", "creds/awscreds", "creds/awssecrets", "exec", "exec/direct", "exec/dataapi", "ddl", "unload", "bridge", "bridge/boltstate", "bridge/pgstate",
			"copyload", "validate", "pipeline",
		},
		never: []string{
			"github.com/duckdb/", "github.com/marcboeker/", module + "/testkit", "testing",
		},
		reason: "fakes and tests stay out of what users run",
	},
	{
		name: "the test kit needs no cgo, but for DuckDB",
		packages: []string{
			"testkit/fakeaws", "testkit/fakes3", "testkit/fakeredshift", "testkit/fakeredshift/mem", "testkit/fakeredshift/enginetest", "testkit/memnet", "testkit/memdisk",
			"testkit/canary", "testkit/pair", "testkit/sim",
		},
		never:  []string{"github.com/duckdb/", "runtime/cgo"},
		reason: "only testkit/fakeredshift/duck stands on DuckDB",
	},
	{
		name:     "the bridge knows no SQL",
		packages: []string{"bridge"},
		never:    []string{module + "/exec", module + "/creds", "github.com/jackc/"},
		reason:   "the bridge copies objects; a caller wires the rest",
	},
}

func TestLayers(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, p := range r.packages {
				checkRule(t, r, strings.TrimSuffix(module+"/"+p, "/"))
			}
		})
	}
}

func checkRule(t *testing.T, r rule, path string) {
	t.Helper()
	for _, dep := range dependencies(t, path) {
		if i := slices.IndexFunc(r.never, func(never string) bool { return reaches(dep, never) }); i >= 0 {
			t.Errorf("%s reaches %s: %s", path, dep, r.reason)
		}
	}
}

// reaches reports whether dep is never or lies below it.
func reaches(dep, never string) bool {
	return dep == never || strings.HasPrefix(dep, strings.TrimSuffix(never, "/")+"/")
}

// dependencies lists what path is built from, without cgo: as users of the
// production packages may build them.
func dependencies(t *testing.T, path string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", path)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", path, err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, path) {
		t.Fatalf("go list -deps %s does not list the package itself", path)
	}
	return deps
}

// TestReaches makes sure that the rules can fail at all.
func TestReaches(t *testing.T) {
	if !reaches("github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/") || reaches("testing/iotest2", "testing/iotest") {
		t.Error("reaches is wrong")
	}
}
