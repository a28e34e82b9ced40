package fakes3_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/testkit/fakes3"
)

// stale lists once as of n changes ago and once as of now, and checks both: each
// listing is a list of words.
func (w *world) stale(n int, list func() (string, error), before, after string) {
	w.t.Helper()
	w.server.Inject(fakes3.Fault{Stale: n})
	for _, want := range []string{before, after} {
		got, err := list()
		if err != nil {
			got = "error " + code(err)
		}
		if got != want {
			w.t.Errorf("%d changes ago: got %q, want %q", n, got, want)
		}
	}
}

func code(err error) string {
	_, rest, _ := strings.Cut(err.Error(), "api error ")
	code, _, _ := strings.Cut(rest, ":")
	return code
}

// objects lists the objects under a prefix with their sizes.
func (w *world) objects(prefix string, page int32) func() (string, error) {
	return func() (string, error) {
		var words []string
		in := &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: &prefix, MaxKeys: &page}
		for {
			out, err := w.client(w.admin).ListObjectsV2(w.t.Context(), in)
			if err != nil {
				return "", err
			}
			for _, o := range out.Contents {
				words = append(words, fmt.Sprintf("%s:%d", strings.TrimPrefix(*o.Key, prefix), *o.Size))
			}
			if !*out.IsTruncated {
				return strings.Join(words, " "), nil
			}
			in.ContinuationToken = out.NextContinuationToken
		}
	}
}

func TestStaleObjects(t *testing.T) {
	w := start(t, nil)
	list := w.objects("run/", 1000)
	noError(t, w.putSDK("run/a", "1"))
	noError(t, w.putSDK("run/b", "22"))
	noError(t, w.putSDK("elsewhere", "not counted"))
	w.stale(1, list, "a:1", "a:1 b:2")
	w.stale(2, list, "", "a:1 b:2")
	w.stale(99, list, "", "a:1 b:2")
	noError(t, w.putSDK("run/a", "longer"))
	w.stale(1, list, "a:1 b:2", "a:6 b:2")
	noError(t, w.server.Delete(uri("run/b")))
	w.stale(1, list, "a:6 b:2", "a:6")
	w.stale(2, list, "a:1 b:2", "a:6")
	// One page of several may be out of date: the first has the old a alone.
	noError(t, w.putSDK("run/0", ""))
	w.stale(1, w.objects("run/", 1), "a:6", "0:0 a:6")
}

func (w *world) newUpload(key string) *string {
	w.t.Helper()
	out, err := w.client(w.admin).CreateMultipartUpload(w.t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: &key})
	noError(w.t, err)
	return out.UploadId
}

func (w *world) uploadPart(key string, id *string, number int32, content string) types.CompletedPart {
	w.t.Helper()
	out, err := w.client(w.admin).UploadPart(w.t.Context(), &s3.UploadPartInput{
		Bucket: aws.String(bucket), Key: &key, UploadId: id, PartNumber: &number, Body: strings.NewReader(content),
	})
	noError(w.t, err)
	return types.CompletedPart{PartNumber: &number, ETag: out.ETag}
}

func (w *world) parts(key string, id *string) func() (string, error) {
	return func() (string, error) {
		out, err := w.client(w.admin).ListParts(w.t.Context(), &s3.ListPartsInput{Bucket: aws.String(bucket), Key: &key, UploadId: id})
		if err != nil {
			return "", err
		}
		var words []string
		for _, p := range out.Parts {
			words = append(words, fmt.Sprintf("%d:%d", *p.PartNumber, *p.Size))
		}
		return strings.Join(words, " "), nil
	}
}

func TestStaleParts(t *testing.T) {
	w := start(t, nil)
	id, other := w.newUpload("key"), w.newUpload("key")
	list := w.parts("key", id)
	w.stale(1, list, "error NoSuchUpload", "")
	w.uploadPart("key", id, 1, "1")
	w.uploadPart("key", other, 1, "not counted")
	part := w.uploadPart("key", id, 2, "22")
	w.stale(1, list, "1:1", "1:1 2:2")
	w.stale(2, list, "", "1:1 2:2")
	w.uploadPart("key", id, 1, "longer")
	w.stale(1, list, "1:1 2:2", "1:6 2:2")
	_, err := w.client(w.admin).CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String("key"), UploadId: id, MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{part}},
	})
	noError(t, err)
	w.stale(1, list, "1:6 2:2", "error NoSuchUpload")
	w.stale(2, list, "1:1 2:2", "error NoSuchUpload")
	w.stale(9, list, "error NoSuchUpload", "error NoSuchUpload")
	_, err = w.client(w.admin).AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("key"), UploadId: other})
	noError(t, err)
	w.stale(1, w.parts("key", other), "1:11", "error NoSuchUpload")
}

func TestStaleUploads(t *testing.T) {
	w := start(t, nil)
	list := func() (string, error) {
		out, err := w.client(w.admin).ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: aws.String(bucket), Prefix: aws.String("run/")})
		if err != nil {
			return "", err
		}
		var words []string
		for _, u := range out.Uploads {
			words = append(words, *u.Key)
		}
		return strings.Join(words, " "), nil
	}
	a := w.newUpload("run/a")
	w.newUpload("run/b")
	w.newUpload("elsewhere")
	w.uploadPart("run/a", a, 1, "a part is no change of this list")
	w.stale(1, list, "run/a", "run/a run/b")
	w.stale(2, list, "", "run/a run/b")
	_, err := w.client(w.admin).AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: aws.String(bucket), Key: aws.String("run/a"), UploadId: a})
	noError(t, err)
	w.stale(1, list, "run/a run/b", "run/b")
	w.stale(2, list, "run/a", "run/b")
}

// TestStaleActsOnListingsOnly: a request that is no listing does not use it up.
func TestStaleActsOnListingsOnly(t *testing.T) {
	w := start(t, nil)
	w.server.Inject(fakes3.Fault{Stale: 1})
	noError(t, w.putSDK("a", "1"))
	_, err := w.getSDK("a")
	noError(t, err)
	if len(w.server.Unhit()) != 1 {
		t.Error("a request that is no listing counts as hit")
	}
	got, err := w.objects("", 1000)()
	noError(t, err)
	if got != "" {
		t.Errorf("got %q, want what was before the only object", got)
	}
}

// TestLongPast: the past is bounded, and the newest of it is right.
func TestLongPast(t *testing.T) {
	w := start(t, nil)
	for i := range 2500 {
		if _, err := w.server.Put(uri("run/a"), strings.NewReader(strings.Repeat("x", i%100)), nil); err != nil {
			t.Fatal(err)
		}
	}
	w.stale(1, w.objects("run/", 1000), "a:98", "a:99")
	w.stale(1000, w.objects("run/", 1000), "a:99", "a:99")
	w.stale(999, w.objects("run/", 1000), "a:0", "a:99")
}
