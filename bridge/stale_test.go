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

// TestStaleParts resumes a copy while the target answers ListParts as it was some
// changes ago, which S3 does not do and others may. What the list lacks is sent
// again; what it has too much is found out, at the latest by a run after it. The
// bytes are right.
func TestStaleParts(t *testing.T) {
	const parts = 6
	for _, ended := range []string{"no", "aborted", "completed"} {
		for stale := range parts + 3 {
			t.Run(fmt.Sprintf("ended: %s, %d changes ago", ended, stale), func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					content := random(parts << 10)
					object := w.put(t, "k", content, nil)
					journal := &forgetful{Journal: new(bridge.MemJournal), dead: true}
					c := w.copier(func(o *bridge.Options) { o.Journal, o.Concurrency = journal, 1 })
					if ended != "completed" { // then the journal alone does not know of it
						w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: parts - 1, Status: 403, Code: "AccessDenied"})
						if _, err := c.Copy(t.Context(), dst("k"), object); err == nil {
							t.Fatal("the first run was to fail")
						}
					} else {
						_, err := c.Copy(t.Context(), dst("k"), object)
						check(t, err)
					}
					journal.dead = false
					if ended == "aborted" {
						w.abortAll(t)
					}
					if stale > 0 {
						w.b.s3.Inject(fakes3.Fault{Op: "ListParts", Stale: stale})
					}
					result, err := c.Copy(t.Context(), dst("k"), object)
					if bridge.Resumable(err) { // the list named an upload that is gone, which showed later
						result, err = c.Copy(t.Context(), dst("k"), object)
					}
					check(t, err)
					if !bytes.Equal(w.got(t, "k"), content) || result.Level != bridge.Stored || w.open(t) > 1 {
						t.Errorf("%d bytes of level %s, %d uploads open", len(w.got(t, "k")), result.Level, w.open(t))
					}
				})
			})
		}
	}
}

// abortAll aborts what is open at the target, behind the bridge's back.
func (w *world) abortAll(t *testing.T) {
	t.Helper()
	for _, u := range w.b.s3.OpenUploads(dst("")) {
		_, err := w.b.admin.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String("target"), Key: &u.URI.Key, UploadId: &u.ID})
		check(t, err)
	}
}
