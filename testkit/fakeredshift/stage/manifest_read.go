package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
)

// maxManifest bounds what is read of a manifest, in bytes.
const maxManifest = 64 << 20

// The JSON that COPY reads. Other keys are ignored.
type (
	copyManifest struct {
		Entries []copyEntry `json:"entries"`
	}
	copyEntry struct {
		URL       *string `json:"url"`
		Mandatory bool    `json:"mandatory"`
		Meta      *struct {
			ContentLength *int64 `json:"content_length"`
		} `json:"meta"`
	}
)

// A listed is one entry of a manifest.
type listed struct {
	uri       redferry.URI
	mandatory bool
	size      int64 // -1 if not given
}

// manifest reads the manifest at uri, which must be the key of one object. A
// manifest that may not be read is told from one that is not there by its
// listing alone, as in Redshift: the role needs s3:GetObject for it, too.
func (s *store) manifest(ctx context.Context, uri redferry.URI, columnar bool) ([]listed, error) {
	if err := s.isObject(ctx, uri); err != nil {
		return nil, err
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &uri.Bucket, Key: &uri.Key}, s.options)
	if isStatus(err, http.StatusForbidden) || isStatus(err, http.StatusNotFound) {
		return nil, notFullPath(uri)
	}
	if err != nil {
		return nil, refusal(ctx, err, uri.String())
	}
	text, err := io.ReadAll(io.LimitReader(out.Body, maxManifest))
	if err := errors.Join(err, out.Body.Close()); err != nil {
		return nil, refusal(ctx, err, uri.String())
	}
	return parseManifest(text, uri, columnar)
}

// isObject refuses a manifest's address that is only the prefix of keys.
func (s *store) isObject(ctx context.Context, uri redferry.URI) error {
	found := false
	err := s.list(ctx, uri, func(objects []types.Object) error {
		for _, o := range objects {
			found = found || aws.ToString(o.Key) == uri.Key
		}
		return nil
	})
	if err == nil && !found {
		return notFullPath(uri)
	}
	return err
}

func notFullPath(uri redferry.URI) error {
	return Failure(codeS3, "COPY with MANIFEST parameter requires full path of an S3 object.", uri.String())
}

// parseManifest reads the entries. For columnar files each must say its size.
func parseManifest(text []byte, uri redferry.URI, columnar bool) ([]listed, error) {
	bad := func() error {
		return Failure(codeS3, "Manifest file is not in correct json format", "Manifest file location = "+uri.String())
	}
	var m copyManifest
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&m); err != nil || m.Entries == nil {
		return nil, bad()
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, bad()
	}
	files := make([]listed, len(m.Entries))
	for i, e := range m.Entries {
		file, err := e.listed(uri, columnar)
		if err != nil {
			return nil, err
		}
		files[i] = file
	}
	return files, nil
}

// listed checks one entry. That a size is asked for in these words is reported of
// live warehouses for 'meta'; for the other keys the words follow it.
func (e copyEntry) listed(manifest redferry.URI, columnar bool) (listed, error) {
	lacks := func(key string) (listed, error) {
		return listed{}, Failure(codeManifest, "File entry does not have '"+key+"' key.", manifest.String())
	}
	if e.URL == nil {
		return lacks("url")
	}
	uri, err := redferry.ParseURI(*e.URL)
	if err != nil {
		return listed{}, Failure(codeS3, "The S3 path "+*e.URL+" is not valid", manifest.String())
	}
	size := int64(-1)
	if columnar {
		if e.Meta == nil {
			return lacks("meta")
		}
		if e.Meta.ContentLength == nil {
			return lacks("content_length")
		}
		size = *e.Meta.ContentLength
	}
	return listed{uri: uri, mandatory: e.Mandatory, size: size}, nil
}
