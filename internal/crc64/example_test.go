package crc64_test

import (
	"fmt"

	"github.com/redferry/redferry/internal/crc64"
)

func ExampleCombine() {
	a, b := crc64.Checksum([]byte("12345")), crc64.Checksum([]byte("6789"))
	fmt.Println(crc64.Encode(crc64.Combine(a, b, 4)))
	// Output: rosUhgp5mIg=
}
