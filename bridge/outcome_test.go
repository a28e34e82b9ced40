package bridge_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestWhatStays: an upload that a later run can go on with stays; one that would
// end as this one did is aborted.
func TestWhatStays(t *testing.T) {
	for _, tt := range []struct {
		name   string
		source bool
		fault  fakes3.Fault
		stays  bool
	}{
		{"the target has trouble", false, fakes3.Fault{Op: "UploadPart", Part: 3, Times: -1, Status: 500, Code: "InternalError"}, true},
		{"the target refuses a part for good", false, fakes3.Fault{Op: "UploadPart", Part: 3, Times: -1, Status: 400, Code: "InvalidRequest"}, true},
		{"the writer lost its right", false, fakes3.Fault{Op: "UploadPart", Part: 3, Times: -1, Status: 403, Code: "AccessDenied"}, true},
		{"the target refuses the parts as they are", false, fakes3.Fault{Op: "CompleteMultipartUpload", Times: -1, Status: 400, Code: "InvalidPart"}, false},
		{"the target had no time to complete", false, fakes3.Fault{Op: "CompleteMultipartUpload", Times: -1, Status: 400, Code: "RequestTimeout"}, true},
		{"the writer may not complete", false, fakes3.Fault{Op: "CompleteMultipartUpload", Times: -1, Status: 403, Code: "AccessDenied"}, true},
		{"the source has trouble", true, fakes3.Fault{Op: "GetObject", Skip: 2, Times: -1, Status: 500, Code: "InternalError"}, true},
		{"the reader lost its right", true, fakes3.Fault{Op: "GetObject", Skip: 2, Times: -1, Status: 403, Code: "AccessDenied"}, true},
		{"the source is gone", true, fakes3.Fault{Op: "GetObject", Skip: 2, Times: -1, Status: 404, Code: "NoSuchKey"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				w.put(t, "k", random(5000), nil)
				journal := new(bridge.MemJournal)
				server := w.b.s3
				if tt.source {
					server = w.a.s3
				}
				server.Inject(tt.fault)
				c := w.copier(func(o *bridge.Options) { o.Journal, o.Retries, o.Concurrency = journal, -1, 1 })
				_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				_, remembered, _ := journal.Load(t.Context(), dst("k"))
				if err == nil || bridge.Resumable(err) != tt.stays || remembered != tt.stays || w.open(t) == 1 != tt.stays {
					t.Errorf("error %v, remembered: %t, %d uploads open; to stay: %t", err, remembered, w.open(t), tt.stays)
				}
			})
		})
	}
}

// TestAbortWhatIsGone: an upload that is gone is no error, whatever the target
// says of it; a bucket that is gone is.
func TestAbortWhatIsGone(t *testing.T) {
	for code, gone := range map[string]bool{"NoSuchUpload": true, "NotFound": true, "NoSuchBucket": false} {
		t.Run(code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				journal := new(bridge.MemJournal)
				check(t, journal.Save(t.Context(), bridge.Upload{Dst: dst("k"), UploadID: newUpload(t, w)}))
				w.b.s3.Inject(fakes3.Fault{Op: "AbortMultipartUpload", Status: 404, Code: code})
				err := w.copier(func(o *bridge.Options) { o.Journal = journal }).Abort(t.Context(), dst("k"))
				_, remembered, _ := journal.Load(t.Context(), dst("k"))
				if (err == nil) != gone || remembered == gone {
					t.Errorf("Abort = %v, and the journal still knows the upload: %t", err, remembered)
				}
			})
		})
	}
}

