package fakes3

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// A call is one request on its way through the server.
type call struct {
	server *Server
	w      *response
	r      *http.Request
	query  url.Values
	op     operation
	key    string
	entry  *Request
	fault  Fault

	signature *fakeaws.Signature
	unsigned  error // why there is no signature
	bucket    store.Bucket
	received  int64  // bytes of content
	code      string // of the refusal
}

// begin records a request and finds out what it wants and who sent it. The
// signature is verified as of now, since a fault may delay the rest.
func (s *Server) begin(w http.ResponseWriter, r *http.Request) *call {
	bucket, key := s.address(r)
	c := &call{server: s, r: r, key: key, entry: &Request{Bucket: bucket, Key: key}}
	c.query, _ = url.ParseQuery(r.URL.RawQuery) // pairs that do not parse are not there
	c.op = route(r, bucket, key, c.query)
	c.entry.Op = c.op.name
	if c.signature, c.unsigned = s.cloud.Verify(r, "s3"); c.unsigned == nil {
		c.entry.Identity = c.signature.Identity.ARN
	}
	c.fault = s.record(r, c.entry)
	if s.opts.Meddle != nil {
		if f := s.opts.Meddle(*c.entry); !c.fault.acts() {
			c.fault = f
		}
	}
	c.w = &response{
		ResponseWriter: w, abort: c.abort, wait: c.stall,
		flip: c.fault.FlipResponse, cut: c.fault.CutResponse, stall: c.fault.StallResponse, mute: c.fault.Drop == AfterEffect,
	}
	c.w.set("x-amz-request-id", c.entry.ID)
	c.w.set("x-amz-id-2", hostID(c.entry.ID))
	c.w.set("Server", "AmazonS3")
	return c
}

// end writes down how the request ended, also if the connection was cut.
func (c *call) end() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.entry.Received, c.entry.Sent, c.entry.Code = c.received, c.w.sent, c.code
	if !c.w.mute {
		c.entry.Status = c.w.status
	}
}

// serve checks who asks and does what he asks for.
func (c *call) serve() error {
	if !utf8.ValidString(c.key) {
		return refusal.New(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	}
	if len(c.key) > maxKey {
		return refusal.New(http.StatusBadRequest, "KeyTooLongError", "Your key is too long", "MaxSizeAllowed", "1024")
	}
	if c.unsigned != nil {
		return c.unsigned
	}
	if c.op.serve == nil {
		return c.op.refusal
	}
	if c.entry.Bucket != "" && c.op.name != createBucketName {
		if err := c.findBucket(); err != nil {
			return err
		}
	}
	return c.op.serve(c)
}

// maxKey is the longest key in bytes.
// Source: S3 User Guide, "Naming Amazon S3 objects".
const maxKey = 1024

// findBucket finds the bucket, and the region to go to if it is not here.
func (c *call) findBucket() error {
	name := c.entry.Bucket
	_, region, claimed := c.server.cloud.BucketOwner(name)
	if claimed {
		c.w.set("x-amz-bucket-region", region)
	}
	if claimed && region != c.server.opts.Region {
		return refusal.New(http.StatusMovedPermanently, "PermanentRedirect",
			"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
			"Endpoint", name+".s3."+region+".amazonaws.com", "Bucket", name)
	}
	if err := c.checkRegion(); err != nil {
		return err
	}
	bucket, err := c.server.store.Bucket(name)
	if err != nil {
		return err
	}
	c.bucket = bucket
	if owner := c.r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != bucket.Owner {
		return refusal.AccessDenied()
	}
	return nil
}

func (c *call) checkRegion() error {
	want, got := c.server.opts.Region, c.signature.Region
	if got == want {
		return nil
	}
	return refusal.New(http.StatusBadRequest, "AuthorizationHeaderMalformed",
		"The authorization header is malformed; the region '"+got+"' is wrong; expecting '"+want+"'", "Region", want)
}

// maxDrain is how much of a body is read that nobody wants, so that the client
// gets to see the answer instead of a broken connection.
const maxDrain = 8 << 20

// refuse answers with an error.
func (c *call) refuse(err error) {
	if c.w.status != 0 {
		c.abort() // the answer has begun
	}
	r := asRefusal(err)
	c.code = r.Code
	if !strings.EqualFold(c.r.Header.Get("Expect"), "100-continue") {
		_, _ = io.CopyN(io.Discard, c.r.Body, maxDrain) // whatever comes, the answer is the same
	}
	for name, value := range r.Header {
		c.w.set(name, value)
	}
	if c.r.Method == http.MethodHead || r.Status == http.StatusNotModified {
		c.w.WriteHeader(r.Status)
		return
	}
	c.answer(r.Status, errorDocument{r, c.entry.ID})
}

func asRefusal(err error) *refusal.Refusal {
	var refused *refusal.Refusal
	if errors.As(err, &refused) {
		return refused
	}
	var denied *fakeaws.Error
	if errors.As(err, &denied) {
		return refusal.New(denied.Status, denied.Code, denied.Message)
	}
	return refusal.Internal(err)
}

// abort cuts the connection. It does not return.
func (c *call) abort() { panic(http.ErrAbortHandler) }
