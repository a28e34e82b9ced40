package pipeline_test

import (
	"errors"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/validate"
)

// TestRowsBefore: rows that a target had before an append say nothing against
// it, and nothing for it; rows that came to any other target are a finding.
func TestRowsBefore(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   copyload.Mode
		before pipeline.Step // as it begins, a row comes to the target
		want   error
	}{
		{"appended to", copyload.Append, pipeline.Load, nil},
		{"replaced", copyload.Replace, pipeline.Load, nil},
		{"written to after the load", copyload.OntoEmpty, pipeline.Validate, validate.ErrDifferent},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inSmallWorld(t, onMem, func(t *testing.T, _ *client, _, b exec.Executor, config *pipeline.Config) {
				config.Load = tt.mode
				config.Trace = &pipeline.Trace{Start: func(_ redferry.Table, step pipeline.Step) {
					if step == tt.before {
						run(t, b, `INSERT INTO small.x VALUES (3, 300)`)
					}
				}}
				report, err := pipeline.Run(t.Context(), config)
				if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
					t.Fatalf("got %v, want %v", err, tt.want)
				}
				for _, check := range report.Tables[0].Checks.Checks {
					if made := check.NotMade == ""; check.Name == validate.TargetRows && made != (tt.mode != copyload.Append) {
						t.Errorf("the target's rows were held against the manifest: %t", made)
					}
				}
			})
		})
	}
}
