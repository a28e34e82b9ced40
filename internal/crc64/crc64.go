// Package crc64 computes the CRC-64/NVME that S3 keeps of each object, at the
// speed of the hardware, and composes the checksum of a whole from the checksums
// of its parts.
package crc64

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/minio/crc64nvme"
)

// Update returns the checksum of what sum covers followed by p. The checksum of
// nothing is 0.
func Update(sum uint64, p []byte) uint64 { return crc64nvme.Update(sum, p) }

// Checksum returns the checksum of p.
func Checksum(p []byte) uint64 { return crc64nvme.Checksum(p) }

// Encode writes sum as S3 does in headers and XML: its eight bytes, the most
// significant first, in base64.
func Encode(sum uint64) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, sum))
}

// Decode reads what [Encode] wrote, and nothing else.
func Decode(text string) (uint64, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return 0, fmt.Errorf("crc64: %q is no base64: %w", text, err)
	}
	if len(raw) != crc64nvme.Size || len(text) != base64.StdEncoding.EncodedLen(crc64nvme.Size) {
		return 0, fmt.Errorf("crc64: %q has %d bytes, a CRC-64 has %d", text, len(raw), crc64nvme.Size)
	}
	return binary.BigEndian.Uint64(raw), nil
}
