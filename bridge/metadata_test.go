package bridge

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// TestMetadataReachesTheTarget sets each field that a copy carries over, and
// looks for it in both requests that can create an object.
func TestMetadataReachesTheTarget(t *testing.T) {
	expires := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	fields := map[string]any{
		"ContentType": aws.String("application/parquet"), "ContentEncoding": aws.String("gzip"),
		"ContentDisposition": aws.String("attachment"), "ContentLanguage": aws.String("de"),
		"CacheControl": aws.String("no-store"), "WebsiteRedirectLocation": aws.String("/elsewhere"),
		"Metadata": map[string]string{"k": "v"},
	}
	var head s3.HeadObjectOutput
	var get s3.GetObjectOutput
	for name, value := range fields {
		reflect.ValueOf(&head).Elem().FieldByName(name).Set(reflect.ValueOf(value))
		reflect.ValueOf(&get).Elem().FieldByName(name).Set(reflect.ValueOf(value))
	}
	head.ExpiresString = aws.String(expires.Format(time.RFC1123))
	get.ExpiresString = head.ExpiresString
	fields["Expires"] = &expires
	fields["StorageClass"], fields["Tagging"] = types.StorageClassStandardIa, aws.String("a=b")
	fields["ServerSideEncryption"], fields["SSEKMSKeyId"], fields["BucketKeyEnabled"] = types.ServerSideEncryptionAwsKms, aws.String("alias/k"), aws.Bool(true)

	for from, m := range map[string]metadata{"HEAD": metadataOfHead(&head), "GET": metadataOfGet(&get)} {
		m.class, m.tags = types.StorageClassStandardIa, aws.String("a=b")
		m.encryption = &Encryption{Algorithm: types.ServerSideEncryptionAwsKms, KeyID: "alias/k", BucketKey: true}
		var put s3.PutObjectInput
		var create s3.CreateMultipartUploadInput
		m.put(&put)
		m.create(&create)
		for to, in := range map[string]any{"PutObject": put, "CreateMultipartUpload": create} {
			for name, want := range fields {
				got := reflect.ValueOf(in).FieldByName(name).Interface()
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s from %s to %s differs (-want +got):\n%s", name, from, to, diff)
				}
			}
		}
	}
}

func TestContentEncoding(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "gzip": "gzip", "aws-chunked": "", "AWS-Chunked": "",
		"aws-chunked,gzip": "gzip", "gzip, aws-chunked": "gzip", "br , gzip": "br, gzip",
	} {
		if got := contentEncoding(&in); aws.ToString(got) != want || (got == nil) != (want == "") {
			t.Errorf("contentEncoding(%q) = %q, want %q", in, aws.ToString(got), want)
		}
	}
	if contentEncoding(nil) != nil {
		t.Error("an encoding was made up")
	}
}
