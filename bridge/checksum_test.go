package bridge

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

func TestStoredChecksums(t *testing.T) {
	sum := func(a algorithm) *string {
		h := a.hash()
		h.Write([]byte("123456789"))
		return aws.String(base64.StdEncoding.EncodeToString(h.Sum(nil)))
	}
	crc := aws.String(crc64.Encode(crc64.Checksum([]byte("123456789"))))
	md5 := md5Algorithm.hash()
	md5.Write([]byte("123456789"))
	etag := aws.String(`"` + hex.EncodeToString(md5.Sum(nil)) + `"`)
	const ofParts = "AAAAAA=="
	full, composite := types.ChecksumTypeFullObject, types.ChecksumTypeComposite
	tests := []struct {
		name string
		in   checksums
		want Level
		with algorithm
		cut  int
	}{
		{"nothing", checksums{}, Wire, noAlgorithm, 0},
		{"CRC64NVME", checksums{kind: full, crc64nvme: crc}, Stored, noAlgorithm, 0},
		{"CRC64NVME and others", checksums{kind: full, crc64nvme: crc, sha256: sum(sha256Algorithm)}, Stored, noAlgorithm, 0},
		{"CRC64NVME that is none", checksums{kind: full, crc64nvme: aws.String("AAAA")}, Wire, noAlgorithm, 0},
		{"CRC32", checksums{kind: full, crc32: sum(crc32Algorithm)}, Recomputed, crc32Algorithm, 0},
		{"CRC32C", checksums{kind: full, crc32c: sum(crc32CAlgorithm)}, Recomputed, crc32CAlgorithm, 0},
		{"SHA1", checksums{kind: full, sha1: sum(sha1Algorithm)}, Recomputed, sha1Algorithm, 0},
		{"SHA256", checksums{kind: full, sha256: sum(sha256Algorithm)}, Recomputed, sha256Algorithm, 0},
		{"SHA512", checksums{kind: full, sha512: sum(sha512Algorithm)}, Recomputed, sha512Algorithm, 0},
		{"MD5", checksums{kind: full, md5: sum(md5Algorithm)}, Recomputed, md5Algorithm, 0},
		{"CRC32 of parts", checksums{kind: composite, crc32: aws.String(ofParts + "-3")}, Recomputed, crc32Algorithm, 3},
		{"CRC32 of parts, unmarked", checksums{crc32: aws.String(ofParts + "-3")}, Recomputed, crc32Algorithm, 3},
		{"CRC32 of nobody knows how many parts", checksums{kind: composite, crc32: sum(crc32Algorithm)}, Wire, noAlgorithm, 0},
		{"CRC32 of no parts", checksums{kind: composite, crc32: aws.String("AAAAAA==-0")}, Wire, noAlgorithm, 0},
		{"CRC32 of no parts, unmarked", checksums{crc32: aws.String("AAAAAA==-0")}, Wire, noAlgorithm, 0},
		{"CRC32 of a number of parts that is none", checksums{crc32: aws.String("AAAAAA==-x")}, Wire, noAlgorithm, 0},
		{"CRC32 of the most parts", checksums{kind: composite, crc32: aws.String("AAAAAA==-10000")}, Recomputed, crc32Algorithm, 10_000},
		{"CRC32 of nobody knows how many parts, and SHA1 of two", checksums{
			kind: composite, crc32: sum(crc32Algorithm), sha1: aws.String(*sum(sha1Algorithm) + "-2"),
		}, Recomputed, sha1Algorithm, 2},
		{"CRC32 of too many parts", checksums{kind: composite, crc32: aws.String("AAAAAA==-10001")}, Wire, noAlgorithm, 0},
		{"CRC32 that is too long", checksums{kind: full, crc32: aws.String("AAAAAAAAAAA=")}, Wire, noAlgorithm, 0},
		{"ETag", checksums{etag: etag}, Recomputed, md5Algorithm, 0},
		{"ETag that the bucket's key leaves alone", checksums{etag: etag, encryption: types.ServerSideEncryptionAes256}, Recomputed, md5Algorithm, 0},
		{"ETag with a key of KMS", checksums{etag: etag, encryption: types.ServerSideEncryptionAwsKms}, Wire, noAlgorithm, 0},
		{"ETag with two keys of KMS", checksums{etag: etag, encryption: types.ServerSideEncryptionAwsKmsDsse}, Wire, noAlgorithm, 0},
		{"ETag with the customer's key", checksums{etag: etag, customer: aws.String("AES256")}, Wire, noAlgorithm, 0},
		{"ETag that is no MD5", checksums{etag: aws.String(`"abc"`)}, Wire, noAlgorithm, 0},
		{"ETag and a checksum", checksums{kind: full, crc32: sum(crc32Algorithm), etag: etag}, Recomputed, crc32Algorithm, 0},
		{"ETag of parts", checksums{etag: aws.String(`"` + strings.Repeat("0", 32) + `-3"`)}, Recomputed, md5Algorithm, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.in.stored(true)
			if s.level() != tt.want || s.other != tt.with || s.pieces != tt.cut {
				t.Fatalf("stored proves %s with %s of %d parts, want %s with %s of %d", s.level(), s.other, s.pieces, tt.want, tt.with, tt.cut)
			}
			if s.pieces == 0 {
				checkBoth(t, &s)
			}
			if named := strings.Contains(s.name(), "of its"); named != (s.pieces > 0) {
				t.Errorf("it is called %s", s.name())
			}
			if undemanded := tt.in.stored(false); undemanded.other == md5Algorithm && tt.in.md5 == nil {
				t.Error("an ETag is compared with that nobody asked for")
			}
		})
	}
}

