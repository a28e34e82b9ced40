package bridge_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
	"github.com/redferry/redferry/testkit/memdisk"
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

// TestFileJournal: the journal on a disk that loses its power, and what was not
// synced, before the program starts again.
func TestFileJournal(t *testing.T) {
	disks := make(map[bridge.Journal]*memdisk.Disk)
	open := func(t *testing.T, disk *memdisk.Disk) bridge.Journal {
		files, err := disk.Start(nil).Files("journal")
		if err != nil {
			t.Fatal(err)
		}
		j := bridge.NewFileJournal(files)
		disks[j] = disk
		return j
	}
	bridgetest.TestJournal(t,
		func(t *testing.T) bridge.Journal { return open(t, new(memdisk.Disk)) },
		func(t *testing.T, j bridge.Journal) bridge.Journal {
			disks[j].Crash(func(n int) int { return n - 1 })
			return open(t, disks[j])
		})
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

// fleeting are files of which one is there when it is created, and gone when it is
// read: another program removes it in between. The second creation succeeds.
type fleeting struct {
	bridge.Files
	created int
	content string
}

func (f *fleeting) Create(_ string, data []byte) error {
	if f.created++; f.created == 1 {
		return fs.ErrExist
	}
	f.content = string(data)
	return nil
}

func (f *fleeting) Read(string) ([]byte, error) { return nil, fs.ErrNotExist }

// TestFileJournalTriesAgain: an upload that is forgotten while another is saved is none
// in its way. Without an end that would go on for ever: the context's counts.
func TestFileJournalTriesAgain(t *testing.T) {
	u := bridge.Upload{Dst: redferry.MustParseURI("s3://target/k"), UploadID: "mine"}
	files := new(fleeting)
	if err := bridge.NewFileJournal(files).Save(t.Context(), u); err != nil || !strings.Contains(files.content, "mine") {
		t.Errorf("Save = %v, and %q is stored", err, files.content)
	}
	files, reason := new(fleeting), errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	if err := bridge.NewFileJournal(files).Save(ctx, u); !errors.Is(err, reason) || files.content != "" {
		t.Errorf("with an ended context: Save = %v, and %q is stored", err, files.content)
	}
}

// TestDirJournalSweeps: a file that a killed run was still writing does not stay.
func TestDirJournalSweeps(t *testing.T) {
	dir := t.TempDir()
	left, old := filepath.Join(dir, ".redferry-1.new"), time.Now().Add(-24*time.Hour)
	if err := os.WriteFile(left, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(left, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := bridge.NewDirJournal(dir); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("the journal holds %v, %v, want nothing", files, err)
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

// A brokenJournal fails in one of its functions.
type brokenJournal struct {
	bridge.MemJournal
	load, save, remove error
}

func (j *brokenJournal) Load(ctx context.Context, dst redferry.URI) (bridge.Upload, bool, error) {
	u, ok, err := j.MemJournal.Load(ctx, dst)
	return u, ok, errors.Join(err, j.load)
}

func (j *brokenJournal) Save(ctx context.Context, u bridge.Upload) error {
	return errors.Join(j.MemJournal.Save(ctx, u), j.save)
}

func (j *brokenJournal) Delete(ctx context.Context, u bridge.Upload) error {
	return errors.Join(j.MemJournal.Delete(ctx, u), j.remove)
}

// TestBrokenJournal: nothing is sent that the journal could not remember, and
// what is proven stays proven when the journal cannot forget.
func TestBrokenJournal(t *testing.T) {
	broken := errors.New("disk full")
	for name, tt := range map[string]struct {
		journal *brokenJournal
		says    string
	}{
		"Load":   {&brokenJournal{load: broken}, "load from the journal the upload to s3://target/k"},
		"Save":   {&brokenJournal{save: broken}, "save in the journal the upload to s3://target/k"},
		"Delete": {&brokenJournal{remove: broken}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				w.put(t, "k", random(5000), nil)
				_, err := w.copier(func(o *bridge.Options) { o.Journal = tt.journal }).Copy(t.Context(), dst("k"), unknown("k"))
				if tt.says == "" {
					check(t, err)
					return
				}
				if !errors.Is(err, broken) || !strings.Contains(err.Error(), tt.says) || bridge.Resumable(err) {
					t.Errorf("Copy = %v, want %q", err, tt.says)
				}
				if w.open(t) != 0 || acknowledged(w.b.s3, "UploadPart") != 0 {
					t.Errorf("%d uploads are open, %d parts were sent", w.open(t), acknowledged(w.b.s3, "UploadPart"))
				}
			})
		})
	}
}
