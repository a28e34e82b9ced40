package bridge

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// readTags asks for the tags of an object, or of one that does not exist, if a copy
// would.
func (s *probes) readTags(ctx context.Context) error {
	if s.carry.Tags == DropTags {
		return nil
	}
	client, ok := s.client.(tagging)
	if !ok {
		return s.fail(ctx, opTags, actionTags, errNoTags)
	}
	key, there := s.subject()
	in := &s3.GetObjectTaggingInput{Bucket: &s.key.Bucket, Key: key}
	return s.run(ctx, probe{
		action: actionTags, op: opTags, needed: true, blind: !there, past: []string{"NoSuchKey"},
		try: func(ctx context.Context) error {
			_, err := client.GetObjectTagging(ctx, in, once)
			return err
		},
	})
}

// beginTagged begins another upload, whose object is to have a tag, if a copy would:
// the same request without one may be allowed where this is not. Source: S3 API
// reference, PutObject, "Permissions"; that CreateMultipartUpload asks for the same
// is not said there. versitygw does, and of a live S3 it is not proven.
func (s *probes) beginTagged(ctx context.Context) error {
	if s.carry.Tags != KeepTags {
		return nil
	}
	p := probe{action: actionTagging, op: opCreate, needed: true}
	if s.allowance(actionWrite) != Allowed {
		s.note(ctx, p, Unknown, "not tried: it takes "+actionWrite)
		return nil
	}
	return s.create(ctx, p, &metadata{encryption: s.carry.Encryption, tags: aws.String("redferry=preflight")})
}
