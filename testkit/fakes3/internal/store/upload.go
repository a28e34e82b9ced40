package store

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// An Upload describes an open multipart upload.
type Upload struct {
	ID        string
	Key       string
	Initiated time.Time
	Initiator string // ARN
	Meta      Meta
	// Algorithm and Type are those of the parts and the object. S3 takes
	// CRC-64/NVME over the whole object if none was Declared.
	Algorithm checksum.Algorithm
	Type      checksum.Type
	Declared  bool
	// AbortDate is when the bucket's lifecycle aborts it; zero is never.
	AbortDate time.Time
}

// A Part is a part of an upload, or of the object that was made of it.
type Part struct {
	Number   int
	ETag     string // in quotes
	Sum      []byte // by the algorithm of the upload
	Modified time.Time
	Content  *blob.Blob
}

// Size returns the length of the part in bytes.
func (p Part) Size() int64 { return p.Content.Size() }

type upload struct {
	Upload
	order int // of initiation
	parts map[int]Part
}

func (u *upload) release() {
	for _, p := range u.parts {
		p.Content.Release()
	}
}

func (u *upload) sorted() []Part {
	parts := slices.Collect(maps.Values(u.parts))
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Compare(a.Number, b.Number) })
	return parts
}

// CreateUpload opens an upload. It sets its ID, Initiated and AbortDate.
func (s *Store) CreateUpload(bucketName string, u Upload) (Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Upload{}, err
	}
	u.ID = s.uploadID()
	u.Initiated = time.Now()
	if days := b.info.AbortDays; days > 0 {
		u.AbortDate = abortDate(u.Initiated, days)
	}
	b.uploads[u.ID] = &upload{Upload: u, order: s.uploads, parts: make(map[int]Part)}
	b.past.uploadBegins(u)
	return u, nil
}

// abortDate is the first midnight, in UTC, after so many days.
// Source: S3 User Guide, "Setting lifecycle configuration", "Lifecycle rules: based on an object's age".
func abortDate(initiated time.Time, days int) time.Time {
	year, month, day := initiated.UTC().AddDate(0, 0, days).Date()
	return time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)
}

// Upload returns an open upload.
func (s *Store) Upload(bucketName, key, id string) (Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return Upload{}, err
	}
	return u.Upload, nil
}

func (s *Store) upload(bucketName, key, id string) (*upload, error) {
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	b.expire()
	u := b.uploads[id]
	if u == nil || u.Key != key {
		return nil, refusal.NoSuchUpload(id)
	}
	return u, nil
}

// expire aborts the uploads whose date has come.
func (b *bucket) expire() {
	now := time.Now()
	for id, u := range b.uploads {
		if !u.AbortDate.IsZero() && !now.Before(u.AbortDate) {
			b.past.uploadEnds(u)
			delete(b.uploads, id)
			u.release()
		}
	}
}

// AddPart adds or replaces a part and takes over the reference to its content. If
// it fails, the caller still has it.
func (s *Store) AddPart(bucketName, key, id string, p Part) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return err
	}
	old, replaced := u.parts[p.Number]
	s.buckets[bucketName].past.partComes(u.Upload, p.Number, old, replaced)
	if replaced {
		old.Content.Release()
	}
	u.parts[p.Number] = p
	return nil
}

// Parts returns an upload and its parts in order.
func (s *Store) Parts(bucketName, key, id string) (Upload, []Part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return Upload{}, nil, err
	}
	return u.Upload, u.sorted(), nil
}

// Uploads returns the open uploads in order of their keys, and for one key in
// order of initiation.
func (s *Store) Uploads(bucketName string) ([]Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	b.expire()
	return listed(b.uploads), nil
}

func listed(uploads map[string]*upload) []Upload {
	open := slices.Collect(maps.Values(uploads))
	slices.SortFunc(open, func(a, b *upload) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.order, b.order))
	})
	found := make([]Upload, len(open))
	for i, u := range open {
		found[i] = u.Upload
	}
	return found
}

// Abort ends an upload and forgets its parts.
func (s *Store) Abort(bucketName, key, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return err
	}
	b := s.buckets[bucketName]
	b.past.uploadEnds(u)
	delete(b.uploads, id)
	u.release()
	return nil
}
