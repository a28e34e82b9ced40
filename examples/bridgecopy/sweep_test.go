package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/testkit/fakes3"
)

func TestSweep(t *testing.T) {
	_, admin, run := ends(t, nil)
	if _, err := admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("q/k")}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		flags, want string
		code, left  int
	}{
		{"-sweep 1h", "0 objects", 0, 1},
		{"-sweep 1ns -dry-run", "would be aborted", 0, 1},
		{"-sweep 1ns -write-only", "s3://target/q/k: the upload of ", 0, 0},
		{"-sweep -1h", "-sweep", 2, 0},
	} {
		c := run(strings.Fields(step.flags)...)
		out, _ := c.CombinedOutput() // the exit code is looked at
		left := openUploads(t, admin)
		if code := c.ProcessState.ExitCode(); code != step.code || !strings.Contains(string(out), step.want) || left != step.left {
			t.Errorf("%s: exit code %d, %d uploads are left:\n%s", step.flags, code, left, out)
		}
	}
}

// TestSweepFails: an upload that cannot be aborted is a failure of the run.
func TestSweepFails(t *testing.T) {
	server, admin, run := ends(t, nil)
	if _, err := admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("q/k")}); err != nil {
		t.Fatal(err)
	}
	server.Inject(fakes3.Fault{Op: "AbortMultipartUpload", Key: "q/k", Times: -1, Status: 403, Code: "AccessDenied"})
	c := run("-sweep", "1ns", "-write-only")
	out, _ := c.CombinedOutput() // the exit code is looked at
	if code := c.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(out), "s3:AbortMultipartUpload") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
