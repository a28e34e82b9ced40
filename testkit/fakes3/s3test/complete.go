package s3test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func completeCases() []Case {
	return []Case{
		{"CompleteComputesFullObjectChecksum", completeFullObject},
		{"CompleteComposesTheChecksumOfParts", completeComposes},
		{"CompleteComputesCompositeChecksum", completeComposite},
		{"CompleteWithWrongChecksumIsBadDigest", completeWrongChecksum},
		{"CompleteIgnoresChecksumOfUndeclaredUpload", completeUndeclared},
		{"CompleteOfUndeclaredUploadGetsCRC64NVME", completeDefault},
		{"CompleteWithAnotherTypeIsInvalid", completeOtherType},
		{"CompleteWithWrongSizeIsInvalid", completeWrongSize},
		{"CompleteWithSmallPartIsEntityTooSmall", completeSmallPart},
		{"CompleteInWrongOrderIsInvalidPartOrder", completeWrongOrder},
		{"CompleteWithMissingPartIsInvalidPart", completeMissingPart},
		{"CompleteWithWrongPartChecksumIsInvalidPart", completeWrongPartChecksum},
		{"CompleteWithoutPartChecksumIsInvalid", completeWithoutPartChecksum},
		{"CompleteWithoutPartsIsMalformed", completeWithoutParts},
		{"CompleteAgainSucceeds", completeAgain},
		{"CompleteIfNoneMatch", completeIfNoneMatch},
		{"CompleteKeepsMetadata", completeKeepsMetadata},
	}
}

func completeFullObject(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte(digits))
	out, err := u.complete(&s3.CompleteMultipartUploadInput{ChecksumCRC64NVME: aws.String(digitsCRC64NVME), ChecksumType: types.ChecksumTypeFullObject, MpuObjectSize: aws.Int64(9)})
	b.ok(err)
	equal(b, "CRC64NVME", aws.ToString(out.ChecksumCRC64NVME), digitsCRC64NVME)
	equal(b, "type", out.ChecksumType, types.ChecksumTypeFullObject)
	head := b.headChecksums("object")
	equal(b, "stored CRC64NVME", aws.ToString(head.ChecksumCRC64NVME), digitsCRC64NVME)
}

// The checksum of the whole does not depend on where the parts end.
func completeComposes(b *bench) {
	body := content(minPart + 1000)
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	text := func(sum uint32) string {
		return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
	}
	for algorithm, want := range map[types.ChecksumAlgorithm]string{
		types.ChecksumAlgorithmCrc32:  text(crc32.ChecksumIEEE(body)),
		types.ChecksumAlgorithmCrc32c: text(crc32.Checksum(body, castagnoli)),
	} {
		u := b.create("object", &s3.CreateMultipartUploadInput{ChecksumAlgorithm: algorithm, ChecksumType: types.ChecksumTypeFullObject})
		u.add(1, body[:minPart])
		u.add(2, body[minPart:])
		_, err := u.complete(&s3.CompleteMultipartUploadInput{})
		b.ok(err)
		head := b.headChecksums("object")
		equal(b, string(algorithm), aws.ToString(head.ChecksumCRC32)+aws.ToString(head.ChecksumCRC32C), want)
	}
}

func completeComposite(b *bench) {
	u := b.create("object", &s3.CreateMultipartUploadInput{ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	first, last := content(minPart), []byte(digits)
	u.add(1, first)
	u.add(2, last)
	out, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	a, z := sha256.Sum256(first), sha256.Sum256(last)
	sum := sha256.Sum256(append(a[:], z[:]...))
	want := base64.StdEncoding.EncodeToString(sum[:]) + "-2"
	equal(b, "SHA256", aws.ToString(out.ChecksumSHA256), want)
	equal(b, "type", out.ChecksumType, types.ChecksumTypeComposite)
	equal(b, "stored SHA256", aws.ToString(b.headChecksums("object").ChecksumSHA256), want)
}

func completeWrongChecksum(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte("other"))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{ChecksumCRC64NVME: aws.String(digitsCRC64NVME)})
	b.refused(err, "BadDigest", 400)
	_, err = b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object")})
	b.refusedBare(err, 404)
}

