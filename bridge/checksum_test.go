package bridge

import (
	"encoding/base64"
	"errors"
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
	full, composite := types.ChecksumTypeFullObject, types.ChecksumTypeComposite
	tests := []struct {
		name string
		in   checksums
		want Level
		with algorithm
	}{
		{"nothing", checksums{}, Wire, noAlgorithm},
		{"CRC64NVME", checksums{kind: full, crc64nvme: crc}, Stored, noAlgorithm},
		{"CRC64NVME and others", checksums{kind: full, crc64nvme: crc, sha256: sum(sha256Algorithm)}, Stored, noAlgorithm},
		{"CRC64NVME that is none", checksums{kind: full, crc64nvme: aws.String("AAAA")}, Wire, noAlgorithm},
		{"CRC32", checksums{kind: full, crc32: sum(crc32Algorithm)}, Recomputed, crc32Algorithm},
		{"CRC32C", checksums{kind: full, crc32c: sum(crc32CAlgorithm)}, Recomputed, crc32CAlgorithm},
		{"SHA1", checksums{kind: full, sha1: sum(sha1Algorithm)}, Recomputed, sha1Algorithm},
		{"SHA256", checksums{kind: full, sha256: sum(sha256Algorithm)}, Recomputed, sha256Algorithm},
		{"CRC32 of parts", checksums{kind: composite, crc32: sum(crc32Algorithm)}, Wire, noAlgorithm},
		{"CRC32 of parts, unmarked", checksums{crc32: aws.String("AAAAAA==-3")}, Wire, noAlgorithm},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.in.stored()
			if s.level() != tt.want || s.other != tt.with {
				t.Fatalf("stored proves %s with %s, want %s with %s", s.level(), s.other, tt.want, tt.with)
			}
			checkBoth(t, &s)
		})
	}
}

// TestChecksumsOfAnswers: no field of an answer is taken for another one.
func TestChecksumsOfAnswers(t *testing.T) {
	crc, a, b, c, d := aws.String("nvme"), aws.String("crc32"), aws.String("crc32c"), aws.String("sha1"), aws.String("sha256")
	want := checksums{kind: types.ChecksumTypeComposite, crc64nvme: crc, crc32: a, crc32c: b, sha1: c, sha256: d}
	get := checksumsOfGet(&s3.GetObjectOutput{
		ChecksumType: want.kind, ChecksumCRC64NVME: crc, ChecksumCRC32: a, ChecksumCRC32C: b, ChecksumSHA1: c, ChecksumSHA256: d,
	})
	head := checksumsOfHead(&s3.HeadObjectOutput{
		ChecksumType: want.kind, ChecksumCRC64NVME: crc, ChecksumCRC32: a, ChecksumCRC32C: b, ChecksumSHA1: c, ChecksumSHA256: d,
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
