package canary_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/canary"
)

// BenchmarkScan scans 200 kB of a run's output for 25 secrets.
func BenchmarkScan(b *testing.B) {
	var set canary.Set
	for i := range 25 {
		if err := set.Watch(canary.Secret{Kind: fmt.Sprint(i), Text: canary.Text(fmt.Sprint(i))}); err != nil {
			b.Fatal(err)
		}
	}
	for _, text := range []struct{ name, line string }{
		{"text", `time=2026-11-21T10:00:00Z level=INFO msg="transfer of sales orders" file=s3://bucket-a/stage/run-1/0000_part_00.parquet` + "\n"},
		{"JSON", `{"sql":"SELECT count(*) FROM \"sales\".\"orders\"","error":"pipeline: \"sales\".\"orders\": load: lost","n":7}` + "\n"},
		{"all escapes", `GET /bucket/stage%2Frun-1%2F0000?prefix=a%3Db&amp;x=\"sales\".\"orders\" \u003cnone\u003e` + "\n"},
	} {
		data := []byte(strings.Repeat(text.line, 200_000/len(text.line)))
		b.Run(text.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if hits := set.Scan("log", data); len(hits) > 0 {
					b.Fatal(hits)
				}
			}
		})
	}
}

// BenchmarkWatch prepares a set, as each simulated run does.
func BenchmarkWatch(b *testing.B) {
	var secrets []canary.Secret
	for i := range 25 {
		secrets = append(secrets, canary.Secret{Kind: fmt.Sprint(i), Text: canary.Text(fmt.Sprint(i))})
	}
	b.ReportAllocs()
	for b.Loop() {
		var set canary.Set
		if err := set.Watch(secrets...); err != nil {
			b.Fatal(err)
		}
		set.Scan("log", []byte("nothing"))
	}
}
