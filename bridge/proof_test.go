package bridge_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestProofAfterResuming: of parts that an earlier run sent, only the CRC-64/NVME
// is known. A source that stores a CRC-32 alone is then proven to Wire, or, where
// more is demanded, copied from the beginning.
func TestProofAfterResuming(t *testing.T) {
	for _, tt := range []struct {
		name      string
		algorithm types.ChecksumAlgorithm
		demanded  bridge.Level
		want      bridge.Level
		resumed   int
	}{
		{"CRC32", types.ChecksumAlgorithmCrc32, bridge.Wire, bridge.Wire, 2},
		{"CRC32, recomputed demanded", types.ChecksumAlgorithmCrc32, bridge.Recomputed, bridge.Recomputed, 0},
		{"CRC64NVME, recomputed demanded", types.ChecksumAlgorithmCrc64nvme, bridge.Recomputed, bridge.Stored, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(5000)
				putWith(tt.algorithm)(t, w, content)
				c := w.copier(func(o *bridge.Options) {
					o.Journal, o.Retries, o.Concurrency, o.MinLevel = new(bridge.MemJournal), -1, 1, tt.demanded
				})
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 500, Code: "InternalError"})
				useless := tt.demanded == bridge.Recomputed && tt.algorithm == types.ChecksumAlgorithmCrc32 // to a later run
				if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); err == nil || bridge.Resumable(err) == useless || useless && w.open(t) != 0 {
					t.Fatalf("the first run ended with %v, and %d uploads open", err, w.open(t))
				}
				result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				check(t, err)
				want, resumed := tt.want, tt.resumed
				if w.authority == nil && want == bridge.Wire { // what the dead run's parts are was never compared there
					want, resumed = bridge.Recomputed, 0
				}
				if result.Level != want || result.Resumed != resumed || !bytes.Equal(w.got(t, "k"), content) || w.open(t) != 0 {
					t.Errorf("result %+v with %d uploads open, want level %s and %d parts resumed", result, w.open(t), want, resumed)
				}
			})
		})
	}
}

// TestThreshold: an object of just the threshold is sent whole, where any
// checksum can be computed, and one whose size and ETag are known is not asked
// about.
func TestThreshold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "most", random(1024), func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 })
		c := w.copier(func(o *bridge.Options) { o.MinLevel = bridge.Recomputed })
		_, err := c.Copy(t.Context(), dst("most"), unknown("most"))
		check(t, err)
		if n := acknowledged(w.b.s3, "CreateMultipartUpload"); n != 0 {
			t.Errorf("%d uploads were made of an object of the threshold", n)
		}
		w.reader = w.client(t, w.a, readWithTags)
		_, err = w.copier(func(o *bridge.Options) { o.Carry.Tags = bridge.FailTags }).Copy(t.Context(), dst("most"), unknown("most"))
		check(t, err)
		if n := acknowledged(w.a.s3, "GetObjectTagging"); n != 1 {
			t.Errorf("its tags were asked for %d times", n)
		}
		asked := acknowledged(w.a.s3, "HeadObject")
		for key, size := range map[string]int{"empty": 0, "one": 1, "full": 1024} {
			_, err := c.Copy(t.Context(), dst(key), w.put(t, key, random(size), nil))
			check(t, err)
		}
		if n := acknowledged(w.a.s3, "HeadObject"); n != asked {
			t.Errorf("%d of three known objects were asked about", n-asked)
		}
	})
}

// TestInPlaceIsOfTheSameSource: an object that is in place already is taken for
// the copy only if it came from the same source in the same version, because its
// metadata came from there, too.
func TestInPlaceIsOfTheSameSource(t *testing.T) {
	content := random(5000)
	from := func(name string) func(*s3.PutObjectInput) {
		return func(in *s3.PutObjectInput) {
			in.Metadata, in.ChecksumAlgorithm = map[string]string{"from": name}, types.ChecksumAlgorithmCrc64nvme
		}
	}
	for name, second := range map[string]func(*testing.T, *world) string{
		"another object": func(t *testing.T, w *world) string {
			w.put(t, "other", content, from("second"))
			return "other"
		},
		"another version": func(t *testing.T, w *world) string {
			putAgain(t, w, "k", content, "second")
			return "k"
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				w.writer = w.b.admin
				journal := &forgetful{Journal: new(bridge.MemJournal), dead: true}
				c := w.copier(func(o *bridge.Options) { o.Journal = journal })
				w.put(t, "k", content, from("first"))
				_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				check(t, err)
				journal.dead = false
				_, err = c.Copy(t.Context(), dst("k"), unknown(second(t, w)))
				check(t, err)
				head := must(w.b.admin.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("target"), Key: aws.String("k")}))(t)
				if got := head.Metadata["from"]; got != "second" {
					t.Errorf("the target has the metadata of the %s", got)
				}
			})
		})
	}
}

