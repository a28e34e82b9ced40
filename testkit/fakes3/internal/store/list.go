package store

import "strings"

// A Query asks for a page of a listing.
type Query struct {
	Prefix    string
	Delimiter string
	// After is where the page begins: behind this key, or behind all keys that
	// share it as their common prefix.
	After string
	Max   int
	// Behind is how many of the newest changes under Prefix are not seen yet.
	Behind int
}

// A Page is a piece of a listing. Common prefixes count like objects.
type Page struct {
	Objects   []*Object
	Prefixes  []string
	Truncated bool
	Next      string // the last key or common prefix, for the After of the next page
}

// List returns the objects of a bucket in the order of their keys' bytes.
func (s *Store) List(bucketName string, q Query) (Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return Page{}, err
	}
	if q.Behind > 0 {
		b = b.before(q.Prefix, q.Behind)
	}
	return b.page(q), nil
}

func (b *bucket) page(q Query) Page {
	var page Page
	if q.Max == 0 {
		return page
	}
	keys := b.keys.from(q.first())
	for len(keys) > 0 && strings.HasPrefix(keys[0], q.Prefix) {
		if len(page.Objects)+len(page.Prefixes) == q.Max {
			page.Truncated = true
			break
		}
		key := keys[0]
		if shared, ok := q.common(key); ok {
			page.Prefixes = append(page.Prefixes, shared)
			page.Next = shared
			keys = b.keys.from(behind(shared))
			continue
		}
		page.Objects = append(page.Objects, b.objects[key])
		page.Next = key
		keys = keys[1:]
	}
	return page
}

// first returns the smallest key that may be on the page.
func (q Query) first() string {
	after := q.After + "\x00"
	if shared, ok := q.common(q.After); ok && shared == q.After {
		after = behind(shared)
	}
	if q.After == "" {
		after = ""
	}
	return max(after, q.Prefix)
}

// common returns the common prefix that a key falls under.
func (q Query) common(key string) (shared string, ok bool) {
	rest, ok := strings.CutPrefix(key, q.Prefix)
	if !ok || q.Delimiter == "" {
		return "", false
	}
	at := strings.Index(rest, q.Delimiter)
	if at < 0 {
		return "", false
	}
	return q.Prefix + rest[:at+len(q.Delimiter)], true
}

// behind returns the smallest key after all that begin with prefix, which ends
// in a delimiter and so in a byte of valid UTF-8.
func behind(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}
