package checksum

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/redferry/redferry/internal/crc64"
)

// A Type says what a checksum of a multipart object covers.
type Type string

// FullObject is the checksum of the content, Composite the checksum of the
// parts' checksums.
const (
	FullObject Type = "FULL_OBJECT"
	Composite  Type = "COMPOSITE"
)

// ParseType returns the type with this name.
func ParseType(name string) (t Type, ok bool) {
	t = Type(name)
	return t, t == FullObject || t == Composite
}

// DefaultType returns the type of a multipart upload that names only the algorithm.
func (a Algorithm) DefaultType() Type {
	if a == CRC64NVME {
		return FullObject
	}
	return Composite
}

// Allows reports whether a multipart upload may have this algorithm and type.
func (a Algorithm) Allows(t Type) bool {
	if t == FullObject {
		return a.Linear()
	}
	return a != CRC64NVME
}

// A Value is the checksum of an object. The zero Value is none.
type Value struct {
	Algorithm Algorithm
	Type      Type
	Text      string // base64; a composite one of n parts ends in "-n"
}

// Encode returns a sum as S3 writes it.
func Encode(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }

// Decode returns the sum that [Encode] wrote as text, nil for any other text.
func Decode(text string) []byte {
	sum, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return sum
}

// A Part is a part's checksum and length.
type Part struct {
	Sum  []byte
	Size int64
}

// Whole returns the checksum of an object of these parts.
func Whole(a Algorithm, t Type, parts []Part) Value {
	if t == Composite {
		hash := a.New()
		for _, p := range parts {
			hash.Write(p.Sum)
		}
		return Value{a, t, fmt.Sprintf("%s-%d", Encode(hash.Sum(nil)), len(parts))}
	}
	sum := a.New().Sum(nil)
	for _, p := range parts {
		sum = combine(a, sum, p.Sum, p.Size)
	}
	return Value{a, t, Encode(sum)}
}

// combine returns the checksum of x followed by y from the sums of both and the
// length of y. The algorithm must be linear.
func combine(a Algorithm, x, y []byte, length int64) []byte {
	switch a {
	case CRC32, CRC32C:
		poly := uint32(crc32.IEEE)
		if a == CRC32C {
			poly = crc32.Castagnoli
		}
		sum := combine32(poly, binary.BigEndian.Uint32(x), binary.BigEndian.Uint32(y), length)
		return binary.BigEndian.AppendUint32(nil, sum)
	}
	sum := crc64.Combine(binary.BigEndian.Uint64(x), binary.BigEndian.Uint64(y), length)
	return binary.BigEndian.AppendUint64(nil, sum)
}

// combine32 moves x over length bytes, by multiplying it with x^(8*length)
// modulo the reflected polynomial, and adds y.
func combine32(poly, x, y uint32, length int64) uint32 {
	shift, square := uint32(1)<<31, uint32(1)<<23
	for n := length; n > 0; n >>= 1 {
		if n&1 == 1 {
			shift = multiply32(poly, shift, square)
		}
		square = multiply32(poly, square, square)
	}
	return multiply32(poly, shift, x) ^ y
}

func multiply32(poly, a, b uint32) uint32 {
	var product uint32
	for ; a != 0; a <<= 1 {
		if a&(1<<31) != 0 {
			product ^= b
		}
		carry := b & 1
		b = b>>1 ^ carry*poly
	}
	return product
}
