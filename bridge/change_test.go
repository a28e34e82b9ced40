package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A forgetful journal does not delete while it is dead, as if the program had been
// killed before.
type forgetful struct {
	bridge.Journal
	dead bool
}

func (f *forgetful) Delete(ctx context.Context, u bridge.Upload) error {
	if f.dead {
		return nil
	}
	return f.Journal.Delete(ctx, u)
}

// TestSourceReplaced replaces the source while parts of it are read. The target
// must never hold a mixture.
func TestSourceReplaced(t *testing.T) {
	first, second := random(5000), random(5001)[:5000]
	tests := []struct {
		name  string
		known bool // the caller names the ETag
		times int
		fails bool
	}{
		{"of an ETag that the caller named", true, 1, true},
		{"once", false, 1, false},
		{"twice", false, 2, false},
		{"all the time", false, -1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				object := w.put(t, "k", first, nil)
				if !tt.known {
					object = unknown("k")
				}
				replaced := 0
				journal := new(bridge.MemJournal)
				c := w.copier(func(o *bridge.Options) {
					o.Journal, o.Concurrency = journal, 1
					o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
						if part == 3 && replaced != tt.times {
							replaced++
							w.put(t, "k", [][]byte{first, second}[replaced%2], nil)
						}
					}
				})
				_, err := c.Copy(t.Context(), dst("k"), object)
				if errors.Is(err, bridge.ErrSourceChanged) != tt.fails || (err != nil) != tt.fails {
					t.Errorf("Copy = %v, want failure: %t", err, tt.fails)
				}
				if n := acknowledged(w.b.s3, "CreateMultipartUpload"); tt.times < 0 && n != 3 {
					t.Errorf("%d uploads were begun, want 3: one, and two for what came after", n)
				}
				want := [][]byte{first, second}[replaced%2]
				if tt.fails {
					want = nil
				}
				if got := w.got(t, "k"); !bytes.Equal(got, want) {
					t.Errorf("%d bytes arrived, want %d of one version", len(got), len(want))
				}
				if _, ok, _ := journal.Load(t.Context(), dst("k")); ok || w.open(t) != 0 || bridge.Resumable(err) {
					t.Errorf("the upload is remembered: %t, %d are open", ok, w.open(t))
				}
			})
		})
	}
}

func TestSourceIsNotWhatWasAskedFor(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for key, size := range map[string]int{"whole": 500, "in parts": 5000} {
			real := w.put(t, key, random(size), nil)
			for name, asked := range map[string]bridge.Object{
				"ETag": {URI: real.URI, ETag: `"00000000000000000000000000000000"`, Size: real.Size},
				"size": {URI: real.URI, ETag: real.ETag, Size: real.Size - 1},
			} {
				_, err := w.copier(nil).Copy(t.Context(), dst(key), asked)
				if !errors.Is(err, bridge.ErrSourceChanged) || w.got(t, key) != nil {
					t.Errorf("%s, another %s: %v", key, name, err)
				}
			}
		}
	})
}

// TestBetweenRuns changes something between a run that fails in the middle and
// the next one.
func TestBetweenRuns(t *testing.T) {
	content, other := random(5000), random(6000)
	tests := []struct {
		name     string
		partSize int64
		change   func(*testing.T, *world, bridge.Journal)
		want     []byte
		resumed  int
	}{
		{"nothing", 1 << 10, func(*testing.T, *world, bridge.Journal) {}, content, 2},
		{"the part size, which the upload keeps", 2 << 10, func(*testing.T, *world, bridge.Journal) {}, content, 2},
		{"the threshold, above the object", 1 << 20, func(*testing.T, *world, bridge.Journal) {}, content, 0},
		{"the source", 1 << 10, func(t *testing.T, w *world, _ bridge.Journal) { w.put(t, "k", other, nil) }, other, 0},
		{"the source, now small", 1 << 10, func(t *testing.T, w *world, _ bridge.Journal) { w.put(t, "k", other[:9], nil) }, other[:9], 0},
		{"the upload is gone", 1 << 10, func(t *testing.T, w *world, j bridge.Journal) {
			u, _, _ := j.Load(t.Context(), dst("k"))
			must(w.b.admin.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("k"), UploadId: &u.UploadID}))(t)
		}, content, 0},
		{"a part has another length", 1 << 10, replacePart(random(9)), content, 1},
		{"a part has other bytes", 1 << 10, replacePart(random(1024)), content, 0},
		{"the journal is about another source", 1 << 10, func(t *testing.T, _ *world, j bridge.Journal) {
			u, _, _ := j.Load(t.Context(), dst("k"))
			u.Src = src("elsewhere")
			check(t, j.Save(t.Context(), u))
		}, content, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.put(t, "k", content, nil)
				journal := new(bridge.MemJournal)
				options := func(o *bridge.Options) { o.Journal, o.Concurrency, o.Retries = journal, 1, -1 }
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 500, Code: "InternalError"})
				if _, err := w.copier(options).Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
					t.Fatalf("the first run ended with %v", err)
				}
				tt.change(t, w, journal)
				result, err := w.copier(func(o *bridge.Options) { options(o); o.PartSize = tt.partSize }).Copy(t.Context(), dst("k"), unknown("k"))
				check(t, err)
				if got := w.got(t, "k"); !bytes.Equal(got, tt.want) || result.Resumed != tt.resumed {
					t.Errorf("%d bytes arrived, %d parts resumed, want %d and %d", len(got), result.Resumed, len(tt.want), tt.resumed)
				}
				if _, ok, _ := journal.Load(t.Context(), dst("k")); ok || w.open(t) != 0 {
					t.Errorf("the upload is remembered: %t, %d are open", ok, w.open(t))
				}
			})
		})
	}
}

