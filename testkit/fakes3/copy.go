package fakes3

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/byterange"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// source returns the object that a copy reads, with a reference to its content.
// The caller needs to be allowed to read it, which is how two accounts are kept
// apart: nobody but the bridge has both rights.
func (c *call) source() (*store.Object, store.Bucket, error) {
	header := c.r.Header.Get("X-Amz-Copy-Source")
	path, version, _ := strings.Cut(header, "?")
	path, err := url.PathUnescape(path)
	if err != nil {
		return nil, store.Bucket{}, refusal.InvalidArgument("x-amz-copy-source", header, "Invalid copy source encoding")
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case name == "":
		return nil, store.Bucket{}, refusal.InvalidArgument("x-amz-copy-source", header, "Invalid copy source bucket name")
	case key == "":
		return nil, store.Bucket{}, refusal.InvalidArgument("x-amz-copy-source", header, "Invalid copy source object key")
	case version != "" && version != "versionId=null":
		return nil, store.Bucket{}, refusal.InvalidArgument("versionId", version, "Invalid version id specified")
	}
	bucket, err := c.server.store.Bucket(name)
	if err != nil {
		return nil, store.Bucket{}, err
	}
	if err := c.allow("s3:GetObject", objectARN(name, key), bucket, nil); err != nil {
		return nil, store.Bucket{}, err
	}
	o, err := c.server.store.Get(name, key)
	if err != nil {
		if denied := c.allow("s3:ListBucket", bucketARN(name), bucket, nil); denied != nil {
			err = denied
		}
		return nil, store.Bucket{}, err
	}
	if err := c.checkSource(o); err != nil {
		o.Content.Release()
		return nil, store.Bucket{}, err
	}
	return o, bucket, nil
}

func (c *call) checkSource(o *store.Object) error {
	err := c.readCondition("X-Amz-Copy-Source-").check(o)
	if err != nil && asRefusal(err).Status == http.StatusNotModified {
		return refusal.PreconditionFailed("x-amz-copy-source-If-None-Match")
	}
	if err == nil {
		err = c.decrypt(o.Meta.Encryption)
	}
	if err == nil && archived(o.Meta.StorageClass) {
		return refusal.New(http.StatusForbidden, "InvalidObjectState", "The source object of the COPY operation is not in the active tier", "StorageClass", o.Meta.StorageClass)
	}
	return err
}

func (c *call) copyObject() error {
	src, from, err := c.source()
	if err != nil {
		return err
	}
	defer src.Content.Release()
	if src.Size() > maxPut {
		return refusal.InvalidRequest("The specified copy source is larger than the maximum allowable size for a copy source: %d", int64(maxPut))
	}
	meta, err := c.copiedMeta(src, from)
	if err != nil {
		return err
	}
	if err := c.allowWrite(true, meta.Tags); err != nil {
		return err
	}
	if err := c.encrypt(&meta.Encryption); err != nil {
		return err
	}
	condition, err := c.writeCondition()
	if err != nil {
		return err
	}
	algorithm, err := namedAlgorithm(c.r.Header, "X-Amz-Checksum-Algorithm")
	if err != nil {
		return err
	}
	o, err := c.server.duplicate(src, or(string(algorithm), string(src.Checksum.Algorithm)))
	if err != nil {
		return err
	}
	o.Key, o.Meta, o.ETag = c.key, meta, c.sealed(o.ETag, meta.Encryption)
	if err := c.server.store.Put(c.bucket.Name, o, condition); err != nil {
		o.Content.Release()
		return err
	}
	c.answerCopy("CopyObjectResult", o, o.Checksum)
	return nil
}

// duplicate reads an object and stores it again as one piece.
func (s *Server) duplicate(src *store.Object, algorithm string) (*store.Object, error) {
	content, err := src.Content.Open(0, src.Size())
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return s.makeObject(content, checksum.Algorithm(algorithm))
}

func (c *call) answerCopy(root string, o *store.Object, sum checksum.Value) {
	c.writeEncryption(o.Meta.Encryption)
	c.answer(http.StatusOK, struct {
		XMLName      xml.Name
		LastModified string
		ETag         string
		Sums         partSums
		ChecksumType checksum.Type `xml:",omitempty"`
	}{
		XMLName: xml.Name{Space: namespace, Local: root}, LastModified: timestamp(o.Modified), ETag: o.ETag,
		Sums: partSums{sum.Algorithm: sum.Text}, ChecksumType: sum.Type,
	})
}

