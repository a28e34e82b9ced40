package fakes3_test

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

const (
	kmsKey    = "arn:aws:kms:us-east-1:111111111111:key/11111111-2222-3333-4444-555555555555"
	otherKey  = "arn:aws:kms:us-east-1:111111111111:key/66666666-7777-8888-9999-000000000000"
	keyDenied = "is not authorized to perform: "
)

// keyUser makes a client whose key may do everything with S3, and these actions on keys.
func (w *world) keyUser(t *testing.T, actions ...string) *s3.Client {
	t.Helper()
	return w.client(w.user("key-user", fakeaws.MustParsePolicy(fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","%s"],"Resource":"*"}]}`, strings.Join(actions, `","`)))))
}

func putSealed(t *testing.T, c *s3.Client, key string) (*s3.PutObjectOutput, error) {
	t.Helper()
	return c.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String("k"), Body: strings.NewReader("content"),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &key,
	})
}

func createSealed(t *testing.T, c *s3.Client, key string) (*s3.CreateMultipartUploadOutput, error) {
	t.Helper()
	return c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: aws.String(bucket), Key: aws.String("k"), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &key,
	})
}

// TestKeyRefused: what is to be encrypted with a key that is not there, not enabled, or
// not the caller's to use, is refused in the words of KMS, and nothing of it is stored.
func TestKeyRefused(t *testing.T) {
	for _, tt := range []struct {
		name, key string
		state     fakes3.KeyState
		action    string
		status    int
		code      string
		message   string
	}{
		{"no such key", otherKey, "", "kms:*", 400, "KMS.NotFoundException", "Key '" + otherKey + "' does not exist"},
		{"no such ID", otherKey[len(otherKey)-36:], "", "kms:*", 400, "KMS.NotFoundException", "Key '" + otherKey + "' does not exist"},
		{"no ID", "nonsense", "", "kms:*", 400, "KMS.NotFoundException", "Invalid keyId 'nonsense'"},
		{"no such alias", "alias/none", "", "kms:*", 400, "KMS.NotFoundException", "Alias arn:aws:kms:us-east-1:111111111111:alias/none is not found."},
		{"no ARN", "arn:nonsense", "", "kms:*", 400, "KMS.NotFoundException", "Invalid arn"},
		{"another region", strings.Replace(kmsKey, "us-east-1", "eu-west-1", 1), "", "kms:*", 400, "KMS.NotFoundException", "Invalid arn eu-west-1"},
		{"another account", strings.Replace(kmsKey, "111111111111", "222222222222", 1), "", "kms:*", 403, "AccessDenied", keyDenied + "kms:GenerateDataKey on this resource because the resource does not exist in this Region"},
		{"disabled", kmsKey, fakes3.KeyDisabled, "kms:*", 400, "KMS.DisabledException", kmsKey + " is disabled."},
		{"pending deletion", "alias/data", fakes3.KeyPendingDeletion, "kms:*", 400, "KMS.KMSInvalidStateException", kmsKey + " is pending deletion."},
		{"in another state", kmsKey, "PendingImport", "kms:*", 400, "KMS.KMSInvalidStateException", "PendingImport"},
		{"no right to it", "alias/data", "", "kms:Decrypt", 403, "AccessDenied", keyDenied + "kms:GenerateDataKey on resource: " + kmsKey + " because no identity-based policy allows the kms:GenerateDataKey action"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := startTLS(t, nil)
			noError(t, w.server.SetKey(fakes3.Key{ARN: kmsKey, Alias: "alias/data", State: tt.state}))
			c := w.keyUser(t, tt.action)
			_, put := putSealed(t, c, tt.key)
			_, create := createSealed(t, c, tt.key)
			for _, err := range []error{put, create} {
				refused(t, err, tt.code, tt.status)
				if err != nil && !strings.Contains(err.Error(), tt.message) {
					t.Errorf("got %v, want %q", err, tt.message)
				}
			}
			if len(w.server.Objects(uri("")))+len(w.server.OpenUploads(uri(""))) != 0 {
				t.Error("something is stored")
			}
		})
	}
}

// TestKeyUsed: what is encrypted says so, and its ETag is no MD5.
func TestKeyUsed(t *testing.T) {
	for _, name := range []string{kmsKey, "alias/data", "arn:aws:kms:us-east-1:111111111111:alias/data", kmsKey[len(kmsKey)-36:]} {
		t.Run(name, func(t *testing.T) {
			w := startTLS(t, nil)
			noError(t, w.server.SetKey(fakes3.Key{ARN: kmsKey, Alias: "alias/data"}))
			c := w.keyUser(t, "kms:GenerateDataKey", "kms:Decrypt")
			put, err := putSealed(t, c, name)
			noError(t, err)
			head, err := c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("k")})
			noError(t, err)
			if put.ServerSideEncryption != "aws:kms" || head.ServerSideEncryption != "aws:kms" || *put.SSEKMSKeyId != kmsKey || *head.SSEKMSKeyId != kmsKey {
				t.Errorf("the answers are %+v and %+v", put, head)
			}
			if *head.ETag == fmt.Sprintf(`"%x"`, md5.Sum([]byte("content"))) || *put.ETag != *head.ETag {
				t.Errorf("the ETags are %s and %s", *put.ETag, *head.ETag)
			}
			if o, _ := w.server.Object(uri("k")); o.Key != kmsKey {
				t.Errorf("it is encrypted with %q", o.Key)
			}
		})
	}
}

