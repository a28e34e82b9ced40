package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// interrupted leaves an upload of content to k of which the first three parts are in
// place, with a journal that is lost then.
func interrupted(t *testing.T, w *world, writer *s3.Client, content []byte, partSize int64) {
	t.Helper()
	w.put(t, "k", content, nil)
	w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 500, Code: "InternalError"})
	c := bridge.New(writer, w.reader, &bridge.Options{PartSize: partSize, Concurrency: 1, Retries: -1, Journal: new(bridge.MemJournal)})
	if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
		t.Fatalf("the copy was to be interrupted: %v", err)
	}
	w.b.s3.Check(t)
}

// TestAdopt goes on with an upload that no journal knows.
func TestAdopt(t *testing.T) {
	content := random(10_000)
	for _, tt := range []struct {
		name    string
		before  func(t *testing.T, w *world)
		resumed int
		open    int // uploads that are left
	}{
		{"of the same parts", func(t *testing.T, w *world) { interrupted(t, w, w.writer, content, 1<<10) }, 3, 0},
		{"of larger parts", func(t *testing.T, w *world) { interrupted(t, w, w.writer, content, 2000) }, 3, 0},
		{"the newest of two", func(t *testing.T, w *world) {
			interrupted(t, w, w.writer, content, 3000)
			time.Sleep(time.Hour)
			interrupted(t, w, w.writer, content, 2000)
		}, 3, 1},
		{"an older one, where the newest has no parts", func(t *testing.T, w *world) {
			interrupted(t, w, w.writer, content, 2000)
			time.Sleep(time.Hour)
			leftOver(t, w, ours, nil)
		}, 3, 1},
		{"of two larger parts", func(t *testing.T, w *world) {
			leftOver(t, w, ours, map[int32][]byte{1: content[:2000], 2: content[2000:4000]})
		}, 2, 0},
		{"of the last part alone", func(t *testing.T, w *world) { leftOver(t, w, ours, map[int32][]byte{10: content[9<<10:]}) }, 1, 0},
		{"of a last part that is too long", func(t *testing.T, w *world) {
			leftOver(t, w, ours, map[int32][]byte{1: content[:1<<10], 2: content[1<<10 : 2<<10], 10: content[9000:]})
		}, 0, 1},
		{"of more parts than the object has", func(t *testing.T, w *world) {
			leftOver(t, w, ours, map[int32][]byte{1: content[:1<<10], 2: content[1<<10 : 2<<10], 11: nil})
		}, 0, 1},
		{"of parts without checksums", func(t *testing.T, w *world) {
			leftOver(t, w, false, map[int32][]byte{1: content[:1<<10], 2: content[1<<10 : 2<<10]})
		}, 0, 1},
		{"which the bucket is about to abort", func(t *testing.T, w *world) {
			check(t, w.b.s3.SetAbortDays("target", 1))
			interrupted(t, w, w.writer, content, 1<<10)
			time.Sleep(47*time.Hour + 30*time.Minute)
		}, 0, 1},
		{"of other bytes", func(t *testing.T, w *world) { interrupted(t, w, w.writer, random(10_001)[1:], 1<<10) }, 0, 0},
		{"of someone else", func(t *testing.T, w *world) { interrupted(t, w, w.client(t, w.b, writeOnly), content, 1<<10) }, 0, 1},
		{"without parts", func(t *testing.T, w *world) {
			_ = must(w.writer.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("k")}))(t)
		}, 0, 1},
		{"to another key", func(t *testing.T, w *world) {
			_ = must(w.writer.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("k2")}))(t)
		}, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				tt.before(t, w)
				w.put(t, "k", content, nil)
				time.Sleep(time.Second)
				result := must(w.copier(func(o *bridge.Options) { o.Adopt, o.Journal = true, new(bridge.MemJournal) }).Copy(t.Context(), dst("k"), unknown("k")))(t)
				if result.Resumed != tt.resumed || result.Level != bridge.Stored || !bytes.Equal(w.got(t, "k"), content) {
					t.Errorf("got %+v, want %d resumed parts", result, tt.resumed)
				}
				if n := w.open(t); n != tt.open {
					t.Errorf("%d uploads are open, want %d", n, tt.open)
				}
			})
		})
	}
}

