package pipeline_test

import (
	"testing"

	"github.com/redferry/redferry/internal/crashtest"
	"github.com/redferry/redferry/pipeline"
)

// TestStateCrash: whenever the power fails, the next run reads the record that
// was saved or the one that was being saved.
func TestStateCrash(t *testing.T) {
	crashtest.Test(t, func(files crashtest.Files) crashtest.Store { return attempts(t, pipeline.FileState(files)) })
}

// TestStateKill is the same for kills, on a real disk.
func TestStateKill(t *testing.T) {
	crashtest.TestKill(t, func(dir string) (crashtest.Store, error) {
		s, err := pipeline.DirState(dir)
		return attempts(t, s), err
	})
}

// attempts keeps versions as those of a record's attempt.
func attempts(t *testing.T, s pipeline.State) crashtest.Store {
	return crashtest.Store{
		Read: func() (int, error) {
			record, err := s.Read(t.Context(), "r", table)
			if err != nil {
				return 0, err
			}
			return record.Attempt, nil
		},
		Write: func(version int) error {
			return s.Write(t.Context(), &pipeline.Record{Run: "r", Table: table, Attempt: version})
		},
	}
}