// putAgain puts the same bytes as an object in two parts, which has another ETag.
func putAgain(t *testing.T, w *world, key string, content []byte, from string) {
	t.Helper()
	bucket := aws.String("source")
	created := must(w.a.admin.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: bucket, Key: &key, Metadata: map[string]string{"from": from},
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject,
	}))(t)
	p := must(w.a.admin.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: bucket, Key: &key, UploadId: created.UploadId, PartNumber: aws.Int32(1),
		Body: bytes.NewReader(content), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
	}))(t)
	must(w.a.admin.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: &key, UploadId: created.UploadId, ChecksumType: types.ChecksumTypeFullObject,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: p.ETag, ChecksumCRC64NVME: p.ChecksumCRC64NVME}}},
	}))(t)
}

// A lyingHead answers a HEAD with another length.
type lyingHead struct{ *s3.Client }

func (l *lyingHead) HeadObject(ctx context.Context, in *s3.HeadObjectInput, options ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	out, err := l.Client.HeadObject(ctx, in, options...)
	if err == nil {
		out.ContentLength = aws.Int64(*out.ContentLength - 1)
	}
	return out, err
}

// TestInPlaceHasTheLength: an object of another length is not taken for the copy,
// whatever its checksum.
func TestInPlaceHasTheLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		journal := &forgetful{Journal: new(bridge.MemJournal)}
		c := bridge.New(&lyingHead{w.b.admin}, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal})
		for _, journal.dead = range []bool{true, false} {
			_, err := c.Copy(t.Context(), dst("k"), unknown("k"))
			check(t, err)
		}
		if n := acknowledged(w.b.s3, "CompleteMultipartUpload"); n != 2 {
			t.Errorf("%d copies were made, want 2", n)
		}
	})
}

// TestUnusableJournal: an entry that no run can go on with is replaced, not
// believed.
func TestUnusableJournal(t *testing.T) {
	for name, damage := range map[string]func(*bridge.Upload){
		"no part size":          func(u *bridge.Upload) { u.PartSize = 0 },
		"parts of S3's most":    func(u *bridge.Upload) { u.PartSize = 6 << 30 },
		"another size":          func(u *bridge.Upload) { u.Size-- },
		"another destination":   func(u *bridge.Upload) { u.Dst = dst("other") },
		"no upload":             func(u *bridge.Upload) { u.UploadID = "" },
		"another ETag":          func(u *bridge.Upload) { u.ETag = `"0"` },
		"another source's name": func(u *bridge.Upload) { u.Src = src("other") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "https")
				content := random(5000)
				w.put(t, "k", content, nil)
				journal := new(bridge.MemJournal)
				c := w.copier(func(o *bridge.Options) { o.Journal, o.Retries, o.Concurrency = journal, -1, 1 })
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 500, Code: "InternalError"})
				if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
					t.Fatalf("the first run ended with %v", err)
				}
				u, _, _ := journal.Load(t.Context(), dst("k"))
				check(t, journal.Delete(t.Context(), u))
				damage(&u)
				damaged := &fixed{Journal: journal, upload: u}
				c = w.copier(func(o *bridge.Options) { o.Journal = damaged })
				result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				check(t, err)
				if result.Resumed != 0 || !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("result %+v, want no part of the earlier upload", result)
				}
			})
		})
	}
}

// A fixed journal has one upload for every destination until another is saved.
type fixed struct {
	bridge.Journal
	upload bridge.Upload
	saved  bool
}

func (f *fixed) Load(ctx context.Context, u redferry.URI) (bridge.Upload, bool, error) {
	if f.saved {
		return f.Journal.Load(ctx, u)
	}
	return f.upload, true, nil
}

func (f *fixed) Save(ctx context.Context, u bridge.Upload) error {
	f.saved = true
	return f.Journal.Save(ctx, u)
}

// TestResumeOverHTTPTrustsNoPart: a run over plain HTTP that ends before its parts are
// compared leaves none that is trusted, where the source stores nothing to compare them with.
func TestResumeOverHTTPTrustsNoPart(t *testing.T) {
	for _, algorithm := range []types.ChecksumAlgorithm{types.ChecksumAlgorithmSha256, types.ChecksumAlgorithmCrc32} {
		t.Run(string(algorithm), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "http")
				content := random(5000)
				putWith(algorithm)(t, w, content)
				c := bridge.New(&silentTarget{w.writer}, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: new(bridge.MemJournal), Retries: -1, Concurrency: 1})
				w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 2, FlipRequest: 77}, fakes3.Fault{Op: "UploadPart", Part: 3, Drop: fakes3.BeforeEffect})
				if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
					t.Fatalf("the first run ended with %v", err)
				}
				w.b.s3.Check(t)
				result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
				if err == nil && !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("success, %+v, and the target has other bytes than the source", result)
				}
			})
		})
	}
}
