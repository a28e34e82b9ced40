package sim

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// ranges are what the keys are cut into that a process lists side by side. A page on
// which one of them ends has keys of the next one, too, by which nothing is compared:
// that one's own page may be another moment's.
type ranges struct {
	begins map[string]bool   // keys behind which a listing began
	tokens map[string]string // by server and token: where what it goes on with began
}

func newRanges() ranges {
	return ranges{begins: make(map[string]bool), tokens: make(map[string]string)}
}

// of returns where the range begins that a request lists, and where it ends; "" is
// without end.
func (g *ranges) of(r *request) (begin, end string) {
	begin = r.after
	if r.token != "" {
		begin = g.tokens[r.server+" "+r.token]
	}
	for key := range g.begins {
		if key > begin && (end == "" || key < end) {
			end = key
		}
	}
	return begin, end
}

// lists reports whether a request lists a prefix, not what one object's name begins.
func (r *request) lists() bool {
	return r.action == "ListObjectsV2" && (r.prefix == "" || strings.HasSuffix(r.prefix, "/"))
}

// listingBegins is told of a request when it comes to its boundary: before any of the
// listings that begin together is answered, all of them are known.
func (w *World) listingBegins(p *Process, r *request) {
	if !r.lists() || r.token != "" {
		return
	}
	o := w.observer
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sync(p).ranges.begins[r.after] = true
}

// listedObjects is told of a page that a living process gets. A look at one object
// lists what begins with its name, and nothing is compared by that.
func (o *observer) listedObjects(p *Process, r *request, data []byte) {
	var page struct {
		NextContinuationToken string
		Contents              []struct {
			Key, ETag string
			Size      int64
		}
	}
	if !r.lists() || xml.Unmarshal(data, &page) != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sync(p)
	if s.listed[r.server] == nil {
		s.listed[r.server] = make(map[string]bridge.Object)
	}
	begin, end := s.ranges.of(r)
	for _, c := range page.Contents {
		key, err := url.QueryUnescape(c.Key)
		if err != nil {
			return
		}
		if end != "" && key > end {
			return
		}
		s.listed[r.server][key] = bridge.Object{URI: redferry.URI{Bucket: r.bucket, Key: key}, ETag: c.ETag, Size: c.Size}
	}
	s.ranges.tokens[r.server+" "+page.NextContinuationToken] = begin
}

// listsOtherwise says what is wrong with an event by what the process was told of the
// side that the object is said not to be at. The caller holds o.mu.
func (s *syncLife) listsOtherwise(e *bridge.Event) error {
	server := map[bridge.Change]string{bridge.Extra: "s3.a", bridge.Added: "s3.b"}[e.Change]
	if o, ok := s.listed[server][e.Job.Dst.Key]; ok {
		return fmt.Errorf("%s as %s, but %s is in the listing", e.Job.Dst, e.Change, o.URI)
	}
	return nil
}
