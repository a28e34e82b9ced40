package fakes3

import (
	"net/http"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// A claim is the checksum that a client gives for what it sends.
type claim struct {
	algorithm checksum.Algorithm // "" if there is none
	value     string             // base64; "" if it comes later, as a trailer
}

// claimedChecksum finds the one x-amz-checksum- header that carries a value.
func claimedChecksum(header http.Header) (claim, error) {
	var found claim
	for name := range header {
		algorithm, ok := checksum.FromHeader(name)
		if !ok {
			continue
		}
		if found.algorithm != "" {
			return claim{}, multipleChecksums()
		}
		a, err := supported(algorithm)
		if err != nil {
			return claim{}, err
		}
		found = claim{algorithm: a, value: header.Get(name)}
		if !a.Valid(found.value) {
			return claim{}, refusal.InvalidRequest("Value for %s header is invalid.", a.Header())
		}
	}
	return found, nil
}

func multipleChecksums() error {
	return refusal.InvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
}

// supported returns the algorithm of a name that S3 knows.
func supported(name string) (checksum.Algorithm, error) {
	a, ok := checksum.Parse(name)
	if !ok {
		return "", refusal.NotImplemented("checksum algorithm " + name)
	}
	return a, nil
}

// namedAlgorithm reads a header that names an algorithm; "" if it is not there.
func namedAlgorithm(header http.Header, name string) (checksum.Algorithm, error) {
	value := header.Get(name)
	if value == "" {
		return "", nil
	}
	if !checksum.Known(value) {
		return "", refusal.InvalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]")
	}
	return supported(value)
}
