package s3test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func uploadCases() []Case {
	return []Case{
		{"MultipartETagIsMD5OfMD5s", multipartETag},
		{"PartsAreReadOneByOne", partsAreRead},
		{"PartSentAgainReplaces", partSentAgain},
		{"PartNumbersFrom1To10000", partNumbers},
		{"PartOfUnknownUpload", partOfUnknownUpload},
		{"PartOfAnotherKey", partOfAnotherKey},
		{"PartWithAnotherAlgorithm", partWithAnotherAlgorithm},
		{"PartWithoutTheCompositeChecksum", partWithoutChecksum},
		{"PartWithWrongChecksum", partWithWrongChecksum},
		{"ListPartsPages", listPartsPages},
		{"AbortForgetsTheUpload", abortForgets},
		{"ChecksumTypesOfUploads", checksumTypes},
	}
}

// minPart is S3's least size of a part that is not the last.
const minPart = 5 << 20

// An upload is a multipart upload in the making.
type upload struct {
	*bench
	name  string
	id    *string
	in    *s3.CreateMultipartUploadInput
	parts []types.CompletedPart
}

func (b *bench) create(name string, in *s3.CreateMultipartUploadInput) *upload {
	b.Helper()
	in.Bucket, in.Key = &b.bucket, b.key(name)
	out, err := b.client.CreateMultipartUpload(b.Context(), in, bare)
	b.ok(err)
	return &upload{bench: b, name: name, id: out.UploadId, in: in}
}

// nvme declares what a careful copier declares.
func nvme() *s3.CreateMultipartUploadInput {
	return &s3.CreateMultipartUploadInput{ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme, ChecksumType: types.ChecksumTypeFullObject}
}

func (u *upload) send(number int32, body []byte) (*s3.UploadPartOutput, error) {
	return u.client.UploadPart(u.Context(), &s3.UploadPartInput{
		Bucket: &u.bucket, Key: u.key(u.name), UploadId: u.id, PartNumber: &number,
		Body: bytes.NewReader(body), ChecksumAlgorithm: u.in.ChecksumAlgorithm,
	}, bare)
}

func (u *upload) add(number int32, body []byte) {
	u.Helper()
	out, err := u.send(number, body)
	u.ok(err)
	u.parts = append(u.parts, types.CompletedPart{
		PartNumber: &number, ETag: out.ETag,
		ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C, ChecksumCRC64NVME: out.ChecksumCRC64NVME,
		ChecksumSHA1: out.ChecksumSHA1, ChecksumSHA256: out.ChecksumSHA256,
	})
}

func (u *upload) complete(in *s3.CompleteMultipartUploadInput) (*s3.CompleteMultipartUploadOutput, error) {
	in.Bucket, in.Key, in.UploadId = &u.bucket, u.key(u.name), u.id
	in.MultipartUpload = &types.CompletedMultipartUpload{Parts: u.parts}
	return u.client.CompleteMultipartUpload(u.Context(), in)
}

func multipartETag(b *bench) {
	first, last := content(minPart), content(100)
	u := b.create("object", &s3.CreateMultipartUploadInput{})
	u.add(1, first)
	u.add(2, last)
	out, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	a, z := md5.Sum(first), md5.Sum(last)
	sum := md5.Sum(append(a[:], z[:]...))
	equal(b, "ETag", aws.ToString(out.ETag), fmt.Sprintf(`"%s-2"`, hex.EncodeToString(sum[:])))
	got, _ := b.get(&s3.GetObjectInput{Key: b.key("object")})
	if !bytes.Equal(got, append(first, last...)) {
		b.Error("the content is not that of the parts")
	}
}

func partsAreRead(b *bench) {
	first, last := content(minPart), content(100)
	u := b.create("object", nvme())
	u.add(1, first)
	u.add(7, last) // numbers may have gaps; the object's parts have none
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	got, out := b.get(&s3.GetObjectInput{Key: b.key("object"), PartNumber: aws.Int32(2), ChecksumMode: types.ChecksumModeEnabled})
	if !bytes.Equal(got, last) {
		b.Errorf("got %d bytes that are not those of part 2", len(got))
	}
	equal(b, "parts count", aws.ToInt32(out.PartsCount), 2)
	equal(b, "range", aws.ToString(out.ContentRange), fmt.Sprintf("bytes %d-%d/%d", minPart, minPart+99, minPart+100))
	head, err := b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object"), PartNumber: aws.Int32(1)})
	b.ok(err)
	equal(b, "size of part 1", aws.ToInt64(head.ContentLength), minPart)
	_, err = b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object"), PartNumber: aws.Int32(3)})
	b.refused(err, "InvalidPartNumber", 416)
}

func partSentAgain(b *bench) {
	u := b.create("object", nvme())
	_, err := u.send(1, []byte("first try"))
	b.ok(err)
	u.add(1, []byte("second try"))
	_, err = u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	got, _ := b.get(&s3.GetObjectInput{Key: b.key("object")})
	equal(b, "content", string(got), "second try")
}

