package fakes3

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

type completeRequest struct {
	XMLName xml.Name        `xml:"CompleteMultipartUpload"`
	Parts   []completedPart `xml:"Part"`
}

// A completedPart is a part in a completion, with its checksums by the name of
// their elements.
type completedPart struct {
	PartNumber *int
	ETag       *string
	Others     []struct {
		XMLName xml.Name
		Value   string `xml:",chardata"`
	} `xml:",any"`
}

func (c *call) completeMultipartUpload() error {
	if err := c.allowWrite(true, nil); err != nil {
		return err
	}
	completion, err := c.completion()
	if err != nil {
		return err
	}
	if err := c.decryptParts(); err != nil {
		return err
	}
	o, err := c.server.store.Complete(c.bucket.Name, c.key, c.query.Get("uploadId"), completion)
	if err != nil {
		return err
	}
	c.writeEncryption(o.Meta.Encryption)
	c.answer(http.StatusOK, struct {
		XMLName      xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUploadResult"`
		Location     string
		Bucket       string
		Key          string
		ETag         string
		Sums         partSums
		ChecksumType string
	}{
		Location: c.location(), Bucket: c.bucket.Name, Key: c.key, ETag: o.ETag,
		Sums: partSums{o.Checksum.Algorithm: o.Checksum.Text}, ChecksumType: string(o.Checksum.Type),
	})
	return nil
}

// decryptParts asks KMS for what it takes to put parts with checksums together.
// Source: S3 API Reference, "CompleteMultipartUpload", "Permissions".
func (c *call) decryptParts() error {
	u, err := c.server.store.Upload(c.bucket.Name, c.key, c.query.Get("uploadId"))
	if err != nil || !u.Declared {
		return nil // the completion says what is wrong, if anything is
	}
	return c.decrypt(u.Meta.Encryption)
}

func (c *call) location() string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host + c.r.URL.EscapedPath()
}

// completion reads what the request expects. The checksum headers are about the
// object here, not about the body.
func (c *call) completion() (store.Completion, error) {
	header := c.r.Header
	completion := store.Completion{Size: -1}
	expected, err := expectedChecksum(header)
	if err != nil {
		return completion, err
	}
	completion.Checksum = expected
	if text := header.Get("X-Amz-Mp-Object-Size"); text != "" {
		size, err := strconv.ParseInt(text, 10, 64)
		if err != nil || size < 0 {
			return completion, refusal.InvalidRequest("Value for x-amz-mp-object-size header is invalid: '%s'", text)
		}
		completion.Size = size
	}
	if completion.Condition, err = c.writeCondition(); err != nil {
		return completion, err
	}
	for name := range header {
		if _, ok := checksum.FromHeader(name); ok {
			header.Del(name)
		}
	}
	var request completeRequest
	if err := c.document(&request); err != nil {
		return completion, err
	}
	if len(request.Parts) == 0 {
		return completion, refusal.MalformedXML()
	}
	for _, p := range request.Parts {
		named, err := p.named()
		if err != nil {
			return completion, err
		}
		completion.Parts = append(completion.Parts, named)
	}
	return completion, nil
}

func (p completedPart) named() (store.CompletedPart, error) {
	if p.PartNumber == nil || p.ETag == nil {
		return store.CompletedPart{}, refusal.MalformedXML()
	}
	named := store.CompletedPart{Number: *p.PartNumber, ETag: *p.ETag, Checksums: make(map[checksum.Algorithm]string)}
	for _, other := range p.Others {
		name, ok := strings.CutPrefix(other.XMLName.Local, "Checksum")
		if !ok || !checksum.Known(name) {
			return store.CompletedPart{}, refusal.MalformedXML()
		}
		a, err := supported(name)
		if err != nil {
			return store.CompletedPart{}, err
		}
		if len(named.Checksums) > 0 || !a.Valid(other.Value) {
			return store.CompletedPart{}, refusal.InvalidArgument("Checksum", other.Value, "Invalid Base64 or multiple checksums present in request")
		}
		named.Checksums[a] = other.Value
	}
	return named, nil
}

// expectedChecksum reads the checksum that the whole object shall have. That of a
// composite one may end in the number of parts.
func expectedChecksum(header http.Header) (checksum.Value, error) {
	plain := header.Clone()
	var suffix string
	for name := range plain {
		if _, ok := checksum.FromHeader(name); ok {
			value, parts, composite := strings.Cut(plain.Get(name), "-")
			plain.Set(name, value)
			if composite {
				suffix = "-" + parts
			}
		}
	}
	found, err := claimedChecksum(plain)
	if err != nil {
		return checksum.Value{}, err
	}
	v := checksum.Value{Algorithm: found.algorithm}
	if found.value != "" {
		v.Text = found.value + suffix
	}
	if given := header.Get("X-Amz-Checksum-Type"); given != "" {
		kind, ok := checksum.ParseType(given)
		if !ok {
			return checksum.Value{}, refusal.InvalidRequest("Value for x-amz-checksum-type header is invalid.")
		}
		v.Type = kind
	}
	return v, nil
}