// TestChecksumsOfAnswers: no field of an answer is taken for another one.
func TestChecksumsOfAnswers(t *testing.T) {
	crc, a, b, c, d := aws.String("nvme"), aws.String("crc32"), aws.String("crc32c"), aws.String("sha1"), aws.String("sha256")
	e, f, etag, sse, customer := aws.String("sha512"), aws.String("md5"), aws.String("etag"), types.ServerSideEncryptionAwsKms, aws.String("AES256")
	want := checksums{kind: types.ChecksumTypeComposite, crc64nvme: crc, crc32: a, crc32c: b, sha1: c, sha256: d, sha512: e, md5: f, etag: etag, encryption: sse, customer: customer}
	get := checksumsOfGet(&s3.GetObjectOutput{
		ChecksumType: want.kind, ChecksumCRC64NVME: crc, ChecksumCRC32: a, ChecksumCRC32C: b, ChecksumSHA1: c, ChecksumSHA256: d, ChecksumSHA512: e, ChecksumMD5: f,
		ETag: etag, ServerSideEncryption: sse, SSECustomerAlgorithm: customer,
	})
	head := checksumsOfHead(&s3.HeadObjectOutput{
		ChecksumType: want.kind, ChecksumCRC64NVME: crc, ChecksumCRC32: a, ChecksumCRC32C: b, ChecksumSHA1: c, ChecksumSHA256: d, ChecksumSHA512: e, ChecksumMD5: f,
		ETag: etag, ServerSideEncryption: sse, SSECustomerAlgorithm: customer,
	})
	if get != want || head != want {
		t.Errorf("of a GET %+v, of a HEAD %+v, want %+v", get, head, want)
	}
}

// checkBoth checks that the right bytes reach the level of s, and that wrong
// ones do not pass unless there is nothing to compare with.
func checkBoth(t *testing.T, s *stored) {
	t.Helper()
	for text, right := range map[string]bool{"123456789": true, "123456780": false} {
		var other []byte
		if h := s.other.hash(); h != nil {
			h.Write([]byte(text))
			other = h.Sum(nil)
		}
		level, err := s.check(crc64.Checksum([]byte(text)), other)
		switch {
		case right || s.level() == Wire:
			if err != nil || level != s.level() {
				t.Errorf("check of %q = %s, %v, want %s", text, level, err, s.level())
			}
		case !errors.Is(err, ErrChecksum) || level != Unproven:
			t.Errorf("check of %q = %s, %v, want ErrChecksum", text, level, err)
		}
	}
}

func FuzzCombineCRC32(f *testing.F) {
	f.Add([]byte("12345"), []byte("6789"))
	f.Add([]byte{}, []byte{0})
	f.Add([]byte{0}, []byte{})
	f.Fuzz(func(t *testing.T, x, y []byte) {
		for _, a := range []algorithm{crc32Algorithm, crc32CAlgorithm} {
			sum := func(pieces ...[]byte) []byte {
				h := a.hash()
				for _, p := range pieces {
					h.Write(p)
				}
				return h.Sum(nil)
			}
			if got, want := a.combine(sum(x), sum(y), int64(len(y))), sum(x, y); string(got) != string(want) {
				t.Errorf("%s of both composed is %x, computed %x", a, got, want)
			}
		}
	})
}
