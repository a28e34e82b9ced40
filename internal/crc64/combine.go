package crc64

import "github.com/minio/crc64nvme"

// A Shift moves a checksum over a fixed number of bytes, so that another one can
// be joined to it. It is the polynomial x^(8n) modulo that of CRC-64/NVME, in
// reflected bit order. Making one costs up to 126 multiplications, using it
// costs one: keep the Shift where many parts have the same length.
type Shift uint64

// one and x8 are the polynomials 1 and x^8: the highest power stands in the
// lowest bit.
const (
	one Shift = 1 << 63
	x8  Shift = one >> 8
)

// NewShift returns the Shift over n bytes. A negative n is taken as 0.
func NewShift(n int64) Shift {
	product := one
	for square := x8; n > 0; n >>= 1 {
		if n&1 == 1 {
			product = multiply(product, square)
		}
		square = multiply(square, square)
	}
	return product
}

// Combine returns the checksum of x followed by y from the checksum a of x and b
// of y, where y has the length of s.
func (s Shift) Combine(a, b uint64) uint64 { return uint64(multiply(s, Shift(a))) ^ b }

// Combine returns the checksum of x followed by y from the checksum a of x, b of
// y, and the length of y in bytes.
func Combine(a, b uint64, lenB int64) uint64 { return NewShift(lenB).Combine(a, b) }

// multiply returns a times b modulo the polynomial.
func multiply(a, b Shift) Shift {
	var product Shift
	for ; a != 0; a <<= 1 {
		if a&one != 0 {
			product ^= b
		}
		carry := b & 1
		b = b>>1 ^ carry*crc64nvme.NVME
	}
	return product
}
