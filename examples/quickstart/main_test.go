package main

import (
	"bufio"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// mainVariable makes a process of the tests run the program itself.
const mainVariable = "QUICKSTART_TEST_MAIN"

// TestMain runs the program in the processes that the tests start, and in those
// that these start.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" || os.Getenv(mainVariable) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is the program as a process of its own, which is not started yet.
func program(t *testing.T, variable string, args ...string) *osexec.Cmd {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := osexec.CommandContext(t.Context(), path, args...)
	c.Env = []string{variable + "=1", "TMPDIR=" + t.TempDir()} // no HOME
	return c
}

// TestChildEndsWithItsParent: a first run whose parent is gone ends, even while it
// waits for a server that never answers.
func TestChildEndsWithItsParent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	url := "https://" + silent.Addr().String()
	a := account{Region: "us-east-1", Workgroup: "w", Database: "dev", S3: url, Secrets: url, DataAPI: url, Role: "arn:aws:iam::111111111111:role/r"}
	a.Stage.Bucket, a.Stage.Key = "bucket", "stage/"
	t.Setenv("TMPDIR", t.TempDir())
	p, err := spawn(t.Context(), job{Mode: "dataapi", Run: "run", Dir: t.TempDir(), PartSize: minPartSize, A: a, B: a, CA: authority.PEM()})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := silent.Accept() // it is under way
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := p.input.Close(); err != nil {
		t.Fatal(err)
	}
	for range p.events { // until it has ended
	}
	if err := p.Wait(); p.ProcessState.ExitCode() != exitOrphaned {
		t.Errorf("it ended with %v", err)
	}
}

// TestJobIsNoArgument: the process that does a job has neither arguments nor
// variables with secrets.
func TestJobIsNoArgument(t *testing.T) {
	p, err := spawn(t.Context(), job{Auditor: keys{"AKIA", "canary-5e27"}})
	if err != nil {
		t.Fatal(err)
	}
	if shown := strings.Join(append(p.Args, p.Env...), "\n"); strings.Contains(shown, "canary-5e27") {
		t.Error("the secret is there for everybody to see")
	}
	for range p.events {
	}
	if err := p.Wait(); err == nil {
		t.Error("a job without a certificate was done")
	}
}

// until reads lines up to one that has text in it.
func until(t *testing.T, r io.Reader, text string) {
	t.Helper()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return
		}
	}
	t.Fatalf("the program ended without a line that has %q: %v", text, lines.Err())
}
