//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/boltstate"
)

// TestMemory copies 2 GiB in a process of its own, over HTTPS and with the
// default options, and reads what the kernel says it took at most.
func TestMemory(t *testing.T) {
	const limit = 100 << 20
	s := newEndless(2 << 30)
	url, ca := handle(t, s)
	c := child(t, "key", "secret", "-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca, "-write-only", "-verify", "stored")
	out, peak := measured(t, c, nil)
	if !strings.Contains(out, "1 proven by the stored checksum") {
		t.Fatal(out)
	}
	if done := s.completed(); done != s.size {
		t.Errorf("the target has %d bytes, want %d", done, s.size)
	}
	t.Logf("%d MiB at most, %v of the processor\n%s", peak>>20, processor(c), out)
	if peak > limit {
		t.Errorf("the process took %d MiB, the limit is %d", peak>>20, limit>>20)
	}
}

// manyKeysLimit is the memory in which a million keys must do, and what GOMEMLIMIT
// is set to.
const manyKeysLimit = 64 << 20

// keysVariable is how many keys the tests of the memory compare. The default is
// 100,000, which is enough to see memory that grows with them; .ci/run and the figures in
// docs/performance.md take a million.
const keysVariable = "REDFERRY_KEYS"

func manyKeys() int {
	if n, err := strconv.Atoi(os.Getenv(keysVariable)); err == nil && n > 0 {
		return n
	}
	return 100_000
}

// TestMemoryOfListings compares many unchanged keys with a listing of the target.
// All that the process has in memory, program and all, must be within the limit.
func TestMemoryOfListings(t *testing.T) {
	s := &catalog{keys: manyKeys()}
	c := compareAll(t, s)
	out, peak := measured(t, c, nil)
	t.Logf("%d MiB at most, %v of the processor\n%s", peak>>20, processor(c), out)
	checkUnchanged(t, s, 2, out)
	if peak > manyKeysLimit {
		t.Errorf("the process took %d MiB, the limit is %d", peak>>20, manyKeysLimit>>20)
	}
}

// TestMemoryOfManyListings compares them in eight ranges, each of which holds its pages at
// both sides: some 6 MiB.
func TestMemoryOfManyListings(t *testing.T) {
	s := &catalog{keys: manyKeys()}
	c := compareAll(t, s, "-listings", "8")
	out, peak := measured(t, c, nil)
	t.Logf("%d MiB at most, %v of the processor\n%s", peak>>20, processor(c), out)
	checkAllUnchanged(t, s, out)
	// Seven ranges have a page more at each side; some single keys were asked for first.
	const limit = manyKeysLimit + 7*6<<20
	if n, most := s.pages.Load(), int64(2*(s.keys/1000+7)+64+32*8); n > most {
		t.Errorf("%d pages were listed, want %d at most", n, most)
	}
	if peak > limit {
		t.Errorf("the process took %d MiB, the limit is %d", peak>>20, limit>>20)
	}
}

// TestMemoryOfLedger compares many unchanged keys with a ledger in a file, which
// stands for the target. The database maps that file, and the kernel counts what was
// read of it as memory of the process until it needs the room for something else:
// this is left out, and so is the program. What is measured is what the process alone
// has and nobody could take from it, before each of the pages.
func TestMemoryOfLedger(t *testing.T) {
	s := &catalog{keys: manyKeys()}
	state := filepath.Join(t.TempDir(), "state")
	begin := time.Now()
	fill(t, state, s.keys)
	t.Logf("the ledger was filled in %v", time.Since(begin).Round(time.Millisecond))

	var c *exec.Cmd
	begun := make(chan struct{})
	most := int64(0) // pages are asked for one after the other
	s.onPage = func() {
		<-begun
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
		if err != nil {
			t.Error(err)
			return
		}
		most = max(most, field(t, status, "RssAnon"))
	}
	c = compareAll(t, s, "-write-only", "-state", state)
	out, peak := measured(t, c, func() { close(begun) })
	t.Logf("%d MiB at most, %d with the file and the program, %v of the processor\n%s", most>>20, peak>>20, processor(c), out)
	checkUnchanged(t, s, 1, out)
	if most > manyKeysLimit {
		t.Errorf("the process took %d MiB, the limit is %d", most>>20, manyKeysLimit>>20)
	}
}

// compareAll is the program, about to compare what s lists, in little memory.
func compareAll(t *testing.T, s *catalog, flags ...string) *exec.Cmd {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	args := append([]string{"-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", server.URL, "-dst-endpoint", server.URL}, flags...)
	c := child(t, "key", "secret", args...)
	c.Env = append(c.Env, fmt.Sprintf("GOMEMLIMIT=%d", manyKeysLimit))
	return c
}

// checkUnchanged fails the test unless the program listed sides, found all keys the
// same at both, and asked for nothing else.
func checkUnchanged(t *testing.T, s *catalog, sides int64, out string) {
	t.Helper()
	checkAllUnchanged(t, s, out)
	if got, want := s.pages.Load(), sides*int64(s.keys/1000); got != want {
		t.Errorf("%d pages were listed, want %d", got, want)
	}
}

func checkAllUnchanged(t *testing.T, s *catalog, out string) {
	t.Helper()
	want := fmt.Sprintf("0 were new, 0 changed, %d unchanged, 0 excluded, 0 only at the target; 0 removed\n", s.keys)
	if !strings.Contains(out, want) {
		t.Errorf("it says %q, want %q", out, want)
	}
}

// measured runs the program to its end, and returns what it printed and how many bytes
// it had in memory at most. It calls begun, if that is not nil, when the program runs.
func measured(t *testing.T, c *exec.Cmd, begun func()) (out string, peak int64) {
	t.Helper()
	var printed bytes.Buffer
	file := filepath.Join(t.TempDir(), "status")
	c.Env = append(c.Env, "BRIDGECOPY_TEST_STATUS="+file)
	c.Stdout, c.Stderr = &printed, &printed
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if begun != nil {
		begun()
	}
	if err := c.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &printed)
	}
	status, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return printed.String(), field(t, status, "VmHWM")
}

// processor is how much time of the processor a program that has ended took.
func processor(c *exec.Cmd) time.Duration {
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}

// field is a number of bytes in a /proc/PID/status.
func field(t *testing.T, status []byte, name string) int64 {
	t.Helper()
	_, rest, _ := strings.Cut(string(status), "\n"+name+":")
	var kibibytes int64
	if _, err := fmt.Sscanf(rest, "%d kB", &kibibytes); err != nil {
		t.Errorf("the kernel does not tell %s: %v", name, err)
	}
	return kibibytes << 10
}

// fill makes a state that says that all of n objects were copied. It records many at
// once, which a program that copies them would not.
func fill(t *testing.T, path string, n int) {
	t.Helper()
	state, err := boltstate.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	const batch, etag = 50_000, `"` + sameETag + `"`
	copied := time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)
	entries := make([]bridge.Entry, 0, batch)
	for i := range n {
		entries = append(entries, bridge.Entry{
			Dst: redferry.URI{Bucket: "target", Key: "q/" + nameOf(i)}, Target: etag,
			Src: redferry.URI{Bucket: "source", Key: "p/" + nameOf(i)}, ETag: etag,
			Size: int64(i), Checksum: "AAAAAAAAAAA=", Level: bridge.Stored, Copied: copied,
		})
		if len(entries) == batch || i == n-1 {
			if err := state.Ledger().Record(t.Context(), entries...); err != nil {
				t.Fatal(err)
			}
			entries = entries[:0]
		}
	}
	if err := state.Close(); err != nil {
		t.Fatal(err)
	}
}
