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

// TestFingerprint: each thing that goes with an object is in its fingerprint.
func TestFingerprint(t *testing.T) {
	when := time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)
	seen := map[string]string{new(metadata).fingerprint(false): "nothing", new(metadata).fingerprint(true): "no checksums"}
	for name, m := range map[string]metadata{
		"contentType": {contentType: aws.String("x")}, "encoding": {encoding: aws.String("x")}, "disposition": {disposition: aws.String("x")},
		"language": {language: aws.String("x")}, "cacheControl": {cacheControl: aws.String("x")}, "redirect": {redirect: aws.String("x")},
		"expires": {expires: &when}, "user": {user: map[string]string{"k": "v"}}, "class": {class: "x"}, "tags": {tags: aws.String("x")},
		"encryption": {encryption: &Encryption{Algorithm: "x"}},
	} {
		f := m.fingerprint(false)
		if seen[f] != "" || f == "" || f != m.fingerprint(false) {
			t.Errorf("%s has the fingerprint of %s: %q", name, seen[f], f)
		}
		seen[f] = name
	}
	if fields := reflect.TypeFor[metadata]().NumField(); fields != len(seen)-2 {
		t.Errorf("metadata has %d fields, of %d is known that they count", fields, len(seen)-2)
	}
}

// TestExpires: HTTP's three formats of one date. Source: RFC 9110, section 5.6.7.
func TestExpires(t *testing.T) {
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, text := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"} {
		if got := expires(&text); got == nil || !got.Equal(want) {
			t.Errorf("%s is %v", text, got)
		}
	}
	for _, text := range []*string{nil, aws.String("0"), aws.String("never")} {
		if got := expires(text); got != nil {
			t.Errorf("%v is %v", aws.ToString(text), got)
		}
	}
}

// TestStorageClassOfNone: of an object for which S3 says none, it is STANDARD.
func TestStorageClassOfNone(t *testing.T) {
	for class, want := range map[types.StorageClass]types.StorageClass{"": types.StorageClassStandard, types.StorageClassGlacierIr: types.StorageClassGlacierIr} {
		var asked types.StorageClass
		c := Carry{StorageClass: func(class types.StorageClass) types.StorageClass { asked = class; return "X" }}
		var m metadata
		if c.carry(&m, class); asked != want || m.class != "X" {
			t.Errorf("of %q it was asked for %q, and is %q", class, asked, m.class)
		}
	}
}
