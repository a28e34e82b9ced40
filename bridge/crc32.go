package bridge

import (
	"encoding/binary"
	"hash/crc32"
)

// combine returns the checksum of x followed by y from the checksum a of x, b of
// y, and the length of y in bytes. The algorithm must be composable.
func (a algorithm) combine(x, y []byte, length int64) []byte {
	polynomial := uint32(crc32.IEEE)
	if a == crc32CAlgorithm {
		polynomial = crc32.Castagnoli
	}
	shifted := shift32(binary.BigEndian.Uint32(x), length, polynomial)
	return binary.BigEndian.AppendUint32(nil, shifted^binary.BigEndian.Uint32(y))
}

// shift32 multiplies sum with x^(8n) modulo the polynomial, in reflected bit
// order: the highest power stands in the lowest bit.
func shift32(sum uint32, n int64, polynomial uint32) uint32 {
	for square := uint32(1) << 23; n > 0; n >>= 1 {
		if n&1 == 1 {
			sum = multiply32(sum, square, polynomial)
		}
		square = multiply32(square, square, polynomial)
	}
	return sum
}

func multiply32(a, b, polynomial uint32) uint32 {
	var product uint32
	for ; a != 0; a <<= 1 {
		if a>>31 == 1 {
			product ^= b
		}
		b = b>>1 ^ b&1*polynomial
	}
	return product
}
