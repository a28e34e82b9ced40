// Package hollow is an S3 with nothing in it, for measuring programs that copy: the
// objects of its bucket [Made] are made up while they are read, and of what any other
// bucket is sent only lengths and checksums are kept. It costs so little that the
// program between two of them is what is measured, and yet [Server.Report] tells
// whether each byte arrived.
//
// It knows the operations that such a program needs and refuses all others. It checks
// lengths, conditions of reads and CRC-64/NVME, and no signatures. What it gives for
// an ETag is computed from the checksum, and looks like an MD5.
package hollow

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Made is the bucket whose objects are made up. It is the same on each server with
// the same sets, and cannot be written to.
const Made = "made"

// A Server is an S3. It is safe for concurrent use.
type Server struct {
	sets []Set

	mu      sync.Mutex // guards all below, and the parts of uploads
	buckets map[string]map[string]stored
	uploads map[string]*upload
	begun   int // uploads so far
	listed  int // keys
}

// stored is what is kept of an object or a part.
type stored struct {
	content
	modified time.Time
}

// New returns a server whose bucket [Made] has these sets. Their names are different
// and have no slash.
func New(sets ...Set) *Server {
	s := &Server{sets: inOrder(sets)}
	s.Forget()
	return s
}

// Forget forgets all that was sent, and sets the counters of the report back.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets, s.uploads = make(map[string]map[string]stored), make(map[string]*upload)
	s.listed = 0
}

// A call is one request.
type call struct {
	*Server
	w           http.ResponseWriter
	r           *http.Request
	query       url.Values
	bucket, key string
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Server: s, w: w, r: r, query: r.URL.Query()}
	c.bucket, c.key, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	w.Header().Set("X-Amz-Request-Id", "0")
	if err := c.serve(); err != nil {
		c.refuse(err)
	}
}

func (c *call) serve() error {
	method, inUpload := c.r.Method, c.query.Has("uploadId")
	switch {
	case c.bucket == "" || c.r.Header.Get("X-Amz-Copy-Source") != "":
		return notNeeded
	case c.key == "":
		return c.aboutBucket()
	case !inUpload && (method == http.MethodGet || method == http.MethodHead):
		return c.read()
	case c.bucket == Made:
		return refusal{http.StatusForbidden, "AccessDenied", "this bucket is made up"}
	case method == http.MethodPost && c.query.Has("uploads"):
		return c.createUpload()
	case method == http.MethodPut && !inUpload:
		return c.put()
	case inUpload:
		return c.aboutUpload()
	}
	return notNeeded
}

func (c *call) aboutBucket() error {
	switch {
	case c.r.Method == http.MethodHead:
		return nil
	case c.r.Method == http.MethodGet && (c.query.Has("list-type") || c.query.Has("prefix")):
		return c.list()
	}
	return notNeeded
}

func (c *call) aboutUpload() error {
	switch c.r.Method {
	case http.MethodPut:
		return c.uploadPart()
	case http.MethodGet:
		return c.listParts()
	case http.MethodPost:
		return c.completeUpload()
	case http.MethodDelete:
		return c.abortUpload()
	}
	return notNeeded
}

// A refusal is an error as S3 answers it.
type refusal struct {
	status        int
	code, message string
}

func (r refusal) Error() string { return r.code + ": " + r.message }

var (
	notNeeded error = refusal{http.StatusNotImplemented, "NotImplemented", "nobody who is measured needs this"}
	noSuchKey error = refusal{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
)

func (c *call) refuse(err error) {
	r, ok := errors.AsType[refusal](err)
	if !ok {
		r = refusal{http.StatusBadRequest, "IncompleteBody", err.Error()}
	}
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(r.status)
	c.document(struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: r.code, Message: r.message})
}

// document answers with a document. A reader who went away fails on his own.
func (c *call) document(v any) {
	if c.r.Method == http.MethodHead {
		return
	}
	c.w.Header().Set("Content-Type", "application/xml") // if nobody has sent the head yet
	_, _ = io.WriteString(c.w, xml.Header)
	_ = xml.NewEncoder(c.w).Encode(v)
}
