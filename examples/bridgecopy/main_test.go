package main

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// TestMain runs the program itself in the processes that the tests start.
func TestMain(m *testing.M) {
	if os.Getenv("BRIDGECOPY_TEST_CHILD") != "" {
		main()
		if file := os.Getenv("BRIDGECOPY_TEST_STATUS"); file != "" {
			if err := keepStatus(file); err != nil {
				panic(err)
			}
		}
		return
	}
	os.Exit(m.Run())
}

// keepStatus writes what the kernel says of this process to a file. It has to be read
// before the end, and by the process itself: what a parent is told about the memory
// of a child that has ended is the peak of the parent, if that is more.
// Source: exec_mmap in fs/exec.c of Linux, for a child that vfork began.
func keepStatus(file string) error {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	return os.WriteFile(file, status, 0o600)
}

// child is the program as a process of its own. Both keys are the same.
func child(t *testing.T, key, secret string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, args...)
	c.Env = []string{"BRIDGECOPY_TEST_CHILD=1", "HOME=" + t.TempDir()}
	for _, side := range []string{"SRC", "DST"} {
		c.Env = append(c.Env, side+"_AWS_ACCESS_KEY_ID="+key, side+"_AWS_SECRET_ACCESS_KEY="+secret, side+"_AWS_REGION=us-east-1")
	}
	return c
}

