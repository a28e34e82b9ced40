package bridge

import (
	"errors"
	"fmt"
)

// A plan cuts an object into parts.
type plan struct {
	size, partSize int64
}

const mebibyte = 1 << 20

// newPlan grows the parts, in whole mebibytes, until they are 10,000 at most.
func newPlan(size, partSize int64) plan {
	if least := (size + maxParts - 1) / maxParts; least > partSize {
		partSize = (least + mebibyte - 1) / mebibyte * mebibyte
	}
	return plan{size: size, partSize: partSize}
}

// count is the number of parts.
func (p plan) count() int { return int((p.size + p.partSize - 1) / p.partSize) }

// offset is where part n begins; parts count from 1.
func (p plan) offset(n int) int64 { return int64(n-1) * p.partSize }

// length is how long part n is.
func (p plan) length(n int) int64 { return min(p.partSize, p.size-p.offset(n)) }

// byteRange is part n as the Range header names it.
func (p plan) byteRange(n int) string {
	return fmt.Sprintf("bytes=%d-%d", p.offset(n), p.offset(n)+p.length(n)-1)
}

// contentRange is part n as the header Content-Range of an answer names it.
func (p plan) contentRange(n int) string {
	return fmt.Sprintf("bytes %d-%d/%d", p.offset(n), p.offset(n)+p.length(n)-1, p.size)
}

// check refuses a plan that S3 would not carry out.
func (p plan) check() error {
	switch {
	case p.size <= 0 || p.partSize <= 0:
		return errors.New("an upload needs bytes and parts")
	case p.size > maxObject:
		return fmt.Errorf("it has %d bytes, S3 takes at most %d in one object: %d parts of %d bytes (S3 User Guide, \"Amazon S3 multipart upload limits\")",
			p.size, int64(maxObject), maxParts, int64(maxPart))
	case p.partSize > maxPart || (p.size-1)/p.partSize >= maxParts:
		return fmt.Errorf("%d bytes do not fit into %d parts of %d bytes", p.size, maxParts, p.partSize)
	}
	return nil
}
