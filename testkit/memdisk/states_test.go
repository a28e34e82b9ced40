package memdisk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/memdisk"
)

// TestCrashStates: the states are exactly those that POSIX allows.
func TestCrashStates(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(t *testing.T, p *memdisk.Process) // settled: nothing of it is lost
		run    func(t *testing.T, p *memdisk.Process)
		want   []string
	}{
		{
			"a write is lost, torn or kept, with or without its size, and so is its name", nil,
			func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "xy") },
			[]string{"", "a=", "a=x", "a=xy", `a=x\x00`, `a=\x00\x00`},
		},
		{
			"a synced file may lose its name", nil,
			func(t *testing.T, p *memdisk.Process) { must(t, put(t, p, "a", "x").Sync()) },
			[]string{"", "a=", `a=\x00`, "a=x"}, // also before the sync
		},
		{
			"a name that is synced may have lost its content", nil,
			func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "x"); must(t, p.SyncDir("")) },
			[]string{"", "a=", `a=\x00`, "a=x"},
		},
		{
			"a file in place of another without a sync", func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "o") },
			func(t *testing.T, p *memdisk.Process) { put(t, p, "b", "n"); must(t, p.Rename("b", "a")) },
			[]string{
				"a=o", "a=o b=", `a=o b=\x00`, "a=o b=n", // not renamed
				"a=", `a=\x00`, "a=n", // renamed
				"a= b=", `a=\x00 b=\x00`, "a=n b=n", // both names
			},
		},
		{
			"a link gives one name, the other, both or none", func(t *testing.T, p *memdisk.Process) { put(t, p, "o", "") },
			func(t *testing.T, p *memdisk.Process) {
				f := put(t, p, "a", "x")
				must(t, f.Sync(), p.Link("a", "b"), p.Remove("a"))
			},
			[]string{"o=", "a= o=", `a=\x00 o=`, "a=x o=", "b=x o=", "a=x b=x o="},
		},
		{
			"a link that is synced is there", func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "x") },
			func(t *testing.T, p *memdisk.Process) {
				must(t, p.Link("a", "b"), p.SyncDir(""), p.Remove("a"))
			},
			[]string{"a=x", "a=x b=x", "b=x"},
		},
		{
			"what is written is lost under both names", func(t *testing.T, p *memdisk.Process) { must(t, put(t, p, "a", "").Close(), p.Link("a", "b")) },
			func(t *testing.T, p *memdisk.Process) { put(t, p, "b", "x") },
			[]string{"a= b=", `a=\x00 b=\x00`, "a=x b=x"},
		},
		{
			"a removal is done or not", func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "x"); put(t, p, "b", "y") },
			func(t *testing.T, p *memdisk.Process) { must(t, p.Remove("a"), p.Remove("b")) },
			[]string{"a=x b=y", "b=y", "a=x", ""},
		},
		{
			"two writes go their own ways", nil,
			func(t *testing.T, p *memdisk.Process) {
				f := put(t, p, "a", "x")
				must(t, p.SyncDir("/"))
				_, err := f.Write([]byte("y"))
				must(t, err)
			},
			[]string{"", "a=", `a=\x00`, "a=x", `a=\x00\x00`, `a=\x00y`, `a=x\x00`, "a=xy"},
		},
		{
			"written in place, old and new mix", func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "old") },
			func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "NEW") },
			[]string{"a=old", "a=", "a=N", "a=NE", "a=NEW", `a=\x00\x00\x00`, `a=N\x00\x00`, `a=NE\x00`, "a=Nld", "a=NEd"},
		},
		{
			"a directory that loses its name loses what was synced in it", nil,
			func(t *testing.T, p *memdisk.Process) {
				must(t, p.Mkdir("d"), put(t, p, "d/a", "").Sync(), p.SyncDir("d"))
			},
			[]string{"", "d/a="},
		},
		{
			"removed and made again", func(t *testing.T, p *memdisk.Process) { put(t, p, "a", "o") },
			func(t *testing.T, p *memdisk.Process) { must(t, p.Remove("a"), put(t, p, "a", "").Sync()) },
			[]string{"a=o", "", "a="},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			disk := new(memdisk.Disk)
			if tt.before != nil {
				tt.before(t, disk.Start(nil))
				disk.Crash(func(int) int { return 0 })
			}
			var got []string
			for state := range disk.CrashStates(func(d *memdisk.Disk, _ func()) { tt.run(t, d.Start(nil)) }) {
				got = append(got, show(state.Disk.Files()))
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if diff := cmp.Diff(tt.want, slices.Compact(got)); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
		})
	}
}

// show prints files on one line.
func show(files map[string]string) string {
	var all []string
	for path, content := range files {
		all = append(all, fmt.Sprintf("%s=%s", path, strings.Trim(fmt.Sprintf("%q", content), `"`)))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// TestPromises: a state knows what had been promised and done.
func TestPromises(t *testing.T) {
	var got []string
	for state := range new(memdisk.Disk).CrashStates(func(d *memdisk.Disk, promise func()) {
		p := d.Start(nil)
		must(t, p.Mkdir("d"))
		must(t, p.SyncDir(""))
		promise()
		must(t, put(t, p, "d/a", "").Close())
	}) {
		got = append(got, state.String())
	}
	want := []string{
		`power lost before the first operation; 0 promises; left map[]`,
		`power lost after 1 operations, the last: mkdir d; 0 promises; left map[]`,
		`power lost after 2 operations, the last: fsync directory ; 1 promises; left map[]`,
		`power lost after 3 operations, the last: create d/a; 1 promises; left map["d/a":""]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// TestCrashStatesLeaveTheDiskAlone: a run is done on a copy, and a state can be
// crashed again.
func TestCrashStatesLeaveTheDiskAlone(t *testing.T) {
	disk := new(memdisk.Disk)
	var got []string
	for state := range disk.CrashStates(func(d *memdisk.Disk, _ func()) { put(t, d.Start(nil), "a", "") }) {
		for again := range state.Disk.CrashStates(func(d *memdisk.Disk, _ func()) { put(t, d.Start(nil), "b", "") }) {
			got = append(got, show(state.Disk.Files())+" then "+show(again.Disk.Files()))
		}
	}
	if diff := cmp.Diff([]string{" then ", " then b=", "a= then a=", "a= then a= b="}, got); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	if len(disk.Files()) != 0 {
		t.Errorf("the disk has %v", disk.Files())
	}
}
