package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/pgtest"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestSyncs, as a user would: look first, copy, again without a change, with one, and
// then remove what is gone; with its state in a file and in a database.
func TestSyncs(t *testing.T) {
	t.Run("file", func(t *testing.T) { syncs(t, filepath.Join(t.TempDir(), "state")) })
	t.Run("database", func(t *testing.T) { syncs(t, pgtest.Database(t)) })
}

func syncs(t *testing.T, state string) {
	_, admin, start := ends(t, nil)
	put := func(key, content string) { putText(t, admin, key, content) }
	for _, key := range []string{"p/a.parquet", "p/b.parquet", "p/b.tmp"} {
		put(key, "content of "+key)
	}
	run := func(flags ...string) string {
		t.Helper()
		out, err := start(flags...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", flags, err, out)
		}
		return string(out)
	}
	for i, step := range []struct {
		before func()
		flags  string
		want   []string
	}{
		{nil, "-dry-run -include *.parqet", []string{"3 excluded", "no object is left to copy: look whether -include and -exclude are right\n"}},
		{nil, "-dry-run -src s3://source/P/", []string{"0 excluded", "the source has no object: look whether -src is right\n"}},
		{nil, "-dry-run -exclude *.tmp", []string{"s3://target/q/a.parquet: new\n", "2 objects of 44 bytes would be copied: 2 are new, 0 changed; 0 are unchanged, 1 excluded"}},
		{nil, "-write-only -exclude *.tmp -state " + state, []string{"2 objects of 44 bytes copied", "2 were new"}},
		{nil, "-write-only -exclude *.tmp -state " + state, []string{"0 objects of 0 bytes copied", "2 unchanged, 1 excluded"}},
		{func() { put("p/b.parquet", "CONTENT OF p/b.parquet") }, "-write-only -include *.parquet -v -state " + state, []string{
			"s3://target/q/b.parquet: changed, 22 bytes, stored", "1 changed, 1 unchanged, 1 excluded",
		}},
		{nil, "", []string{"1 were new, 0 changed, 2 unchanged"}},
		{func() { remove(t, admin, "p/a.parquet") }, "-dry-run -delete -state " + state, []string{"s3://target/q/a.parquet: would be removed\n", "1 only at the target"}},
		{nil, "-v -delete -state " + state, []string{"s3://target/q/a.parquet: removed\n", "1 only at the target; 1 removed"}},
		{nil, "-v -dry-run -listings 8 -include *.parquet -state " + state, []string{"0 objects of 0 bytes would be copied: 0 are new, 0 changed; 1 are unchanged, 1 excluded"}},
		{nil, "-delete -listings 2 -state " + state, []string{"2 unchanged, 0 excluded, 0 only at the target; 0 removed"}},
		{nil, "-delete -state " + state, []string{"2 unchanged, 0 excluded, 0 only at the target; 0 removed"}},
	} {
		if step.before != nil {
			step.before()
		}
		out := run(strings.Fields(step.flags)...)
		for _, want := range step.want {
			if !strings.Contains(out, want) {
				t.Errorf("step %d, %s: it does not say %q:\n%s", i, step.flags, want, out)
			}
		}
		if i > 1 && strings.Contains(out, "look whether") {
			t.Errorf("step %d, %s: there is something to copy:\n%s", i, step.flags, out)
		}
	}
}

func remove(t *testing.T, client *s3.Client, key string) {
	t.Helper()
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("source"), Key: &key}); err != nil {
		t.Fatal(err)
	}
}

// TestReport: a line of JSON for each object, and the summary; and the exit code that
// says that all that failed was the proof.
func TestReport(t *testing.T) {
	_, admin, run := ends(t, nil)
	for key, algorithm := range map[string]types.ChecksumAlgorithm{"p/proven": "CRC64NVME", "p/unproven": "SHA256"} {
		if _, err := admin.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("source"), Key: &key, Body: strings.NewReader("x"), ChecksumAlgorithm: algorithm}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "report")
	c := run("-report", file, "-verify", "stored")
	out, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "1 objects could not be proven as -verify demands") {
		t.Errorf("exit code %d, %v:\n%s", c.ProcessState.ExitCode(), err, out)
	}
	report, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := make(map[string]string)
	var last struct{ Summary *bridge.Summary }
	for line := range strings.Lines(string(report)) {
		var l bridge.Line
		if err := errors.Join(json.Unmarshal([]byte(line), &l), json.Unmarshal([]byte(line), &last)); err != nil {
			t.Fatal(err)
		}
		if last.Summary == nil {
			outcomes[l.Dst.Key] = l.Outcome + " " + l.Level
		}
	}
	if diff := cmp.Diff(map[string]string{"q/proven": "copied stored", "q/unproven": "failed "}, outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s\n%s", diff, report)
	}
	if last.Summary == nil || last.Summary.Copied != 1 || last.Summary.Unproven != 1 {
		t.Errorf("the summary is %+v", last.Summary)
	}
	c = run("-report", file, "-report", "-")
	var people strings.Builder
	c.Stderr = &people
	if out, err = c.Output(); err != nil || !strings.Contains(string(out), `"outcome":"copied"`) || !strings.Contains(string(out), `{"summary":`) {
		t.Errorf("%v:\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("with -report - the output is not all JSON: %s", line)
		}
	}
	if !strings.Contains(people.String(), "1 objects of 1 bytes copied") {
		t.Errorf("people are told %q", &people)
	}
}

// TestTargetThatMayNotBeListed: the error says which right is missing, and which flag
// does without.
func TestTargetThatMayNotBeListed(t *testing.T) {
	server, _, run := ends(t, nil)
	server.Inject(fakes3.Fault{Op: "ListObjectsV2", Bucket: "target", Times: -1, Status: 403, Code: "AccessDenied"})
	out, err := run().CombinedOutput()
	if err == nil || !strings.Contains(string(out), "s3:ListBucket") || !strings.Contains(string(out), "-write-only") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestReportOfARunThatBrokeOff: a report of a run that broke off has no summary, by which
// it would pass for whole.
func TestReportOfARunThatBrokeOff(t *testing.T) {
	server, _, run := ends(t, nil)
	for _, key := range []string{"p/a", "p/b"} {
		if _, err := server.Put(redferry.URI{Bucket: "source", Key: key}, strings.NewReader("x"), nil); err != nil {
			t.Fatal(err)
		}
	}
	server.Inject(fakes3.Fault{Op: "ListObjectsV2", Bucket: "source", Times: -1, Status: 403, Code: "AccessDenied"})
	file := filepath.Join(t.TempDir(), "report")
	out, err := run("-report", file).CombinedOutput()
	if err == nil {
		t.Fatalf("it was to fail:\n%s", out)
	}
	report, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(report), "summary") {
		t.Errorf("the source could not be listed, and the report says %s", report)
	}
}