// TestKeyDecrypt: a writer who may not decrypt can put objects and begin uploads, and
// nothing more.
func TestKeyDecrypt(t *testing.T) {
	w := startTLS(t, nil)
	noError(t, w.server.SetKey(fakes3.Key{ARN: kmsKey}))
	c := w.keyUser(t, "kms:GenerateDataKey")
	_, err := putSealed(t, c, kmsKey)
	noError(t, err)
	created, err := createSealed(t, c, kmsKey)
	noError(t, err)
	b, k, checked := aws.String(bucket), aws.String("k"), types.ChecksumModeEnabled
	for name, use := range map[string]func(*s3.Client) error{
		"UploadPart": func(c *s3.Client) error {
			_, err := c.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: b, Key: k, UploadId: created.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x"), ChecksumAlgorithm: "CRC64NVME"})
			return err
		},
		"UploadPartCopy": func(c *s3.Client) error {
			_, err := c.UploadPartCopy(t.Context(), &s3.UploadPartCopyInput{Bucket: b, Key: k, UploadId: created.UploadId, PartNumber: aws.Int32(1), CopySource: aws.String(bucket + "/k")})
			return err
		},
		"ListParts": func(c *s3.Client) error {
			_, err := c.ListParts(t.Context(), &s3.ListPartsInput{Bucket: b, Key: k, UploadId: created.UploadId})
			return err
		},
		"CompleteMultipartUpload": func(c *s3.Client) error {
			_, err := c.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: b, Key: k, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{
				Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String("e")}},
			}})
			return err
		},
		"GetObject": func(c *s3.Client) error {
			_, err := c.GetObject(t.Context(), &s3.GetObjectInput{Bucket: b, Key: k})
			return err
		},
		"GetObjectAttributes": func(c *s3.Client) error {
			_, err := c.GetObjectAttributes(t.Context(), &s3.GetObjectAttributesInput{Bucket: b, Key: k, ObjectAttributes: []types.ObjectAttributes{"Checksum"}})
			return err
		},
		"CopyObject": func(c *s3.Client) error {
			_, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: b, Key: aws.String("k2"), CopySource: aws.String(bucket + "/k")})
			return err
		},
	} {
		err := use(c)
		refused(t, err, "AccessDenied", 403)
		if want := keyDenied + "kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action"; err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	_, err = c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: b, Key: k})
	noError(t, err)
	_, err = c.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: b, Key: k, ChecksumMode: checked})
	refused(t, err, "Forbidden", 403)
	_, err = c.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: b, Key: k, UploadId: created.UploadId})
	noError(t, err)
}

// TestBucketKey: the default encryption of a bucket asks for the same rights.
func TestBucketKey(t *testing.T) {
	w := startTLS(t, nil)
	noError(t, w.server.SetKey(fakes3.Key{ARN: kmsKey}))
	noError(t, w.server.SetBucketKey(bucket, kmsKey))
	plain := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k")}
	_, err := w.keyUser(t, "kms:Decrypt").PutObject(t.Context(), plain)
	refused(t, err, "AccessDenied", 403)
	put, err := w.client(w.admin).PutObject(t.Context(), plain)
	noError(t, err)
	if aws.ToString(put.SSEKMSKeyId) != kmsKey {
		t.Errorf("the answer is %+v", put)
	}
	plain.ServerSideEncryption = types.ServerSideEncryptionAes256
	put, err = w.client(w.admin).PutObject(t.Context(), plain)
	noError(t, err)
	if put.ServerSideEncryption != types.ServerSideEncryptionAes256 {
		t.Errorf("the answer is %+v", put)
	}
	noError(t, w.server.SetBucketKey(bucket, "nonsense"))
	_, err = putSealed(t, w.client(w.admin), "")
	refused(t, err, "KMS.NotFoundException", 400)
}

// TestEncryptionRefused: headers that do not fit together, or the request.
func TestEncryptionRefused(t *testing.T) {
	w, insecure := startTLS(t, nil), start(t, nil)
	noError(t, insecure.server.SetKey(fakes3.Key{ARN: kmsKey}))
	_, err := putSealed(t, insecure.client(insecure.admin), kmsKey)
	refused(t, err, "InvalidArgument", 400)
	put := func(change func(*s3.PutObjectInput)) error {
		in := &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("k")}
		change(in)
		_, err := w.client(w.admin).PutObject(t.Context(), in)
		return err
	}
	refused(t, put(func(in *s3.PutObjectInput) { in.SSEKMSKeyId = aws.String(kmsKey) }), "InvalidArgument", 400)
	refused(t, put(func(in *s3.PutObjectInput) { in.ServerSideEncryption = "rot13" }), "InvalidArgument", 400)
	refused(t, put(func(in *s3.PutObjectInput) { in.ServerSideEncryption = "aws:kms:dsse" }), "NotImplemented", 501)
	for _, key := range []fakes3.Key{{ARN: "nonsense"}, {ARN: strings.Replace(kmsKey, "us-east-1", "eu-west-1", 1)}, {ARN: kmsKey, Alias: "data"}} {
		if err := w.server.SetKey(key); err == nil {
			t.Errorf("%+v is a key", key)
		}
	}
	if err := w.server.SetBucketKey("nowhere", kmsKey); err == nil {
		t.Error("a bucket that is not there has a key")
	}
}
