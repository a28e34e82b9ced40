package store

import (
	"maps"
	"slices"
	"strings"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// maxPast is how many changes of each kind are remembered for certain.
const maxPast = 1000

// A past is what the newest changes of a bucket undid, for listings that are out
// of date. It keeps no content. The zero past is empty.
type past struct {
	objects []objectChange
	uploads []uploadChange
}

// An objectChange is one write or deletion.
type objectChange struct {
	key    string
	before *Object // nil if there was none
}

// An uploadChange is an upload's beginning or end, or one of its parts.
type uploadChange struct {
	Upload
	ended    *upload // set for an end
	part     int     // set for a part
	before   Part    // the part of that number
	replaced bool    // there was one
}

func (p *past) objectChanges(key string, before *Object) {
	if before != nil {
		ghost := *before
		ghost.Content, ghost.Parts = blob.Ghost(before.Size()), nil
		before = &ghost
	}
	p.objects = remembered(p.objects, objectChange{key, before})
}

func (p *past) uploadBegins(u Upload) {
	p.uploads = remembered(p.uploads, uploadChange{Upload: u})
}

func (p *past) uploadEnds(u *upload) {
	ended := &upload{Upload: u.Upload, order: u.order, parts: make(map[int]Part, len(u.parts))}
	for number, part := range u.parts {
		ended.parts[number] = part.ghost()
	}
	p.uploads = remembered(p.uploads, uploadChange{Upload: u.Upload, ended: ended})
}

func (p *past) partComes(u Upload, number int, before Part, replaced bool) {
	if replaced {
		before = before.ghost()
	}
	p.uploads = remembered(p.uploads, uploadChange{Upload: u, part: number, before: before, replaced: replaced})
}

// ghost returns the part without its content.
func (p Part) ghost() Part {
	p.Content = blob.Ghost(p.Size())
	return p
}

// remembered appends a change, and forgets old ones now and then.
func remembered[T any](changes []T, newest T) []T {
	if len(changes) == 2*maxPast {
		changes = append([]T(nil), changes[maxPast:]...)
	}
	return append(changes, newest)
}

// before returns the bucket's objects under prefix as they were n changes ago.
func (b *bucket) before(prefix string, n int) *bucket {
	was := &bucket{objects: make(map[string]*Object)}
	for _, key := range b.keys.from(prefix) {
		if !strings.HasPrefix(key, prefix) {
			break
		}
		was.objects[key] = b.objects[key]
	}
	for _, change := range slices.Backward(b.past.objects) {
		if n == 0 {
			break
		}
		if !strings.HasPrefix(change.key, prefix) {
			continue
		}
		n--
		delete(was.objects, change.key)
		if change.before != nil {
			was.objects[change.key] = change.before
		}
	}
	for key := range was.objects {
		was.keys.add(key)
	}
	return was
}

// PartsBefore returns what Parts did n changes of the upload ago: its beginning,
// its parts and its end.
func (s *Store) PartsBefore(bucketName, key, id string, n int) (Upload, []Part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Upload{}, nil, err
	}
	b.expire()
	was := b.uploads[id].clone()
	for _, change := range slices.Backward(b.past.uploads) {
		if n == 0 {
			break
		}
		if change.ID == id {
			was = change.undo(was)
			n--
		}
	}
	if was == nil || was.Key != key {
		return Upload{}, nil, refusal.NoSuchUpload(id)
	}
	return was.Upload, was.sorted(), nil
}

// undo returns the upload, which it may change, as it was before the change.
func (c *uploadChange) undo(u *upload) *upload {
	switch {
	case c.ended != nil:
		return c.ended.clone()
	case c.part == 0:
		return nil
	case c.replaced:
		u.parts[c.part] = c.before
	default:
		delete(u.parts, c.part)
	}
	return u
}

// clone returns a copy with a map of its own; nil for nil.
func (u *upload) clone() *upload {
	if u == nil {
		return nil
	}
	return &upload{Upload: u.Upload, order: u.order, parts: maps.Clone(u.parts)}
}

// UploadsBefore returns what Uploads did when the newest n uploads with keys under
// prefix had not begun or ended.
func (s *Store) UploadsBefore(bucketName, prefix string, n int) ([]Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	b.expire()
	was := maps.Clone(b.uploads)
	for _, change := range slices.Backward(b.past.uploads) {
		if n == 0 {
			break
		}
		if change.part != 0 || !strings.HasPrefix(change.Key, prefix) {
			continue
		}
		n--
		delete(was, change.ID)
		if change.ended != nil {
			was[change.ID] = change.ended
		}
	}
	return listed(was), nil
}