// copiedMeta is what the copy says about itself: by default what its source says.
func (c *call) copiedMeta(src *store.Object, from store.Bucket) (store.Meta, error) {
	given, err := c.meta()
	if err != nil {
		return store.Meta{}, err
	}
	meta := src.Meta.Clone()
	meta.StorageClass, meta.Encryption = given.StorageClass, given.Encryption
	switch directive := c.r.Header.Get("X-Amz-Metadata-Directive"); directive {
	case "", "COPY":
		if src.Key == c.key && from.Name == c.bucket.Name && meta.StorageClass == src.Meta.StorageClass && meta.Encryption == src.Meta.Encryption {
			return meta, refusal.InvalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.")
		}
	case "REPLACE":
		meta.Headers, meta.User = given.Headers, given.User
	default:
		return meta, refusal.InvalidArgument("x-amz-metadata-directive", directive, "Unknown metadata directive.")
	}
	switch directive := c.r.Header.Get("X-Amz-Tagging-Directive"); directive {
	case "", "COPY":
		if len(meta.Tags) > 0 {
			return meta, c.allow("s3:GetObjectTagging", objectARN(from.Name, src.Key), from, nil)
		}
	case "REPLACE":
		meta.Tags = given.Tags
	default:
		return meta, refusal.InvalidArgument("x-amz-tagging-directive", directive, "Unknown tagging directive.")
	}
	return meta, nil
}

func (c *call) uploadPartCopy() error {
	number, u, err := c.target()
	if err != nil {
		return err
	}
	src, _, err := c.source()
	if err != nil {
		return err
	}
	defer src.Content.Release()
	r, err := copyRange(c.r.Header.Get("X-Amz-Copy-Source-Range"), src.Size())
	if err != nil {
		return err
	}
	content, err := src.Content.Open(r.Offset, r.Length)
	if err != nil {
		return err
	}
	defer content.Close()
	o, err := c.server.makeObject(content, u.Algorithm)
	if err != nil {
		return err
	}
	o.ETag, o.Meta = c.sealed(o.ETag, u.Meta.Encryption), u.Meta
	part := store.Part{Number: number, ETag: o.ETag, Sum: checksum.Decode(o.Checksum.Text), Modified: o.Modified, Content: o.Content}
	if err := c.server.store.AddPart(c.bucket.Name, c.key, u.ID, part); err != nil {
		o.Content.Release()
		return err
	}
	sum := o.Checksum
	sum.Type = ""
	c.answerCopy("CopyPartResult", o, sum)
	return nil
}

// copyRange reads the range of a part that is copied: both ends have to be given
// and to lie within the source.
func copyRange(header string, size int64) (byterange.Range, error) {
	if header == "" {
		return byterange.Range{Length: size}, nil
	}
	spec, _ := strings.CutPrefix(header, "bytes=")
	first, last, _ := strings.Cut(spec, "-")
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	if errors.Join(err1, err2) != nil || from < 0 || from > to || !strings.HasPrefix(header, "bytes=") {
		return byterange.Range{}, refusal.InvalidArgument("x-amz-copy-source-range", header, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy")
	}
	if to >= size {
		return byterange.Range{}, refusal.InvalidArgument("x-amz-copy-source-range", header, "Range specified is not valid for source object of size: "+strconv.FormatInt(size, 10))
	}
	return byterange.Range{Offset: from, Length: to - from + 1}, nil
}

// makeObject stores content that does not come from a client.
func (s *Server) makeObject(content io.Reader, algorithm checksum.Algorithm) (*store.Object, error) {
	if algorithm == "" {
		algorithm = checksum.CRC64NVME
	}
	hash := checksum.MD5.New()
	kept, sum, err := s.keep(io.TeeReader(content, hash), -1, algorithm)
	if err != nil {
		return nil, err
	}
	return &store.Object{
		ETag:     quoted(hash.Sum(nil)),
		Modified: now(),
		Checksum: checksum.Value{Algorithm: algorithm, Type: checksum.FullObject, Text: checksum.Encode(sum)},
		Content:  kept,
	}, nil
}
