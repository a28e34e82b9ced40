package bridge

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A Source is the part of an S3 client that reads; *s3.Client implements it. It
// needs the action s3:GetObject, and s3:ListBucket for a missing object to be
// told from a forbidden one. It must be safe for concurrent use.
type Source interface {
	GetObject(ctx context.Context, in *s3.GetObjectInput, options ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	HeadObject(ctx context.Context, in *s3.HeadObjectInput, options ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
}

// A Destination is the part of an S3 client that writes; *s3.Client implements
// it. It needs the actions s3:PutObject, s3:AbortMultipartUpload and
// s3:ListMultipartUploadParts, and no right to read. It must be safe for
// concurrent use.
//
// A Destination that also has HeadObject is asked, once, whether the object is
// in place after the answer to a completion was lost. If that is forbidden, the
// object is sent again.
type Destination interface {
	PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error)
	CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, options ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
	UploadPart(ctx context.Context, in *s3.UploadPartInput, options ...func(*s3.Options)) (*s3.UploadPartOutput, error)
	ListParts(ctx context.Context, in *s3.ListPartsInput, options ...func(*s3.Options)) (*s3.ListPartsOutput, error)
	CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, options ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
	AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, options ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

var (
	_ Source      = (*s3.Client)(nil)
	_ Destination = (*s3.Client)(nil)
)
