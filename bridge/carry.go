package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A Carry says what becomes of what an object has beside its bytes, its content
// headers and its user metadata, which always go with it; only an Expires that is no date is
// left behind, because the SDK takes none. The zero Carry leaves all of it to the target's
// bucket.
type Carry struct {
	// StorageClass returns the storage class of a new object for that of its source,
	// which is types.StorageClassStandard where S3 says nothing; "" is what the bucket
	// does by default. [SameStorageClass] keeps it.
	StorageClass func(source types.StorageClass) types.StorageClass

	// Tags says what becomes of the source's tags. The default drops them.
	Tags Tags

	// Encryption is how the target encrypts new objects. A target whose answers do not say
	// that it has done so fails the copy. The default is the bucket's.
	Encryption *Encryption
}

// SameStorageClass is for [Carry].StorageClass.
func SameStorageClass(source types.StorageClass) types.StorageClass { return source }

// Tags says what becomes of the tags of a source object.
type Tags uint8

// What becomes of tags. All but DropTags ask the source once more per object, with
// the action s3:GetObjectTagging, because an object read without that action looks as
// if it had none. Source: S3 API Reference, "GetObject", x-amz-tagging-count.
const (
	DropTags Tags = iota
	KeepTags      // they go with the object; the writer needs s3:PutObjectTagging
	FailTags      // an object that has some is not copied: the error wraps [ErrTags]
)

// MarshalText returns "drop", "keep" or "fail".
func (p Tags) MarshalText() ([]byte, error) {
	return []byte([]string{"drop", "keep", "fail"}[min(p, FailTags)]), nil
}

// UnmarshalText reads what [Tags.MarshalText] wrote.
func (p *Tags) UnmarshalText(text []byte) error {
	for _, policy := range []Tags{DropTags, KeepTags, FailTags} {
		if name, _ := policy.MarshalText(); string(name) == string(text) {
			*p = policy
			return nil
		}
	}
	return fmt.Errorf("bridge: %q is nothing to do with tags: write drop, keep or fail", text)
}

// ErrTags is wrapped by the error for an object with tags that [FailTags] refuses.
var ErrTags = errors.New("the object has tags")

// An Encryption is how S3 encrypts an object that it stores.
type Encryption struct {
	// Algorithm is AES256 (SSE-S3), aws:kms (SSE-KMS) or aws:kms:dsse.
	Algorithm types.ServerSideEncryption
	// KeyID names the key of KMS in the target's account: an ID, an ARN or an alias.
	// The default is the account's own key for S3. The writer needs kms:GenerateDataKey,
	// and for uploads in parts kms:Decrypt. Source: S3 User Guide, "Using server-side
	// encryption with AWS KMS keys".
	KeyID string
	// BucketKey has S3 ask KMS once per bucket and some time, not once per object.
	BucketKey bool
}

// key returns the fields as the requests of S3 have them.
func (e *Encryption) key() (id *string, bucketKey *bool) {
	if e.BucketKey {
		bucketKey = aws.Bool(true)
	}
	return nonEmpty(e.KeyID), bucketKey
}

const kms = string(types.ServerSideEncryptionAwsKms)

// withKMS reports whether it takes a key of KMS.
func (e *Encryption) withKMS() bool { return strings.HasPrefix(string(e.Algorithm), kms) }

// errPlain is what a copy ends with that the target encrypts in another way than it was
// told to, or, for all that it says, in none.
var errPlain = errors.New("the target does not encrypt as it was told to")

// check compares what the target answered with what it was asked for. A key is named by
// its ARN in the answer, so that an alias compares with none.
func (e *Encryption) check(algorithm, key string) error {
	switch {
	case e == nil:
	case algorithm != string(e.Algorithm):
		return fmt.Errorf("%w: %s %s was asked for, the answer is %q", errPlain, e.Algorithm, e.KeyID, algorithm)
	case e.KeyID == "" || strings.Contains(e.KeyID, "alias/") || key == e.KeyID || strings.HasSuffix(key, "/"+e.KeyID):
	default:
		return fmt.Errorf("%w: the key %s was asked for, the answer is %q", errPlain, e.KeyID, key)
	}
	return nil
}

// tagging is the part of an S3 client that reads tags.
type tagging interface {
	GetObjectTagging(ctx context.Context, in *s3.GetObjectTaggingInput, options ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error)
}

const (
	actionTags     = "s3:GetObjectTagging"
	actionTagging  = "s3:PutObjectTagging"
	actionWithTags = actionWrite + " and " + actionTagging

	opTags = "read the tags of"
)

// errNoTags is the error of a client that is no tagging.
var errNoTags = errors.New("the client has no GetObjectTagging")

// carry puts into m what goes with an object of this storage class, beside its tags.
func (c *Carry) carry(m *metadata, class types.StorageClass) {
	m.encryption = c.Encryption
	if c.StorageClass == nil {
		return
	}
	if class == "" {
		class = types.StorageClassStandard
	}
	m.class = c.StorageClass(class)
}

// carryTags reads, or tries once to read, the tags that go with an object; nil if none do.
// Nothing pins that to a version: it comes before a read that is pinned to one which is
// known already. Who reads that one still has read its tags.
func (t *transfer) carryTags(ctx context.Context) (*string, error) {
	if t.c.opts.Carry.Tags == DropTags {
		return nil, nil
	}
	tags, err := t.tags(ctx)
	if err != nil {
		return nil, err
	}
	if t.c.opts.Carry.Tags == FailTags && len(tags) > 0 {
		return nil, &Error{
			Op: opTags, Side: SideSource, Dst: t.dst, Src: t.src.URI, Err: ErrTags,
			Advice: "drop or keep tags, if that is right for the target",
		}
	}
	return encodeTags(tags), nil
}

// tags reads the tags of the source.
func (t *transfer) tags(ctx context.Context) ([]types.Tag, error) {
	client, ok := t.c.src.(tagging)
	if !ok {
		return nil, &Error{Op: opTags, Side: SideSource, Dst: t.dst, Src: t.src.URI, Err: errNoTags}
	}
	out, err := client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &t.src.URI.Bucket, Key: &t.src.URI.Key}, once)
	if err != nil {
		return nil, t.fail(ctx, SideSource, opTags, actionTags, err)
	}
	if out.TagSet == nil { // the SDK reads that out of any document
		return nil, t.fail(ctx, SideSource, opTags, "", errors.New("the answer is none about tags"))
	}
	return out.TagSet, nil
}

// encodeTags writes tags as a header has them; nil if there are none.
func encodeTags(tags []types.Tag) *string {
	pairs := make([]string, len(tags))
	for i, tag := range tags {
		pairs[i] = escapeTag(tag.Key) + "=" + escapeTag(tag.Value)
	}
	slices.Sort(pairs) // S3 gives them in any order
	return nonEmpty(strings.Join(pairs, "&"))
}

// escapeTag escapes a space as %20: not every S3 reads a plus as one.
func escapeTag(s *string) string {
	return strings.ReplaceAll(url.QueryEscape(aws.ToString(s)), "+", "%20")
}

// writeAction is what the writer needs to make an object.
func (t *transfer) writeAction() string {
	if t.c.opts.Carry.Tags == KeepTags {
		return actionWithTags
	}
	return actionWrite
}
