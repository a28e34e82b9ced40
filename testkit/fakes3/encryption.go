package fakes3

import (
	"crypto/md5"
	"net/http"
	"regexp"
	"strings"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// Headers of server-side encryption, as S3 spells them in answers.
const (
	sseHeader       = "x-amz-server-side-encryption"
	sseKeyHeader    = "x-amz-server-side-encryption-aws-kms-key-id"
	sseBucketHeader = "x-amz-server-side-encryption-bucket-key-enabled"

	sseS3  = "AES256"
	sseKMS = "aws:kms"
)

// Actions on keys.
const (
	actionDataKey = "kms:GenerateDataKey"
	actionDecrypt = "kms:Decrypt"
)

// encryption reads how a new object shall be encrypted. Which key that is, and whether
// the caller may use it, shows in [call.encrypt].
func (c *call) encryption() (store.Encryption, error) {
	header := c.r.Header
	e := store.Encryption{Key: header.Get(sseKeyHeader), BucketKey: header.Get(sseBucketHeader) == "true"}
	given := header.Get(sseHeader)
	switch given {
	case "", sseS3:
		if e != (store.Encryption{}) {
			return e, refusal.InvalidArgument(sseHeader, given, "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
		}
	case sseKMS:
	case "aws:kms:dsse":
		return e, refusal.NotImplemented(sseHeader + ": " + given)
	default:
		return e, refusal.InvalidArgument(sseHeader, given, "The encryption method specified is not supported")
	}
	if given != sseS3 && e.Key == "" {
		e.Key = c.server.bucketKey(c.bucket.Name)
	}
	if given == sseKMS && e.Key == "" {
		return e, refusal.NotImplemented(sseHeader + ": aws:kms with the key aws/s3") // which no account has here
	}
	return e, c.secure(e)
}

// refuseEncryption is for operations on what is encrypted in a way already.
func refuseEncryption(header http.Header) error {
	for _, name := range []string{sseHeader, sseKeyHeader, sseBucketHeader} {
		if value := header.Get(name); value != "" {
			return refusal.InvalidArgument(name, value, name+" header is not supported for this operation.")
		}
	}
	return nil
}

// secure refuses what goes to KMS without TLS.
// Source: S3 API Reference, "CreateMultipartUpload"; the words are those of S3.
func (c *call) secure(e store.Encryption) error {
	if e.Key == "" || c.r.TLS != nil {
		return nil
	}
	return refusal.InvalidArgument(sseHeader, sseKMS, "Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure connection.")
}

// encrypt asks KMS for a data key of the key that e names, and writes that as its ARN.
func (c *call) encrypt(e *store.Encryption) error {
	if e.Key == "" {
		return nil
	}
	key, err := c.useKey(e.Key, actionDataKey)
	e.Key = key.ARN
	return err
}

// decrypt asks KMS to decrypt the data key of what is encrypted with e.
func (c *call) decrypt(e store.Encryption) error {
	if e.Key == "" {
		return nil
	}
	if err := c.secure(e); err != nil {
		return err
	}
	_, err := c.useKey(e.Key, actionDecrypt)
	return err
}

// useKey asks KMS in the name of the caller, as S3 does.
func (c *call) useKey(name, action string) (Key, error) {
	account := c.signature.Identity.Account
	arn := c.server.keyNamed(name, account)
	if owner := arn.account(); owner != "" && owner != account {
		return Key{}, c.keyDenied(action, "this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access")
	}
	key, ok := c.server.key(arn)
	if !ok {
		return Key{}, c.noKey(name, arn)
	}
	err := c.server.cloud.Authorize(fakeaws.Access{Identity: c.signature.Identity, Action: action, Resource: key.ARN, Owner: account, Context: c.context()})
	if err != nil {
		_, reason, _ := strings.Cut(asRefusal(err).Message, " on resource: "+key.ARN)
		if action == actionDecrypt {
			return Key{}, c.keyDenied(action, "the resource associated with this ciphertext"+reason)
		}
		return Key{}, c.keyDenied(action, "resource: "+key.ARN+reason)
	}
	return key, key.check()
}

// keyDenied is how S3 passes on that KMS refuses the caller. The words are KMS's.
func (c *call) keyDenied(action, on string) error {
	return refusal.New(http.StatusForbidden, "AccessDenied", "User: "+c.signature.Identity.ARN+" is not authorized to perform: "+action+" on "+on)
}

var keyID = regexp.MustCompile(`^key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// noKey is the refusal of a key that KMS does not know.
// Source: S3 API Reference, "Error responses", KMS.NotFoundException; the words are KMS's.
func (c *call) noKey(name string, arn keyARN) error {
	message := "Key '" + string(arn) + "' does not exist"
	switch region := arn.region(); {
	case region == "":
		message = "Invalid arn"
	case region != c.server.opts.Region:
		message = "Invalid arn " + region
	case strings.HasPrefix(arn.resource(), aliasPrefix):
		message = "Alias " + string(arn) + " is not found."
	case !keyID.MatchString(arn.resource()):
		message = "Invalid keyId '" + name + "'"
	}
	return refusal.New(http.StatusBadRequest, "KMS.NotFoundException", message)
}

// check refuses a key that cannot be used.
// Source: S3 API Reference, "Error responses"; the words are KMS's.
func (k Key) check() error {
	switch k.State {
	case KeyEnabled:
		return nil
	case KeyDisabled:
		return refusal.New(http.StatusBadRequest, "KMS.DisabledException", k.ARN+" is disabled.")
	case KeyPendingDeletion:
		return refusal.New(http.StatusBadRequest, "KMS.KMSInvalidStateException", k.ARN+" is pending deletion.")
	}
	return refusal.New(http.StatusBadRequest, "KMS.KMSInvalidStateException", k.ARN+" is in state "+string(k.State)+".")
}

// writeEncryption tells how an object or an upload is encrypted.
func (c *call) writeEncryption(e store.Encryption) {
	if e.Key == "" {
		c.w.set(sseHeader, sseS3)
		return
	}
	c.w.set(sseHeader, sseKMS)
	c.w.set(sseKeyHeader, e.Key)
	if e.BucketKey {
		c.w.set(sseBucketHeader, "true")
	}
}

// sealed is the ETag of content that is encrypted: with KMS it is not the MD5 of the
// content, and another one each time.
// Source: S3 API Reference, "Object", ETag.
func (c *call) sealed(etag string, e store.Encryption) string {
	if e.Key == "" {
		return etag
	}
	sum := md5.Sum([]byte(c.entry.ID + etag))
	return quoted(sum[:])
}
