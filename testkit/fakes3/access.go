package fakes3

import (
	"net"
	"strconv"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// allowBucket checks an action on the bucket of the request.
func (c *call) allowBucket(action string) error {
	return c.allow(action, bucketARN(c.bucket.Name), c.bucket, nil)
}

// allowKey checks an action on a key of the bucket of the request. The context
// is added to the one that all requests have.
func (c *call) allowKey(action, key string, context map[string][]string) error {
	return c.allow(action, objectARN(c.bucket.Name, key), c.bucket, context)
}

func (c *call) allow(action, resource string, bucket store.Bucket, context map[string][]string) error {
	all := c.context()
	for key, values := range context {
		all[key] = values
	}
	return c.server.cloud.Authorize(fakeaws.Access{
		Identity:       c.signature.Identity,
		Action:         action,
		Resource:       resource,
		Owner:          bucket.Owner,
		ResourcePolicy: c.server.bucketPolicy(bucket.Name),
		Context:        all,
	})
}

// context returns the condition keys of the request.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
func (c *call) context() map[string][]string {
	context := map[string][]string{
		"aws:SecureTransport": {strconv.FormatBool(c.r.TLS != nil)},
		"s3:signatureversion": {"AWS4-HMAC-SHA256"},
		"s3:authType":         {"REST-HEADER"},
	}
	if c.query.Has("X-Amz-Signature") {
		context["s3:authType"] = []string{"REST-QUERY-STRING"}
	}
	if host, _, err := net.SplitHostPort(c.r.RemoteAddr); err == nil {
		context["aws:SourceIp"] = []string{host}
	}
	for _, parameter := range []string{"prefix", "delimiter", "max-keys"} {
		if c.query.Has(parameter) {
			context["s3:"+parameter] = []string{c.query.Get(parameter)}
		}
	}
	for key, header := range map[string]string{
		"s3:if-match":                                    "If-Match",
		"s3:if-none-match":                               "If-None-Match",
		"s3:x-amz-acl":                                   "X-Amz-Acl",
		"s3:x-amz-content-sha256":                        "X-Amz-Content-Sha256",
		"s3:x-amz-copy-source":                           "X-Amz-Copy-Source",
		"s3:x-amz-metadata-directive":                    "X-Amz-Metadata-Directive",
		"s3:x-amz-server-side-encryption":                "X-Amz-Server-Side-Encryption",
		"s3:x-amz-storage-class":                         "X-Amz-Storage-Class",
		"s3:x-amz-server-side-encryption-aws-kms-key-id": "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
	} {
		if value := c.r.Header.Get(header); value != "" {
			context[key] = []string{value}
		}
	}
	return context
}

// creates is the context of the requests that write a key: whether they make the
// object appear, as a condition on conditional writes wants to know.
func creates(object bool, tags []store.Tag) map[string][]string {
	context := map[string][]string{"s3:ObjectCreationOperation": {strconv.FormatBool(object)}}
	for _, tag := range tags {
		context["s3:RequestObjectTag/"+tag.Key] = []string{tag.Value}
		context["s3:RequestObjectTagKeys"] = append(context["s3:RequestObjectTagKeys"], tag.Key)
	}
	return context
}

// allowWrite checks whether the caller may write the key, with these tags.
func (c *call) allowWrite(object bool, tags []store.Tag) error {
	if err := c.allowKey("s3:PutObject", c.key, creates(object, tags)); err != nil {
		return err
	}
	if len(tags) == 0 {
		return nil
	}
	return c.allowKey("s3:PutObjectTagging", c.key, creates(object, tags))
}

// missing returns the refusal of a key that is not there: only who may list the
// bucket gets to know that.
// Source: S3 API Reference, "GetObject", "Permissions".
func (c *call) missing(err error) error {
	if r := asRefusal(err); r.Code != "NoSuchKey" {
		return err
	}
	if denied := c.allowBucket("s3:ListBucket"); denied != nil {
		return denied
	}
	return err
}
