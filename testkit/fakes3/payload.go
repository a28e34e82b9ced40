package fakes3

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/chunked"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// The values of x-amz-content-sha256 that are no hash.
// Source: S3 API Reference, "Signature calculations for the authorization header".
const (
	unsignedPayload        = "UNSIGNED-PAYLOAD"
	streamingUnsigned      = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	streamingSigned        = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamingSignedTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// maxPut is the largest body of one request, 5 GiB.
// Source: S3 User Guide, "Amazon S3 multipart upload limits".
const maxPut = 5 << 30

var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// A payload is the content of a request: decoded, hashed and checked while it is
// read.
type payload struct {
	call     *call
	content  io.Reader
	chunks   *chunked.Reader // nil if the body is not aws-chunked
	size     int64           // as announced
	claim    claim
	trailer  string // the header of the checksum that comes as a trailer
	md5      hash.Hash
	sha256   hash.Hash // nil if the body's hash is not signed
	checksum hash.Hash // of claim.algorithm; nil without one
}

// payload prepares to read the content of the request.
func (c *call) payload() (*payload, error) {
	p := &payload{call: c, md5: md5.New()}
	if err := p.readClaim(); err != nil {
		return nil, err
	}
	if err := p.open(c.signature.PayloadHash); err != nil {
		return nil, err
	}
	if p.size > maxPut {
		return nil, refusal.EntityTooLarge(p.size, maxPut)
	}
	p.content = c.meddled(p.content)
	if p.claim.algorithm != "" {
		p.checksum = p.claim.algorithm.New()
	}
	return p, nil
}

// open chooses how the body is decoded.
func (p *payload) open(mode string) error {
	c := p.call
	streaming := true
	switch {
	case mode == streamingUnsigned:
		p.chunks = chunked.NewReader(c.r.Body, nil, true)
	case mode == streamingSigned, mode == streamingSignedTrailer:
		s := c.signature
		key := &chunked.Key{SigningKey: s.SigningKey, Scope: s.Scope, Date: s.Date, Seed: s.Seed}
		p.chunks = chunked.NewReader(c.r.Body, key, mode == streamingSignedTrailer)
	case mode == unsignedPayload:
		streaming = false
	case sha256Text.MatchString(mode):
		streaming = false
		p.sha256 = sha256.New()
	default:
		return refusal.InvalidArgument("x-amz-content-sha256", mode, "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
	}
	if streaming {
		p.content = p.chunks
		return p.decodedLength()
	}
	if p.trailer != "" {
		return refusal.InvalidRequest("The x-amz-trailer header needs a body in aws-chunked.")
	}
	if p.size = c.r.ContentLength; p.size < 0 {
		return refusal.New(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented.", "Header", "Transfer-Encoding")
	}
	p.content = c.r.Body
	return nil
}

func (p *payload) decodedLength() error {
	size, err := strconv.ParseUint(p.call.r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 63)
	if err != nil {
		return refusal.New(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	p.size = int64(size)
	return nil
}

// Read reads content. Only at io.EOF is it what the client announced.
func (p *payload) Read(b []byte) (int, error) {
	n, err := p.content.Read(b)
	p.md5.Write(b[:n])
	for _, h := range []hash.Hash{p.sha256, p.checksum} {
		if h != nil {
			h.Write(b[:n])
		}
	}
	switch {
	case err == nil && p.call.received > p.size, errors.Is(err, io.ErrUnexpectedEOF):
		return n, refusal.IncompleteBody()
	case errors.Is(err, io.EOF):
		if refused := p.verify(); refused != nil {
			return n, refused
		}
	}
	return n, err
}

// verify compares what came with what was announced.
func (p *payload) verify() error {
	if p.call.received != p.size {
		return refusal.IncompleteBody()
	}
	if p.sha256 != nil {
		if sum := hex.EncodeToString(p.sha256.Sum(nil)); sum != p.call.signature.PayloadHash {
			return refusal.New(http.StatusBadRequest, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.",
				"ClientComputedContentSHA256", p.call.signature.PayloadHash, "S3ComputedContentSHA256", sum)
		}
	}
	if err := p.verifyMD5(); err != nil {
		return err
	}
	if p.trailer != "" {
		if err := p.readTrailer(); err != nil {
			return err
		}
	}
	if p.claim.value != "" && p.claim.value != checksum.Encode(p.checksum.Sum(nil)) {
		return refusal.ChecksumMismatch(string(p.claim.algorithm))
	}
	return nil
}

func (p *payload) verifyMD5() error {
	given := p.call.r.Header.Get("Content-Md5")
	if given == "" {
		return nil
	}
	sum, err := base64.StdEncoding.DecodeString(given)
	if err != nil || len(sum) != md5.Size {
		return refusal.New(http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid.", "Content-MD5", given)
	}
	if string(sum) != string(p.md5.Sum(nil)) {
		return refusal.BadDigest("Content-MD5", "The Content-MD5 you specified did not match what we received.")
	}
	return nil
}

func (p *payload) readTrailer() error {
	value := p.chunks.Trailer(p.trailer)
	if value == "" {
		return refusal.New(http.StatusBadRequest, "MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
	}
	if !p.claim.algorithm.Valid(value) {
		return refusal.InvalidRequest("Value for %s trailing header is invalid.", p.trailer)
	}
	p.claim.value = value
	return nil
}

// readClaim finds out which checksum the client sends, if any.
func (p *payload) readClaim() error {
	header := p.call.r.Header
	var err error
	if p.claim, err = claimedChecksum(header); err != nil {
		return err
	}
	if p.trailer = strings.ToLower(header.Get("X-Amz-Trailer")); p.trailer != "" {
		if p.claim.algorithm != "" {
			return multipleChecksums()
		}
		name, known := checksum.FromHeader(p.trailer)
		if !known {
			return refusal.InvalidRequest("The value specified in the x-amz-trailer header is not supported")
		}
		if p.claim.algorithm, err = supported(name); err != nil {
			return err
		}
	}
	named := header.Get("X-Amz-Sdk-Checksum-Algorithm")
	switch {
	case named == "":
	case p.claim.algorithm == "" && header.Get("Content-Md5") == "":
		return refusal.InvalidRequest("x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.")
	case p.claim.algorithm != "" && !strings.EqualFold(named, string(p.claim.algorithm)):
		return refusal.InvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
	}
	return nil
}
