package redferry

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A URI names an object in S3, or every object under a prefix when Key is empty
// or ends in a slash. It is comparable, so it can be the key of a map. The zero
// URI names nothing.
type URI struct {
	Bucket string // 3 to 63 characters: lower-case letters, digits, dots, hyphens
	Key    string // at most 1,024 bytes of UTF-8; not escaped
}

// ErrURI is wrapped by the errors of [ParseURI].
var ErrURI = errors.New("not an S3 address")

// maxKey is the longest key in bytes. Source: S3 User Guide, "Naming Amazon S3 objects".
const maxKey = 1024

// ParseURI reads "s3://bucket/key". The key is taken as it stands: nothing in
// it is an escape, and "//" is part of a key like anything else. Its error
// wraps [ErrURI].
func ParseURI(s string) (URI, error) {
	rest, ok := strings.CutPrefix(s, "s3://")
	if !ok {
		return URI{}, fmt.Errorf("redferry: %q is %w: it does not begin with s3://", s, ErrURI)
	}
	bucket, key, _ := strings.Cut(rest, "/")
	u := URI{Bucket: bucket, Key: key}
	if err := u.check(); err != nil {
		return URI{}, err
	}
	return u, nil
}

// MustParseURI is like [ParseURI] but panics. It is for tests and package-level variables.
func MustParseURI(s string) URI {
	u, err := ParseURI(s)
	if err != nil {
		panic(err)
	}
	return u
}

func (u URI) check() error {
	if err := checkBucket(u.Bucket); err != nil {
		return err
	}
	switch {
	case len(u.Key) > maxKey:
		return fmt.Errorf("redferry: s3://%s/%.20q... is %w: its key has %d bytes, the limit is %d", u.Bucket, u.Key, ErrURI, len(u.Key), maxKey)
	case !utf8.ValidString(u.Key):
		return fmt.Errorf("redferry: s3://%s/%q is %w: its key is no valid UTF-8", u.Bucket, u.Key, ErrURI)
	}
	return nil
}

// checkBucket keeps the rules of general purpose buckets.
// Source: S3 User Guide, "General purpose bucket naming rules".
func checkBucket(bucket string) error {
	if len(bucket) < 3 || len(bucket) > 63 {
		return fmt.Errorf("redferry: bucket %q is %w: a bucket's name has 3 to 63 characters", bucket, ErrURI)
	}
	for i, c := range []byte(bucket) {
		alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		inner := i > 0 && i < len(bucket)-1
		if !alnum && !(inner && (c == '-' || c == '.')) {
			return fmt.Errorf("redferry: bucket %q is %w: a bucket's name holds lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit", bucket, ErrURI)
		}
	}
	if strings.Contains(bucket, "..") {
		return fmt.Errorf("redferry: bucket %q is %w: no two dots may stand side by side", bucket, ErrURI)
	}
	return nil
}

// String returns "s3://bucket/key", and "" for the zero URI.
func (u URI) String() string {
	if u == (URI{}) {
		return ""
	}
	return "s3://" + u.Bucket + "/" + u.Key
}

// IsPrefix reports whether u names everything under a prefix, not one object.
func (u URI) IsPrefix() bool { return u.Key == "" || strings.HasSuffix(u.Key, "/") }

// Compare returns -1, 0 or 1: by bucket, then by key, byte by byte, which is the order
// in which S3 lists.
func (u URI) Compare(v URI) int {
	return cmp.Or(strings.Compare(u.Bucket, v.Bucket), strings.Compare(u.Key, v.Key))
}

// Join appends elem to the key, with one slash between two elements that have
// none. Unlike path.Join it cleans nothing away: keys are not paths.
func (u URI) Join(elem ...string) URI {
	for _, e := range elem {
		if u.Key != "" && !strings.HasSuffix(u.Key, "/") {
			u.Key += "/"
		}
		u.Key += e
	}
	return u
}

// Rebase moves u from one prefix to another. It reports false, and returns the
// zero URI, if u does not lie under from. A from that is no prefix (its key
// neither empty nor ending in a slash) holds only itself.
func (u URI) Rebase(from, to URI) (URI, bool) {
	if u.Bucket != from.Bucket {
		return URI{}, false
	}
	if !from.IsPrefix() {
		if u.Key != from.Key {
			return URI{}, false
		}
		return to, true
	}
	rest, ok := strings.CutPrefix(u.Key, from.Key)
	if !ok {
		return URI{}, false
	}
	if to.Key != "" && !strings.HasSuffix(to.Key, "/") {
		to.Key += "/"
	}
	return URI{Bucket: to.Bucket, Key: to.Key + rest}, true
}

// MarshalText returns u as [URI.String] does, so that manifests, flags and
// journals carry URIs rather than strings.
func (u URI) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what [URI.MarshalText] wrote; empty text is the zero URI.
func (u *URI) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*u = URI{}
		return nil
	}
	parsed, err := ParseURI(string(text))
	if err != nil {
		return err
	}
	*u = parsed
	return nil
}
