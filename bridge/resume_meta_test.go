package bridge_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestResumeBeginsAnew: what goes with an object is settled when its upload begins. If it
// has changed by the next run, that begins anew, though the bytes are the same.
func TestResumeBeginsAnew(t *testing.T) {
	content := random(5000)
	for _, tt := range []struct {
		name    string
		source  func(*s3.PutObjectInput)
		carry   bridge.Carry
		resumed int
		is      func(*fakes3.Object) bool
	}{
		{"nothing", nil, bridge.Carry{}, 3, func(o *fakes3.Object) bool { return o.StorageClass == "STANDARD" }},
		{"the content type", func(in *s3.PutObjectInput) { in.ContentType = aws.String("text/csv") }, bridge.Carry{}, 0, func(o *fakes3.Object) bool { return o.Headers["Content-Type"] == "text/csv" }},
		{"the metadata", func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"k": "v"} }, bridge.Carry{}, 0, func(o *fakes3.Object) bool { return o.Metadata["k"] == "v" }},
		{"the storage class", nil, bridge.Carry{StorageClass: func(types.StorageClass) types.StorageClass { return types.StorageClassStandardIa }}, 0, func(o *fakes3.Object) bool { return o.StorageClass == "STANDARD_IA" }},
		{"the tags", func(in *s3.PutObjectInput) { in.Tagging = aws.String("a=b") }, bridge.Carry{Tags: bridge.KeepTags}, 0, func(o *fakes3.Object) bool { return o.Tags["a"] == "b" }},
		{"the encryption", nil, bridge.Carry{Encryption: withKey(targetKey)}, 0, func(o *fakes3.Object) bool { return o.Key == targetKey }},
	} {
		for _, journal := range []string{"the journal is there", "the journal is lost"} {
			t.Run(tt.name+", "+journal, func(t *testing.T) {
				inKMS(t, func(t *testing.T, w *world) {
					reader, writer := w.client(t, w.a, all), w.client(t, w.b, all)
					options := bridge.Options{PartSize: 1 << 10, Concurrency: 1, Retries: -1, Journal: new(bridge.MemJournal)}
					w.put(t, "k", content, nil)
					w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 500, Code: "InternalError"})
					if _, err := bridge.New(writer, reader, &options).Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
						t.Fatalf("the copy was to be interrupted: %v", err)
					}
					w.put(t, "k", content, tt.source)
					options.Carry = tt.carry
					if journal == "the journal is lost" {
						options.Journal, options.Adopt = new(bridge.MemJournal), true
					}
					result := must(bridge.New(writer, reader, &options).Copy(t.Context(), dst("k"), unknown("k")))(t)
					if !bytes.Equal(w.got(t, "k"), content) {
						t.Error("the target has other bytes")
					}
					o, _ := w.b.s3.Object(dst("k"))
					if options.Adopt && tt.source != nil {
						return // which nobody can see in a listing: see Options.Adopt
					}
					if result.Resumed != tt.resumed || !tt.is(&o) {
						t.Errorf("the result is %+v, want %d parts resumed; the target has %+v", result, tt.resumed, o)
					}
				})
			})
		}
	}
}
