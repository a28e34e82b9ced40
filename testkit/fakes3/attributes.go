package fakes3

import (
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

type attributes struct {
	XMLName      xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ GetObjectAttributesResponse"`
	ETag         string   `xml:",omitempty"`
	Checksum     *attributesChecksum
	ObjectParts  *attributesParts
	StorageClass string `xml:",omitempty"`
	ObjectSize   *int64
}

type attributesChecksum struct {
	Sums         partSums
	ChecksumType checksum.Type
}

type attributesParts struct {
	PartsCount           int
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	IsTruncated          bool
	Parts                []attributesPart `xml:"Part"`
}

type attributesPart struct {
	PartNumber int
	Size       int64
	Sums       partSums
}

func (c *call) getObjectAttributes() error {
	for _, action := range []string{"s3:GetObject", "s3:GetObjectAttributes"} {
		if err := c.allowKey(action, c.key, nil); err != nil {
			return err
		}
	}
	wanted, err := wantedAttributes(c.r.Header)
	if err != nil {
		return err
	}
	o, err := c.server.store.Get(c.bucket.Name, c.key)
	if err != nil {
		return c.missing(err)
	}
	defer o.Content.Release()
	if wanted["Checksum"] {
		if err := c.decrypt(o.Meta.Encryption); err != nil {
			return err
		}
	}
	var a attributes
	if wanted["ETag"] {
		a.ETag = strings.Trim(o.ETag, `"`)
	}
	if wanted["Checksum"] && o.Checksum.Text != "" {
		a.Checksum = &attributesChecksum{partSums{o.Checksum.Algorithm: o.Checksum.Text}, o.Checksum.Type}
	}
	if wanted["ObjectParts"] && len(o.Parts) > 0 {
		if a.ObjectParts, err = c.attributesParts(o); err != nil {
			return err
		}
	}
	if wanted["StorageClass"] {
		a.StorageClass = o.Meta.StorageClass
	}
	if wanted["ObjectSize"] {
		size := o.Size()
		a.ObjectSize = &size
	}
	c.w.set("Last-Modified", o.Modified.Format(http.TimeFormat))
	c.answer(http.StatusOK, a)
	return nil
}

func wantedAttributes(header http.Header) (map[string]bool, error) {
	wanted := make(map[string]bool)
	for name := range strings.SplitSeq(strings.Join(header.Values("X-Amz-Object-Attributes"), ","), ",") {
		switch name = strings.TrimSpace(name); name {
		case "ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize":
			wanted[name] = true
		case "":
		default:
			return nil, refusal.InvalidArgument("x-amz-object-attributes", name, "Invalid attribute name specified.")
		}
	}
	if len(wanted) == 0 {
		return nil, refusal.InvalidRequest("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	return wanted, nil
}

// attributesParts lists the parts of a multipart object; one whose uploader
// declared no checksum shows only how many there are.
// Source: S3 API Reference, "GetObjectAttributes", "Parts".
func (c *call) attributesParts(o *store.Object) (*attributesParts, error) {
	a := &attributesParts{PartsCount: len(o.Parts)}
	if !o.Declared {
		return a, nil
	}
	marker, err := c.partMarker(c.r.Header.Get("X-Amz-Part-Number-Marker"))
	if err != nil {
		return nil, err
	}
	a.PartNumberMarker, a.MaxParts = marker, maxListed
	if text := c.r.Header.Get("X-Amz-Max-Parts"); text != "" {
		c.query.Set("max-parts", text)
		if a.MaxParts, err = c.limit("max-parts"); err != nil {
			return nil, err
		}
	}
	page, truncated := pageParts(o.Parts, marker, a.MaxParts)
	a.IsTruncated = truncated
	for _, p := range page {
		a.Parts = append(a.Parts, attributesPart{p.Number, p.Size(), partSums{o.Checksum.Algorithm: checksum.Encode(p.Sum)}})
		a.NextPartNumberMarker = p.Number
	}
	return a, nil
}
