package bridge_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/bridge"
)

// A shelf lists objects of a byte from memory, as S3 does, on pages of a few keys. It
// takes its time for each.
type shelf struct {
	keys  []string          // in order
	etags map[string]string // of keys, if it is not "e"
	page  int
	delay time.Duration

	mu     sync.Mutex // guards what follows
	listed [][]string // the keys of each page that was asked for
}

func newShelf(page int, keys ...string) *shelf {
	return &shelf{keys: slices.Compact(slices.Sorted(slices.Values(keys))), page: page}
}

func (s *shelf) lister() *bridge.Lister { return bridge.NewLister(s, &bridge.Options{Retries: -1}) }

// requests returns what was asked for until now, and forgets it.
func (s *shelf) requests() [][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	listed := s.listed
	s.listed = nil
	return listed
}

func (s *shelf) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	select {
	case <-time.After(s.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	after := aws.ToString(in.StartAfter)
	if in.ContinuationToken != nil {
		token, err := base64.StdEncoding.DecodeString(*in.ContinuationToken)
		if err != nil {
			return nil, err
		}
		after = string(token)
	}
	limit := s.page
	if in.MaxKeys != nil {
		limit = min(limit, int(*in.MaxKeys))
	}
	out := &s3.ListObjectsV2Output{IsTruncated: aws.Bool(false)}
	var listed []string
	first, exact := slices.BinarySearch(s.keys, max(after, aws.ToString(in.Prefix)))
	if exact && after >= aws.ToString(in.Prefix) && after != "" {
		first++
	}
	for _, key := range s.keys[first:] {
		if !strings.HasPrefix(key, aws.ToString(in.Prefix)) {
			break
		}
		if len(listed) == limit {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String(base64.StdEncoding.EncodeToString([]byte(listed[limit-1])))
			break
		}
		etag := s.etags[key]
		if etag == "" {
			etag = `"e"`
		}
		listed = append(listed, key)
		out.Contents = append(out.Contents, types.Object{Key: &key, ETag: &etag, Size: aws.Int64(1)})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed = append(s.listed, listed)
	return out, nil
}
