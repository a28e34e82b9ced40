package hollow

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry/internal/crc64"
)

// checksumHeader is also the name of a trailer, in lower case.
const checksumHeader = "X-Amz-Checksum-Crc64nvme"

// announce sets the header of the checksum.
func (c content) announce(h http.Header) { h.Set(checksumHeader, crc64.Encode(c.sum)) }

func (c *call) put() error {
	received, err := receive(c.r)
	if err != nil {
		return err
	}
	c.store(c.bucket, c.key, received)
	c.w.Header().Set("ETag", received.etag())
	received.announce(c.w.Header())
	c.w.Header().Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	return nil
}

func (s *Server) store(bucket, key string, what content) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[bucket] == nil {
		s.buckets[bucket] = make(map[string]stored)
	}
	s.buckets[bucket][key] = stored{what, time.Now()}
}

// receive reads the content of a request to its end. It has to be as long as was
// announced, and to have the checksum that was, if one was.
func receive(r *http.Request) (content, error) {
	body, size, chunks := io.Reader(r.Body), r.ContentLength, (*chunked)(nil)
	if strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		chunks = newChunked(r.Body)
		decoded, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
		if err != nil {
			return content{}, refusal{http.StatusLengthRequired, "MissingContentLength", err.Error()}
		}
		body, size = chunks, decoded
	}
	received, err := drain(body)
	if err != nil {
		return content{}, err
	}
	if received.size != size {
		return content{}, fmt.Errorf("%d bytes came, %d were announced", received.size, size)
	}
	claim := r.Header.Get(checksumHeader)
	if chunks != nil && chunks.trailer[strings.ToLower(checksumHeader)] != "" {
		claim = chunks.trailer[strings.ToLower(checksumHeader)]
	}
	return received, received.check(claim)
}

// check compares with a checksum that was given, if one was.
func (c content) check(claim string) error {
	if claim != "" && claim != crc64.Encode(c.sum) {
		return refusal{http.StatusBadRequest, "BadDigest", "the CRC-64/NVME is another one"}
	}
	return nil
}

// buffers are large, so that reads go past those of the connection.
var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

func drain(r io.Reader) (content, error) {
	buffer := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buffer)
	var c content
	_, err := io.CopyBuffer(&c, r, buffer[:])
	return c, err
}

// Write takes the next bytes into account.
func (c *content) Write(p []byte) (int, error) {
	c.sum = crc64.Update(c.sum, p)
	c.size += int64(len(p))
	return len(p), nil
}
