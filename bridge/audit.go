package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/internal/crc64"
)

// errUnlisted is about a part of which a list of parts says nothing, or something older.
var errUnlisted = errors.New("the target does not list it as it was sent")

// audit compares the checksums that the target computed of its parts with those
// of what was sent, where no trailer went with them. Each part must be listed with the
// ETag that it was answered with: a list that is out of date says nothing of what the
// object will be made of, and is asked for again.
func (u *upload) audit(ctx context.Context) error {
	var wrong error
	err := u.retry(ctx, 0, func(ctx context.Context) error {
		listed := make([]bool, len(u.parts))
		if wrong = u.list(ctx, func(p types.Part) error { return u.compare(p, listed) }); wrong != nil {
			return nil
		}
		if i := slices.Index(listed, false); i >= 0 {
			failed := u.wrongPart(i+1, errUnlisted)
			failed.Advice = "copy it again"
			return failed
		}
		return nil
	})
	return cmp.Or(wrong, err)
}

// compare notes in listed that a part is the one that was sent. That it comes without a
// checksum proves nothing against it.
func (u *upload) compare(p types.Part, listed []bool) error {
	n := int(aws.ToInt32(p.PartNumber))
	if n < 1 || n > len(u.parts) || !sameETag(aws.ToString(p.ETag), u.parts[n-1].etag) {
		return nil
	}
	listed[n-1] = true
	crc, err := crc64.Decode(aws.ToString(p.ChecksumCRC64NVME))
	if err != nil || crc == u.parts[n-1].sum.crc {
		return nil
	}
	return u.wrongPart(n, fmt.Errorf("%w: what was sent has CRC64NVME %s, the target has %s", ErrChecksum, crc64.Encode(u.parts[n-1].sum.crc), crc64.Encode(crc)))
}

func (u *upload) wrongPart(n int, err error) *Error {
	return &Error{Op: "compare part", Side: SideTarget, Dst: u.dst, Src: u.src.URI, Part: n, Err: err}
}

// sameETag compares ETags of one object or part, which not all answers of all S3s quote.
func sameETag(a, b string) bool { return strings.Trim(a, `"`) == strings.Trim(b, `"`) }
