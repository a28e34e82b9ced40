package hollow

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// chunked reads the content of a body in the encoding aws-chunked. Signatures of
// chunks are not looked at.
//
//	5;chunk-signature=...\r\n           the size in hexadecimal digits
//	hello\r\n
//	0\r\n
//	x-amz-checksum-crc64nvme:...\r\n    trailers
//	\r\n
type chunked struct {
	body    *bufio.Reader
	left    int64 // of the current chunk
	trailer map[string]string
	err     error
}

func newChunked(body io.Reader) *chunked {
	return &chunked{body: bufio.NewReader(body), trailer: make(map[string]string)}
}

// Read reads content. At io.EOF the trailer is known.
func (c *chunked) Read(p []byte) (int, error) {
	if c.left == 0 && c.err == nil {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.body.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	switch {
	case err == io.EOF && c.left > 0:
		c.err = io.ErrUnexpectedEOF
	case err != nil && err != io.EOF:
		c.err = err
	case c.left == 0:
		_, c.err = c.line()
	}
	return n, nil
}

// next reads the line before a chunk, and what follows the last one.
func (c *chunked) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseInt(size, 16, 64); err != nil || c.left < 0 {
		return fmt.Errorf("%q is no size of a chunk", line)
	}
	if c.left > 0 {
		return nil
	}
	for {
		line, err := c.line()
		if err != nil || line == "" {
			return end(err)
		}
		name, value, _ := strings.Cut(line, ":")
		c.trailer[strings.ToLower(name)] = strings.TrimSpace(value)
	}
}

// end is io.EOF where nothing went wrong.
func end(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

func (c *chunked) line() (string, error) {
	line, err := c.body.ReadString('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimRight(line, "\r\n"), err
}
