package bridge

import (
	"context"
	"errors"
	"net"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
)

// reader tries a key that shall list and read, and not write; or read a file and others
// that it knows, and not list.
func (s *probes) reader(ctx context.Context, file redferry.URI) error {
	list := s.list(file == redferry.URI{})
	if file != (redferry.URI{}) {
		s.object = Object{URI: file, Size: 1}
	}
	return s.inTurn(ctx, list, s.read(true), s.readTags, s.begin(false), s.untried)
}

// writer tries a key that shall write, and not read.
func (s *probes) writer(ctx context.Context, list, remove bool) error {
	last := s.untried
	if remove {
		last = s.remove
	}
	return s.inTurn(ctx, s.begin(true), s.beginTagged, s.listParts, s.listUploads, s.abort, s.list(list), last, s.read(false))
}

// inTurn takes steps until one fails, and then takes away what they have made.
func (s *probes) inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	var err error
	for _, step := range steps {
		if err = step(ctx); err != nil {
			break
		}
	}
	return errors.Join(err, s.cleanUp(ctx))
}

// list asks for one object, which is the one to be read then.
func (s *probes) list(needed bool) func(context.Context) error {
	in := &s3.ListObjectsV2Input{Bucket: &s.prefix.Bucket, Prefix: &s.prefix.Key, MaxKeys: aws.Int32(1), EncodingType: types.EncodingTypeUrl}
	p := probe{action: actionList, op: "list", needed: needed, try: func(ctx context.Context) error {
		page, err := s.client.ListObjectsV2(ctx, in, once)
		if err == nil && len(page.Contents) > 0 && s.side == SideSource && s.object == (Object{}) {
			s.object, err = object(s.prefix.Bucket, page.EncodingType, &page.Contents[0])
		}
		return err
	}}
	return func(ctx context.Context) error { return s.run(ctx, p) }
}

// read asks for the first byte of an object, or for one that does not exist. It is
// a GET because the answer to a HEAD does not say what is missing. At the target no
// byte of anybody's is read.
func (s *probes) read(needed bool) func(context.Context) error {
	return func(ctx context.Context) error {
		key, there := s.subject()
		in := &s3.GetObjectInput{Bucket: &s.key.Bucket, Key: key}
		if s.object.Size > 0 {
			in.Range = aws.String("bytes=0-0")
		}
		return s.run(ctx, probe{
			action: actionRead, op: "get", needed: needed, blind: !there,
			past: []string{"NoSuchKey", "InvalidObjectState"}, // none, or an archived one
			try: func(ctx context.Context) error {
				out, err := s.client.GetObject(ctx, in, once)
				if err == nil {
					out.Body.Close()
				}
				return err
			},
		})
	}
}

// subject is the key of an object that is there, if one is known, or of none.
func (s *probes) subject() (key *string, there bool) {
	if s.object == (Object{}) {
		return &s.key.Key, false
	}
	return &s.object.URI.Key, true
}

// begin begins an upload, as a copy does.
func (s *probes) begin(needed bool) func(context.Context) error {
	meta := new(metadata)
	if needed {
		meta.encryption = s.carry.Encryption
	}
	return func(ctx context.Context) error {
		return s.create(ctx, probe{action: actionWrite, op: opCreate, needed: needed}, meta)
	}
}

// create tries what a probe is about by beginning an upload.
func (s *probes) create(ctx context.Context, p probe, meta *metadata) error {
	in := &s3.CreateMultipartUploadInput{Bucket: &s.key.Bucket, Key: &s.key.Key}
	meta.create(in)
	if !overHTTP(settings(s.client)) {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	}
	lost := false
	p.try = func(ctx context.Context) error {
		out, err := s.client.CreateMultipartUpload(ctx, in, once)
		if err == nil && aws.ToString(out.UploadId) == "" {
			err = errNamesNone
		}
		switch {
		case err == nil:
			s.uploads = append(s.uploads, aws.ToString(out.UploadId))
		case answer(err).denied():
			lost = false // then none of the tries before was let pass either
		case judge(err) == passing && !unreached(err):
			lost = true
		}
		return err
	}
	err := s.run(ctx, p)
	s.unsure = s.unsure || lost
	return err
}

