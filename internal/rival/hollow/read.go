package hollow

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// read answers GetObject and HeadObject. What was sent can be looked at, but not read.
func (c *call) read() error {
	m, ok := c.find(c.key)
	o := stored{m.content(), madeAt}
	if c.bucket != Made {
		c.mu.Lock()
		o, ok = c.buckets[c.bucket][c.key]
		c.mu.Unlock()
	}
	switch match := c.r.Header.Get("If-Match"); {
	case !ok:
		return noSuchKey
	case match != "" && strings.Trim(match, `"`) != strings.Trim(o.etag(), `"`):
		return refusal{http.StatusPreconditionFailed, "PreconditionFailed", "the ETag is another one"}
	case c.r.Method == http.MethodGet && c.bucket != Made:
		return notNeeded
	}
	offset, length, partial, err := c.span(o.size)
	if err != nil {
		return err
	}
	c.head(o, offset, length, partial)
	if c.r.Method == http.MethodGet {
		_ = m.writeTo(c.w, offset, length) // a reader who went away fails on his own
	}
	return nil
}

// span reads the Range header: bytes=FROM- or bytes=FROM-TO.
func (c *call) span(size int64) (offset, length int64, partial bool, err error) {
	header := c.r.Header.Get("Range")
	if header == "" {
		return 0, size, false, nil
	}
	first, last, _ := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	from, err := strconv.ParseInt(first, 10, 64)
	to := size - 1
	if err == nil && last != "" {
		to, err = strconv.ParseInt(last, 10, 64)
	}
	to = min(to, size-1)
	if err != nil || from < 0 || from > to {
		return 0, 0, false, refusal{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", header}
	}
	return from, to - from + 1, true, nil
}

// head sends the head of a read's answer. S3 has a checksum for the whole only.
func (c *call) head(o stored, offset, length int64, partial bool) {
	h := c.w.Header()
	h.Set("ETag", o.etag())
	h.Set("Last-Modified", o.modified.Format(http.TimeFormat))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(length, 10))
	if strings.EqualFold(c.r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") && length == o.size {
		o.announce(h)
		h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	if !partial {
		return
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, o.size))
	c.w.WriteHeader(http.StatusPartialContent)
}
