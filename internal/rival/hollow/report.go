package hollow

import (
	"maps"
	"slices"
)

// A Report is what a server has been sent, and asked for, since it was new or last
// forgot.
type Report struct {
	Objects int   // as they are now; one that was sent twice counts once
	Bytes   int64 // of them
	Open    int   // uploads that were neither completed nor aborted
	Listed  int   // keys on all pages of listings
	// Wrong are the objects that differ from that of the same key in the bucket Made,
	// or have none, as BUCKET/KEY; the first ones in order.
	Wrong []string
}

// maxWrong bounds how many objects a report names.
const maxWrong = 10

// Report compares what was sent with what is made up.
func (s *Server) Report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Report{Open: len(s.uploads), Listed: s.listed}
	for _, bucket := range slices.Sorted(maps.Keys(s.buckets)) {
		for _, key := range slices.Sorted(maps.Keys(s.buckets[bucket])) {
			o := s.buckets[bucket][key]
			r.Objects++
			r.Bytes += o.size
			if m, ok := s.find(key); (!ok || m.content() != o.content) && len(r.Wrong) < maxWrong {
				r.Wrong = append(r.Wrong, bucket+"/"+key)
			}
		}
	}
	return r
}
