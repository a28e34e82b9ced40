package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/pipeline"
)

// TestSideBySide: as many tables as Concurrency says are moved at once, and no
// more; four by default. It comes first: in its bubble a limit of none is a
// deadlock that is noticed.
func TestSideBySide(t *testing.T) {
	for _, tt := range []struct{ concurrency, want int }{{0, 4}, {-1, 4}, {1, 1}, {3, 3}, {9, 6}} {
		synctest.Test(t, func(t *testing.T) {
			config := offline(clones("r.a", "r.b", "r.c", "r.d", "r.e", "r.f"))
			config.Concurrency = tt.concurrency
			var mu sync.Mutex // guards both
			now, most := 0, 0
			add := func(n int) {
				mu.Lock()
				defer mu.Unlock()
				now += n
				most = max(most, now)
			}
			config.Source.DB = exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
				if strings.HasPrefix(s.SQL, "UNLOAD") {
					add(1)
					time.Sleep(time.Second)
					add(-1)
				}
				return nil, errBroken
			})
			report, _ := pipeline.Run(t.Context(), config)
			if most != tt.want {
				t.Errorf("Concurrency %d: %d tables were moved at once, want %d", tt.concurrency, most, tt.want)
			}
			if took := time.Duration((6+tt.want-1)/tt.want) * time.Second; report.Elapsed != took || report.Tables[0].Elapsed != time.Second {
				t.Errorf("the report has %v and %v, it took %v and %v", report.Elapsed, report.Tables[0].Elapsed, took, time.Second)
			}
		})
	}
}

// TestConfigRefused changes one thing at a time, and nothing is asked of any
// warehouse.
func TestConfigRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*pipeline.Config)
		says   string
	}{
		{"no run", func(c *pipeline.Config) { c.Run = "" }, "Run is"},
		{"a run of 65 letters", func(c *pipeline.Config) { c.Run = strings.Repeat("r", 65) }, "Run is"},
		{"a run with a slash", func(c *pipeline.Config) { c.Run = "a/b" }, "Run is"},
		{"a hidden run", func(c *pipeline.Config) { c.Run = ".run" }, "Run is"},
		{"no bridge", func(c *pipeline.Config) { c.Bridge = nil }, "Bridge and Cloner"},
		{"no cloner", func(c *pipeline.Config) { c.Cloner = nil }, "Bridge and Cloner"},
		{"no source", func(c *pipeline.Config) { c.Source.DB = nil }, "Source needs DB and Role"},
		{"no role of the source", func(c *pipeline.Config) { c.Source.Role = nil }, "Source needs DB and Role"},
		{"no target", func(c *pipeline.Config) { c.Target.DB = nil }, "Target needs DB and Role"},
		{"no role of the target", func(c *pipeline.Config) { c.Target.Role = nil }, "Target needs DB and Role"},
		{"a stage without a bucket", func(c *pipeline.Config) { c.Source.Stage.Bucket = "" }, "Source.Stage"},
		{"a stage that is no prefix", func(c *pipeline.Config) { c.Target.Stage.Key = "stage" }, "Target.Stage"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := offline(clones("r.x"))
			source, target := config.Source.DB.(*exectest.Executor), config.Target.DB.(*exectest.Executor)
			tt.change(config)
			report, err := pipeline.Run(t.Context(), config)
			if report == nil || !errors.Is(err, pipeline.ErrConfig) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, %v, want ErrConfig that says %q", report, err, tt.says)
			}
			if n := len(source.Statements()) + len(target.Statements()); n != 0 {
				t.Errorf("%d statements were run", n)
			}
		})
	}
}

// TestRunNames: the longest name, and each kind of character.
func TestRunNames(t *testing.T) {
	for _, name := range []string{"r", strings.Repeat("r", 64), "0", "Run_1.2-3"} {
		config := offline(clones("r.x"))
		config.Run = name
		if _, err := pipeline.Run(t.Context(), config); errors.Is(err, pipeline.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStopsBeforeAnythingIsMade: what fails before the definitions says where,
// and makes nothing.
func TestStopsBeforeAnythingIsMade(t *testing.T) {
	noRole := creds.ProviderFunc[creds.Role](func(context.Context) (creds.Role, error) { return creds.Role{}, errBroken })
	for _, tt := range []struct {
		name   string
		change func(*pipeline.Config, *cloner)
		want   error
		says   string
	}{
		{"the source's role", func(c *pipeline.Config, _ *cloner) { c.Source.Role = noRole }, errBroken, "role of the source"},
		{"the target's role", func(c *pipeline.Config, _ *cloner) { c.Target.Role = noRole }, errBroken, "role of the target"},
		{"the catalog", func(_ *pipeline.Config, c *cloner) { c.inspect = errBroken }, errBroken, "pipeline: source"},
		{"no table", func(_ *pipeline.Config, c *cloner) { c.catalog.Tables = nil }, pipeline.ErrConfig, "finds no table"},
		{"the plan", func(c *pipeline.Config, _ *cloner) {
			c.Plan = &ddl.PlanOptions{Rename: func(redferry.Table) redferry.Table { return redferry.Table{Schema: "one", Name: "name"} }}
		}, nil, "pipeline: "},
		{"the ledger", func(c *pipeline.Config, _ *cloner) {
			c.Target.DB = exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) { return nil, errBroken })
		}, errBroken, "pipeline: target"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clones("r.x", "r.y")
			c.apply = func(context.Context, *ddl.Plan, *ddl.ApplyOptions) (*ddl.Applied, error) {
				t.Error("tables were made")
				return nil, nil
			}
			config := offline(c)
			tt.change(config, c)
			report, err := pipeline.Run(t.Context(), config)
			if report == nil || err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v that says %q", err, tt.want, tt.says)
			}
			if n := len(config.Source.DB.(*exectest.Executor).Statements()); n != 0 {
				t.Errorf("%d statements were run at the source", n)
			}
		})
	}
}

// TestExpect: what the caller expects of a table reaches its UNLOAD.
func TestExpect(t *testing.T) {
	config := offline(clones("r.x"))
	config.Expect = func(redferry.Table) time.Duration { return 7 * time.Minute }
	_, _ = pipeline.Run(t.Context(), config)
	for _, s := range config.Source.DB.(*exectest.Executor).Statements() {
		if strings.HasPrefix(s.SQL, "UNLOAD") && s.Expect == 7*time.Minute {
			return
		}
	}
	t.Error("no UNLOAD expects it")
}
