// Package store is what an S3 knows: buckets, objects and uploads, and the rules
// by which they change. It knows nothing of HTTP and of permissions. Its errors
// are those of package refusal.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// A Store holds the buckets of one S3 endpoint. It is safe for concurrent use;
// nothing is read or written while it is locked.
type Store struct {
	minPart int64
	seed    string

	mu      sync.Mutex // guards all below, and what the buckets hold
	buckets map[string]*bucket
	uploads int // initiated so far
}

type bucket struct {
	info      Bucket
	objects   map[string]*Object
	keys      index
	uploads   map[string]*upload // by id
	completed map[string]*completed
	past      past
}

// A Bucket describes a bucket.
type Bucket struct {
	Name    string
	Owner   string // account id
	Created time.Time
	// AbortDays is the rule AbortIncompleteMultipartUpload of the bucket's
	// lifecycle; 0 is none.
	AbortDays int
}

// New returns an empty store. Parts other than an upload's last have at least
// minPart bytes. The seed makes the ids of its uploads.
func New(minPart int64, seed string) *Store {
	return &Store{minPart: minPart, seed: seed, buckets: make(map[string]*bucket)}
}

// CreateBucket adds a bucket; it must not be there.
func (s *Store) CreateBucket(b Bucket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[b.Name] = &bucket{
		info:      b,
		objects:   make(map[string]*Object),
		uploads:   make(map[string]*upload),
		completed: make(map[string]*completed),
	}
}

// DeleteBucket deletes an empty bucket, with the uploads that are open in it.
func (s *Store) DeleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	if len(b.objects) > 0 {
		return refusal.New(409, "BucketNotEmpty", "The bucket you tried to delete is not empty", "BucketName", name)
	}
	for _, u := range b.uploads {
		u.release()
	}
	delete(s.buckets, name)
	return nil
}

// Bucket returns the bucket with this name.
func (s *Store) Bucket(name string) (Bucket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return Bucket{}, err
	}
	return b.info, nil
}

// SetAbortDays sets the bucket's rule for incomplete uploads.
func (s *Store) SetAbortDays(name string, days int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(name)
	if err != nil {
		return err
	}
	b.info.AbortDays = days
	return nil
}

// Buckets returns the buckets of an account, in order of their names.
func (s *Store) Buckets(owner string) []Bucket {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Bucket
	for _, b := range s.buckets {
		if b.info.Owner == owner {
			found = append(found, b.info)
		}
	}
	slices.SortFunc(found, func(a, b Bucket) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// Names returns the names of all buckets, sorted.
func (s *Store) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.buckets))
}

func (s *Store) bucket(name string) (*bucket, error) {
	if b := s.buckets[name]; b != nil {
		return b, nil
	}
	return nil, refusal.NoSuchBucket(name)
}

// uploadID returns the id of the nth upload. Ids look as if they had no order.
func (s *Store) uploadID() string {
	s.uploads++
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s upload %d", s.seed, s.uploads)))
	return hex.EncodeToString(sum[:])
}
