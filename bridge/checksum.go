package bridge

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

// stored is what the source keeps to compare an object with: a checksum over the whole
// of it, or one over the checksums of its parts (COMPOSITE), which takes reading them as
// they were cut.
type stored struct {
	crc    uint64
	hasCRC bool
	other  algorithm // another checksum, for want of the first; noAlgorithm if there is none
	want   []byte    // its value

	pieces    int   // of how many parts it is a checksum of checksums; 0 if it is over the whole
	pieceSize int64 // how long they are, but for the last; 0 if that is not known yet
}

// hash computes the other checksum of a whole object, or of a part of it if that is one
// of the source's; nil if there is none.
func (s *stored) hash(whole bool) hash.Hash {
	h := s.other.hash()
	if h == nil || s.pieces == 0 || !whole {
		return h
	}
	return &pieceHash{part: h, sums: s.other.hash(), size: s.pieceSize, left: s.pieceSize}
}

// level is the best proof that s allows.
func (s *stored) level() Level {
	switch {
	case s.hasCRC:
		return Stored
	case s.other != noAlgorithm:
		return Recomputed
	}
	return Wire
}

// check compares what was read with what the source stores. A nil other means
// that the other checksum was not computed, and only [Wire] is reached by it.
func (s *stored) check(crc uint64, other []byte) (Level, error) {
	switch {
	case s.hasCRC && s.crc != crc:
		return Unproven, fmt.Errorf("%w: the source stores CRC64NVME %s, what was read has %s", ErrChecksum, crc64.Encode(s.crc), crc64.Encode(crc))
	case s.hasCRC:
		return Stored, nil
	case s.other == noAlgorithm || other == nil:
		return Wire, nil
	case !bytes.Equal(s.want, other):
		return Unproven, fmt.Errorf("%w: the source stores %s %s, what was read has %s", ErrChecksum, s.name(), hex.EncodeToString(s.want), hex.EncodeToString(other))
	}
	return Recomputed, nil
}

// name is what the other checksum is.
func (s *stored) name() string {
	if s.pieces > 0 {
		return fmt.Sprintf("the %s of those of its %d parts", s.other, s.pieces)
	}
	return s.other.String()
}

// checksums are the fields of an answer that carry checksums, and what an ETag is.
type checksums struct {
	kind                                                types.ChecksumType
	crc64nvme, crc32, crc32c, sha1, sha256, sha512, md5 *string

	etag       *string
	encryption types.ServerSideEncryption
	customer   *string // of SSE-C
}

func checksumsOfGet(out *s3.GetObjectOutput) checksums {
	return checksums{
		kind: out.ChecksumType, crc64nvme: out.ChecksumCRC64NVME, crc32: out.ChecksumCRC32, crc32c: out.ChecksumCRC32C,
		sha1: out.ChecksumSHA1, sha256: out.ChecksumSHA256, sha512: out.ChecksumSHA512, md5: out.ChecksumMD5,
		etag: out.ETag, encryption: out.ServerSideEncryption, customer: out.SSECustomerAlgorithm,
	}
}

func checksumsOfHead(out *s3.HeadObjectOutput) checksums {
	return checksums{
		kind: out.ChecksumType, crc64nvme: out.ChecksumCRC64NVME, crc32: out.ChecksumCRC32, crc32c: out.ChecksumCRC32C,
		sha1: out.ChecksumSHA1, sha256: out.ChecksumSHA256, sha512: out.ChecksumSHA512, md5: out.ChecksumMD5,
		etag: out.ETag, encryption: out.ServerSideEncryption, customer: out.SSECustomerAlgorithm,
	}
}

// stored keeps the one that proves most, and the fastest of those that prove the same.
// That of the ETag is taken if it is asked for: it is slow to compute, and other S3s than
// that of AWS may answer with an ETag that is none.
func (c checksums) stored(byETag bool) stored {
	if sum, err := crc64.Decode(aws.ToString(c.crc64nvme)); err == nil {
		return stored{crc: sum, hasCRC: true}
	}
	for _, candidate := range []struct {
		algorithm algorithm
		value     *string
	}{
		{crc32CAlgorithm, c.crc32c},
		{crc32Algorithm, c.crc32},
		{sha256Algorithm, c.sha256},
		{sha1Algorithm, c.sha1},
		{sha512Algorithm, c.sha512},
		{md5Algorithm, c.md5},
	} {
		if s, ok := candidate.algorithm.parse(aws.ToString(candidate.value), base64.StdEncoding.DecodeString); ok {
			if c.kind == types.ChecksumTypeComposite && s.pieces == 0 {
				continue // it says that it is one of checksums, and not of how many
			}
			return s
		}
	}
	if byETag && c.digests() {
		s, _ := md5Algorithm.parse(strings.Trim(aws.ToString(c.etag), `"`), hex.DecodeString)
		return s
	}
	return stored{}
}

// digests reports whether the ETag is an MD5, or one of those of parts: it is none with a
// key of KMS or of the customer.
// Source: S3 API Reference, "Object", ETag.
func (c checksums) digests() bool {
	return c.customer == nil && (c.encryption == "" || c.encryption == types.ServerSideEncryptionAes256)
}

// parse reads a checksum, or one of those of parts, to which S3 adds a dash and their
// number.
func (a algorithm) parse(text string, decode func(string) ([]byte, error)) (stored, bool) {
	text, count, composite := strings.Cut(text, "-")
	s := stored{other: a}
	var err error
	if composite {
		if s.pieces, err = strconv.Atoi(count); err != nil || s.pieces < 1 || s.pieces > maxParts {
			return stored{}, false
		}
	}
	if s.want, err = decode(text); err != nil || len(s.want) != a.hash().Size() {
		return stored{}, false
	}
	return s, true
}
