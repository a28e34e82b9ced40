// Package fakes3 is an S3 for tests: a server on the wire that the real SDK, the
// AWS CLI and DuckDB talk to. It verifies signatures, enforces the policies of
// identities and buckets, computes and checks checksums, and refuses what S3
// refuses with the code and the status of S3. Faults are data: see [Fault].
//
// A [Server] is the endpoint of one region. Its buckets belong to the accounts of
// a [fakeaws.Cloud]; several servers of one Cloud share the name space of buckets
// and send clients to the right region, as AWS does. Path-style and virtual-hosted
// addresses work.
//
// Time is package time's, ids come from counters, and no goroutine is left after
// [Server.Close]: everything works inside a testing/synctest bubble on the
// listeners of package memnet.
//
// Keys of KMS are modelled as far as they refuse: see [Key].
//
// What it does not have: versions, ACLs, object lock, customer-provided keys, lifecycle
// but for [Server.SetAbortDays], XXHASH checksums. Requests for
// these are refused with NotImplemented, or with the code that S3 has for a
// bucket where they are switched off.
package fakes3

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
	"github.com/redferry/redferry/testkit/internal/httpserve"
)

// Options change a [Server]. The zero Options are usable.
type Options struct {
	// Region is where the endpoint and its buckets are. The default is us-east-1.
	Region string
	// Dir is a directory that exists, for the contents of objects; set it for
	// objects that do not fit into memory. The default is memory. The server
	// deletes the files of objects that are deleted, and no others.
	Dir string
	// MinPartSize is the least size in bytes of a part that is not the last.
	// Lower it to test multipart uploads with little data. The default is S3's
	// 5 MiB; -1 is no limit.
	MinPartSize int64
	// Host is the name for virtual-hosted addresses: "bucket.<Host>". Those of
	// AWS ("bucket.s3.us-east-1.amazonaws.com") are understood besides. The
	// default is localhost.
	Host string
	// Meddle, if set, is asked about each request before anything is done with it,
	// and the effects of the Fault that it returns happen to the request; its
	// matching fields mean nothing. It is called from many goroutines, and may
	// wait.
	Meddle func(Request) Fault
	// LogSize is how many requests are remembered, the newest. The default is
	// 100,000.
	LogSize int
}

const (
	defaultRegion  = "us-east-1"
	defaultHost    = "localhost"
	defaultLogSize = 100_000
	// defaultMinPart is S3's.
	// Source: S3 User Guide, "Amazon S3 multipart upload limits".
	defaultMinPart = 5 << 20
)

// A Server is the S3 endpoint of a region. It is safe for concurrent use.
type Server struct {
	cloud *fakeaws.Cloud
	opts  Options
	store *store.Store
	blobs blob.Store
	http  *httpserve.Server

	mu         sync.Mutex // guards all below
	served     int        // requests so far
	policies   map[string]fakeaws.Policy
	keys       map[string]Key    // by ARN
	bucketKeys map[string]string // by bucket
	faults     []*injected
	log        []*Request
}

// New returns a server without buckets whose callers are the users and roles of
// cloud.
func New(cloud *fakeaws.Cloud, opts *Options) *Server {
	s := &Server{cloud: cloud, policies: make(map[string]fakeaws.Policy), keys: make(map[string]Key), bucketKeys: make(map[string]string)}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Region == "" {
		s.opts.Region = defaultRegion
	}
	if s.opts.Host == "" {
		s.opts.Host = defaultHost
	}
	if s.opts.LogSize == 0 {
		s.opts.LogSize = defaultLogSize
	}
	switch s.opts.MinPartSize {
	case 0:
		s.opts.MinPartSize = defaultMinPart
	case -1:
		s.opts.MinPartSize = 0
	}
	s.blobs = blob.Memory{}
	if s.opts.Dir != "" {
		s.blobs = blob.NewDisk(s.opts.Dir)
	}
	s.store = store.New(s.opts.MinPartSize, s.opts.Region)
	s.http = httpserve.New(s)
	return s
}

// Region returns the server's region.
func (s *Server) Region() string { return s.opts.Region }

// Start begins to serve on l and returns at once; the server owns l from now on.
// A nil tlsConfig means plain HTTP. It may be called for several listeners.
func (s *Server) Start(l net.Listener, tlsConfig *tls.Config) { s.http.Start(l, tlsConfig) }

// Close stops serving, closes all connections and returns when every goroutine of
// the server has ended. The objects stay, for the methods that look at them.
func (s *Server) Close() error { return s.http.Close() }

var _ http.Handler = (*Server)(nil)

// ServeHTTP serves one request, for servers that the caller runs himself.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.begin(w, r)
	defer c.end()
	err := c.meddle()
	if err == nil {
		err = c.serve()
	}
	if err != nil {
		c.refuse(err)
	}
	if c.fault.Drop == AfterEffect {
		c.abort()
	}
}

// now is when something happens. S3 keeps milliseconds at best.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
