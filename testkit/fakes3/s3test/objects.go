package s3test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

func objectCases() []Case {
	return []Case{
		{"ETagOfPutIsMD5", etagOfPut},
		{"EmptyObject", emptyObject},
		{"MetadataComesBack", metadataComesBack},
		{"KeysOfAnyCharacters", keysOfAnyCharacters},
		{"DeleteOfMissingKeySucceeds", deleteMissing},
		{"DeleteObjects", deleteObjects},
		{"Tags", tags},
	}
}

func etagOfPut(b *bench) {
	body := content(100_000)
	sum := md5.Sum(body)
	equal(b, "ETag", b.put("object", body), `"`+hex.EncodeToString(sum[:])+`"`)
	got, _ := b.get(&s3.GetObjectInput{Key: b.key("object")})
	if !bytes.Equal(got, body) {
		b.Errorf("got %d bytes that differ from the %d that were put", len(got), len(body))
	}
}

func emptyObject(b *bench) {
	b.put("empty", nil)
	got, out := b.get(&s3.GetObjectInput{Key: b.key("empty")})
	equal(b, "bytes", len(got), 0)
	equal(b, "Content-Length", aws.ToInt64(out.ContentLength), 0)
}

func metadataComesBack(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{
		Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader("x"),
		ContentType: aws.String("text/csv"), ContentEncoding: aws.String("gzip"), CacheControl: aws.String("no-store"),
		ContentDisposition: aws.String("attachment"), ContentLanguage: aws.String("de"),
		Metadata: map[string]string{"origin": "account A", "run": "17"},
	})
	b.ok(err)
	out, err := b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object")})
	b.ok(err)
	equal(b, "Content-Type", aws.ToString(out.ContentType), "text/csv")
	equal(b, "Content-Encoding", aws.ToString(out.ContentEncoding), "gzip")
	equal(b, "Cache-Control", aws.ToString(out.CacheControl), "no-store")
	equal(b, "Content-Disposition", aws.ToString(out.ContentDisposition), "attachment")
	equal(b, "Content-Language", aws.ToString(out.ContentLanguage), "de")
	if diff := cmp.Diff(map[string]string{"origin": "account A", "run": "17"}, out.Metadata); diff != "" {
		b.Errorf("metadata (-want +got):\n%s", diff)
	}
}

func keysOfAnyCharacters(b *bench) {
	names := []string{"with space", "plus+plus", "a%2Fb", "äöü/日本", "quote'\"&<>", "a?b=c&d", "semi;colon", "~tilde*(star)!", "x=1/y=2/0000_part_00"}
	for _, name := range names {
		b.put(name, []byte(name))
	}
	for _, name := range names {
		if got, _ := b.get(&s3.GetObjectInput{Key: b.key(name)}); string(got) != name {
			b.Errorf("%q: got content %q", name, got)
		}
	}
	out, err := b.client.ListObjectsV2(b.Context(), &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: &b.prefix})
	b.ok(err)
	equal(b, "keys listed", len(out.Contents), len(names))
}

func deleteMissing(b *bench) {
	_, err := b.client.DeleteObject(b.Context(), &s3.DeleteObjectInput{Bucket: &b.bucket, Key: b.key("missing")})
	b.ok(err)
}

func deleteObjects(b *bench) {
	b.put("a", nil)
	b.put("b", nil)
	out, err := b.client.DeleteObjects(b.Context(), &s3.DeleteObjectsInput{Bucket: &b.bucket, Delete: &types.Delete{
		Objects: []types.ObjectIdentifier{{Key: b.key("a")}, {Key: b.key("b")}, {Key: b.key("missing")}},
	}})
	b.ok(err)
	equal(b, "deleted", len(out.Deleted), 3)
	equal(b, "errors", len(out.Errors), 0)
	_, err = b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("a")})
	b.refusedBare(err, 404)
}

func tags(b *bench) {
	_, err := b.client.PutObject(b.Context(), &s3.PutObjectInput{Bucket: &b.bucket, Key: b.key("object"), Body: strings.NewReader("x"), Tagging: aws.String("team=data&stage=raw")})
	b.ok(err)
	head, err := b.client.HeadObject(b.Context(), &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key("object")})
	b.ok(err)
	equal(b, "tag count", aws.ToInt32(head.TagCount), 2)
	_, err = b.client.PutObjectTagging(b.Context(), &s3.PutObjectTaggingInput{Bucket: &b.bucket, Key: b.key("object"), Tagging: &types.Tagging{
		TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops @ more")}},
	}})
	b.ok(err)
	out, err := b.client.GetObjectTagging(b.Context(), &s3.GetObjectTaggingInput{Bucket: &b.bucket, Key: b.key("object")})
	b.ok(err)
	equal(b, "tags", len(out.TagSet), 1)
	if len(out.TagSet) == 1 {
		equal(b, "tag", aws.ToString(out.TagSet[0].Value), "ops @ more")
	}
}
