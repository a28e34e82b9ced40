package bridge_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
)

// TestJSONLines: what users read by program stays as it is.
func TestJSONLines(t *testing.T) {
	job := bridge.Job{Dst: dst("q/<k>"), Src: bridge.Object{URI: src("p/<k>"), ETag: `"listed"`, Size: 10}}
	var b strings.Builder
	report := bridge.NewJSONLines(&b)
	for _, e := range []*bridge.Event{
		{Change: bridge.Unchanged, Job: job},
		{Change: bridge.Unchanged, Job: job, Known: &bridge.Entry{Target: `"made"`, Checksum: "AAAAAAAAAAA=", Level: bridge.Wire}},
		{Change: bridge.Changed, Job: job, Result: &bridge.Result{
			Size: 11, ETag: `"made"`, SourceETag: `"now"`, Checksum: "AAAAAAAAAAA=", Level: bridge.Stored, Parts: 3, Resumed: 1, Attempts: 4, Elapsed: 1500 * time.Millisecond,
		}},
		{Change: bridge.Added, Job: job, Err: errors.New("bridge: no\nwonder")},
		{Change: bridge.Extra, Job: bridge.Job{Dst: dst("q/old")}, Removed: true},
		{Change: bridge.Excluded, Job: job},
	} {
		check(t, report.Event(e))
	}
	check(t, report.Summary(&bridge.Summary{Added: 1, Changed: 2, Unchanged: 3, Excluded: 4, Extra: 5, Copied: 6, Removed: 7, Failed: 8, Unproven: 9, Bytes: 10}))
	const want = `{"dst":"s3://target/q/<k>","src":"s3://source/p/<k>","change":"unchanged","outcome":"none","bytes":10,"source_etag":"\"listed\""}
{"dst":"s3://target/q/<k>","src":"s3://source/p/<k>","change":"unchanged","outcome":"none","bytes":10,"level":"wire","checksum":"AAAAAAAAAAA=","source_etag":"\"listed\"","target_etag":"\"made\""}
{"dst":"s3://target/q/<k>","src":"s3://source/p/<k>","change":"changed","outcome":"copied","bytes":11,"parts":3,"reused":1,"attempts":4,"level":"stored","checksum":"AAAAAAAAAAA=","source_etag":"\"now\"","target_etag":"\"made\"","seconds":1.5}
{"dst":"s3://target/q/<k>","src":"s3://source/p/<k>","change":"new","outcome":"failed","bytes":10,"source_etag":"\"listed\"","error":"bridge: no\nwonder"}
{"dst":"s3://target/q/old","change":"extra","outcome":"removed","bytes":0}
{"dst":"s3://target/q/<k>","src":"s3://source/p/<k>","change":"excluded","outcome":"none","bytes":10,"source_etag":"\"listed\""}
{"summary":{"new":1,"changed":2,"unchanged":3,"excluded":4,"extra":5,"copied":6,"removed":7,"failed":8,"unproven":9,"bytes":10}}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("the report differs (-want +got):\n%s", diff)
	}
}
