package fakes3

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/redferry/redferry/testkit/fakes3/internal/byterange"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

func (c *call) getObject() error { return c.read(true) }

func (c *call) headObject() error { return c.read(false) }

// A piece is what a read asks for of an object.
type piece struct {
	byterange.Range
	partial  bool
	parts    int            // of the object, if a part was asked for and it has some
	checksum checksum.Value // of the piece; S3 has one for the whole and for a part
}

// read answers GetObject and HeadObject, which differ in the body only.
func (c *call) read(body bool) error {
	if err := c.allowKey("s3:GetObject", c.key, nil); err != nil {
		return err
	}
	if err := c.checkVersion(); err != nil {
		return err
	}
	o, err := c.server.store.Get(c.bucket.Name, c.key)
	if err != nil {
		return c.missing(err)
	}
	defer o.Content.Release()
	if err := c.readCondition("").check(o); err != nil {
		return err
	}
	if body || c.r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		if err := c.decrypt(o.Meta.Encryption); err != nil {
			return err
		}
	}
	if body && archived(o.Meta.StorageClass) {
		return refusal.New(http.StatusForbidden, "InvalidObjectState", "The operation is not valid for the object's storage class", "StorageClass", o.Meta.StorageClass)
	}
	p, err := c.piece(o)
	if err != nil {
		return err
	}
	content, err := o.Content.Open(p.Offset, p.Length)
	if err != nil {
		return err
	}
	defer content.Close()
	c.writeObject(o, p)
	if body {
		if _, err := io.CopyBuffer(onlyWriter{c.w}, content, bufferFor(p.Length)); err != nil {
			c.abort()
		}
	}
	return nil
}

// onlyWriter hides other methods, so that a copy uses its buffer.
type onlyWriter struct{ io.Writer }

// checkVersion accepts the one version that objects of an unversioned bucket have.
func (c *call) checkVersion() error {
	if id := c.query.Get("versionId"); id != "" && id != "null" {
		return refusal.InvalidArgument("versionId", id, "Invalid version id specified")
	}
	return nil
}

// piece finds the bytes that the request asks for.
func (c *call) piece(o *store.Object) (piece, error) {
	whole := piece{Range: byterange.Range{Length: o.Size()}, checksum: o.Checksum}
	header := c.r.Header.Get("Range")
	if c.query.Has("partNumber") {
		if header != "" {
			return piece{}, refusal.InvalidRequest("Cannot specify both Range header and partNumber query parameter")
		}
		return c.part(o, whole)
	}
	r, ok, err := byterange.Parse(header, o.Size())
	switch {
	case errors.Is(err, byterange.ErrUnsatisfiable):
		return piece{}, refusal.InvalidRange(header, o.Size())
	case !ok:
		return whole, nil
	}
	p := piece{Range: r, partial: true}
	if r == whole.Range {
		p.checksum = o.Checksum
	}
	return p, nil
}

func (c *call) part(o *store.Object, whole piece) (piece, error) {
	number, err := partNumber(c.query.Get("partNumber"))
	if err != nil {
		return piece{}, err
	}
	if number > max(len(o.Parts), 1) {
		return piece{}, refusal.InvalidPartNumber(number, max(len(o.Parts), 1))
	}
	whole.partial = o.Size() > 0
	if len(o.Parts) == 0 {
		return whole, nil
	}
	p := piece{partial: true, parts: len(o.Parts)}
	for _, before := range o.Parts[:number-1] {
		p.Offset += before.Size()
	}
	p.Length = o.Parts[number-1].Size()
	if o.Declared {
		p.checksum = o.Checksum
		p.checksum.Text = checksum.Encode(o.Parts[number-1].Sum)
	}
	p.partial = p.Length > 0
	return p, nil
}

// maxPart is the highest part number.
// Source: S3 User Guide, "Amazon S3 multipart upload limits".
const maxPart = 10_000

func partNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxPart {
		return 0, refusal.InvalidArgument("partNumber", text, "Part number must be an integer between 1 and 10000, inclusive")
	}
	return n, nil
}

// writeObject sends the head of a read's answer.
func (c *call) writeObject(o *store.Object, p piece) {
	c.writeMeta(o.Meta)
	c.writeOverrides()
	c.w.set("ETag", o.ETag)
	c.w.set("Last-Modified", o.Modified.Format(http.TimeFormat))
	c.w.set("Accept-Ranges", "bytes")
	c.w.set("Content-Length", fmt.Sprint(p.Length))
	if n := len(o.Meta.Tags); n > 0 && c.allowKey("s3:GetObjectTagging", c.key, nil) == nil {
		c.w.set("x-amz-tagging-count", fmt.Sprint(n))
	}
	if p.parts > 0 {
		c.w.set("x-amz-mp-parts-count", fmt.Sprint(p.parts))
	}
	if c.r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		c.writeChecksum(p.checksum)
	}
	status := http.StatusOK
	if p.partial {
		c.w.set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", p.Offset, p.Offset+p.Length-1, o.Size()))
		status = http.StatusPartialContent
	}
	c.w.WriteHeader(status)
}

// writeOverrides sets the headers that the request wants to be different.
func (c *call) writeOverrides() {
	for parameter, header := range map[string]string{
		"response-content-type":        "Content-Type",
		"response-content-language":    "Content-Language",
		"response-expires":             "Expires",
		"response-cache-control":       "Cache-Control",
		"response-content-disposition": "Content-Disposition",
		"response-content-encoding":    "Content-Encoding",
	} {
		if c.query.Has(parameter) {
			c.w.set(header, c.query.Get(parameter))
		}
	}
}
