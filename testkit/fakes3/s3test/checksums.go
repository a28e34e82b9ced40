package s3test

import (
	"bytes"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func checksumCases() []Case {
	return []Case{
		{"PutWithoutChecksumGetsCRC64NVME", putWithoutChecksum},
		{"PutWithEachAlgorithm", putWithEachAlgorithm},
		{"PutWithWrongChecksumIsBadDigest", putWrongChecksum},
		{"PutWithChecksumOfWrongFormIsInvalid", putInvalidChecksum},
		{"PutWithWrongContentMD5IsBadDigest", putWrongMD5},
		{"ChecksumOnlyWithChecksumMode", checksumMode},
		{"ListShowsAlgorithmAndType", listShowsAlgorithm},
		{"ObjectAttributes", objectAttributes},
		{"ObjectAttributesOfParts", objectAttributesOfParts},
	}
}

// bare lets the SDK send no checksum of its own.
func bare(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired }

// header adds a header to a request, before it is signed.
func header(name, value string) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue(name, value))
	}
}

func (b *bench) headChecksums(name string) *s3.HeadObjectOutput {
	b.Helper()
	out, err := b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key(name), ChecksumMode: types.ChecksumModeEnabled})
	b.ok(err)
	return out
}

// The checksums of "123456789".
const (
	digits          = "123456789"
	digitsCRC32     = "y/Q5Jg=="
	digitsCRC32C    = "4waSgw=="
	digitsCRC64NVME = "rosUhgp5mIg="
	digitsSHA1      = "98O8HYCOBHMq32eZZczDTKeuNEE="
	digitsSHA256    = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="
)

func putWithoutChecksum(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader(digits)}, bare)
	b.ok(err)
	head := b.headChecksums("object")
	equal(b, "CRC64NVME", aws.ToString(head.ChecksumCRC64NVME), digitsCRC64NVME)
	equal(b, "type", head.ChecksumType, types.ChecksumTypeFullObject)
}

func putWithEachAlgorithm(b *bench) {
	tests := map[types.ChecksumAlgorithm]struct {
		want string
		got  func(*s3.HeadObjectOutput) *string
	}{
		types.ChecksumAlgorithmCrc32:     {digitsCRC32, func(h *s3.HeadObjectOutput) *string { return h.ChecksumCRC32 }},
		types.ChecksumAlgorithmCrc32c:    {digitsCRC32C, func(h *s3.HeadObjectOutput) *string { return h.ChecksumCRC32C }},
		types.ChecksumAlgorithmCrc64nvme: {digitsCRC64NVME, func(h *s3.HeadObjectOutput) *string { return h.ChecksumCRC64NVME }},
		types.ChecksumAlgorithmSha1:      {digitsSHA1, func(h *s3.HeadObjectOutput) *string { return h.ChecksumSHA1 }},
		types.ChecksumAlgorithmSha256:    {digitsSHA256, func(h *s3.HeadObjectOutput) *string { return h.ChecksumSHA256 }},
	}
	for algorithm, test := range tests {
		_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader(digits), ChecksumAlgorithm: algorithm})
		b.ok(err)
		equal(b, string(algorithm), aws.ToString(test.got(b.headChecksums("object"))), test.want)
	}
}

func putWrongChecksum(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader("other"), ChecksumCRC64NVME: aws.String(digitsCRC64NVME)})
	b.refused(err, "BadDigest", 400)
	_, err = b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object")})
	b.refusedBare(err, 404)
}

func putInvalidChecksum(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader(digits), ChecksumCRC64NVME: aws.String("AAAA")})
	b.refused(err, "InvalidRequest", 400)
}

func putWrongMD5(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader("other")}, bare, header("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="))
	b.refused(err, "BadDigest", 400)
	_, err = b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader("other")}, bare, header("Content-MD5", "no digest"))
	b.refused(err, "InvalidDigest", 400)
}

func checksumMode(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader(digits)}, bare)
	b.ok(err)
	whole, out := b.get(&s3.GetObjectInput{Key: b.key("object"), ChecksumMode: types.ChecksumModeEnabled})
	equal(b, "content", string(whole), digits)
	equal(b, "checksum of a whole read", aws.ToString(out.ChecksumCRC64NVME), digitsCRC64NVME)
	_, out = b.get(&s3.GetObjectInput{Key: b.key("object"), ChecksumMode: types.ChecksumModeEnabled, Range: aws.String("bytes=1-2")})
	equal(b, "checksum of a range", aws.ToString(out.ChecksumCRC64NVME), "")
	head, err := b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object")})
	b.ok(err)
	equal(b, "checksum that was not asked for", aws.ToString(head.ChecksumCRC64NVME), "")
}

func listShowsAlgorithm(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: bytes.NewReader(nil), ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	b.ok(err)
	out, err := b.client.ListObjectsV2(b.Context(), &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: &b.prefix})
	b.ok(err)
	equal(b, "keys", len(out.Contents), 1)
	for _, o := range out.Contents {
		equal(b, "algorithms", len(o.ChecksumAlgorithm), 1)
		equal(b, "type", o.ChecksumType, types.ChecksumTypeFullObject)
	}
}

func objectAttributes(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader(digits)}, bare)
	b.ok(err)
	out, err := b.client.GetObjectAttributes(b.Context(), &s3.GetObjectAttributesInput{
		Bucket: &b.bucket, Key: b.key("object"),
		ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag, types.ObjectAttributesChecksum, types.ObjectAttributesObjectSize, types.ObjectAttributesStorageClass},
	})
	b.ok(err)
	equal(b, "ETag", aws.ToString(out.ETag), "25f9e794323b453885f5181f1b624d0b")
	equal(b, "size", aws.ToInt64(out.ObjectSize), 9)
	equal(b, "storage class", out.StorageClass, types.StorageClassStandard)
	if out.Checksum == nil {
		b.Fatal("no checksum")
	}
	equal(b, "CRC64NVME", aws.ToString(out.Checksum.ChecksumCRC64NVME), digitsCRC64NVME)
}

func objectAttributesOfParts(b *bench) {
	u := b.create("object", &s3.CreateMultipartUploadInput{ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	u.add(1, content(minPart))
	u.add(2, []byte(digits))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	out, err := b.client.GetObjectAttributes(b.Context(), &s3.GetObjectAttributesInput{Bucket: &b.bucket, Key: b.key("object"), ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesObjectParts}})
	b.ok(err)
	if out.ObjectParts == nil || len(out.ObjectParts.Parts) != 2 {
		b.Fatalf("got parts %+v, want two", out.ObjectParts)
	}
	equal(b, "number of parts", aws.ToInt32(out.ObjectParts.TotalPartsCount), 2)
	second := out.ObjectParts.Parts[1]
	equal(b, "size of part 2", aws.ToInt64(second.Size), int64(len(digits)))
	equal(b, "SHA256 of part 2", aws.ToString(second.ChecksumSHA256), digitsSHA256)
}
