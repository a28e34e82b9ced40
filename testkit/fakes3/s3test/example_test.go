package s3test_test

import (
	"fmt"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/s3test"
)

// Each case states one fact; a program can pick those that it relies on.
func ExampleCases() {
	for _, c := range s3test.Cases() {
		if strings.HasPrefix(c.Name, "CompleteWith") {
			fmt.Println(c.Name)
		}
	}
	// Output:
	// CompleteWithWrongChecksumIsBadDigest
	// CompleteWithAnotherTypeIsInvalid
	// CompleteWithWrongSizeIsInvalid
	// CompleteWithSmallPartIsEntityTooSmall
	// CompleteWithMissingPartIsInvalidPart
	// CompleteWithWrongPartChecksumIsInvalidPart
	// CompleteWithoutPartChecksumIsInvalid
	// CompleteWithoutPartsIsMalformed
}
