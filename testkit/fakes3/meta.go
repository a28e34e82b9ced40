package fakes3

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

const (
	userPrefix = "X-Amz-Meta-"
	// maxUserMeta is how long names and values of an object's own metadata are at
	// most, in bytes.
	// Source: S3 User Guide, "Working with object metadata".
	maxUserMeta  = 2 << 10
	standard     = "STANDARD"
	octetStream  = "binary/octet-stream"
	chunkedToken = "aws-chunked"
)

// contentHeaders are the headers that S3 keeps of a write and gives with a read.
func contentHeaders() []string {
	return []string{"Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}
}

// meta reads what a write says about the object.
func (c *call) meta() (store.Meta, error) {
	header := c.r.Header
	if err := refuseUnsupported(header); err != nil {
		return store.Meta{}, err
	}
	m := store.Meta{Headers: make(map[string]string), User: make(map[string]string)}
	for _, name := range contentHeaders() {
		if value := strings.Join(header.Values(name), ", "); value != "" {
			m.Headers[name] = value
		}
	}
	if encoding := withoutChunked(m.Headers["Content-Encoding"]); encoding != "" {
		m.Headers["Content-Encoding"] = encoding
	} else {
		delete(m.Headers, "Content-Encoding")
	}
	if m.Headers["Content-Type"] == "" {
		m.Headers["Content-Type"] = octetStream
	}
	size := 0
	for name, values := range header {
		if own, ok := strings.CutPrefix(name, userPrefix); ok {
			value := strings.Join(values, ",")
			m.User[strings.ToLower(own)] = value
			size += len(own) + len(value)
		}
	}
	if size > maxUserMeta {
		return store.Meta{}, refusal.New(http.StatusBadRequest, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
			"Size", fmt.Sprint(size), "MaxSizeAllowed", fmt.Sprint(maxUserMeta))
	}
	var err error
	if m.StorageClass, err = storageClass(header); err != nil {
		return store.Meta{}, err
	}
	if m.Encryption, err = c.encryption(); err != nil {
		return store.Meta{}, err
	}
	m.Tags, err = headerTags(header.Get("X-Amz-Tagging"))
	return m, err
}

// withoutChunked takes the encoding of the wire out of the content's own.
func withoutChunked(encoding string) string {
	var kept []string
	for token := range strings.SplitSeq(encoding, ",") {
		if token = strings.TrimSpace(token); token != "" && token != chunkedToken {
			kept = append(kept, token)
		}
	}
	return strings.Join(kept, ",")
}

// storageClass reads the storage class of a write.
// Source: S3 API Reference, "PutObject", x-amz-storage-class.
func storageClass(header http.Header) (string, error) {
	class := header.Get("X-Amz-Storage-Class")
	switch class {
	case "":
		return standard, nil
	case standard, "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR":
		return class, nil
	}
	return "", refusal.New(http.StatusBadRequest, "InvalidStorageClass", "The storage class you specified is not valid", "StorageClassRequested", class)
}

// archived reports whether objects of a storage class have to be restored before
// they are read.
func archived(class string) bool { return class == "GLACIER" || class == "DEEP_ARCHIVE" }

// refuseUnsupported refuses headers that would mean something this server does
// not do. ACLs are switched off, as they are in new buckets.
// Source: S3 User Guide, "Controlling ownership of objects and disabling ACLs for your bucket".
func refuseUnsupported(header http.Header) error {
	switch acl := header.Get("X-Amz-Acl"); acl {
	case "", "private", "bucket-owner-full-control":
	default:
		return refusal.New(http.StatusBadRequest, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	for name := range header {
		for _, prefix := range []string{"X-Amz-Server-Side-Encryption-Customer-", "X-Amz-Server-Side-Encryption-Context", "X-Amz-Grant-", "X-Amz-Object-Lock-", "X-Amz-Website-Redirect-Location", "X-Amz-Write-Offset-Bytes"} {
			if strings.HasPrefix(name, prefix) {
				return refusal.NotImplemented(strings.ToLower(name))
			}
		}
	}
	return nil
}

// writeMeta sets the headers that tell about an object.
func (c *call) writeMeta(m store.Meta) {
	for name, value := range m.Headers {
		c.w.set(name, value)
	}
	for name, value := range m.User {
		c.w.set("x-amz-meta-"+name, value)
	}
	if m.StorageClass != standard {
		c.w.set("x-amz-storage-class", m.StorageClass)
	}
	c.writeEncryption(m.Encryption)
}

// Limits of tags.
// Source: S3 User Guide, "Categorizing your objects using tags".
const (
	maxTags     = 10
	maxTagKey   = 128
	maxTagValue = 256
)

// headerTags reads tags in the form of a query string.
func headerTags(text string) ([]store.Tag, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, invalidTagging(text)
	}
	var tags []store.Tag
	for key, all := range values {
		if len(all) > 1 {
			return nil, invalidTagging(text)
		}
		tags = append(tags, store.Tag{Key: key, Value: all[0]})
	}
	slices.SortFunc(tags, func(a, b store.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags, checkTags(tags)
}

func invalidTagging(text string) error {
	return refusal.InvalidArgument("x-amz-tagging", text, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
}

func checkTags(tags []store.Tag) error {
	if len(tags) > maxTags {
		return refusal.New(http.StatusBadRequest, "BadRequest", "Object tags cannot be greater than 10")
	}
	for i, tag := range tags {
		switch {
		case tag.Key == "" || len([]rune(tag.Key)) > maxTagKey || strings.HasPrefix(tag.Key, "aws:") || !tagText(tag.Key):
			return refusal.New(http.StatusBadRequest, "InvalidTag", "The TagKey you have provided is invalid", "TagKey", tag.Key)
		case len([]rune(tag.Value)) > maxTagValue || !tagText(tag.Value):
			return refusal.New(http.StatusBadRequest, "InvalidTag", "The TagValue you have provided is invalid", "TagKey", tag.Key, "TagValue", tag.Value)
		case slices.ContainsFunc(tags[:i], func(t store.Tag) bool { return t.Key == tag.Key }):
			return refusal.New(http.StatusBadRequest, "InvalidTag", "Cannot provide multiple Tags with the same key", "TagKey", tag.Key)
		}
	}
	return nil
}

// tagText reports whether a tag may hold this text.
func tagText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune("_.:/=+-@", r)
	})
}