// serve starts h over HTTPS on the loopback. It returns the URL, and a file with
// the certificates to trust.
func serve(t *testing.T, start func(net.Listener, *tls.Config)) (url, ca string) {
	t.Helper()
	authority, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	config, err := authority.ServerConfig("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	start(l, config)
	return "https://" + l.Addr().String(), ca
}

// handle starts a plain handler in the way of [serve].
func handle(t *testing.T, h http.Handler) (url, ca string) {
	t.Helper()
	s := &http.Server{Handler: h}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return serve(t, func(l net.Listener, config *tls.Config) {
		s.TLSConfig = config
		go func() { _ = s.ServeTLS(l, "", "") }() // it ends when the test closes s
	})
}

func TestRefusesToStart(t *testing.T) {
	good := map[string]string{
		"SRC_AWS_ACCESS_KEY_ID": "a", "SRC_AWS_SECRET_ACCESS_KEY": "s", "SRC_AWS_REGION": "r",
		"DST_AWS_ACCESS_KEY_ID": "b", "DST_AWS_SECRET_ACCESS_KEY": "s", "DST_AWS_REGION": "r",
	}
	ends := []string{"-src", "s3://aaa/p/", "-dst", "s3://bbb/p/"}
	tests := []struct {
		name    string
		args    []string
		without string
		want    string
	}{
		{"no ends", nil, "", "give -src s3://bucket/prefix/"},
		{"an end that is no prefix", []string{"-src", "s3://aaa/p", "-dst", "s3://bbb/p/"}, "", "with a slash at the end"},
		{"an end that is no URI", []string{"-src", "/tmp"}, "", "not an S3 address"},
		{"an argument too many", append(ends, "s3://ccc/p/"), "", `"s3://ccc/p/" is no flag`},
		{"no key", ends, "DST_AWS_SECRET_ACCESS_KEY", "set DST_AWS_SECRET_ACCESS_KEY"},
		{"no region", ends, "SRC_AWS_REGION", "set SRC_AWS_REGION"},
		{"no certificates", append(ends, "-ca", "/does/not/exist"), "", "read certificates"},
		{"no endpoint", append(ends, "-src-endpoint", "localhost"), "", `"localhost" is no URL`},
		{"a limit without a unit", append(ends, "-bwlimit", "512"), "", `"512" has no unit`},
		{"two states", append(ends, "-state", "s", "-journal", "j"), "", "-state keeps the journal, too"},
		{"a state that is no URL", append(ends, "-state", "postgres:u:hunter2@h/db"), "", "-state is a file, or a database"},
		{"a part that is too large", append(ends, "-part-size", "6G"), "", "no parts of more than 5G"},
		{"an age in other words", append(ends, "-sweep", "3 days"), "", "write an age such as 72h or 3d"},
		{"a state that is no database", append(ends, "-state", "Postgres://u:hunter2@h/db"), "", "-state is a file, or a database"},
		{"a report over the state", append(ends, "-state", "./s", "-report", "s"), "", "-report would be written over -state"},
		{"a negative part", append(ends, "-part-size", "-5"), "", "write a size such as 64M"},
		{"a part in other words", append(ends, "-part-size", "64MB"), "", "write a size such as 64M"},
		{"a part of AWS that is too small", append(ends, "-part-size", "4M"), "", "S3 takes no parts of less than 5M"},
		{"negative transfers", append(ends, "-concurrency", "-1"), "", "-concurrency is not negative"},
		{"blind removal", append(ends, "-delete", "-write-only"), "", "-delete needs to list the target"},
		{"no pattern", append(ends, "-include", "[a"), "", `pattern "[a"`},
		{"no report", append(ends, "-report", "/does/not/exist"), "", "report: open /does/not/exist"},
		{"no state", append(ends, "-state", "/does/not/exist"), "", "boltstate: make /does/not/exist"},
		{"no listing", append(ends, "-listings", "0"), "", "-listings 0: give a number from 1"},
		{"too many listings", append(ends, "-listings", "65"), "", "from 1 to 64"},
		{"listings of a manifest", append(ends, "-listings", "2", "-manifest", "s3://aaa/p/m"), "", "-manifest names the files"},
		{"no manifest in a variable", append(ends, "-manifest", ""), "", "-manifest has no value"},
		{"no state in a variable", append(ends, "-state", ""), "", "-state has no value"},
		{"a journal in a database", append(ends, "-journal", "postgres://u:hunter2@h/db"), "", "-journal is a directory"},
		{"no level", append(ends, "-verify", "surely"), "", "no level of proof"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := func(name string) string {
				if name == tt.without {
					return ""
				}
				return good[name]
			}
			var out strings.Builder
			if err := run(t.Context(), tt.args, env, &out, &out); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("run = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// TestBandwidth: the limit that is asked for is given to the bridge.
func TestBandwidth(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want int64
	}{
		{nil, 0},
		{[]string{"-bwlimit", "off"}, 0},
		{[]string{"-bwlimit", "1.5M"}, 3 << 19},
		{[]string{"-bwlimit", "00:00,7K 12:00,7K"}, 7 << 10},
	} {
		s, err := parse(append([]string{"-src", "s3://aaa/p/", "-dst", "s3://bbb/p/"}, tt.args...), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		var got int64
		if s.options.Bandwidth != nil {
			got = s.options.Bandwidth.Rate()
		}
		if got != tt.want {
			t.Errorf("%q: %d bytes per second, want %d", tt.args, got, tt.want)
		}
	}
}

// TestWrongFlag: the error is printed once, and the exit code is that of a wrong
// command line.
func TestWrongFlag(t *testing.T) {
	c := child(t, "key", "secret", "-fast")
	out, err := c.CombinedOutput()
	if err == nil || c.ProcessState.ExitCode() != 2 {
		t.Errorf("the program ended with %v, want exit code 2", err)
	}
	const want = "bridgecopy: flag provided but not defined: -fast; bridgecopy -h explains\n"
	if string(out) != want {
		t.Errorf("it printed %q, want %q", out, want)
	}
}

func TestHelp(t *testing.T) {
	out, err := child(t, "key", "secret", "-h").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"usage: bridgecopy", "-verify level", "SRC_AWS_SESSION_TOKEN"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("-h does not mention %q:\n%s", want, out)
		}
	}
}

// TestTemporaryKeys: the token of temporary keys goes with them.
func TestTemporaryKeys(t *testing.T) {
	c, err := (&settings{}).client("DST", func(variable string) string { return strings.ToLower(variable) }, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Options().Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "dst_aws_access_key_id" || got.SecretAccessKey != "dst_aws_secret_access_key" || got.SessionToken != "dst_aws_session_token" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestKeysOnOneLine: what a shell has left at the end of a value is named, and not tried for
// half a minute.
func TestKeysOnOneLine(t *testing.T) {
	for _, name := range []string{"ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"} {
		_, err := (&settings{}).client("SRC", func(variable string) string {
			if variable == "SRC_AWS_"+name {
				return "hunter2\n"
			}
			return "x"
		}, "")
		if err == nil || !strings.Contains(err.Error(), "SRC_AWS_"+name+" has a space or the end of a line") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
