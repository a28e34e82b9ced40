package fakes3

import (
	"net"
	"net/http"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

func bucketARN(bucket string) string { return "arn:aws:s3:::" + bucket }

func objectARN(bucket, key string) string { return bucketARN(bucket) + "/" + key }

func checkBucketName(name string) error {
	uri, err := redferry.ParseURI("s3://" + name)
	if err != nil || uri.Key != "" || uri.Bucket != name || net.ParseIP(name) != nil {
		return refusal.New(http.StatusBadRequest, "InvalidBucketName", "The specified bucket is not valid.", "BucketName", name)
	}
	return nil
}

// address finds bucket and key in a request. Both may be empty.
func (s *Server) address(r *http.Request) (bucket, key string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if bucket := s.virtualBucket(r.Host); bucket != "" {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

// virtualBucket returns the bucket in a virtual-hosted address.
// Source: S3 User Guide, "Virtual hosting of general purpose buckets".
func (s *Server) virtualBucket(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for _, base := range []string{s.opts.Host, "s3." + s.opts.Region + ".amazonaws.com", "s3.amazonaws.com"} {
		if bucket, ok := strings.CutSuffix(host, "."+base); ok {
			return bucket
		}
	}
	return ""
}
