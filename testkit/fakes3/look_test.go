package fakes3_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakes3"
)

func TestPutAndLook(t *testing.T) {
	tests := []struct {
		name string
		opts *fakes3.PutOptions
		want fakes3.Object
	}{
		{"simple", nil, fakes3.Object{ChecksumAlgorithm: "CRC64NVME", ChecksumType: "FULL_OBJECT", Checksum: "rosUhgp5mIg=", ETag: `"25f9e794323b453885f5181f1b624d0b"`}},
		{"multipart", &fakes3.PutOptions{PartSize: 4}, fakes3.Object{ChecksumAlgorithm: "CRC64NVME", ChecksumType: "FULL_OBJECT", Checksum: "rosUhgp5mIg=", ETag: `"393e928fcf5925fcbd3a06aaf20b2d38-3"`, Parts: []int64{4, 4, 1}}},
		{"old", &fakes3.PutOptions{Checksum: "none"}, fakes3.Object{ETag: `"25f9e794323b453885f5181f1b624d0b"`}},
		{"composite", &fakes3.PutOptions{PartSize: 9, Checksum: "CRC32", Composite: true}, fakes3.Object{ChecksumAlgorithm: "CRC32", ChecksumType: "COMPOSITE", Parts: []int64{9}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			put, err := w.server.Put(uri("key"), strings.NewReader("123456789"), test.opts)
			noError(t, err)
			got, ok := w.server.Object(uri("key"))
			if diff := cmp.Diff(put, got); !ok || diff != "" {
				t.Errorf("what Put says and what is there (-put +got):\n%s", diff)
			}
			if test.want.ETag == "" {
				test.want.ETag, test.want.Checksum = got.ETag, got.Checksum
			}
			got = fakes3.Object{ETag: got.ETag, Checksum: got.Checksum, ChecksumAlgorithm: got.ChecksumAlgorithm, ChecksumType: got.ChecksumType, Parts: got.Parts}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("object (-want +got):\n%s", diff)
			}
			content, err := w.server.Content(uri("key"))
			if string(content) != "123456789" || err != nil {
				t.Errorf("got content %q, %v", content, err)
			}
		})
	}
}

func TestPutRefuses(t *testing.T) {
	w := newWorld(t, nil)
	tests := []struct {
		name string
		uri  redferry.URI
		opts *fakes3.PutOptions
	}{
		{"no bucket", redferry.URI{Bucket: "missing", Key: "key"}, nil},
		{"no key", uri(""), nil},
		{"a key that is no text", uri("\xff"), nil},
		{"an unknown algorithm", uri("key"), &fakes3.PutOptions{Checksum: "CRC8"}},
		{"a composite CRC64NVME", uri("key"), &fakes3.PutOptions{PartSize: 1, Composite: true}},
	}
	for _, test := range tests {
		if _, err := w.server.Put(test.uri, strings.NewReader("x"), test.opts); err == nil {
			t.Errorf("%s: no error", test.name)
		}
	}
	if _, err := w.server.Content(uri("missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("content of a missing object: got %v, want fs.ErrNotExist", err)
	}
}

func TestObjectsAndUploads(t *testing.T) {
	w := start(t, nil)
	for i := range 2500 { // more than a page
		_, err := w.server.Put(uri(fmt.Sprintf("run/%04d", i)), strings.NewReader("x"), nil)
		noError(t, err)
	}
	if got := len(w.server.Objects(uri("run/"))); got != 2500 {
		t.Errorf("got %d objects, want 2500", got)
	}
	if got := len(w.server.Objects(redferry.URI{Bucket: "missing"})); got != 0 {
		t.Errorf("got %d objects of no bucket", got)
	}
	id := w.upload("run/open")
	open := w.server.OpenUploads(uri("run/"))
	if len(open) != 1 || open[0].ID != *id || len(open[0].Parts) != 1 || open[0].Initiator != "arn:aws:iam::111111111111:user/admin" {
		t.Errorf("got uploads %+v", open)
	}
	noError(t, w.server.Delete(uri("run/0000")))
	if w.has("run/0000") {
		t.Error("a deleted object is there")
	}
	if diff := cmp.Diff([]string{bucket}, w.server.Buckets()); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
}

func TestAbortDateIsTold(t *testing.T) {
	w := start(t, nil)
	noError(t, w.server.SetAbortDays(bucket, 1))
	c := w.client(w.admin)
	out, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("key")})
	noError(t, err)
	parts, err := c.ListParts(t.Context(), &s3.ListPartsInput{Bucket: aws.String(bucket), Key: aws.String("key"), UploadId: out.UploadId})
	noError(t, err)
	if out.AbortDate == nil || !out.AbortDate.Equal(*parts.AbortDate) || aws.ToString(out.AbortRuleId) == "" {
		t.Errorf("got abort dates %v and %v, rule %q", out.AbortDate, parts.AbortDate, aws.ToString(out.AbortRuleId))
	}
}

func TestArchivedObjectIsNotRead(t *testing.T) {
	w := start(t, nil)
	_, err := w.server.Put(uri("key"), strings.NewReader("x"), &fakes3.PutOptions{StorageClass: "GLACIER"})
	noError(t, err)
	_, err = w.getSDK("key")
	refused(t, err, "InvalidObjectState", 403)
	_, err = w.client(w.admin).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
	noError(t, err)
}

// zeros is a body of that many bytes that nobody holds.
func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// An object on disk costs no memory, on its way in and out.
func TestLargeObjectOnDiskCostsNoMemory(t *testing.T) {
	const size = 256 << 20
	dir := t.TempDir()
	w := startTLS(t, &fakes3.Options{Dir: dir})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := w.client(w.admin).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), Body: zeros(size), ContentLength: aws.Int64(size), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c})
	noError(t, err)
	out, err := w.client(w.admin).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
	noError(t, err)
	n, err := io.Copy(io.Discard, out.Body)
	noError(t, errors.Join(err, out.Body.Close()))
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; n != size || allocated > size/2 {
		t.Errorf("%d bytes went out and %d were allocated in all, want %d and less than half of that", n, allocated, size)
	}
	noError(t, w.server.Delete(uri("key")))
	noError(t, w.server.Close()) // a GET whose last byte has been read may still hold the file
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%d files are left, %v", len(entries), err)
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	w := start(t, nil)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for n := range 20 {
				key := fmt.Sprintf("key-%d", (i+n)%5)
				if err := w.putSDK(key, strings.Repeat(key, 1000)); err != nil {
					t.Error(err)
				}
				if got, err := w.getSDK(key); err != nil || got != strings.Repeat(key, 1000) {
					t.Errorf("got %d bytes, %v", len(got), err)
				}
				w.server.Objects(uri(""))
				w.server.Requests()
			}
		})
	}
	wg.Wait()
}

func BenchmarkPutAndGet(b *testing.B) {
	const size = 8 << 20
	w := start(b, nil)
	c := w.client(w.admin)
	b.SetBytes(2 * size)
	for b.Loop() {
		_, err := c.PutObject(b.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), Body: strings.NewReader(strings.Repeat("x", size))})
		if err != nil {
			b.Fatal(err)
		}
		out, err := c.GetObject(b.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, out.Body); err != nil {
			b.Fatal(err)
		}
		_ = out.Body.Close()
	}
}
