package bridge_test

import (
	"testing"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/crashtest"
)

// TestJournalCrash: whenever the power fails, the next run loads the upload that
// was saved or the one that was being saved, and none that was forgotten.
func TestJournalCrash(t *testing.T) {
	crashtest.Test(t, func(files crashtest.Files) crashtest.Store { return sizes(t, bridge.NewFileJournal(files)) })
}

// TestJournalKill is the same for kills, on a real disk.
func TestJournalKill(t *testing.T) {
	crashtest.TestKill(t, func(dir string) (crashtest.Store, error) {
		j, err := bridge.NewDirJournal(dir)
		return sizes(t, j), err
	})
}

// sizes keeps versions as those of an upload's size.
func sizes(t *testing.T, j bridge.Journal) crashtest.Store {
	return crashtest.Store{
		Read: func() (int, error) {
			u, _, err := j.Load(t.Context(), dst("k"))
			return int(u.Size), err
		},
		Write: func(version int) error {
			return j.Save(t.Context(), bridge.Upload{Dst: dst("k"), Size: int64(version), UploadID: "u"})
		},
		Remove:  func() error { return j.Delete(t.Context(), bridge.Upload{Dst: dst("k"), UploadID: "u"}) },
		Creates: true,
	}
}