func partNumbers(b *bench) {
	u := b.create("object", nvme())
	for _, number := range []int32{0, 10001, -1} {
		_, err := u.send(number, nil)
		b.refused(err, "InvalidArgument", 400)
	}
	_, err := u.send(10000, nil)
	b.ok(err)
}

func partOfUnknownUpload(b *bench) {
	u := &upload{bench: b, name: "object", id: aws.String("0123456789abcdef"), in: nvme()}
	_, err := u.send(1, nil)
	b.refused(err, "NoSuchUpload", 404)
	_, err = b.client.ListParts(b.Context(), &s3.ListPartsInput{Bucket: &b.bucket, Key: b.key("object"), UploadId: u.id})
	b.refused(err, "NoSuchUpload", 404)
	_, err = b.client.AbortMultipartUpload(b.Context(), &s3.AbortMultipartUploadInput{Bucket: &b.bucket, Key: b.key("object"), UploadId: u.id})
	b.refused(err, "NoSuchUpload", 404)
	u.parts = []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String(`"x"`)}}
	_, err = u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "NoSuchUpload", 404)
}

func partOfAnotherKey(b *bench) {
	u := b.create("object", nvme())
	u.name = "another"
	_, err := u.send(1, nil)
	b.refused(err, "NoSuchUpload", 404)
}

func partWithAnotherAlgorithm(b *bench) {
	u := b.create("object", nvme())
	u.in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32
	_, err := u.send(1, []byte("x"))
	b.refused(err, "InvalidRequest", 400)
}

func partWithoutChecksum(b *bench) {
	u := b.create("object", &s3.CreateMultipartUploadInput{ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	u.in.ChecksumAlgorithm = ""
	_, err := u.send(1, []byte("x"))
	b.refused(err, "InvalidRequest", 400)
}

func partWithWrongChecksum(b *bench) {
	u := b.create("object", nvme())
	_, err := b.client.UploadPart(b.Context(), &s3.UploadPartInput{
		Bucket: &b.bucket, Key: b.key("object"), UploadId: u.id, PartNumber: aws.Int32(1), Body: strings.NewReader("other"), ChecksumCRC64NVME: aws.String(digitsCRC64NVME),
	})
	b.refused(err, "BadDigest", 400)
	out, err := b.client.ListParts(b.Context(), &s3.ListPartsInput{Bucket: &b.bucket, Key: b.key("object"), UploadId: u.id})
	b.ok(err)
	equal(b, "parts", len(out.Parts), 0)
}

func listPartsPages(b *bench) {
	u := b.create("object", nvme())
	for number := int32(5); number > 0; number-- {
		u.add(number, []byte(digits))
	}
	var numbers []int32
	pages := s3.NewListPartsPaginator(b.client, &s3.ListPartsInput{Bucket: &b.bucket, Key: b.key("object"), UploadId: u.id, MaxParts: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(b.Context())
		b.ok(err)
		equal(b, "algorithm", page.ChecksumAlgorithm, types.ChecksumAlgorithmCrc64nvme)
		equal(b, "type", page.ChecksumType, types.ChecksumTypeFullObject)
		for _, p := range page.Parts {
			numbers = append(numbers, aws.ToInt32(p.PartNumber))
			equal(b, "size", aws.ToInt64(p.Size), int64(len(digits)))
			equal(b, "CRC64NVME", aws.ToString(p.ChecksumCRC64NVME), digitsCRC64NVME)
		}
	}
	equal(b, "part numbers", fmt.Sprint(numbers), "[1 2 3 4 5]")
}

func abortForgets(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte("x"))
	abort := func() error {
		_, err := b.client.AbortMultipartUpload(b.Context(), &s3.AbortMultipartUploadInput{Bucket: &b.bucket, Key: b.key("object"), UploadId: u.id})
		return err
	}
	b.ok(abort())
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "NoSuchUpload", 404)
	b.refused(abort(), "NoSuchUpload", 404)
}

func checksumTypes(b *bench) {
	tests := []struct {
		algorithm types.ChecksumAlgorithm
		kind      types.ChecksumType
		refused   bool
	}{
		{types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject, false},
		{types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeComposite, true},
		{types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject, false},
		{types.ChecksumAlgorithmCrc32, types.ChecksumTypeComposite, false},
		{types.ChecksumAlgorithmCrc32c, types.ChecksumTypeComposite, false},
		{types.ChecksumAlgorithmSha1, types.ChecksumTypeComposite, false},
		{types.ChecksumAlgorithmSha1, types.ChecksumTypeFullObject, true},
		{types.ChecksumAlgorithmSha256, types.ChecksumTypeFullObject, true},
	}
	for _, test := range tests {
		_, err := b.client.CreateMultipartUpload(b.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.bucket, Key: b.key("object"), ChecksumAlgorithm: test.algorithm, ChecksumType: test.kind})
		if test.refused {
			b.refused(err, "InvalidRequest", 400)
		} else if err != nil {
			b.Errorf("%s %s: %v", test.algorithm, test.kind, err)
		}
	}
}
