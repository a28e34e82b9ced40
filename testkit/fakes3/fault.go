package fakes3

import (
	"fmt"
	"strings"
	"time"
)

// A Fault is something that goes wrong with some requests. Its first fields say
// with which: those that are zero match every request. The others say what
// happens; a Delay goes together with any of them. A Fault without an effect
// changes nothing, but counts as hit, so it can demand that a request comes.
type Fault struct {
	Op     string // the API's name: "UploadPart"
	Bucket string
	Key    string // a pattern: * stands for any characters, slashes too
	Part   int    // the part number of the request
	Skip   int    // let so many matching requests pass before
	Times  int    // then act on so many; 0 means 1, -1 means all

	// Delay waits before the request is served.
	Delay time.Duration
	// Status and Code answer with this error and do nothing: 503 and "SlowDown".
	// The status 200 sends the error in the body of an answer that began well, as
	// S3 may do for CompleteMultipartUpload and CopyObject.
	Status int
	Code   string
	// RetryAfter is sent along with Status, rounded to seconds.
	RetryAfter time.Duration
	// Drop cuts the connection without an answer.
	Drop Moment
	// CutRequest cuts the connection when so many bytes of the request's content
	// were read, before the operation has an effect.
	CutRequest int64
	// CutResponse cuts the connection after so many bytes of the response's body. A
	// shorter one is sent whole.
	CutResponse int64
	// FlipRequest flips a bit in this byte of the request's content, counted from
	// 1, as it would be on a bad wire: before any checksum is computed.
	FlipRequest int64
	// FlipResponse flips a bit in this byte of the response's body, counted from 1.
	FlipResponse int64
	// StallRequest stops reading when so many bytes of the request's content were
	// read, and StallResponse stops sending after so many bytes of the response's
	// body, both for as long as Stall says, on a connection that stays open. Shorter
	// ones are not stalled.
	StallRequest, StallResponse int64
	Stall                       time.Duration
	// Replace puts this content in the place of the object that the request is
	// about, before the request is served.
	Replace []byte
	// Stale answers a listing as it was before so many of the newest changes of
	// what it lists: of the objects under the prefix (ListObjectsV2, ListObjects),
	// of the upload, its parts, its beginning and its end (ListParts), of the uploads
	// under the prefix (ListMultipartUploads). It acts on no other requests, and
	// knows the newest thousand changes of a bucket. S3 itself does not do that: its
	// listings are consistent. A proxy or another store may.
	// Source: S3 User Guide, "Amazon S3 data consistency model".
	Stale int
}

// A Moment is when a connection is dropped.
type Moment string

const (
	// BeforeEffect is before the request is looked at.
	BeforeEffect Moment = "before effect"
	// AfterEffect is when all is done and only the answer is missing.
	AfterEffect Moment = "after effect"
)

// String describes the fault for the message of a failed test.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString("fault on " + or(f.Op, "any operation"))
	fmt.Fprintf(&b, " of s3://%s/%s", or(f.Bucket, "*"), or(f.Key, "*"))
	if f.Part != 0 {
		fmt.Fprintf(&b, " part %d", f.Part)
	}
	if f.Skip != 0 {
		fmt.Fprintf(&b, " after %d requests", f.Skip)
	}
	return b.String()
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// injected is a fault with what became of it.
type injected struct {
	Fault
	seen int // requests that matched
	hits int // and were acted on
}

// Inject makes requests go wrong from now on. Of several faults that would act on
// one request the first injected does; all count it as seen.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &injected{Fault: f})
	}
}

// ClearFaults takes all injected faults away, those not hit included.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// Unhit returns the injected faults that acted on no request so far.
func (s *Server) Unhit() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var unhit []Fault
	for _, f := range s.faults {
		if f.hits == 0 {
			unhit = append(unhit, f.Fault)
		}
	}
	return unhit
}

// A TB is the part of [testing.TB] that [Server.Check] needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Check fails a test for each injected fault that was never hit: such a test did
// not test what it says.
func (s *Server) Check(t TB) {
	t.Helper()
	for _, f := range s.Unhit() {
		t.Errorf("fakes3: the %s was never hit", f)
	}
}

// choose returns the fault that acts on a request. The caller holds s.mu.
func (s *Server) choose(r *Request) Fault {
	var chosen Fault
	taken := false
	for _, f := range s.faults {
		if !f.matches(r) {
			continue
		}
		f.seen++
		due := f.seen > f.Skip && (f.Times == -1 || f.hits < max(f.Times, 1))
		if due && !taken {
			f.hits++
			chosen, taken = f.Fault, true
		}
	}
	return chosen
}

func (f *injected) matches(r *Request) bool {
	return (f.Op == "" || f.Op == r.Op) &&
		(f.Bucket == "" || f.Bucket == r.Bucket) &&
		(f.Key == "" || matchPattern(f.Key, r.Key)) &&
		(f.Part == 0 || f.Part == r.Part) &&
		(f.Stale == 0 || listings[r.Op])
}

// listings are the operations that a Stale fault acts on.
var listings = map[string]bool{"ListObjectsV2": true, "ListObjects": true, "ListParts": true, "ListMultipartUploads": true}

// matchPattern matches text with a pattern in which * stands for any characters.
func matchPattern(pattern, text string) bool {
	pieces := strings.Split(pattern, "*")
	first, rest := pieces[0], pieces[1:]
	if len(rest) == 0 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	last := len(rest) - 1
	for _, piece := range rest[:last] {
		_, behind, found := strings.Cut(text, piece)
		if !found {
			return false
		}
		text = behind
	}
	return strings.HasSuffix(text, rest[last])
}
