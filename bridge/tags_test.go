package bridge_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestTagsAreOfTheVersion: a source that is replaced while its tags or its bytes are read
// arrives with the tags of the version that its bytes are of.
func TestTagsAreOfTheVersion(t *testing.T) {
	for _, size := range []int{500, 5000} {
		for _, op := range []string{"GetObjectTagging", "GetObject"} {
			for _, known := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d bytes, %s, known %t", size, op, known), func(t *testing.T) {
					inWorld(t, func(t *testing.T, w *world) {
						object := w.put(t, "p/k", random(size), func(in *s3.PutObjectInput) { in.Tagging = aws.String("of=old") })
						replacement := bytes.Repeat([]byte("n"), size) // without tags
						w.a.s3.Inject(fakes3.Fault{Op: op, Replace: replacement})
						options := &bridge.Options{PartSize: 1 << 10, Carry: bridge.Carry{Tags: bridge.KeepTags}}
						c := bridge.New(w.b.admin, w.a.admin, options)
						if known {
							_, err := c.Sync(t.Context(), w.sync(nil), func(e *bridge.Event) error { return e.Err })
							check(t, err)
						} else {
							object = bridge.Object{URI: src("p/k"), Size: int64(size)}
							if _, err := c.Copy(t.Context(), dst("q/k"), object); err != nil {
								object.Size = -1
								_ = must(c.Copy(t.Context(), dst("q/k"), object))(t)
							}
						}
						o, _ := w.b.s3.Object(dst("q/k"))
						isNew := bytes.Equal(w.got(t, "q/k"), replacement)
						if of, tagged := o.Tags["of"]; !isNew || tagged {
							t.Errorf("the new object is there: %t, with the tags of the %q one", isNew, of)
						}
					})
				})
			}
		}
	}
}

// TestInPlaceHasTheMetadata: an object with the same bytes that was there before, with
// other metadata, is not taken for the copy whose upload somebody has aborted.
func TestInPlaceHasTheMetadata(t *testing.T) {
	content := random(5000)
	for name, put := range map[string]func(*s3.PutObjectInput){
		"content type":  func(in *s3.PutObjectInput) { in.ContentType = aws.String("text/csv") },
		"encoding":      func(in *s3.PutObjectInput) { in.ContentEncoding = aws.String("gzip") },
		"cache control": func(in *s3.PutObjectInput) { in.CacheControl = aws.String("no-store") },
		"user metadata": func(in *s3.PutObjectInput) { in.Metadata = map[string]string{"of": "new"} },
		"tags":          func(in *s3.PutObjectInput) { in.Tagging = aws.String("of=new") },
		"nothing":       func(*s3.PutObjectInput) {},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				options := &bridge.Options{PartSize: 1 << 10, Concurrency: 1, Retries: -1, Journal: new(bridge.MemJournal), Carry: bridge.Carry{Tags: bridge.KeepTags}}
				c := bridge.New(w.b.admin, w.a.admin, options)
				w.put(t, "k", content, nil)
				_ = must(c.Copy(t.Context(), dst("k"), unknown("k")))(t)
				w.put(t, "k", content, put)
				// An upload begins, and somebody aborts it.
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 500, Code: "InternalError"})
				if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
					t.Fatal(err)
				}
				for _, u := range w.b.s3.OpenUploads(dst("")) {
					_ = must(w.b.admin.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("k"), UploadId: &u.ID}))(t)
				}
				before := acknowledged(w.b.s3, "CompleteMultipartUpload")
				_ = must(c.Copy(t.Context(), dst("k"), unknown("k")))(t)
				made := acknowledged(w.b.s3, "CompleteMultipartUpload") - before
				if taken := made == 0; taken != (name == "nothing") {
					t.Errorf("the object that was there is taken for the copy: %t", taken)
				}
				from, _ := w.a.s3.Object(src("k"))
				to, _ := w.b.s3.Object(dst("k"))
				if fmt.Sprint(from.Headers, from.Metadata, from.Tags) != fmt.Sprint(to.Headers, to.Metadata, to.Tags) {
					t.Errorf("the source has %v %v %v, the target %v %v %v", from.Headers, from.Metadata, from.Tags, to.Headers, to.Metadata, to.Tags)
				}
			})
		})
	}
}

// TestInPlaceHasItsParts: an object that an earlier run has put together is told with the
// parts that it was put together of.
func TestInPlaceHasItsParts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		content, journal := random(5000), new(bridge.MemJournal)
		w.put(t, "k", content, nil)
		w.b.s3.Inject(fakes3.Fault{Op: "CompleteMultipartUpload", Drop: fakes3.AfterEffect})
		writer := w.client(t, w.b, all)
		_, err := bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal, Retries: -1}).Copy(t.Context(), dst("k"), unknown("k"))
		if !bridge.Resumable(err) {
			t.Fatal(err)
		}
		result := must(bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal}).Copy(t.Context(), dst("k"), unknown("k")))(t)
		if result.Parts != 5 || result.Resumed != 5 || result.Attempts != 0 {
			t.Errorf("%+v: the object has 5 parts, which are in place", result)
		}
	})
}
