// Package chunked decodes bodies in the content encoding aws-chunked, with and
// without signatures of the chunks, with and without trailers.
//
//	5;chunk-signature=<64 digits>\r\n   the size in hexadecimal digits
//	hello\r\n
//	0;chunk-signature=<64 digits>\r\n
//	x-amz-checksum-crc32:NhCmhg==\r\n   trailers, if announced
//	x-amz-trailer-signature:<64 digits>\r\n
//	\r\n
//
// Source: S3 API Reference, "Signature calculations for the authorization header:
// transferring payload in multiple chunks" and "... including trailing headers".
package chunked

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

const (
	// maxLine is the longest chunk header or trailer, and the read buffer.
	maxLine = 4 << 10
	// minChunk is the smallest chunk that is not the last.
	minChunk = 8 << 10
	// maxDigits are the hexadecimal digits of a chunk's size: 5 GiB has nine.
	maxDigits = 9
	// maxTrailers bounds what a body may send after its content.
	maxTrailers = 16

	signatureParameter = "chunk-signature"
	signatureTrailer   = "x-amz-trailer-signature"
)

// A Reader reads the content of an aws-chunked body. Its errors are refusals of
// S3. It is not safe for concurrent use.
type Reader struct {
	body     *bufio.Reader
	chain    *chain // nil if the chunks are not signed
	trailers bool

	left  int64 // bytes of the current chunk
	small bool  // a chunk below the minimum was read: it has to be the last
	found map[string]string
	err   error
}

// NewReader returns a Reader of body. A nil key means that chunks are not signed.
// Without trailers, the body must not have any.
func NewReader(body io.Reader, key *Key, trailers bool) *Reader {
	r := &Reader{body: bufio.NewReaderSize(body, maxLine), trailers: trailers, found: make(map[string]string)}
	if key != nil {
		r.chain = newChain(key)
	}
	return r
}

// Trailer returns the value of a trailer, "" if there was none. It is known once
// Read has returned io.EOF. Names are in lower case.
func (r *Reader) Trailer(name string) string { return r.found[name] }

// Trailers returns all trailers by their names in lower case.
func (r *Reader) Trailers() map[string]string { return r.found }

// Read reads content. The last bytes of a chunk are returned before its
// signature is found to be wrong: only io.EOF means that all was well.
func (r *Reader) Read(p []byte) (int, error) {
	for r.err == nil && r.left == 0 {
		r.err = r.next()
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
	if r.chain != nil {
		r.chain.hash.Write(p[:n])
	}
	r.left -= int64(n)
	switch {
	case err != nil && !(errors.Is(err, io.EOF) && n > 0):
		r.err = interrupted(err)
	case r.left == 0:
		r.err = r.finish()
	}
	return n, nil
}

// next reads the header of the next chunk, and what follows the last one.
func (r *Reader) next() error {
	size, signature, err := r.header()
	if err != nil {
		return err
	}
	if r.chain != nil {
		r.chain.begin(signature)
	}
	if size > 0 {
		if r.small {
			return refusal.New(http.StatusBadRequest, "InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes")
		}
		r.small = size < minChunk
		r.left = size
		return nil
	}
	if r.chain != nil && !r.chain.verify() {
		return mismatch()
	}
	if err := r.readTrailers(); err != nil {
		return err
	}
	if _, err := r.body.ReadByte(); !errors.Is(err, io.EOF) {
		return malformed()
	}
	return io.EOF
}

// finish reads the end of a chunk's line and checks its signature.
func (r *Reader) finish() error {
	line, err := r.line()
	switch {
	case err != nil:
		return err
	case line != "":
		return malformed()
	case r.chain != nil && !r.chain.verify():
		return mismatch()
	}
	return nil
}

func (r *Reader) header() (size int64, signature string, err error) {
	line, err := r.line()
	if err != nil {
		return 0, "", err
	}
	digits, parameter, _ := strings.Cut(line, ";")
	if len(digits) > maxDigits {
		return 0, "", malformed()
	}
	unsigned, err := strconv.ParseUint(digits, 16, 63)
	if err != nil {
		return 0, "", malformed()
	}
	name, signature, _ := strings.Cut(parameter, "=")
	if r.chain != nil && name != signatureParameter {
		return 0, "", malformed()
	}
	return int64(unsigned), signature, nil
}

// readTrailers reads lines up to the empty one.
func (r *Reader) readTrailers() error {
	for range maxTrailers {
		line, err := r.line()
		if err != nil {
			return err
		}
		if line == "" {
			return r.checkTrailers()
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		_, twice := r.found[name]
		if !ok || !r.trailers || name == "" || twice {
			return malformedTrailer()
		}
		value = strings.TrimSpace(value)
		r.found[name] = value
		if r.chain != nil && name != signatureTrailer {
			r.chain.trailer(name, value)
		}
	}
	return malformedTrailer()
}

func (r *Reader) checkTrailers() error {
	if !r.trailers || r.chain == nil {
		return nil
	}
	if !r.chain.verifyTrailer(r.found[signatureTrailer]) {
		return mismatch()
	}
	delete(r.found, signatureTrailer)
	return nil
}

// line reads a line and takes its end off, which has to be "\r\n".
func (r *Reader) line() (string, error) {
	line, err := r.body.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", malformed()
	case err != nil:
		return "", interrupted(err)
	}
	text, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok {
		return "", malformed()
	}
	return text, nil
}

// interrupted turns an early end into a refusal; other errors of the connection
// stay what they are.
func interrupted(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refusal.IncompleteBody()
	}
	return err
}

func malformed() error {
	return refusal.New(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")
}

func malformedTrailer() error {
	return refusal.New(http.StatusBadRequest, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
}

func mismatch() error {
	return refusal.New(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
}
