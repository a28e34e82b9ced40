package stage

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A store reaches S3 with the rights of one role, in one region.
type store struct {
	client *s3.Client
	region string // empty: the client's own
}

// open asks for the client of a statement's role. A chain of roles and the
// session's own identity need what only AWS has.
func open(ctx context.Context, storage fakeredshift.Storage, roles []string, region string) (*store, error) {
	if len(roles) != 1 || roles[0] == "SESSION" {
		return nil, &fakeredshift.Error{SQLState: "0A000", Message: "IAM_ROLE takes one role here: role chains and 'SESSION' are not served"}
	}
	client, err := storage.Client(ctx, roles[0])
	if err != nil {
		return nil, roleRefusal(ctx, err, roles[0])
	}
	return &store{client: client, region: region}, nil
}

// roleRefusal passes on what the warehouse says to a role.
func roleRefusal(ctx context.Context, err error, role string) error {
	return refusal(ctx, err, "Role: "+role)
}

// options sends requests to the region of the statement.
func (s *store) options(o *s3.Options) {
	if s.region != "" {
		o.Region = s.region
	}
}

// isEmpty reports whether no key begins with prefix.
func (s *store) isEmpty(ctx context.Context, prefix redferry.URI) (bool, error) {
	out, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: &prefix.Bucket, Prefix: &prefix.Key, MaxKeys: aws.Int32(1),
	}, s.options)
	if err != nil {
		return false, refusal(ctx, err, listing(prefix))
	}
	return len(out.Contents) == 0, nil
}

// list calls visit for each page of the keys that begin with prefix.
func (s *store) list(ctx context.Context, prefix redferry.URI, visit func([]types.Object) error) error {
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &prefix.Bucket, Prefix: &prefix.Key})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, s.options)
		if err != nil {
			return refusal(ctx, err, listing(prefix))
		}
		if err := visit(page.Contents); err != nil {
			return err
		}
	}
	return nil
}

// clean deletes every key that begins with prefix.
func (s *store) clean(ctx context.Context, prefix redferry.URI) error {
	return s.list(ctx, prefix, func(objects []types.Object) error {
		if len(objects) == 0 {
			return nil
		}
		ids := make([]types.ObjectIdentifier, len(objects))
		for i, o := range objects {
			ids[i].Key = o.Key
		}
		out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &prefix.Bucket, Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(true)},
		}, s.options)
		if err != nil {
			return refusal(ctx, err, "Deleting "+prefix.String())
		}
		if len(out.Errors) > 0 {
			first := out.Errors[0]
			return Failure(codeS3, fmt.Sprintf("S3ServiceException:%s,Status 403,Error %s,Rid ,CanRetry 1",
				aws.ToString(first.Message), aws.ToString(first.Code)), "Deleting "+aws.ToString(first.Key))
		}
		return nil
	})
}

func listing(prefix redferry.URI) string {
	return fmt.Sprintf("Listing bucket=%s prefix=%s", prefix.Bucket, prefix.Key)
}
