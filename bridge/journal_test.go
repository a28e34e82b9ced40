package bridge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
)

func TestMemJournal(t *testing.T) {
	bridgetest.TestJournal(t, func(*testing.T) bridge.Journal { return new(bridge.MemJournal) }, nil)
}

func TestDirJournal(t *testing.T) {
	directories := make(map[bridge.Journal]string)
	open := func(t *testing.T, dir string) bridge.Journal {
		j, err := bridge.NewDirJournal(dir)
		if err != nil {
			t.Fatal(err)
		}
		directories[j] = dir
		return j
	}
	bridgetest.TestJournal(t,
		func(t *testing.T) bridge.Journal { return open(t, filepath.Join(t.TempDir(), "made", "on the way")) },
		func(t *testing.T, j bridge.Journal) bridge.Journal { return open(t, directories[j]) })
}

func TestDirJournalRefusesWhatIsNotItsOwn(t *testing.T) {
	dst := redferry.MustParseURI("s3://target/k")
	for _, tt := range []struct{ name, content, want string }{
		{"torn", `{"dst":"s3://tar`, "unexpected end"},
		{"empty", "", "unexpected end"},
		{"of another destination", `{"dst":"s3://target/other","upload_id":"u"}`, "is about"},
		{"without an upload", `{"dst":"s3://target/k"}`, "is about"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			j, err := bridge.NewDirJournal(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := j.Save(t.Context(), bridge.Upload{Dst: dst, UploadID: "u"}); err != nil {
				t.Fatal(err)
			}
			files, err := os.ReadDir(dir)
			if err != nil || len(files) != 1 {
				t.Fatalf("the journal holds %v, %v, want one file", files, err)
			}
			if err := os.WriteFile(filepath.Join(dir, files[0].Name()), []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, ok, err := j.Load(t.Context(), dst); ok || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, %v, want an error with %q", ok, err, tt.want)
			}
		})
	}
}

func TestNewDirJournalNeedsADirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bridge.NewDirJournal(file); err == nil {
		t.Error("a file was taken for a directory")
	}
}
