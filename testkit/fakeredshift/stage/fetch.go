package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
)

// attempts is how often a download is begun anew that breaks off.
const attempts = 3

// Fetch downloads every object into dir, which the caller owns, and sets the
// paths in Objects. Files are streamed to disk, one after the other; an object
// listed twice is downloaded once.
func (s *Source) Fetch(ctx context.Context, dir string) error {
	paths := make(map[redferry.URI]string, len(s.Objects))
	for i := range s.Objects {
		o := &s.Objects[i]
		local, ok := paths[o.URI]
		if !ok {
			local = filepath.Join(dir, fmt.Sprintf("%06d%s", i, localExtension(o.URI.Key)))
			if err := s.download(ctx, local, *o); err != nil {
				return err
			}
			paths[o.URI] = local
		}
		o.Path = local
	}
	return nil
}

// localExtension keeps the end of a name by which readers tell formats.
func localExtension(key string) string {
	ext := path.Ext(key)
	if ext == "." || strings.Trim(strings.ToLower(ext), ".abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return ext
}

// download writes one object to a file. A body that breaks off is asked for anew.
func (s *Source) download(ctx context.Context, local string, o Object) error {
	var broken error
	for range attempts {
		body, err := s.Open(ctx, o)
		if err != nil {
			return err
		}
		if broken = save(local, body, o.Size); broken == nil {
			return nil
		}
	}
	return refusal(ctx, broken, o.URI.String())
}

// save writes body to a file and closes both.
func save(local string, body io.ReadCloser, size int64) error {
	file, err := os.Create(local)
	if err != nil {
		return errors.Join(err, body.Close())
	}
	n, err := io.Copy(file, body)
	if err == nil && n != size {
		err = fmt.Errorf("%d bytes came, not %d", n, size)
	}
	return errors.Join(err, body.Close(), file.Close())
}

// Read is [Source.Fetch] into memory, for engines that have no disk: it returns
// the bytes of Objects, in their order.
func (s *Source) Read(ctx context.Context) ([][]byte, error) {
	read := make(map[redferry.URI][]byte, len(s.Objects))
	bodies := make([][]byte, len(s.Objects))
	for i, o := range s.Objects {
		body, ok := read[o.URI]
		if !ok {
			var err error
			if body, err = s.read(ctx, o); err != nil {
				return nil, err
			}
			read[o.URI] = body
		}
		bodies[i] = body
	}
	return bodies, nil
}

// read reads one object. A body that breaks off is asked for anew.
func (s *Source) read(ctx context.Context, o Object) ([]byte, error) {
	var broken error
	for range attempts {
		from, err := s.Open(ctx, o)
		if err != nil {
			return nil, err
		}
		body := make([]byte, o.Size)
		_, broken = io.ReadFull(from, body)
		if broken == nil {
			broken = atEnd(from)
		}
		if closed := from.Close(); broken == nil {
			broken = closed
		}
		if broken == nil {
			return body, nil
		}
	}
	return nil, refusal(ctx, broken, o.URI.String())
}

// atEnd reports whether nothing follows.
func atEnd(r io.Reader) error {
	n, err := io.Copy(io.Discard, r)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d bytes more than expected came", n)
	}
	return err
}

// Open reads one object. The caller closes it; errors of reading are those of
// the S3 client.
func (s *Source) Open(ctx context.Context, o Object) (io.ReadCloser, error) {
	out, err := s.store.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &o.URI.Bucket, Key: &o.URI.Key}, s.store.options)
	if err != nil {
		return nil, refusal(ctx, err, o.URI.String())
	}
	return out.Body, nil
}
