package atomicfile_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/testkit/memdisk"
)

// before returns a boundary that calls meddle before the first operation of a kind.
func before(kind memdisk.Kind, meddle func(op memdisk.Op) error) func(memdisk.Op) error {
	met := false
	return func(op memdisk.Op) error {
		if op.Kind != kind || met {
			return nil
		}
		met = true
		return meddle(op)
	}
}

// TestOpenWhileAnotherOpens: two may make the directory at the same time.
func TestOpenWhileAnotherOpens(t *testing.T) {
	disk := new(memdisk.Disk)
	other := disk.Start(nil)
	p := disk.Start(before(memdisk.Mkdir, func(op memdisk.Op) error { return other.Mkdir(op.Path) }))
	if _, err := p.Files("a/b"); err != nil {
		t.Error(err)
	}
}

// TestSweepWhileAnotherSweeps: two may sweep at the same time.
func TestSweepWhileAnotherSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := new(memdisk.Disk)
		other := disk.Start(nil)
		var killed *memdisk.Process
		killed = disk.Start(before(memdisk.Rename, func(memdisk.Op) error { killed.Kill(); return memdisk.ErrDead }))
		files, err := killed.Files("d")
		if err != nil {
			t.Fatal(err)
		}
		if err := files.Write("a", nil); !errors.Is(err, memdisk.ErrDead) || len(disk.Files()) != 1 {
			t.Fatalf("Write = %v; left %v", err, disk.Files())
		}
		time.Sleep(24 * time.Hour)
		removed := false
		p := disk.Start(before(memdisk.Remove, func(op memdisk.Op) error { removed = true; return other.Remove(op.Path) }))
		if _, err := p.Files("d"); err != nil || !removed || len(disk.Files()) != 0 {
			t.Errorf("Open = %v; removed: %t; left %v", err, removed, disk.Files())
		}
	})
}

// TestCloseFails: a file that could not be closed does not take the place of the
// one before.
func TestCloseFails(t *testing.T) {
	disk := new(memdisk.Disk)
	broken := errors.New("broken")
	files, err := disk.Start(before(memdisk.Close, func(memdisk.Op) error { return broken })).Files("d")
	if err != nil {
		t.Fatal(err)
	}
	if err := files.Write("a", nil); !errors.Is(err, broken) || len(disk.Files()) != 0 {
		t.Errorf("Write = %v; left %v", err, disk.Files())
	}
}