// replacePart puts other bytes in the place of part 2 of the upload.
func replacePart(content []byte) func(*testing.T, *world, bridge.Journal) {
	return func(t *testing.T, w *world, j bridge.Journal) {
		u, _, _ := j.Load(t.Context(), dst("k"))
		must(w.b.admin.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: aws.String("target"), Key: aws.String("k"), UploadId: &u.UploadID, PartNumber: aws.Int32(2),
			Body: bytes.NewReader(content), ChecksumAlgorithm: "CRC64NVME",
		}))(t)
	}
}

// TestForeignUpload: an upload to the same key that the journal does not know is
// left alone.
func TestForeignUpload(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		must(w.b.admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("k")}))(t)
		content := random(5000)
		w.put(t, "k", content, nil)
		_, err := w.copier(func(o *bridge.Options) { o.Journal = new(bridge.MemJournal) }).Copy(t.Context(), dst("k"), unknown("k"))
		check(t, err)
		if n := w.open(t); n != 1 || !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("%d uploads are open, want the foreign one", n)
		}
	})
}

func TestAbort(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(5000), nil)
		c := w.copier(func(o *bridge.Options) { o.Journal, o.Retries = new(bridge.MemJournal), -1 })
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 500, Code: "InternalError"})
		if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) || w.open(t) != 1 {
			t.Fatalf("the copy ended with %v", err)
		}
		check(t, c.Abort(t.Context(), dst("k")))
		check(t, c.Abort(t.Context(), dst("k")))
		if n := w.open(t); n != 0 {
			t.Errorf("%d uploads are open", n)
		}
	})
}

// TestAbortErrorIsTold: an upload that stays open is told, though the next try would go
// well.
func TestAbortErrorIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "AbortMultipartUpload", Times: -1, Status: 403, Code: "AccessDenied"})
		replaced := false
		_, err := w.copier(func(o *bridge.Options) {
			o.Concurrency = 1
			o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
				if part == 3 && !replaced {
					replaced = true
					w.put(t, "k", random(5001), nil)
				}
			}
		}).Copy(t.Context(), dst("k"), unknown("k"))
		if err == nil && w.open(t) != 0 {
			t.Errorf("success, and %d uploads with parts are open that no journal knows: the abort was refused", w.open(t))
		}
	})
}

// TestSyncTriesThreeTimes: an object that is replaced again and again is tried three
// times, whoever begins anew.
func TestSyncTriesThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		n := 0
		version := func() { n++; w.put(t, "p/k", random(5000 + n)[:5000], nil) }
		version()
		c := w.copier(func(o *bridge.Options) {
			o.Concurrency = 1
			o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
				if part == 3 {
					version()
				}
			}
		})
		var failed error
		_, err := c.Sync(t.Context(), w.writeOnly(new(bridge.MemLedger)), func(e *bridge.Event) error { failed = e.Err; return nil })
		check(t, err)
		if uploads := acknowledged(w.b.s3, "CreateMultipartUpload"); !errors.Is(failed, bridge.ErrSourceChanged) || uploads > 3 {
			t.Errorf("%v, %d uploads were begun, want 3 at most: one, and two retries", failed, uploads)
		}
	})
}
