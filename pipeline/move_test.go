//go:build cgo

package pipeline_test

import (
	"testing"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/pair"
)

// TestMove runs the whole pipeline over each channel.
func TestMove(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi", "auto"} {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			defer w.close(t)
			c := w.newClient(nil)
			defer c.close(t)
			c.fill(t)
			executor := func(a *pair.Account) exec.Executor {
				switch mode {
				case "direct":
					return c.direct(t, a, a.Login)
				case "dataapi":
					return c.dataAPI(t, a)
				}
				return exec.Auto(c.direct(t, a, a.Login), c.dataAPI(t, a), nil)
			}
			report, err := pipeline.Run(t.Context(), c.config(executor(c.A), executor(c.B)))
			if err != nil {
				t.Fatal(err)
			}
			c.same(t)
			for _, table := range report.Tables {
				if table.Step != pipeline.Validate || table.Err != nil {
					t.Errorf("%s: %s, %v", table.Source, table.Step, table.Err)
				}
			}
		})
	}
}
