package store

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// An Object is an object as it was written. It never changes.
type Object struct {
	Key      string
	ETag     string // in quotes
	Modified time.Time
	Meta     Meta
	Checksum checksum.Value
	Content  *blob.Blob
	// Parts are those of a multipart upload, nil for an object that was put at
	// once.
	Parts []Part
	// Declared says that the writer chose the checksum algorithm.
	Declared bool
}

// Size returns the length of the content in bytes.
func (o *Object) Size() int64 { return o.Content.Size() }

// Meta is what the writer of an object says about it.
type Meta struct {
	Headers      map[string]string // Content-Type and its like, by lower-case name
	User         map[string]string // x-amz-meta-, by lower-case name without the prefix
	Tags         []Tag
	StorageClass string
	Encryption   Encryption
}

// An Encryption is how an object is encrypted; the zero Encryption is S3's own.
type Encryption struct {
	Key       string // of KMS, an ARN once it was found
	BucketKey bool
}

// A Tag is one tag of an object.
type Tag struct{ Key, Value string }

// A Condition is what has to hold for a write. The zero Condition always holds.
type Condition struct {
	IfMatch     string // an ETag, or "*"
	IfNoneMatch bool   // no object may be there
}

// check returns nil if the condition holds for the object, nil if there is none.
func (c Condition) check(key string, o *Object) error {
	switch {
	case c.IfNoneMatch && o != nil:
		return refusal.PreconditionFailed("If-None-Match")
	case c.IfMatch == "":
	case o == nil:
		return refusal.NoSuchKey(key)
	case !Matches(c.IfMatch, o.ETag):
		return refusal.PreconditionFailed("If-Match")
	}
	return nil
}

// Matches reports whether a list of ETags, as in If-Match, holds this one.
func Matches(list, etag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		one = strings.Trim(strings.TrimSpace(one), `"`)
		if one == "*" || one == strings.Trim(etag, `"`) {
			return true
		}
	}
	return false
}

// Put stores an object and takes over the reference to its content. If it
// fails, the caller still has it.
func (s *Store) Put(bucketName string, o *Object, c Condition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return err
	}
	if err := c.check(o.Key, b.objects[o.Key]); err != nil {
		return err
	}
	b.put(o)
	return nil
}

func (b *bucket) put(o *Object) {
	b.past.objectChanges(o.Key, b.objects[o.Key])
	if old := b.objects[o.Key]; old != nil {
		old.Content.Release()
	} else {
		b.keys.add(o.Key)
	}
	b.objects[o.Key] = o
}

// Get returns an object with a reference to its content, which the caller
// releases.
func (s *Store) Get(bucketName, key string) (*Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	o := b.objects[key]
	if o == nil {
		return nil, refusal.NoSuchKey(key)
	}
	o.Content.Retain()
	return o, nil
}

// Delete deletes an object if there is one.
func (s *Store) Delete(bucketName, key string, c Condition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return err
	}
	o := b.objects[key]
	if err := c.check(key, o); err != nil {
		return err
	}
	if o != nil {
		b.past.objectChanges(key, o)
		delete(b.objects, key)
		b.keys.remove(key)
		o.Content.Release()
	}
	return nil
}

// SetTags replaces the tags of an object.
func (s *Store) SetTags(bucketName, key string, tags []Tag) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return err
	}
	o := b.objects[key]
	if o == nil {
		return refusal.NoSuchKey(key)
	}
	changed := *o
	changed.Meta.Tags = slices.Clone(tags)
	b.objects[key] = &changed
	return nil
}

// Clone returns a copy that shares nothing with m.
func (m Meta) Clone() Meta {
	m.Headers, m.User, m.Tags = maps.Clone(m.Headers), maps.Clone(m.User), slices.Clone(m.Tags)
	return m
}
