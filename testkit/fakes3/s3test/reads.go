package s3test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func readCases() []Case {
	return []Case{
		{"Ranges", ranges},
		{"RangeBehindTheEndIsInvalid", rangeBehindTheEnd},
		{"PartNumberOfSimpleObject", partNumberOfSimpleObject},
		{"ResponseHeadersOverridden", responseHeaders},
	}
}

func ranges(b *bench) {
	body := content(1000)
	b.put("object", body)
	tests := []struct {
		header      string
		first, last int
	}{
		{"bytes=0-0", 0, 0}, {"bytes=10-19", 10, 19}, {"bytes=990-", 990, 999}, {"bytes=-10", 990, 999}, {"bytes=500-5000", 500, 999}, {"bytes=0-999", 0, 999},
	}
	for _, test := range tests {
		got, out := b.get(&s3.GetObjectInput{Key: b.key("object"), Range: aws.String(test.header)})
		if !bytes.Equal(got, body[test.first:test.last+1]) {
			b.Errorf("%s: got %d other bytes", test.header, len(got))
		}
		equal(b, test.header, aws.ToString(out.ContentRange), fmt.Sprintf("bytes %d-%d/1000", test.first, test.last))
	}
}

func rangeBehindTheEnd(b *bench) {
	b.put("object", content(10))
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object"), Range: aws.String("bytes=10-")})
	b.refused(err, "InvalidRange", 416)
}

func partNumberOfSimpleObject(b *bench) {
	b.put("object", content(10))
	got, _ := b.get(&s3.GetObjectInput{Key: b.key("object"), PartNumber: aws.Int32(1)})
	equal(b, "bytes", len(got), 10)
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object"), PartNumber: aws.Int32(2)})
	b.refused(err, "InvalidPartNumber", 416)
}

func responseHeaders(b *bench) {
	b.put("object", content(10))
	_, out := b.get(&s3.GetObjectInput{Key: b.key("object"), ResponseContentType: aws.String("text/plain"), ResponseCacheControl: aws.String("no-cache")})
	equal(b, "Content-Type", aws.ToString(out.ContentType), "text/plain")
	equal(b, "Cache-Control", aws.ToString(out.CacheControl), "no-cache")
}

func conditionCases() []Case {
	return []Case{
		{"GetIfMatch", getIfMatch},
		{"GetIfNoneMatch", getIfNoneMatch},
		{"GetIfModifiedSince", getIfModifiedSince},
		{"PutIfNoneMatch", putIfNoneMatch},
		{"PutIfMatch", putIfMatch},
	}
}

func getIfMatch(b *bench) {
	old := b.put("object", []byte("old"))
	b.get(&s3.GetObjectInput{Key: b.key("object"), IfMatch: &old})
	b.put("object", []byte("new"))
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object"), IfMatch: &old, Range: aws.String("bytes=0-1")})
	b.refused(err, "PreconditionFailed", 412)
	_, err = b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object"), IfMatch: &old})
	b.refusedBare(err, 412)
}

func getIfNoneMatch(b *bench) {
	etag := b.put("object", []byte("x"))
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object"), IfNoneMatch: &etag})
	b.refusedBare(err, 304)
	b.get(&s3.GetObjectInput{Key: b.key("object"), IfNoneMatch: aws.String(`"0123"`)})
}

func getIfModifiedSince(b *bench) {
	b.put("object", []byte("x"))
	head, err := b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object")})
	b.ok(err)
	modified := aws.ToTime(head.LastModified)
	_, err = b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object"), IfModifiedSince: &modified})
	b.refusedBare(err, 304)
	before := modified.Add(-time.Hour)
	_, err = b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object"), IfUnmodifiedSince: &before})
	b.refused(err, "PreconditionFailed", 412)
	b.get(&s3.GetObjectInput{Key: b.key("object"), IfModifiedSince: &before})
}

func putIfNoneMatch(b *bench) {
	put := func() error {
		_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: bytes.NewReader([]byte("x")), IfNoneMatch: aws.String("*")})
		return err
	}
	b.ok(put())
	b.refused(put(), "PreconditionFailed", 412)
}

func putIfMatch(b *bench) {
	put := func(name, etag string) error {
		_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key(name), Body: bytes.NewReader([]byte("new")), IfMatch: &etag})
		return err
	}
	etag := b.put("object", []byte("old"))
	b.refused(put("object", `"00000000000000000000000000000000"`), "PreconditionFailed", 412)
	b.ok(put("object", etag))
	b.refused(put("missing", etag), "NoSuchKey", 404)
}
