package fakes3

import (
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"time"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// received is stored content and what was computed of it.
type received struct {
	content *blob.Blob
	etag    string // the MD5 in quotes
	claim   claim
	sum     []byte // of the algorithm that receive was asked for
}

// receive stores the content of the request and computes its checksum with an
// algorithm: "" stands for the client's, and CRC-64/NVME if he gave none.
func (c *call) receive(p *payload, algorithm checksum.Algorithm) (received, error) {
	if algorithm == "" {
		algorithm = p.claim.algorithm
	}
	if algorithm == "" {
		algorithm = checksum.CRC64NVME
	}
	content, sum, err := c.server.keep(p, c.r.ContentLength, algorithm)
	if err != nil {
		return received{}, err
	}
	return received{content: content, etag: quoted(p.md5.Sum(nil)), claim: p.claim, sum: sum}, nil
}

// buffer is the most that a copy holds in memory.
const buffer = 64 << 10

// bufferFor returns the buffer for a copy of about size bytes, -1 if that is not
// known.
func bufferFor(size int64) []byte {
	if size < 0 || size > buffer {
		size = buffer
	}
	return make([]byte, max(size, 512))
}

// keep stores what r gives, about size bytes, and computes its checksum on the way.
func (s *Server) keep(r io.Reader, size int64, algorithm checksum.Algorithm) (*blob.Blob, []byte, error) {
	w, err := s.blobs.Create()
	if err != nil {
		return nil, nil, err
	}
	kept := false
	defer func() { // a fault may cut the connection in here
		if !kept {
			w.Discard()
		}
	}()
	hash := algorithm.New()
	if _, err := io.CopyBuffer(io.MultiWriter(w, hash), onlyReader{r}, bufferFor(size)); err != nil {
		return nil, nil, err
	}
	kept = true
	content, err := w.Commit()
	return content, hash.Sum(nil), err
}

// onlyReader hides other methods, so that a copy uses its buffer.
type onlyReader struct{ io.Reader }

func quoted(sum []byte) string { return `"` + hex.EncodeToString(sum) + `"` }

// maxDocument is the largest XML body. A completion of 10,000 parts with all
// their checksums is below it.
const maxDocument = 8 << 20

// body reads the body of a request that is a document. It may be empty.
func (c *call) body() ([]byte, error) {
	p, err := c.payload()
	if err != nil {
		return nil, err
	}
	if p.size > maxDocument {
		return nil, refusal.New(http.StatusBadRequest, "MaxMessageLengthExceeded", "Your request was too big.")
	}
	return io.ReadAll(p)
}

// document reads the XML body of the request into v. It has to be there.
func (c *call) document(v any) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return refusal.New(http.StatusBadRequest, "MissingRequestBodyError", "Request Body is empty")
	}
	if xml.Unmarshal(body, v) != nil {
		return refusal.MalformedXML()
	}
	return nil
}

// timestamp writes a time as XML documents do.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
