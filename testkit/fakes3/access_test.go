package fakes3_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// allow is a policy that allows actions on the bucket and its keys.
func allow(actions ...string) fakeaws.Policy {
	return fakeaws.MustParsePolicy(fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],"Resource":["arn:aws:s3:::bucket-a","arn:aws:s3:::bucket-a/*"]}]}`,
		strings.Join(actions, `","`)))
}

// A use is an operation with the actions that it needs.
type use struct {
	name    string
	actions []string
	call    func(ctx context.Context, c *s3.Client) error
}

func uses(upload *string) []use {
	b, key, one := aws.String(bucket), aws.String("key"), aws.Int32(1)
	source := aws.String(bucket + "/key")
	return []use{
		{"HeadBucket", []string{"s3:ListBucket"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: b})
			return err
		}},
		{"GetBucketLocation", []string{"s3:GetBucketLocation"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: b})
			return err
		}},
		{"ListObjectsV2", []string{"s3:ListBucket"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: b})
			return err
		}},
		{"ListMultipartUploads", []string{"s3:ListBucketMultipartUploads"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: b})
			return err
		}},
		{"GetObject", []string{"s3:GetObject"}, func(ctx context.Context, c *s3.Client) error {
			out, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: b, Key: key})
			if err == nil {
				_, err = readAll(out)
			}
			return err
		}},
		{"HeadObject", []string{"s3:GetObject"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: b, Key: key})
			return err
		}},
		{"GetObjectAttributes", []string{"s3:GetObject", "s3:GetObjectAttributes"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.GetObjectAttributes(ctx, &s3.GetObjectAttributesInput{Bucket: b, Key: key, ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesEtag}})
			return err
		}},
		{"PutObject", []string{"s3:PutObject"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: key})
			return err
		}},
		{"PutObject with tags", []string{"s3:PutObject", "s3:PutObjectTagging"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: key, Tagging: aws.String("a=b")})
			return err
		}},
		{"PutObject if the ETag matches", []string{"s3:PutObject", "s3:GetObject"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: b, Key: key, IfMatch: aws.String("*")})
			return err
		}},
		{"CopyObject", []string{"s3:GetObject", "s3:PutObject", "s3:GetObjectTagging", "s3:PutObjectTagging"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: b, Key: aws.String("copy"), CopySource: source})
			return err
		}},
		{"GetObjectTagging", []string{"s3:GetObjectTagging"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: b, Key: key})
			return err
		}},
		{"CreateMultipartUpload", []string{"s3:PutObject"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: b, Key: key})
			return err
		}},
		{"UploadPart", []string{"s3:PutObject"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.UploadPart(ctx, &s3.UploadPartInput{Bucket: b, Key: key, UploadId: upload, PartNumber: one})
			return err
		}},
		{"ListParts", []string{"s3:ListMultipartUploadParts"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.ListParts(ctx, &s3.ListPartsInput{Bucket: b, Key: key, UploadId: upload})
			return err
		}},
		{"CompleteMultipartUpload", []string{"s3:PutObject"}, func(ctx context.Context, c *s3.Client) error {
			parts := []types.CompletedPart{{PartNumber: one, ETag: aws.String("d41d8cd98f00b204e9800998ecf8427e")}}
			_, err := c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: b, Key: key, UploadId: upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
			return err
		}},
		{"AbortMultipartUpload", []string{"s3:AbortMultipartUpload"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: b, Key: key, UploadId: upload})
			return err
		}},
		{"DeleteObject", []string{"s3:DeleteObject"}, func(ctx context.Context, c *s3.Client) error {
			_, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: b, Key: key})
			return err
		}},
	}
}

// upload opens an upload of the key with one empty part.
func (w *world) upload(key string) *string {
	w.t.Helper()
	c := w.client(w.admin)
	out, err := c.CreateMultipartUpload(w.t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String(bucket), Key: &key}, bare)
	noError(w.t, err)
	_, err = c.UploadPart(w.t.Context(), &s3.UploadPartInput{Bucket: aws.String(bucket), Key: &key, UploadId: out.UploadId, PartNumber: aws.Int32(1)}, bare)
	noError(w.t, err)
	return out.UploadId
}

func bare(o *s3.Options) { o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired }

func forbidden(err error) bool { return err != nil && strings.Contains(err.Error(), "StatusCode: 403") }

func TestEachOperationNeedsExactlyItsActions(t *testing.T) {
	for i, u := range uses(nil) {
		t.Run(u.name, func(t *testing.T) {
			w := start(t, nil)
			_, err := w.server.Put(uri("key"), strings.NewReader("x"), &fakes3.PutOptions{Tags: map[string]string{"a": "b"}})
			noError(t, err)
			call := uses(w.upload("key"))[i].call
			for n, without := range u.actions {
				others := append(slices.DeleteFunc(slices.Clone(u.actions), func(a string) bool { return a == without }), "s3:Nothing")
				keys := w.user(fmt.Sprintf("lacking-%d", n), allow(others...))
				if err := call(t.Context(), w.client(keys, bare)); !forbidden(err) {
					t.Errorf("without %s: got %v, want status 403", without, err)
				}
			}
			if err := call(t.Context(), w.client(w.user("exact", allow(u.actions...)), bare)); err != nil {
				t.Errorf("with %s: %v", u.actions, err)
			}
		})
	}
}

func TestMissingKeyIsForbiddenWithoutListBucket(t *testing.T) {
	w := start(t, nil)
	get := &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("missing")}
	_, err := w.client(w.user("reader", allow("s3:GetObject"))).GetObject(t.Context(), get)
	refused(t, err, "AccessDenied", 403)
	_, err = w.client(w.user("lister", allow("s3:GetObject", "s3:ListBucket"))).GetObject(t.Context(), get)
	refused(t, err, "NoSuchKey", 404)
}

func TestListBucketIsLimitedByPrefix(t *testing.T) {
	w := start(t, nil)
	keys := w.user("lister", fakeaws.MustParsePolicy(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bucket-a","Condition":{"StringLike":{"s3:prefix":"run-1/*"}}}]}`))
	list := func(prefix *string) error {
		_, err := w.client(keys).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: prefix})
		return err
	}
	noError(t, list(aws.String("run-1/a")))
	refused(t, list(aws.String("run-2/")), "AccessDenied", 403)
	refused(t, list(nil), "AccessDenied", 403)
}