// How an upload was begun: as a Copier does it here, which declares checksums over TLS
// alone, or the other way.
const (
	ours   = true
	theirs = false
)

// leftOver leaves an upload to k with these parts.
func leftOver(t *testing.T, w *world, how bool, parts map[int32][]byte) {
	t.Helper()
	in := &s3.CreateMultipartUploadInput{Bucket: aws.String("target"), Key: aws.String("k")}
	if overTLS := w.authority != nil; overTLS == how {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	}
	created := must(w.writer.CreateMultipartUpload(t.Context(), in))(t)
	for n, content := range parts {
		_ = must(w.writer.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: in.Bucket, Key: in.Key, UploadId: created.UploadId, PartNumber: &n, Body: bytes.NewReader(content), ChecksumAlgorithm: in.ChecksumAlgorithm,
		}))(t)
	}
}

// TestAdoptNeedsProof: without a checksum to compose to, nobody looks.
func TestAdoptNeedsProof(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		interrupted(t, w, w.writer, random(5000), 1<<10)
		w.put(t, "k", random(5000), func(in *s3.PutObjectInput) { in.ChecksumAlgorithm = "SHA256" })
		result := must(w.copier(func(o *bridge.Options) { o.Adopt = true }).Copy(t.Context(), dst("k"), unknown("k")))(t)
		if result.Resumed != 0 || acknowledged(w.b.s3, "ListMultipartUploads") != 0 || w.open(t) != 1 {
			t.Errorf("got %+v, %d uploads open", result, w.open(t))
		}
	})
}

// TestAdoptRefused: the right that is missing is named, and nothing is left.
func TestAdoptRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.put(t, "k", random(5000), nil)
		writer := w.client(t, w.b, strings.Replace(writeOnly, "s3:ListBucketMultipartUploads", "s3:ListBucket", 1))
		_, err := bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Adopt: true}).Copy(t.Context(), dst("k"), unknown("k"))
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "s3:ListBucketMultipartUploads on arn:aws:s3:::target") || w.open(t) != 0 {
			t.Errorf("got %v, %d uploads open", err, w.open(t))
		}
	})
}

// TestAbortDate: an upload that the bucket is about to abort is begun anew.
func TestAbortDate(t *testing.T) {
	for wait, resumed := range map[time.Duration]int{time.Hour: 3, 46 * time.Hour: 3, 47*time.Hour + 30*time.Minute: 0} { // from midnight on
		inWorld(t, func(t *testing.T, w *world) {
			check(t, w.b.s3.SetAbortDays("target", 1))
			content, journal := random(5000), new(bridge.MemJournal)
			w.put(t, "k", content, nil)
			w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 500, Code: "InternalError"})
			once := w.copier(func(o *bridge.Options) { o.Journal, o.Retries, o.Concurrency = journal, -1, 1 })
			if _, err := once.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
				t.Fatal(err)
			}
			time.Sleep(wait)
			result := must(w.copier(func(o *bridge.Options) { o.Journal = journal }).Copy(t.Context(), dst("k"), unknown("k")))(t)
			if result.Resumed != resumed || !bytes.Equal(w.got(t, "k"), content) || w.open(t) != 0 {
				t.Errorf("after %v: %+v, %d uploads open; want %d resumed parts", wait, result, w.open(t), resumed)
			}
		})
	}
}

// abortsSoon is a target whose rule aborts each upload half an hour later.
type abortsSoon struct{ *s3.Client }

func (a abortsSoon) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	out, err := a.Client.CreateMultipartUpload(ctx, in, opts...)
	if err == nil {
		out.AbortDate = aws.Time(time.Now().Add(30 * time.Minute))
	}
	return out, err
}

