package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestManifest copies the files of a manifest, then the manifest, as COPY needs it;
// and no manifest where a file is not as it says.
func TestManifest(t *testing.T) {
	server, admin, start := ends(t, nil)
	put := func(key, content string) { putText(t, admin, key, content) }
	put("p/t/0000_part_00", "one")
	put("p/t/0001_part_00", "three")
	put("p/other", "x")
	manifest := func(size int) string {
		return fmt.Sprintf(`{"entries":[{"url":"s3://source/p/t/0001_part_00","meta":{"content_length":%d}},{"url":"s3://source/p/t/0000_part_00","meta":{"content_length":3}}]}`, size)
	}
	put("p/t/good.manifest", manifest(5))
	put("p/t/bad.manifest", manifest(6))
	run := func(flags ...string) (string, int) {
		t.Helper()
		c := start(flags...)
		out, _ := c.CombinedOutput() // the exit code is looked at
		return string(out), c.ProcessState.ExitCode()
	}
	if out, code := run("-manifest", "s3://source/p/t/bad.manifest"); code != 1 || !strings.Contains(out, "it says 6 bytes, the object has 5") {
		t.Errorf("a manifest that lies: exit code %d\n%s", code, out)
	}
	if out, code := run("-manifest", "s3://source/p/t/good.manifest", "-dry-run"); code != 0 || strings.Contains(out, "is written") {
		t.Errorf("a dry run: exit code %d\n%s", code, out)
	}
	if n := len(server.Objects(redferry.URI{Bucket: "target", Key: "q/t/g"})); n != 0 {
		t.Error("there is a manifest at the target already")
	}
	out, code := run("-manifest", "s3://source/p/t/good.manifest", "-write-only")
	if code != 0 || !strings.Contains(out, "s3://target/q/t/good.manifest: the manifest of 2 files is written") {
		t.Errorf("a good manifest: exit code %d\n%s", code, out)
	}
	got, err := admin.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("target"), Key: aws.String("q/t/good.manifest")})
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	moved, err := redferry.ParseManifest(content)
	if err != nil || moved.Size() != 8 || moved.Entries[0].URL.String() != "s3://target/q/t/0001_part_00" || !moved.Entries[1].Mandatory {
		t.Errorf("the manifest at the target is %s, %v", content, err)
	}
	if objects := server.Objects(redferry.URI{Bucket: "target"}); len(objects) != 3 {
		t.Errorf("the target has %d objects, want two files and their manifest", len(objects))
	}
	for _, flags := range [][]string{{"-manifest", "s3://source/elsewhere"}, {"-manifest", "s3://source/p/"}, {"-manifest", "s3://source/p/m", "-delete"}, {"-manifest", "s3://source/p/m", "-exclude", "*"}, {"-storage-class", "COLD"}, {"-sse", "rot13"}, {"-kms-key", "k"}, {"-tags", "all"}} {
		if out, code := run(flags...); code != 2 {
			t.Errorf("%q: exit code %d, want 2\n%s", flags, code, out)
		}
	}
}

// TestManifestComesLast: at no time is there a manifest at the target above files of which
// some are its own, and some of an earlier run or not there.
func TestManifestComesLast(t *testing.T) {
	server, admin, start := ends(t, nil)
	put := func(key, content string) { putText(t, admin, key, content) }
	put("p/0", "one")
	put("p/1", "two")
	put("p/manifest", `{"entries":[{"url":"s3://source/p/0","meta":{"content_length":3}},{"url":"s3://source/p/1","meta":{"content_length":3}}]}`)
	files := func() []redferry.Entry {
		t.Helper()
		got, err := admin.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("target"), Key: aws.String("q/manifest")})
		if err != nil {
			return nil
		}
		content, err := io.ReadAll(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		m, err := redferry.ParseManifest(content)
		if err != nil {
			t.Fatal(err)
		}
		return m.Entries
	}
	run := func(fails bool, flags ...string) {
		t.Helper()
		server.ClearFaults()
		if fails {
			server.Inject(fakes3.Fault{Op: "PutObject", Key: "q/1", Times: -1, Status: 403, Code: "AccessDenied"})
		}
		out, err := start(append(flags, "-manifest", "s3://source/p/manifest")...).CombinedOutput()
		if (err != nil) != fails {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run(true)
	if m := files(); m != nil {
		t.Errorf("a file is missing, and the target has a manifest: %v", m)
	}
	run(false)
	if m := files(); len(m) != 2 {
		t.Fatalf("the manifest names %v", m)
	}
	for _, flags := range [][]string{nil, {"-write-only"}, {"-state", filepath.Join(t.TempDir(), "state")}} {
		put("p/0", "ONE")
		put("p/1", "TWO")
		run(true, flags...)
		if m := files(); len(m) != 1 || !m[0].Mandatory || !strings.HasSuffix(m[0].URL.Key, unfinished) {
			t.Errorf("%q: one of two files is replaced, and the manifest names %v", flags, m)
		}
		run(false, flags...)
		if m := files(); len(m) != 2 {
			t.Errorf("%q: the manifest names %v", flags, m)
		}
		put("p/0", "one")
		put("p/1", "two")
		run(false, flags...)
	}
	before := len(server.Requests())
	run(false)
	for _, r := range server.Requests()[before:] {
		if r.Op == "PutObject" && r.Key != "q/manifest" {
			t.Errorf("nothing has changed, and %s is put", r.Key)
		}
	}
}
