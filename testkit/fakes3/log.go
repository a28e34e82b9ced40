package fakes3

import (
	"net/http"
	"strconv"
	"time"
)

// A Request is what the server remembers of a request. It holds nothing secret.
type Request struct {
	ID       string
	Time     time.Time
	Op       string // the API's name: "UploadPart"; "" if it is none that S3 has
	Bucket   string
	Key      string
	Part     int    // 0 if the request names no part
	Identity string // ARN of the verified caller; "" if there is none
	Status   int    // of the response; 0 if there was none
	Code     string // of a refusal
	Received int64  // bytes of the request's content that were read
	Sent     int64  // bytes of the response's body
}

// Requests returns the requests so far, in order of their arrival. Those that are
// being served have no Status.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := make([]Request, len(s.log))
	for i, r := range s.log {
		requests[i] = *r
	}
	return requests
}

// record adds a request to the log and returns the fault that acts on it.
func (s *Server) record(r *http.Request, entry *Request) Fault {
	entry.Time = now()
	entry.Part, _ = strconv.Atoi(r.URL.Query().Get("partNumber")) // 0 if it is no number
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served++
	entry.ID = requestID(s.opts.Region, s.served)
	if len(s.log) >= s.opts.LogSize {
		s.log = append(s.log[:0], s.log[len(s.log)-s.opts.LogSize+1:]...)
	}
	s.log = append(s.log, entry)
	return s.choose(entry)
}