func (a abortsSoon) ListParts(ctx context.Context, in *s3.ListPartsInput, opts ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	out, err := a.Client.ListParts(ctx, in, opts...)
	if err == nil {
		out.AbortDate = aws.Time(time.Now().Add(30 * time.Minute))
	}
	return out, err
}

// TestAbortDateOfAll: what is in place is not thrown away for an upload that has no more
// time.
func TestAbortDateOfAll(t *testing.T) {
	for _, lost := range []bool{false, true} {
		inWorld(t, func(t *testing.T, w *world) {
			content, journal := random(5000), new(bridge.MemJournal)
			w.put(t, "k", content, nil)
			w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 500, Code: "InternalError"})
			options := bridge.Options{PartSize: 1 << 10, Concurrency: 1, Retries: -1, Journal: journal}
			if _, err := bridge.New(abortsSoon{w.writer}, w.reader, &options).Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
				t.Fatal(err)
			}
			if lost {
				options.Journal, options.Adopt = new(bridge.MemJournal), true
			}
			result := must(bridge.New(abortsSoon{w.writer}, w.reader, &options).Copy(t.Context(), dst("k"), unknown("k")))(t)
			if result.Resumed != 3 || !bytes.Equal(w.got(t, "k"), content) || w.open(t) != 0 {
				t.Errorf("journal lost %t: %+v, %d uploads open; want 3 resumed parts", lost, result, w.open(t))
			}
		})
	}
}

// TestRenewedInVain: when the journal refuses the new upload, nothing is said to be there to
// go on with, and nothing is left.
func TestRenewedInVain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		check(t, w.b.s3.SetAbortDays("target", 1))
		journal := &failingJournal{Journal: new(bridge.MemJournal)}
		w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 500, Code: "InternalError"})
		c := w.copier(func(o *bridge.Options) { o.Journal, o.Retries, o.Concurrency = journal, -1, 1 })
		if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
			t.Fatal(err)
		}
		time.Sleep(47*time.Hour + 30*time.Minute)
		journal.full = errors.New("the disk is full")
		if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !errors.Is(err, journal.full) || bridge.Resumable(err) || w.open(t) != 0 {
			t.Errorf("%v; %d uploads are open", err, w.open(t))
		}
	})
}

// A failingJournal saves nothing when it is full and has no more room.
type failingJournal struct {
	bridge.Journal
	full error
	room int // for so many saves
}

func (j *failingJournal) Save(ctx context.Context, u bridge.Upload) error {
	if j.room--; j.full != nil && j.room < 0 {
		return j.full
	}
	return j.Journal.Save(ctx, u)
}

// TestAdoptThreeOldOnes: uploads of earlier versions, which no journal knows, are tried in
// vain once, and not until the copy has no more tries.
func TestAdoptThreeOldOnes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for n := range 3 {
			interrupted(t, w, w.writer, random(10_000 + n)[:10_000], 1<<10)
			time.Sleep(time.Hour)
		}
		content := random(10_100)[:10_000]
		w.put(t, "k", content, nil)
		result, err := w.copier(func(o *bridge.Options) { o.Adopt, o.Journal = true, new(bridge.MemJournal) }).Copy(t.Context(), dst("k"), unknown("k"))
		if err != nil || !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

// TestAdoptedInVain: an upload that the journal does not take is given up, and nothing is
// said of going on with the one that was aborted for it.
func TestAdoptedInVain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		interrupted(t, w, w.writer, random(10_000), 1<<10)
		journal := &failingJournal{Journal: new(bridge.MemJournal), full: errors.New("the disk is full"), room: 1}
		_, err := w.copier(func(o *bridge.Options) { o.Adopt, o.Journal = true, journal }).Copy(t.Context(), dst("k"), unknown("k"))
		if _, known, _ := journal.Load(t.Context(), dst("k")); err == nil || known || bridge.Resumable(err) || w.open(t) != 0 {
			t.Errorf("%v; the journal knows it: %t; %d are open", err, known, w.open(t))
		}
	})
}