// TestAbortOfNothing: without a journal, and with one that knows no upload,
// nothing is asked of the target.
func TestAbortOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		check(t, w.copier(nil).Abort(t.Context(), dst("k")))
		check(t, w.copier(func(o *bridge.Options) { o.Journal = new(bridge.MemJournal) }).Abort(t.Context(), dst("k")))
		if n := len(w.b.s3.Requests()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// TestBothEndsNameAnObject, or nothing is asked of either side.
func TestBothEndsNameAnObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		for _, tt := range []struct{ to, from redferry.URI }{
			{redferry.URI{Key: "k"}, src("k")},
			{redferry.URI{Bucket: "target"}, src("k")},
			{dst("k"), redferry.URI{Key: "k"}},
			{dst("k"), redferry.URI{Bucket: "source"}},
		} {
			_, err := w.copier(nil).Copy(t.Context(), tt.to, bridge.Object{URI: tt.from, Size: -1})
			says(t, err, nil, []string{"both ends must name an object"})
		}
		if n := len(w.a.s3.Requests()) + len(w.b.s3.Requests()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// TestHeadIsExplained: the answer to a HEAD has no document that says what is
// wrong, so that refusals are asked for again, and nothing else.
func TestHeadIsExplained(t *testing.T) {
	for _, tt := range []struct {
		name      string
		head, get fakes3.Fault
		is        error
		asked     int
		want      string
	}{
		{"refused", fakes3.Fault{Status: 403, Code: "AccessDenied"}, fakes3.Fault{Status: 403, Code: "AccessDenied"}, fs.ErrPermission, 1, "AccessDenied"},
		{"refused, then another answer", fakes3.Fault{Status: 403, Code: "AccessDenied"}, fakes3.Fault{Status: 500, Code: "InternalError"}, fs.ErrPermission, 1, "403"},
		{"refused, then allowed", fakes3.Fault{Status: 403, Code: "AccessDenied"}, fakes3.Fault{}, fs.ErrPermission, 1, "403"},
		{"trouble", fakes3.Fault{Status: 500, Code: "InternalError"}, fakes3.Fault{}, nil, 0, "500"},
		{"changed", fakes3.Fault{Status: 412, Code: "PreconditionFailed"}, fakes3.Fault{}, bridge.ErrSourceChanged, 0, "412"},
		{"the first status of a redirection", fakes3.Fault{Status: 300, Code: "PermanentRedirect"}, fakes3.Fault{Status: 300, Code: "PermanentRedirect"}, nil, 1, "PermanentRedirect"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				object := w.put(t, "k", random(5000), nil)
				tt.head.Op, tt.get.Op = "HeadObject", "GetObject"
				w.a.s3.Inject(tt.head, tt.get)
				_, err := w.copier(func(o *bridge.Options) { o.Retries = -1 }).Copy(t.Context(), dst("k"), object)
				says(t, err, tt.is, []string{"source: head s3://source/k", tt.want})
				asked := 0
				for _, r := range w.a.s3.Requests() {
					if r.Op == "GetObject" {
						asked++
					}
				}
				if asked != tt.asked {
					t.Errorf("it was asked again %d times, want %d", asked, tt.asked)
				}
			})
		})
	}
}

// TestSmallObjectFaults: the pieces of the pipeline's own files are as safe as
// the files.
func TestSmallObjectFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(500), nil)
		c := w.copier(func(o *bridge.Options) { o.Retries = -1 })
		w.a.s3.Inject(fakes3.Fault{Op: "GetObject", FlipResponse: 9}, fakes3.Fault{Op: "GetObject", CutResponse: 9})
		if _, err := c.ReadSource(t.Context(), src("k"), 500); !errors.Is(err, bridge.ErrChecksum) {
			t.Errorf("corrupted: %v", err)
		}
		if _, err := c.ReadSource(t.Context(), src("k"), 500); err == nil {
			t.Error("cut short: no error")
		}
		w.b.s3.Inject(fakes3.Fault{Op: "PutObject", FlipRequest: 9})
		if err := c.WriteTarget(t.Context(), dst("k"), random(500)); err == nil || w.got(t, "k") != nil {
			t.Errorf("corrupted on the way: %v", err)
		}
		liar := bridge.New(&lyingTarget{Destination: w.writer, put: true, checksum: aws.String("rosUhgp5mIg=")}, w.reader, &bridge.Options{Retries: -1})
		if err := liar.WriteTarget(t.Context(), dst("k"), random(500)); !errors.Is(err, bridge.ErrChecksum) {
			t.Errorf("answered with another checksum: %v", err)
		}
	})
}
