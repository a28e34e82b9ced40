package bridge_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// An unsealing target answers something else about encryption than it does.
type unsealing struct {
	*s3.Client
	change func(*s3.CreateMultipartUploadOutput, *s3.PutObjectOutput)
}

func (u *unsealing) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, options ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	out, err := u.Client.CreateMultipartUpload(ctx, in, options...)
	if err == nil {
		u.change(out, new(s3.PutObjectOutput))
	}
	return out, err
}

func (u *unsealing) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	out, err := u.Client.PutObject(ctx, in, options...)
	if err == nil {
		u.change(new(s3.CreateMultipartUploadOutput), out)
	}
	return out, err
}
