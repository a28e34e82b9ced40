package s3test

import (
	"bytes"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func copyCases() []Case {
	return []Case{
		{"CopyTakesContentAndMetadata", copyTakes},
		{"CopyOntoItselfIsInvalid", copyOntoItself},
		{"CopyOfMissingKey", copyOfMissingKey},
		{"CopyOfPart", copyOfPart},
	}
}

func (b *bench) copySource(name string) *string {
	return aws.String(b.bucket + "/" + b.prefix + strings.ReplaceAll(name, " ", "%20"))
}

func copyTakes(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("a source"), Body: strings.NewReader(digits), ContentType: aws.String("text/csv"), Metadata: map[string]string{"run": "17"}}, bare)
	b.ok(err)
	out, err := b.client.CopyObject(b.Context(), &s3.CopyObjectInput{Bucket: &b.bucket, Key: b.key("copy"), CopySource: b.copySource("a source")})
	b.ok(err)
	equal(b, "ETag", aws.ToString(out.CopyObjectResult.ETag), `"25f9e794323b453885f5181f1b624d0b"`)
	head := b.headChecksums("copy")
	equal(b, "Content-Type", aws.ToString(head.ContentType), "text/csv")
	equal(b, "metadata", head.Metadata["run"], "17")
	equal(b, "CRC64NVME", aws.ToString(head.ChecksumCRC64NVME), digitsCRC64NVME)
	_, err = b.client.CopyObject(b.Context(), &s3.CopyObjectInput{Bucket: &b.bucket, Key: b.key("copy"), CopySource: b.copySource("a source"), MetadataDirective: types.MetadataDirectiveReplace, ContentType: aws.String("text/plain")})
	b.ok(err)
	equal(b, "replaced Content-Type", aws.ToString(b.headChecksums("copy").ContentType), "text/plain")
}

func copyOntoItself(b *bench) {
	b.put("object", []byte("x"))
	_, err := b.client.CopyObject(b.Context(), &s3.CopyObjectInput{Bucket: &b.bucket, Key: b.key("object"), CopySource: b.copySource("object")})
	b.refused(err, "InvalidRequest", 400)
}

func copyOfMissingKey(b *bench) {
	_, err := b.client.CopyObject(b.Context(), &s3.CopyObjectInput{Bucket: &b.bucket, Key: b.key("object"), CopySource: b.copySource("missing")})
	b.refused(err, "NoSuchKey", 404)
}

func copyOfPart(b *bench) {
	body := content(1000)
	b.put("source", body)
	u := b.create("object", &s3.CreateMultipartUploadInput{})
	out, err := b.client.UploadPartCopy(b.Context(), &s3.UploadPartCopyInput{Bucket: &b.bucket, Key: b.key("object"), UploadId: u.id, PartNumber: aws.Int32(1), CopySource: b.copySource("source"), CopySourceRange: aws.String("bytes=10-19")})
	b.ok(err)
	u.parts = []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: out.CopyPartResult.ETag}}
	_, err = u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	got, _ := b.get(&s3.GetObjectInput{Key: b.key("object")})
	if !bytes.Equal(got, body[10:20]) {
		b.Errorf("got %d bytes that are not those of the range", len(got))
	}
}
