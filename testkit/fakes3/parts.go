package fakes3

import (
	"encoding/xml"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

func (c *call) uploadPart() error {
	number, u, err := c.target()
	if err != nil {
		return err
	}
	p, err := c.payload()
	if err != nil {
		return err
	}
	if err := checkPartAlgorithm(u, p.claim.algorithm); err != nil {
		return err
	}
	// A checksum that the upload did not ask for is verified and not kept.
	r, err := c.receive(p, u.Algorithm)
	if err != nil {
		return err
	}
	part := store.Part{Number: number, ETag: c.sealed(r.etag, u.Meta.Encryption), Sum: r.sum, Modified: now(), Content: r.content}
	if err := c.server.store.AddPart(c.bucket.Name, c.key, u.ID, part); err != nil {
		r.content.Release()
		return err
	}
	c.w.set("ETag", part.ETag)
	if r.claim.algorithm != "" {
		c.w.set(r.claim.algorithm.Header(), r.claim.value)
	}
	c.writeEncryption(u.Meta.Encryption)
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// target returns the part number and the upload of a request that writes a part.
func (c *call) target() (int, store.Upload, error) {
	number, err := partNumber(c.query.Get("partNumber"))
	if err != nil {
		return 0, store.Upload{}, err
	}
	if err := errors.Join(refuseUnsupported(c.r.Header), refuseEncryption(c.r.Header)); err != nil {
		return 0, store.Upload{}, err
	}
	if err := c.allowWrite(false, nil); err != nil {
		return 0, store.Upload{}, err
	}
	u, err := c.server.store.Upload(c.bucket.Name, c.key, c.query.Get("uploadId"))
	if err != nil {
		return 0, store.Upload{}, err
	}
	return number, u, c.decrypt(u.Meta.Encryption)
}

// checkPartAlgorithm compares the checksum of a part with the one that the upload
// declared. S3 wants each part of such an upload to carry it; its documents do not
// say whether a part of a FULL_OBJECT upload may come without, so it may not here.
func checkPartAlgorithm(u store.Upload, given checksum.Algorithm) error {
	if !u.Declared || given == u.Algorithm {
		return nil
	}
	actual := or(strings.ToLower(string(given)), "null")
	return refusal.InvalidRequest("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s", strings.ToLower(string(u.Algorithm)), actual)
}

// partSums are the checksum elements of a part.
type partSums map[checksum.Algorithm]string

// MarshalXML writes one element per algorithm, and none around them.
func (s partSums) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	for _, a := range checksum.Algorithms() {
		if value, ok := s[a]; ok {
			if err := e.EncodeElement(value, xml.StartElement{Name: xml.Name{Local: a.Element()}}); err != nil {
				return err
			}
		}
	}
	return nil
}

type listedPart struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
	Sums         partSums
}

type partListing struct {
	XMLName              xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListPartsResult"`
	Bucket               string
	Key                  string
	UploadID             string `xml:"UploadId"`
	Initiator            initiator
	Owner                owner
	StorageClass         string
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	IsTruncated          bool
	ChecksumAlgorithm    string       `xml:",omitempty"`
	ChecksumType         string       `xml:",omitempty"`
	Parts                []listedPart `xml:"Part"`
}

func (c *call) listParts() error {
	if err := c.allowKey("s3:ListMultipartUploadParts", c.key, nil); err != nil {
		return err
	}
	limit, err := c.limit("max-parts")
	if err != nil {
		return err
	}
	marker, err := c.partMarker(c.query.Get("part-number-marker"))
	if err != nil {
		return err
	}
	u, parts, err := c.server.store.PartsBefore(c.bucket.Name, c.key, c.query.Get("uploadId"), c.fault.Stale)
	if err != nil {
		return err
	}
	if err := c.decrypt(u.Meta.Encryption); err != nil {
		return err
	}
	page, truncated := pageParts(parts, marker, limit)
	l := partListing{
		Bucket: c.bucket.Name, Key: c.key, UploadID: u.ID,
		Initiator: initiatedBy(u), Owner: c.server.owner(c.bucket.Owner), StorageClass: u.Meta.StorageClass,
		PartNumberMarker: marker, MaxParts: limit, IsTruncated: truncated,
	}
	if u.Declared {
		l.ChecksumAlgorithm, l.ChecksumType = string(u.Algorithm), string(u.Type)
	}
	for _, p := range page {
		l.Parts = append(l.Parts, listedPart{p.Number, timestamp(p.Modified), p.ETag, p.Size(), partSums{u.Algorithm: checksum.Encode(p.Sum)}})
		l.NextPartNumberMarker = p.Number
	}
	c.writeAbortDate(u)
	c.answer(http.StatusOK, l)
	return nil
}

func (c *call) partMarker(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, refusal.InvalidArgument("part-number-marker", text, "Argument part-number-marker must be an integer between 0 and 2147483647")
	}
	return int(n), nil
}

// pageParts returns the first parts behind the marker.
func pageParts(parts []store.Part, marker, limit int) (page []store.Part, truncated bool) {
	from := slices.IndexFunc(parts, func(p store.Part) bool { return p.Number > marker })
	if from < 0 {
		return nil, false
	}
	parts = parts[from:]
	if len(parts) <= limit {
		return parts, false
	}
	return parts[:limit], limit > 0
}