// unreached reports whether a request failed before anything of it was sent.
func unreached(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}

// upload is the ID of an open upload, or one that is made up: what a request for
// that is answered shows as much, because S3 looks at rights first.
func (s *probes) upload() *string {
	if len(s.uploads) > 0 {
		return &s.uploads[0]
	}
	return aws.String("redferry-preflight")
}

func (s *probes) listParts(ctx context.Context) error {
	in := &s3.ListPartsInput{Bucket: &s.key.Bucket, Key: &s.key.Key, UploadId: s.upload()}
	return s.run(ctx, probe{action: actionParts, op: "list parts below", needed: true, past: []string{noSuchUpload}, try: func(ctx context.Context) error {
		_, err := s.client.ListParts(ctx, in, once)
		return err
	}})
}

// listUploads also finds the uploads that were begun without an answer: all that
// there are to the key are ours.
func (s *probes) listUploads(ctx context.Context) error {
	in := &s3.ListMultipartUploadsInput{Bucket: &s.key.Bucket, Prefix: &s.key.Key}
	return s.run(ctx, probe{action: actionUploads, op: "list uploads below", needed: true, try: func(ctx context.Context) error {
		out, err := s.client.ListMultipartUploads(ctx, in, once)
		if err != nil {
			return err
		}
		s.unsure = false
		for _, u := range out.Uploads {
			if id := aws.ToString(u.UploadId); aws.ToString(u.Key) == s.key.Key && !slices.Contains(s.uploads, id) {
				s.uploads = append(s.uploads, id)
			}
		}
		return nil
	}})
}

func (s *probes) abort(ctx context.Context) error {
	id := s.upload()
	err := s.run(ctx, probe{action: actionAbort, op: "abort upload below", needed: true, past: []string{noSuchUpload}, try: func(ctx context.Context) error {
		return s.end(ctx, id)
	}})
	if err == nil && s.allowance(actionAbort) == Allowed && len(s.uploads) > 0 {
		s.uploads = s.uploads[1:]
	}
	return err
}

func (s *probes) end(ctx context.Context, id *string) error {
	_, err := s.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.key.Bucket, Key: &s.key.Key, UploadId: id}, once)
	return err
}

// remove removes what does not exist.
func (s *probes) remove(ctx context.Context) error {
	in := &s3.DeleteObjectInput{Bucket: &s.key.Bucket, Key: &s.key.Key}
	return s.run(ctx, probe{action: actionRemove, op: "delete below", needed: true, try: func(ctx context.Context) error {
		out, err := s.client.DeleteObject(ctx, in, once)
		if err == nil && aws.ToBool(out.DeleteMarker) {
			s.found.Left = append(s.found.Left, Leftover{Side: s.side, URI: s.key, Marker: aws.ToString(out.VersionId)})
		}
		return err
	}})
}

// untried notes that removing is not tried where it is not needed.
func (s *probes) untried(ctx context.Context) error {
	s.note(ctx, probe{action: actionRemove}, Unknown, "not tried: in a bucket with versions that leaves a delete marker")
	return nil
}

// cleanUp aborts the uploads that are open still, also if ctx has ended, because
// nobody else would. What it cannot abort is left.
func (s *probes) cleanUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var failed []error
	for _, id := range s.uploads {
		if s.allowance(actionAbort) != Denied {
			err := s.patience.do(ctx, limited(abortWithin, func(ctx context.Context) error { return s.end(ctx, &id) }), func(error, time.Duration) {})
			r := answer(err)
			if err == nil || r.code == noSuchUpload {
				continue
			}
			if !r.denied() {
				failed = append(failed, s.fail(ctx, "abort upload "+id+" below", actionAbort, err))
			}
		}
		s.found.Left = append(s.found.Left, Leftover{Side: s.side, URI: s.key, UploadID: id})
	}
	if s.unsure {
		s.found.Left = append(s.found.Left, Leftover{Side: s.side, URI: s.key})
	}
	return errors.Join(failed...)
}
