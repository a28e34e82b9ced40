package fakes3

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// maxListed is how many entries a page has at most.
// Source: S3 API Reference, "ListObjectsV2", "ListParts", "ListMultipartUploads".
const maxListed = 1000

type listedObject struct {
	Key               string
	LastModified      string
	ETag              string
	ChecksumAlgorithm string `xml:",omitempty"`
	ChecksumType      string `xml:",omitempty"`
	Size              int64
	StorageClass      string
	Owner             *owner
}

type commonPrefix struct{ Prefix string }

// A listing is the answer to ListObjectsV2 and ListObjects; each leaves the
// elements of the other out.
type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Marker                *string
	NextMarker            string `xml:",omitempty"`
	StartAfter            string `xml:",omitempty"`
	ContinuationToken     string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	KeyCount              *int
	MaxKeys               int
	Delimiter             string `xml:",omitempty"`
	EncodingType          string `xml:",omitempty"`
	IsTruncated           bool
	Contents              []listedObject
	CommonPrefixes        []commonPrefix
}

func (c *call) listObjectsV2() error {
	if c.query.Get("list-type") != "2" {
		return refusal.InvalidArgument("list-type", c.query.Get("list-type"), "Invalid List Type specified in Request")
	}
	after := c.query.Get("start-after")
	token := c.query.Get("continuation-token")
	if c.query.Has("continuation-token") {
		decoded, err := base64.URLEncoding.DecodeString(token)
		if err != nil || token == "" {
			return refusal.InvalidArgument("continuation-token", token, "The continuation token provided is incorrect")
		}
		after = string(decoded)
	}
	l, page, err := c.list(after, c.query.Get("fetch-owner") == "true")
	if err != nil {
		return err
	}
	count := len(page.Objects) + len(page.Prefixes)
	l.KeyCount = &count
	l.ContinuationToken = token
	l.StartAfter = c.encode(c.query.Get("start-after"))
	if page.Truncated {
		l.NextContinuationToken = base64.URLEncoding.EncodeToString([]byte(page.Next))
	}
	c.answer(http.StatusOK, l)
	return nil
}

func (c *call) listObjects() error {
	marker := c.query.Get("marker")
	l, page, err := c.list(marker, true)
	if err != nil {
		return err
	}
	marker = c.encode(marker)
	l.Marker = &marker
	if page.Truncated && l.Delimiter != "" {
		l.NextMarker = c.encode(page.Next)
	}
	c.answer(http.StatusOK, l)
	return nil
}

// list does what both listings have in common.
func (c *call) list(after string, withOwner bool) (*listing, store.Page, error) {
	if err := c.allowBucket("s3:ListBucket"); err != nil {
		return nil, store.Page{}, err
	}
	limit, err := c.limit("max-keys")
	if err != nil {
		return nil, store.Page{}, err
	}
	if err := c.checkEncoding(); err != nil {
		return nil, store.Page{}, err
	}
	q := store.Query{Prefix: c.query.Get("prefix"), Delimiter: c.query.Get("delimiter"), After: after, Max: limit, Behind: c.fault.Stale}
	page, err := c.server.store.List(c.bucket.Name, q)
	if err != nil {
		return nil, store.Page{}, err
	}
	l := &listing{
		Name:         c.bucket.Name,
		Prefix:       c.encode(q.Prefix),
		Delimiter:    c.encode(q.Delimiter),
		EncodingType: c.query.Get("encoding-type"),
		MaxKeys:      limit,
		IsTruncated:  page.Truncated,
	}
	var by *owner
	if withOwner {
		o := c.server.owner(c.bucket.Owner)
		by = &o
	}
	for _, o := range page.Objects {
		l.Contents = append(l.Contents, listedObject{
			Key:               c.encode(o.Key),
			LastModified:      timestamp(o.Modified),
			ETag:              o.ETag,
			ChecksumAlgorithm: string(o.Checksum.Algorithm),
			ChecksumType:      string(o.Checksum.Type),
			Size:              o.Size(),
			StorageClass:      o.Meta.StorageClass,
			Owner:             by,
		})
	}
	for _, p := range page.Prefixes {
		l.CommonPrefixes = append(l.CommonPrefixes, commonPrefix{c.encode(p)})
	}
	return l, page, nil
}

// limit reads how many entries a page may have.
func (c *call) limit(parameter string) (int, error) {
	text := c.query.Get(parameter)
	if text == "" {
		return maxListed, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, refusal.InvalidArgument(parameter, text, "Provided "+parameter+" not an integer or within integer range")
	}
	return min(int(n), maxListed), nil
}

func (c *call) checkEncoding() error {
	if encoding := c.query.Get("encoding-type"); encoding != "" && encoding != "url" {
		return refusal.InvalidArgument("encoding-type", encoding, "Invalid Encoding Method specified in Request")
	}
	return nil
}

// encode writes a key as the request wants it: XML cannot carry all of them.
func (c *call) encode(key string) string {
	if c.query.Get("encoding-type") != "url" {
		return key
	}
	return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
}
