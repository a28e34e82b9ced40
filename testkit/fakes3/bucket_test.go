package fakes3_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/testkit/fakes3"
)

func createBucket(t *testing.T, c *s3.Client, name, location string) error {
	in := &s3.CreateBucketInput{Bucket: &name}
	if location != "" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(location)}
	}
	_, err := c.CreateBucket(t.Context(), in)
	return err
}

func TestBuckets(t *testing.T) {
	w := start(t, nil)
	c := w.client(w.admin)
	noError(t, createBucket(t, c, "bucket-b", ""))
	noError(t, createBucket(t, c, "bucket-b", "")) // again is no error in us-east-1
	out, err := c.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	noError(t, err)
	if len(out.Buckets) != 2 || aws.ToString(out.Buckets[1].Name) != "bucket-b" {
		t.Errorf("got buckets %v", out.Buckets)
	}
	_, err = c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("bucket-b"), Key: aws.String("key")})
	noError(t, err)
	_, err = c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("bucket-b")})
	refused(t, err, "BucketNotEmpty", 409)
	_, err = c.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bucket-b"), Key: aws.String("key")})
	noError(t, err)
	_, err = c.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("bucket-b")})
	noError(t, err)
	_, err = c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket-b")})
	refused(t, err, "NoSuchBucket", 404)
}

func TestBucketNameOfAnotherAccountIsTaken(t *testing.T) {
	w := start(t, nil)
	other, err := w.cloud.Account("222222222222")
	noError(t, err)
	refused(t, createBucket(t, w.client(newUser(t, other, "admin", everything())), bucket, ""), "BucketAlreadyExists", 409)
}

func TestBucketNames(t *testing.T) {
	w := start(t, nil)
	for _, name := range []string{"ab", "-abc", "a..b", "192.168.1.1", strings.Repeat("a", 64)} {
		if err := w.server.CreateBucket(w.account, name); err == nil {
			t.Errorf("%q was created", name)
		}
	}
}

func TestLocationConstraint(t *testing.T) {
	tests := []struct{ region, location, code string }{
		{"us-east-1", "", ""},
		{"us-east-1", "eu-west-1", "IllegalLocationConstraintException"},
		{"us-east-1", "us-east-1", "InvalidLocationConstraint"},
		{"eu-west-1", "eu-west-1", ""},
		{"eu-west-1", "", "IllegalLocationConstraintException"},
	}
	for _, test := range tests {
		t.Run(test.region+" "+test.location, func(t *testing.T) {
			w := start(t, &fakes3.Options{Region: test.region})
			c := w.client(w.admin, func(o *s3.Options) { o.Region = test.region })
			err := createBucket(t, c, "bucket-new", test.location)
			if test.code != "" {
				refused(t, err, test.code, 400)
				return
			}
			noError(t, err)
			out, err := c.GetBucketLocation(t.Context(), &s3.GetBucketLocationInput{Bucket: aws.String("bucket-new")})
			noError(t, err)
			if string(out.LocationConstraint) != test.location {
				t.Errorf("got location %q, want %q", out.LocationConstraint, test.location)
			}
		})
	}
}

func TestWrongRegionOfTheSignature(t *testing.T) {
	w := start(t, nil)
	c := w.client(w.admin, func(o *s3.Options) { o.Region = "eu-west-1" })
	_, err := c.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	refused(t, err, "AuthorizationHeaderMalformed", 400)
	if !strings.Contains(err.Error(), "the region 'eu-west-1' is wrong; expecting 'us-east-1'") {
		t.Errorf("the message does not tell the right region: %v", err)
	}
}

func TestBucketInAnotherRegion(t *testing.T) {
	w := start(t, nil)
	elsewhere := fakes3.New(w.cloud, &fakes3.Options{Region: "eu-west-1"})
	noError(t, elsewhere.CreateBucket(w.account, "bucket-eu"))
	_, err := w.client(w.admin).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket-eu")})
	refused(t, err, "PermanentRedirect", 301)
}

// HeadBucket is how clients find a bucket's region.
func TestHeadBucketTellsTheRegion(t *testing.T) {
	w := start(t, nil)
	out, err := w.client(w.admin).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(bucket)})
	noError(t, err)
	if got := aws.ToString(out.BucketRegion); got != "us-east-1" {
		t.Errorf("got region %q", got)
	}
}

func TestVirtualHostedAddress(t *testing.T) {
	w := startTLS(t, nil)
	c := w.client(w.admin, func(o *s3.Options) {
		o.UsePathStyle = false
		o.BaseEndpoint = aws.String(strings.Replace(w.endpoint, "127.0.0.1", "localhost", 1))
		transport := w.transport.Clone()
		transport.DialContext = dialTo(w.endpoint)
		t.Cleanup(transport.CloseIdleConnections)
		o.HTTPClient = &http.Client{Transport: transport}
	})
	_, err := c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("a/key"), Body: strings.NewReader("x")})
	noError(t, err)
	if _, ok := w.server.Object(uri("a/key")); !ok {
		t.Error("there is no object")
	}
}

func TestUnknownSubresourceIsNotImplemented(t *testing.T) {
	w := start(t, nil)
	c := w.client(w.admin)
	_, err := c.GetBucketAcl(t.Context(), &s3.GetBucketAclInput{Bucket: aws.String(bucket)})
	refused(t, err, "NotImplemented", 501)
	_, err = c.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String(bucket)})
	refused(t, err, "NotImplemented", 501)
	_, err = c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), ServerSideEncryption: types.ServerSideEncryptionAwsKms})
	refused(t, err, "NotImplemented", 501)
	_, err = c.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("key"), ACL: types.ObjectCannedACLPublicRead})
	refused(t, err, "AccessControlListNotSupported", 400)
}

func TestAnonymousIsRefused(t *testing.T) {
	w := start(t, nil)
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/"+bucket+"/key", nil))
	if recorder.Code != http.StatusForbidden || !strings.Contains(recorder.Body.String(), "<Code>AccessDenied</Code>") {
		t.Errorf("got status %d, %s", recorder.Code, recorder.Body)
	}
}
