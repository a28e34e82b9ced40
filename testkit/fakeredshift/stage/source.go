package stage

import (
	"context"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A Source is what one COPY reads. It is used by one goroutine at a time.
type Source struct {
	// Objects are the files in the order of the load: of the manifest, where one
	// that is listed twice stands twice, or of the keys under the prefix. It may
	// be empty: a prefix that matches nothing loads no rows from Parquet.
	Objects []Object

	store *store
	cmd   *rsql.Copy
}

// An Object is one file of a COPY.
type Object struct {
	URI  redferry.URI
	Size int64  // bytes
	Path string // the local copy, after [Source.Fetch]
}

// OpenSource finds the files of a COPY: it asks for a client with the command's
// role, and reads the manifest or lists the prefix. Files of a manifest are
// looked at: one that is missing ends the COPY if it is mandatory and is left out
// if not, and one whose size is not the one listed ends the COPY (Parquet, ORC).
func OpenSource(ctx context.Context, storage fakeredshift.Storage, cmd *rsql.Copy) (*Source, error) {
	store, err := open(ctx, storage, cmd.Roles, cmd.Region)
	if err != nil {
		return nil, err
	}
	s := &Source{store: store, cmd: cmd}
	find := s.listPrefix
	if cmd.Manifest {
		find = s.readManifest
	}
	if err := find(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Source) columnar() bool { return s.cmd.Format == rsql.Parquet || s.cmd.Format == rsql.ORC }

// listPrefix takes every object under the prefix. The reader of columnar files
// takes names that begin with _ or . for hidden.
func (s *Source) listPrefix(ctx context.Context) error {
	err := s.store.list(ctx, s.cmd.From, func(objects []types.Object) error {
		for _, o := range objects {
			uri := redferry.URI{Bucket: s.cmd.From.Bucket, Key: aws.ToString(o.Key)}
			if name := path.Base(uri.Key); s.columnar() && (strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".")) {
				continue
			}
			s.Objects = append(s.Objects, Object{URI: uri, Size: aws.ToInt64(o.Size)})
		}
		return nil
	})
	if err == nil && len(s.Objects) == 0 && !s.columnar() {
		return Failure(codeS3, "The specified S3 prefix '"+s.cmd.From.Key+"' does not exist", s.cmd.From.String())
	}
	return err
}

func (s *Source) readManifest(ctx context.Context) error {
	files, err := s.store.manifest(ctx, s.cmd.From, s.columnar())
	if err != nil {
		return err
	}
	for _, f := range files {
		size, err := s.store.size(ctx, f.uri)
		switch {
		case isMissing(err) && !f.mandatory:
			continue
		case isMissing(err) && s.columnar():
			return Failure(codeSpectrum, "Spectrum Scan Error: File not found", f.uri.String())
		case err != nil:
			return refusal(ctx, err, f.uri.String())
		case f.size >= 0 && f.size != size:
			return wrongSize(f, size)
		}
		s.Objects = append(s.Objects, Object{URI: f.uri, Size: size})
	}
	if len(s.Objects) == 0 {
		return Failure(codeS3, "No file of the manifest exists", "Manifest file location = "+s.cmd.From.String())
	}
	return nil
}

// wrongSize is what a reader says that looks for the end of a file in the wrong
// place. The words for a size that is too small are not established.
func wrongSize(f listed, size int64) error {
	if f.size > size {
		return Failure(codeSpectrum, "Spectrum Scan Error", "Error: HTTP response error code: 416 Message: InvalidRange "+
			"The requested range is not satisfiable, File name: "+f.uri.String())
	}
	return Failure(codeSpectrum, "Spectrum Scan Error", "File has an invalid footer: its end is not at byte "+
		strconv.FormatInt(f.size, 10)+", File name: "+f.uri.String())
}

// size asks for the first byte of an object: unlike HeadObject that tells in
// words why it is refused, with no more rights.
func (s *store) size(ctx context.Context, uri redferry.URI) (int64, error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &uri.Bucket, Key: &uri.Key, Range: aws.String("bytes=0-0")}, s.options)
	if isStatus(err, http.StatusRequestedRangeNotSatisfiable) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if err := out.Body.Close(); err != nil {
		return 0, err
	}
	_, total, _ := strings.Cut(aws.ToString(out.ContentRange), "/")
	return strconv.ParseInt(total, 10, 64)
}
