package hollow

import (
	"encoding/xml"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// maxListed is how many entries a page has at most.
// Source: S3 API Reference, "ListObjectsV2", "ListParts".
const maxListed = 1000

// madeAt is when all that is made up was last modified.
var madeAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// list answers ListObjectsV2 and its predecessor. The token of the next page is the
// last key of this one. Keys are such that XML and URLs carry them as they are.
func (c *call) list() error {
	prefix, delimiter := c.query.Get("prefix"), c.query.Get("delimiter")
	after := max(c.query.Get("continuation-token"), c.query.Get("start-after"), c.query.Get("marker"))
	limit, err := c.limit("max-keys")
	if err != nil {
		return err
	}
	var entries []byte
	count, last, truncated := 0, "", false
	for key, o := range c.objects(prefix, after) {
		if delimiter != "" && strings.Contains(key[len(prefix):], delimiter) {
			return notNeeded // a common prefix
		}
		if truncated = count == limit; truncated {
			break
		}
		entries = o.appendTo(entries, key)
		count, last = count+1, key
	}
	c.count(count)
	head := fmt.Appendf(nil, `%s<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>%s</Name><KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><IsTruncated>%t</IsTruncated>`,
		xml.Header, c.bucket, count, limit, truncated)
	if truncated {
		head = fmt.Appendf(head, `<NextContinuationToken>%s</NextContinuationToken><NextMarker>%[1]s</NextMarker>`, last)
	}
	if c.query.Get("encoding-type") != "" {
		head = append(head, `<EncodingType>url</EncodingType>`...)
	}
	c.w.Header().Set("Content-Type", "application/xml")
	_, _ = c.w.Write(slices.Concat(head, entries, []byte(`</ListBucketResult>`))) // a reader who went away fails on his own
	return nil
}

// appendTo writes the entry of an object. A million of them are measured: package fmt
// would take most of the time.
func (o stored) appendTo(page []byte, key string) []byte {
	page = append(append(page, "<Contents><Key>"...), key...)
	page = append(append(page, "</Key><LastModified>"...), timestamp(o.modified)...)
	page = append(append(page, "</LastModified><ETag>&quot;"...), strings.Trim(o.etag(), `"`)...)
	page = strconv.AppendInt(append(page, "&quot;</ETag><Size>"...), o.size, 10)
	return append(page, "</Size><StorageClass>STANDARD</StorageClass></Contents>"...)
}

func (c *call) limit(parameter string) (int, error) {
	text := c.query.Get(parameter)
	if text == "" {
		return maxListed, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, refusal{400, "InvalidArgument", parameter + " is no number above 0"}
	}
	return min(n, maxListed), nil
}

func (s *Server) count(keys int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed += keys
}

// objects gives what the bucket has below a prefix and behind a key, in order.
func (c *call) objects(prefix, after string) iter.Seq2[string, stored] {
	if c.bucket == Made {
		return c.madeObjects(prefix, after)
	}
	c.mu.Lock()
	objects := maps.Clone(c.buckets[c.bucket])
	c.mu.Unlock()
	return func(yield func(string, stored) bool) {
		for _, key := range slices.Sorted(maps.Keys(objects)) {
			if strings.HasPrefix(key, prefix) && key > after && !yield(key, objects[key]) {
				return
			}
		}
	}
}

func (s *Server) madeObjects(prefix, after string) iter.Seq2[string, stored] {
	return func(yield func(string, stored) bool) {
		for _, set := range s.sets {
			first := sort.Search(set.Count, func(n int) bool { key := set.key(n); return key > after && key >= prefix })
			for n := first; n < set.Count; n++ {
				key := set.key(n)
				if !strings.HasPrefix(key, prefix) {
					break
				}
				if !yield(key, stored{madeUp(key, set.Size).content(), madeAt}) {
					return
				}
			}
		}
	}
}

// timestamp writes a time as XML documents do.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
