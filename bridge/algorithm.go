package bridge

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"hash/crc32"
)

// An algorithm is one that a source may store instead of CRC-64/NVME.
type algorithm uint8

const (
	noAlgorithm algorithm = iota
	crc32Algorithm
	crc32CAlgorithm
	sha1Algorithm
	sha256Algorithm
	sha512Algorithm
	md5Algorithm
)

func (a algorithm) String() string {
	return [...]string{"nothing", "CRC32", "CRC32C", "SHA1", "SHA256", "SHA512", "MD5"}[a]
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
	case sha512Algorithm:
		return sha512.New()
	case md5Algorithm:
		return md5.New()
	}
	return nil
}

// composable reports whether the checksum of a whole follows from those of its
// parts. That of a SHA does not.
func (a algorithm) composable() bool { return a == crc32Algorithm || a == crc32CAlgorithm }
