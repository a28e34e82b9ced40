package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestReportOfARunThatBrokeOff: a report of a run that broke off has no summary, by which it would pass for whole.
func TestReportOfARunThatBrokeOff(t *testing.T) {
	server, keys := startS3(t, nil)
	for _, key := range []string{"p/a", "p/b"} {
		if _, err := server.Put(redferry.URI{Bucket: "source", Key: key}, strings.NewReader("x"), nil); err != nil {
			t.Fatal(err)
		}
	}
	server.Inject(fakes3.Fault{Op: "ListObjectsV2", Bucket: "source", Times: -1, Status: 403, Code: "AccessDenied"})
	url, ca := serve(t, server.Start)
	file := filepath.Join(t.TempDir(), "report")
	out, err := child(t, keys.AccessKeyID, keys.SecretAccessKey.Reveal(), "-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca, "-report", file).CombinedOutput()
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
