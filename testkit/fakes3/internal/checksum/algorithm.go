// Package checksum is the arithmetic of S3's checksums: the algorithms, how a
// whole is composed of parts, and how both are written.
//
// Source: S3 User Guide, "Checking object integrity in Amazon S3".
package checksum

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"strings"

	"github.com/minio/crc64nvme"
)

// An Algorithm is a checksum algorithm by the name that S3 has for it.
type Algorithm string

// The algorithms that the server computes. S3 has XXHASH64, XXHASH3 and XXHASH128
// besides; [Known] tells them apart from nonsense.
const (
	CRC32     Algorithm = "CRC32"
	CRC32C    Algorithm = "CRC32C"
	CRC64NVME Algorithm = "CRC64NVME"
	SHA1      Algorithm = "SHA1"
	SHA256    Algorithm = "SHA256"
	SHA512    Algorithm = "SHA512"
	MD5       Algorithm = "MD5"
)

// Algorithms returns all algorithms, in the order of S3's documents.
func Algorithms() []Algorithm {
	return []Algorithm{CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5}
}

// Parse returns the algorithm with this name, in any case.
func Parse(name string) (a Algorithm, ok bool) {
	for _, a := range Algorithms() {
		if strings.EqualFold(name, string(a)) {
			return a, true
		}
	}
	return "", false
}

// Known reports whether S3 has an algorithm of this name, even if this package
// does not compute it.
func Known(name string) bool {
	_, ok := Parse(name)
	switch strings.ToUpper(name) {
	case "XXHASH64", "XXHASH3", "XXHASH128":
		return true
	}
	return ok
}

// Header returns the header, or trailer, that carries a value: "x-amz-checksum-crc32".
func (a Algorithm) Header() string { return headerPrefix + strings.ToLower(string(a)) }

const headerPrefix = "x-amz-checksum-"

// Element returns the XML element that carries a value: "ChecksumCRC32".
func (a Algorithm) Element() string { return "Checksum" + string(a) }

// FromHeader returns the algorithm whose values this header carries. Headers that
// begin alike and carry none, as x-amz-checksum-mode, have no algorithm.
func FromHeader(header string) (name string, ok bool) {
	name, ok = strings.CutPrefix(strings.ToLower(header), headerPrefix)
	if !ok || !Known(name) {
		return "", false
	}
	return strings.ToUpper(name), true
}

// New returns a new hash of the algorithm.
func (a Algorithm) New() hash.Hash {
	switch a {
	case CRC32:
		return crc32.NewIEEE()
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case SHA1:
		return sha1.New()
	case SHA256:
		return sha256.New()
	case SHA512:
		return sha512.New()
	case MD5:
		return md5.New()
	}
	return crc64nvme.New()
}

// Valid reports whether text is a value of the algorithm, as to its form.
func (a Algorithm) Valid(text string) bool {
	size := a.New().Size()
	sum, err := base64.StdEncoding.Strict().DecodeString(text)
	return err == nil && len(sum) == size && len(text) == base64.StdEncoding.EncodedLen(size) // no line ends within
}

// Linear reports whether the checksum of a whole can be composed from those of
// its parts and their lengths.
func (a Algorithm) Linear() bool { return a == CRC32 || a == CRC32C || a == CRC64NVME }
