package bridge

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

// stored is what the source keeps over the whole of an object. A checksum of
// checksums (COMPOSITE) says nothing about bytes that were read in other parts,
// and is left out.
type stored struct {
	crc    uint64
	hasCRC bool
	other  algorithm // another checksum, for want of the first; noAlgorithm if there is none
	want   []byte    // its value
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
		return Unproven, fmt.Errorf("%w: the source stores %s %s, what was read has %s", ErrChecksum, s.other, hex.EncodeToString(s.want), hex.EncodeToString(other))
	}
	return Recomputed, nil
}

// checksums are the fields of an answer that carry checksums.
type checksums struct {
	kind                                   types.ChecksumType
	crc64nvme, crc32, crc32c, sha1, sha256 *string
}

func checksumsOfGet(out *s3.GetObjectOutput) checksums {
	return checksums{
		kind: out.ChecksumType, crc64nvme: out.ChecksumCRC64NVME,
		crc32: out.ChecksumCRC32, crc32c: out.ChecksumCRC32C, sha1: out.ChecksumSHA1, sha256: out.ChecksumSHA256,
	}
}

func checksumsOfHead(out *s3.HeadObjectOutput) checksums {
	return checksums{
		kind: out.ChecksumType, crc64nvme: out.ChecksumCRC64NVME,
		crc32: out.ChecksumCRC32, crc32c: out.ChecksumCRC32C, sha1: out.ChecksumSHA1, sha256: out.ChecksumSHA256,
	}
}

// stored keeps the one that proves most. A value that cannot be read is a
// checksum of checksums, which S3 marks with a dash and a count.
func (c checksums) stored() stored {
	if sum, err := crc64.Decode(aws.ToString(c.crc64nvme)); err == nil {
		return stored{crc: sum, hasCRC: true}
	}
	if c.kind == types.ChecksumTypeComposite {
		return stored{}
	}
	for _, candidate := range []struct {
		algorithm algorithm
		value     *string
	}{{crc32CAlgorithm, c.crc32c}, {crc32Algorithm, c.crc32}, {sha256Algorithm, c.sha256}, {sha1Algorithm, c.sha1}} {
		sum, err := base64.StdEncoding.DecodeString(aws.ToString(candidate.value))
		if err == nil && len(sum) == candidate.algorithm.hash().Size() {
			return stored{other: candidate.algorithm, want: sum}
		}
	}
	return stored{}
}

// An algorithm is one that a source may store instead of CRC-64/NVME.
type algorithm uint8

const (
	noAlgorithm algorithm = iota
	crc32Algorithm
	crc32CAlgorithm
	sha1Algorithm
	sha256Algorithm
)

func (a algorithm) String() string {
	return [...]string{"nothing", "CRC32", "CRC32C", "SHA1", "SHA256"}[a]
}

// hash returns nil for noAlgorithm.
func (a algorithm) hash() hash.Hash {
	switch a {
	case crc32Algorithm:
		return crc32.NewIEEE()
	case crc32CAlgorithm:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case sha1Algorithm:
		return sha1.New()
	case sha256Algorithm:
		return sha256.New()
	}
	return nil
}

// composable reports whether the checksum of a whole follows from those of its
// parts. That of a SHA does not.
func (a algorithm) composable() bool { return a == crc32Algorithm || a == crc32CAlgorithm }
