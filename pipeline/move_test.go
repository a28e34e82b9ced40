package pipeline_test

import (
	"testing"

	"github.com/redferry/redferry/pipeline"
)

// TestMove runs the whole pipeline over each channel.
func TestMove(t *testing.T) {
	for _, mode := range []string{"direct", "dataapi", "auto"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			inWorld(t, onBest, func(t *testing.T, c *client) {
				report, err := pipeline.Run(t.Context(), c.config(c.executor(t, c.A, mode), c.executor(t, c.B, mode)))
				if err != nil {
					t.Fatal(err)
				}
				c.same(t, people, orders, nothing)
				for _, table := range report.Tables {
					if table.Step != pipeline.Validate || table.Err != nil {
						t.Errorf("%s: %s, %v", table.Source, table.Step, table.Err)
					}
				}
			})
		})
	}
}
