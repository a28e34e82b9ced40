package s3test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func refusalCases() []Case {
	return []Case{
		{"MissingKey", missingKey},
		{"MissingBucket", missingBucket},
		{"WrongSecret", wrongSecret},
		{"UnknownAccessKey", unknownAccessKey},
		{"KeyTooLong", keyTooLong},
		{"MetadataTooLarge", metadataTooLarge},
	}
}

func missingKey(b *bench) {
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("missing")})
	b.refused(err, "NoSuchKey", 404)
	_, err = b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("missing")})
	b.refusedBare(err, 404)
}

func missingBucket(b *bench) {
	missing := aws.String(b.bucket + "-missing")
	_, err := b.client.GetObject(b.Context(), &s3.GetObjectInput{Bucket: missing, Key: b.key("object")})
	b.refused(err, "NoSuchBucket", 404)
	_, err = b.client.HeadBucket(b.Context(), &s3.HeadBucketInput{Bucket: missing})
	b.refusedBare(err, 404)
}

func wrongSecret(b *bench) {
	keys, err := b.client.Options().Credentials.Retrieve(b.Context())
	b.ok(err)
	// A new client: the signer of the old one remembers what it derived from the
	// right secret, and goes by the id of the key.
	o := b.client.Options()
	wrong := s3.New(s3.Options{
		Region: o.Region, BaseEndpoint: o.BaseEndpoint, UsePathStyle: o.UsePathStyle, HTTPClient: o.HTTPClient, Retryer: o.Retryer,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, "not the secret", keys.SessionToken),
	})
	_, err = wrong.GetObject(b.Context(), &s3.GetObjectInput{Bucket: &b.bucket, Key: b.key("object")})
	b.refused(err, "SignatureDoesNotMatch", 403)
}

func unknownAccessKey(b *bench) {
	unknown := func(o *s3.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7UNKNOWN", "secret", "")
	}
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader("x")}, unknown)
	b.refused(err, "InvalidAccessKeyId", 403)
}

func keyTooLong(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key(strings.Repeat("k", 1024)), Body: strings.NewReader("x")})
	b.refused(err, "KeyTooLongError", 400)
}

func metadataTooLarge(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader("x"), Metadata: map[string]string{"large": strings.Repeat("v", 2048)}})
	b.refused(err, "MetadataTooLarge", 400)
}
