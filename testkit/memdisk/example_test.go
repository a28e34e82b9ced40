package memdisk_test

import (
	"fmt"

	"github.com/redferry/redferry/testkit/memdisk"
)

// A file that is written in place can be lost by a crash; Files keeps it.
func ExampleDisk_CrashStates() {
	inPlace := func(p *memdisk.Process, content string) {
		f, err := p.Create("record")
		if err != nil {
			panic(err)
		}
		_, err = f.Write([]byte(content))
		if err != nil || f.Sync() != nil || p.SyncDir("") != nil {
			panic(err)
		}
	}
	disk := new(memdisk.Disk)
	inPlace(disk.Start(nil), "old")
	broken := 0
	for state := range disk.CrashStates(func(d *memdisk.Disk, _ func()) { inPlace(d.Start(nil), "new") }) {
		if content := state.Disk.Files()["record"]; content != "old" && content != "new" {
			if broken == 0 {
				fmt.Println(state)
			}
			broken++
		}
	}
	fmt.Println("broken:", broken)
	// Output:
	// power lost after 1 operations, the last: create record; 0 promises; left map["record":""]
	// broken: 8
}
