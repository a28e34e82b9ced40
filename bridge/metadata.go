package bridge

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// metadata is what a copy carries over beside the bytes. Rights are the target
// bucket's affair.
type metadata struct {
	contentType, encoding, disposition, language *string
	cacheControl, redirect                       *string
	expires                                      *time.Time
	user                                         map[string]string

	// What a [Carry] decides about.
	class      types.StorageClass // "" for the bucket's default
	tags       *string
	encryption *Encryption // nil for the bucket's default
}

func metadataOfHead(h *s3.HeadObjectOutput) metadata {
	return metadata{
		contentType: h.ContentType, encoding: contentEncoding(h.ContentEncoding),
		disposition: h.ContentDisposition, language: h.ContentLanguage,
		cacheControl: h.CacheControl, redirect: h.WebsiteRedirectLocation,
		expires: expires(h.ExpiresString), user: h.Metadata,
	}
}

func metadataOfGet(g *s3.GetObjectOutput) metadata {
	return metadata{
		contentType: g.ContentType, encoding: contentEncoding(g.ContentEncoding),
		disposition: g.ContentDisposition, language: g.ContentLanguage,
		cacheControl: g.CacheControl, redirect: g.WebsiteRedirectLocation,
		expires: expires(g.ExpiresString), user: g.Metadata,
	}
}

func (m *metadata) put(in *s3.PutObjectInput) {
	in.ContentType, in.ContentEncoding, in.ContentDisposition = m.contentType, m.encoding, m.disposition
	in.ContentLanguage, in.CacheControl, in.WebsiteRedirectLocation = m.language, m.cacheControl, m.redirect
	in.Expires, in.Metadata = m.expires, m.user
	in.StorageClass, in.Tagging = m.class, m.tags
	if m.encryption != nil {
		in.ServerSideEncryption = m.encryption.Algorithm
		in.SSEKMSKeyId, in.BucketKeyEnabled = m.encryption.key()
	}
}

func (m *metadata) create(in *s3.CreateMultipartUploadInput) {
	in.ContentType, in.ContentEncoding, in.ContentDisposition = m.contentType, m.encoding, m.disposition
	in.ContentLanguage, in.CacheControl, in.WebsiteRedirectLocation = m.language, m.cacheControl, m.redirect
	in.Expires, in.Metadata = m.expires, m.user
	in.StorageClass, in.Tagging = m.class, m.tags
	if m.encryption != nil {
		in.ServerSideEncryption = m.encryption.Algorithm
		in.SSEKMSKeyId, in.BucketKeyEnabled = m.encryption.key()
	}
}

// same reports whether an object at the target has this metadata, and the storage class that
// was asked for. How it is encrypted is compared elsewhere.
func (m *metadata) same(there metadata, class types.StorageClass) bool {
	for _, pair := range [][2]*string{
		{m.contentType, there.contentType},
		{m.encoding, there.encoding},
		{m.disposition, there.disposition},
		{m.language, there.language},
		{m.cacheControl, there.cacheControl},
		{m.redirect, there.redirect},
	} {
		if aws.ToString(pair[0]) != aws.ToString(pair[1]) {
			return false
		}
	}
	asked := m.class == "" || m.class == class || m.class == types.StorageClassStandard && class == ""
	return asked && aws.ToTime(m.expires).Equal(aws.ToTime(there.expires)) && maps.Equal(m.user, there.user)
}

// fingerprint tells it from other metadata: what goes with an object is settled when its
// upload begins, as is whether its parts have checksums of their own, which they have
// over TLS.
func (m *metadata) fingerprint(plain bool) string {
	text, err := json.Marshal([]any{
		m.contentType, m.encoding, m.disposition, m.language, m.cacheControl, m.redirect, m.expires, m.user, m.class, m.tags, m.encryption, plain,
	})
	if err != nil {
		return "" // only a year beyond 9999 has none; then an upload goes on only by chance
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// contentEncoding takes "aws-chunked" away: it described how the object was once
// sent, and some stores keep it.
func contentEncoding(encoding *string) *string {
	var kept []string
	for coding := range strings.SplitSeq(aws.ToString(encoding), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "aws-chunked") {
			kept = append(kept, coding)
		}
	}
	if kept == nil {
		return nil
	}
	return aws.String(strings.Join(kept, ", "))
}

// expires reads the header in any of HTTP's three formats; S3 stores what it was
// given, and what is no date cannot be sent again.
func expires(header *string) *time.Time {
	for _, layout := range []string{time.RFC1123, time.RFC850, time.ANSIC} {
		if t, err := time.Parse(layout, aws.ToString(header)); err == nil {
			return &t
		}
	}
	return nil
}