func TestDeleteObjectsIsAllowedKeyByKey(t *testing.T) {
	w := start(t, nil)
	keys := w.user("cleaner", fakeaws.MustParsePolicy(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::bucket-a/mine/*"}]}`))
	out, err := w.client(keys).DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String(bucket), Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: aws.String("mine/a")}, {Key: aws.String("yours/a")}},
	}})
	noError(t, err)
	if len(out.Deleted) != 1 || len(out.Errors) != 1 || aws.ToString(out.Errors[0].Code) != "AccessDenied" {
		t.Errorf("got %d deleted and errors %v, want one of each", len(out.Deleted), out.Errors)
	}
}

// Nobody crosses the border on one side's permission alone.
func TestOtherAccountNeedsBothPolicies(t *testing.T) {
	w := start(t, nil)
	_, err := w.server.Put(uri("key"), strings.NewReader("x"), nil)
	noError(t, err)
	other, err := w.cloud.Account("222222222222")
	noError(t, err)
	stranger := newUser(t, other, "stranger", everything())
	powerless := newUser(t, other, "powerless")
	get := func(client *s3.Client) error {
		_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
		return err
	}
	if err := get(w.client(stranger)); !forbidden(err) {
		t.Errorf("without a bucket policy: got %v, want status 403", err)
	}
	noError(t, w.server.SetBucketPolicy(bucket, fakeaws.MustParsePolicy(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket-a/*"}]}`)))
	noError(t, get(w.client(stranger)))
	if err := get(w.client(powerless)); !forbidden(err) {
		t.Errorf("without an identity policy: got %v, want status 403", err)
	}
}

const onlyTLS = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::bucket-a","arn:aws:s3:::bucket-a/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

func TestBucketPolicyDeniesPlainHTTP(t *testing.T) {
	for name, test := range map[string]struct {
		start func(testing.TB, *fakes3.Options) *world
		want  bool
	}{"plain": {start, true}, "TLS": {startTLS, false}} {
		t.Run(name, func(t *testing.T) {
			w := test.start(t, nil)
			noError(t, w.server.SetBucketPolicy(bucket, fakeaws.MustParsePolicy(onlyTLS)))
			_, err := w.client(w.admin).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(bucket)})
			if got := forbidden(err); got != test.want {
				t.Errorf("refused: got %t (%v), want %t", got, err, test.want)
			}
		})
	}
}

// The example of the S3 User Guide, "Enforce conditional writes on Amazon S3
// buckets".
func TestBucketPolicyEnforcesConditionalWrites(t *testing.T) {
	w := start(t, nil)
	noError(t, w.server.SetBucketPolicy(bucket, fakeaws.MustParsePolicy(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket-a/*","Condition":{"Null":{"s3:if-none-match":"true"},"Bool":{"s3:ObjectCreationOperation":"true"}}}]}`)))
	c := w.client(w.admin)
	_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key")})
	refused(t, err, "AccessDenied", 403)
	_, err = c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), IfNoneMatch: aws.String("*")})
	noError(t, err)
	w.upload("another") // neither creation nor parts are writes of an object
}

func TestBucketPolicyOverHTTP(t *testing.T) {
	w := start(t, nil)
	c := w.client(w.admin)
	get := func() (*s3.GetBucketPolicyOutput, error) {
		return c.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: aws.String(bucket)})
	}
	_, err := get()
	refused(t, err, "NoSuchBucketPolicy", 404)
	_, err = c.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(`{"Version":`)})
	refused(t, err, "MalformedPolicy", 400)
	_, err = c.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(strings.ReplaceAll(onlyTLS, "bucket-a", "bucket-b"))})
	refused(t, err, "MalformedPolicy", 400)
	_, err = c.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(strings.Replace(onlyTLS, "false", "true", 1))})
	noError(t, err)
	out, err := get()
	noError(t, err)
	if !strings.Contains(aws.ToString(out.Policy), "aws:SecureTransport") {
		t.Errorf("got policy %s", aws.ToString(out.Policy))
	}
	_, err = c.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String(bucket)})
	noError(t, err)
	_, err = get()
	refused(t, err, "NoSuchBucketPolicy", 404)
}

func TestExpectedBucketOwner(t *testing.T) {
	w := start(t, nil)
	c := w.client(w.admin)
	for owner, want := range map[string]bool{"111111111111": false, "222222222222": true} {
		_, err := c.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(bucket), ExpectedBucketOwner: &owner})
		if got := forbidden(err); got != want {
			t.Errorf("owner %s refused: got %t (%v), want %t", owner, got, err, want)
		}
	}
}
