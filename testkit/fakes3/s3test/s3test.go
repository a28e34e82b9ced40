// Package s3test is the conformance suite of S3 servers: what a program that moves
// objects relies on, each case named after one fact. The fake passes it, and so
// has any server that the fake stands for.
package s3test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// A Case is one fact about S3.
type Case struct {
	Name string
	run  func(*bench)
}

// TestS3 runs all cases against the service behind client. The caller of client
// must be allowed everything in bucket; the keys that the suite writes begin with
// "s3test/", and it deletes them.
func TestS3(t *testing.T, client *s3.Client, bucket string) {
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) { c.Run(t, client, bucket) })
	}
}

// Cases returns the cases of the suite, for a caller that has to run each in a
// bubble of testing/synctest.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{objectCases(), readCases(), conditionCases(), listCases(), checksumCases(), uploadCases(), completeCases(), copyCases(), refusalCases()} {
		all = append(all, group...)
	}
	return all
}

// Run runs one case.
func (c Case) Run(t *testing.T, client *s3.Client, bucket string) {
	b := &bench{T: t, client: client, bucket: bucket, prefix: "s3test/" + c.Name + "/"}
	defer b.clean()
	c.run(b)
}

// A bench is what a case works with.
type bench struct {
	*testing.T
	client *s3.Client
	bucket string
	prefix string
}

// key returns a key of the case's own.
func (b *bench) key(name string) *string { return aws.String(b.prefix + name) }

func (b *bench) clean() {
	ctx := context.WithoutCancel(b.Context())
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: &b.prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			b.Errorf("list what is to be deleted: %v", err)
			return
		}
		for _, o := range page.Contents {
			if _, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.bucket, Key: o.Key}); err != nil {
				b.Errorf("delete %s: %v", *o.Key, err)
			}
		}
	}
	b.abortAll(ctx)
}

func (b *bench) abortAll(ctx context.Context) {
	open, err := b.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &b.bucket, Prefix: &b.prefix})
	if err != nil {
		b.Errorf("list the uploads that are to be aborted: %v", err)
		return
	}
	for _, u := range open.Uploads {
		if _, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.bucket, Key: u.Key, UploadId: u.UploadId}); err != nil {
			b.Errorf("abort the upload of %s: %v", *u.Key, err)
		}
	}
}

// put writes an object and returns its ETag.
func (b *bench) put(name string, content []byte) string {
	b.Helper()
	out, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key(name), Body: bytes.NewReader(content)})
	b.ok(err)
	return aws.ToString(out.ETag)
}

// get reads an object.
func (b *bench) get(in *s3.GetObjectInput) (content []byte, out *s3.GetObjectOutput) {
	b.Helper()
	in.Bucket = &b.bucket
	out, err := b.client.GetObject(b.Context(), in)
	b.ok(err)
	content, err = io.ReadAll(out.Body)
	b.ok(errors.Join(err, out.Body.Close()))
	return content, out
}

// ok ends the case if there is an error.
func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused checks that an error has this code of S3. Answers without a body have
// none: for them the code is the text of the status, "Not Found".
func (b *bench) refused(err error, code string, status int) {
	b.Helper()
	if err == nil {
		b.Errorf("got no error, want %s", code)
		return
	}
	var api smithy.APIError
	var response *awshttp.ResponseError
	switch {
	case !errors.As(err, &api) || !errors.As(err, &response):
		b.Errorf("got %v, want %s", err, code)
	case api.ErrorCode() != code || response.HTTPStatusCode() != status:
		b.Errorf("got %s, status %d, want %s, status %d", api.ErrorCode(), response.HTTPStatusCode(), code, status)
	}
}

// refusedBare is refused for an answer without a body.
func (b *bench) refusedBare(err error, status int) {
	b.Helper()
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != status {
		b.Errorf("got %v, want status %d %s", err, status, http.StatusText(status))
	}
}

// equal compares a value with what it has to be.
func equal[T comparable](b *bench, what string, got, want T) {
	b.Helper()
	if got != want {
		b.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// content returns n bytes that are no two times the same in a row.
func content(n int) []byte {
	c := make([]byte, n)
	state := uint32(1)
	for i := range c {
		state = state*1664525 + 1013904223
		c[i] = byte(state >> 24)
	}
	return c
}
