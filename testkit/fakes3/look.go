package fakes3

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// An Object is what the server knows of an object.
type Object struct {
	URI          redferry.URI
	Size         int64
	ETag         string // in quotes
	Modified     time.Time
	Headers      map[string]string // Content-Type and its like
	Metadata     map[string]string // names in lower case
	Tags         map[string]string
	StorageClass string
	Key          string // the ARN of the key of KMS that it is encrypted with; "" without one
	// Checksum is that of the content or, composite, of the parts' checksums with
	// "-" and their number at its end; "" for an object without one.
	Checksum          string
	ChecksumAlgorithm string  // "CRC64NVME"
	ChecksumType      string  // "FULL_OBJECT" or "COMPOSITE"
	Parts             []int64 // the parts' sizes; nil for an object that was not uploaded in parts
}

// Object returns what the server knows of an object, if it is there. No request
// and no permission is needed.
func (s *Server) Object(uri redferry.URI) (o Object, ok bool) {
	found, err := s.store.Get(uri.Bucket, uri.Key)
	if err != nil {
		return Object{}, false
	}
	defer found.Content.Release()
	return describe(uri.Bucket, found), true
}

func describe(bucket string, o *store.Object) Object {
	d := Object{
		URI:               redferry.URI{Bucket: bucket, Key: o.Key},
		Size:              o.Size(),
		ETag:              o.ETag,
		Modified:          o.Modified,
		Headers:           maps.Clone(o.Meta.Headers),
		Metadata:          maps.Clone(o.Meta.User),
		Tags:              make(map[string]string),
		StorageClass:      o.Meta.StorageClass,
		Key:               o.Meta.Encryption.Key,
		Checksum:          o.Checksum.Text,
		ChecksumAlgorithm: string(o.Checksum.Algorithm),
		ChecksumType:      string(o.Checksum.Type),
	}
	for _, tag := range o.Meta.Tags {
		d.Tags[tag.Key] = tag.Value
	}
	for _, p := range o.Parts {
		d.Parts = append(d.Parts, p.Size())
	}
	return d
}

// Open returns the content of an object, which the caller closes. A missing
// object is an error that wraps [fs.ErrNotExist].
func (s *Server) Open(uri redferry.URI) (io.ReadCloser, error) {
	found, err := s.find(uri)
	if err != nil {
		return nil, err
	}
	defer found.Content.Release()
	return found.Content.Open(0, found.Size())
}

// find looks an object up. The caller releases its content.
func (s *Server) find(uri redferry.URI) (*store.Object, error) {
	found, err := s.store.Get(uri.Bucket, uri.Key)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: uri.String(), Err: fs.ErrNotExist}
	}
	return found, nil
}

// Content returns the whole content of an object. A missing object is an error
// that wraps [fs.ErrNotExist].
func (s *Server) Content(uri redferry.URI) ([]byte, error) {
	found, err := s.find(uri)
	if err != nil {
		return nil, err
	}
	defer found.Content.Release()
	r, err := found.Content.Open(0, found.Size())
	if err != nil {
		return nil, err
	}
	content := make([]byte, found.Size())
	_, err = io.ReadFull(r, content)
	return content, errors.Join(err, r.Close())
}

// Objects returns all objects under a prefix in the order of their keys' bytes,
// none if there is no such bucket.
func (s *Server) Objects(prefix redferry.URI) []Object {
	var found []Object
	q := store.Query{Prefix: prefix.Key, Max: maxListed}
	for more := true; more; {
		page, err := s.store.List(prefix.Bucket, q)
		if err != nil {
			return nil
		}
		for _, o := range page.Objects {
			found = append(found, describe(prefix.Bucket, o))
		}
		q.After, more = page.Next, page.Truncated
	}
	return found
}

// Buckets returns the names of all buckets, sorted.
func (s *Server) Buckets() []string { return s.store.Names() }

// An Upload is a multipart upload that is neither completed nor aborted.
type Upload struct {
	URI       redferry.URI
	ID        string
	Initiator string // ARN
	Initiated time.Time
	Parts     []int // the numbers of the parts that are there, ascending
}

// OpenUploads returns the open multipart uploads of all keys under a prefix, in
// order of their keys, and for one key in order of initiation.
func (s *Server) OpenUploads(prefix redferry.URI) []Upload {
	open, err := s.store.Uploads(prefix.Bucket)
	if err != nil {
		return nil
	}
	var found []Upload
	for _, u := range open {
		if !strings.HasPrefix(u.Key, prefix.Key) {
			continue
		}
		_, parts, _ := s.store.Parts(prefix.Bucket, u.Key, u.ID) // none if it has just ended
		upload := Upload{URI: redferry.URI{Bucket: prefix.Bucket, Key: u.Key}, ID: u.ID, Initiator: u.Initiator, Initiated: u.Initiated}
		for _, p := range parts {
			upload.Parts = append(upload.Parts, p.Number)
		}
		found = append(found, upload)
	}
	return found
}

// PutOptions say how an object came to be. The zero PutOptions are those of a
// simple upload.
type PutOptions struct {
	Headers      map[string]string // Content-Type and its like
	Metadata     map[string]string
	Tags         map[string]string
	StorageClass string // default STANDARD
	// PartSize makes it a multipart object with parts of so many bytes, the last
	// one smaller.
	PartSize int64
	// Checksum is the algorithm of its checksum: default CRC64NVME; "none" for an
	// object from before S3 gave one to each.
	Checksum string
	// Composite gives a multipart object the checksum of its parts' checksums.
	Composite bool
}

// Put stores an object without a request or a permission, as another writer would
// do behind the back of a test. Readers of an older object of the key go on
// reading that.
func (s *Server) Put(uri redferry.URI, content io.Reader, opts *PutOptions) (Object, error) {
	if opts == nil {
		opts = &PutOptions{}
	}
	if _, err := redferry.ParseURI(uri.String()); err != nil || uri.Key == "" {
		return Object{}, fmt.Errorf("fakes3: %s names no object", uri)
	}
	o, err := s.build(content, opts)
	if err != nil {
		return Object{}, err
	}
	o.Key = uri.Key
	o.Meta = opts.meta()
	if opts.Checksum == noChecksum {
		o.Checksum = checksum.Value{}
	}
	described := describe(uri.Bucket, o)
	if err := s.store.Put(uri.Bucket, o, store.Condition{}); err != nil {
		o.Content.Release()
		return Object{}, err
	}
	return described, nil
}

// Delete deletes an object, if it is there, without a request or a permission.
func (s *Server) Delete(uri redferry.URI) error {
	return s.store.Delete(uri.Bucket, uri.Key, store.Condition{})
}