func completeUndeclared(b *bench) {
	u := b.create("object", &s3.CreateMultipartUploadInput{})
	u.add(1, []byte("other"))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{ChecksumCRC64NVME: aws.String(digitsCRC64NVME)})
	b.ok(err)
}

func completeDefault(b *bench) {
	u := b.create("object", &s3.CreateMultipartUploadInput{})
	u.add(1, []byte(digits))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	head := b.headChecksums("object")
	equal(b, "CRC64NVME", aws.ToString(head.ChecksumCRC64NVME), digitsCRC64NVME)
	equal(b, "type", head.ChecksumType, types.ChecksumTypeFullObject)
}

func completeOtherType(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte(digits))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{ChecksumType: types.ChecksumTypeComposite})
	b.refused(err, "InvalidRequest", 400)
}

func completeWrongSize(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte(digits))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{MpuObjectSize: aws.Int64(10)})
	b.refused(err, "InvalidRequest", 400)
}

func completeSmallPart(b *bench) {
	u := b.create("object", nvme())
	u.add(1, content(minPart-1))
	u.add(2, []byte("x"))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "EntityTooSmall", 400)
}

func completeWrongOrder(b *bench) {
	u := b.create("object", nvme())
	u.add(2, content(minPart))
	u.add(1, content(minPart))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "InvalidPartOrder", 400)
}

func completeMissingPart(b *bench) {
	u := b.create("object", nvme())
	u.add(1, content(minPart))
	missing := u.parts[0]
	missing.PartNumber = aws.Int32(2)
	u.parts = append(u.parts, missing)
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "InvalidPart", 400)
	u.parts = u.parts[:1]
	u.parts[0].ETag = aws.String(`"00000000000000000000000000000000"`)
	_, err = u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "InvalidPart", 400)
}

func completeWrongPartChecksum(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte("other"))
	u.parts[0].ChecksumCRC64NVME = aws.String(digitsCRC64NVME)
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "InvalidPart", 400)
}

func completeWithoutPartChecksum(b *bench) {
	u := b.create("object", &s3.CreateMultipartUploadInput{ChecksumAlgorithm: types.ChecksumAlgorithmSha256})
	u.add(1, []byte(digits))
	u.parts[0].ChecksumSHA256 = nil
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "InvalidRequest", 400)
}

func completeWithoutParts(b *bench) {
	u := b.create("object", nvme())
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.refused(err, "MalformedXML", 400)
}

func completeAgain(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte(digits))
	first, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	again, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	equal(b, "ETag", aws.ToString(again.ETag), aws.ToString(first.ETag))
}

func completeIfNoneMatch(b *bench) {
	u := b.create("object", nvme())
	u.add(1, []byte(digits))
	b.put("object", []byte("somebody was faster"))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{IfNoneMatch: aws.String("*")})
	b.refused(err, "PreconditionFailed", 412)
	got, _ := b.get(&s3.GetObjectInput{Key: b.key("object")})
	equal(b, "content", string(got), "somebody was faster")
}

func completeKeepsMetadata(b *bench) {
	in := nvme()
	in.ContentType, in.Metadata, in.Tagging = aws.String("application/parquet"), map[string]string{"run": "17"}, aws.String("team=data")
	u := b.create("object", in)
	u.add(1, []byte(digits))
	_, err := u.complete(&s3.CompleteMultipartUploadInput{})
	b.ok(err)
	head := b.headChecksums("object")
	equal(b, "Content-Type", aws.ToString(head.ContentType), "application/parquet")
	equal(b, "metadata", fmt.Sprint(head.Metadata), "map[run:17]")
	equal(b, "tag count", aws.ToInt32(head.TagCount), 1)
}
