package store

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakes3/internal/blob"
	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// A Completion is a request to make an object of an upload's parts.
type Completion struct {
	Parts     []CompletedPart
	Checksum  checksum.Value // expected; Text is "" and Type "" if not given
	Size      int64          // expected; -1 if not given
	Condition Condition
}

// A CompletedPart names a part as the uploader remembers it.
type CompletedPart struct {
	Number int
	ETag   string
	// Checksums are the values that were given, by algorithm.
	Checksums map[checksum.Algorithm]string
}

// completed remembers a completion, since a repeated one gets the same answer.
type completed struct {
	key    string
	parts  []CompletedPart
	answer *Object // without content and parts
}

// Complete makes an object of an upload and returns it without content and
// parts. The same request again gets the same answer, as on S3, where the
// response may be lost after the effect.
func (s *Store) Complete(bucketName, key, id string, c Completion) (*Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	if done := b.completed[id]; done != nil && done.repeated(key, c) {
		return done.answer, nil
	}
	u, err := s.upload(bucketName, key, id)
	if err != nil {
		return nil, err
	}
	parts, err := s.choose(u, c.Parts)
	if err != nil {
		return nil, err
	}
	if err := c.Condition.check(key, b.objects[key]); err != nil {
		return nil, err
	}
	o := u.object(parts)
	if err := c.check(u, o); err != nil {
		return nil, err
	}
	b.past.uploadEnds(u)
	delete(b.uploads, id)
	b.put(o)
	u.release() // the object has references of its own
	answer := *o
	answer.Content, answer.Parts = nil, nil
	b.completed[id] = &completed{key: key, parts: c.Parts, answer: &answer}
	return &answer, nil
}

func (d *completed) repeated(key string, c Completion) bool {
	return d.key == key && slices.EqualFunc(d.parts, c.Parts, func(a, b CompletedPart) bool {
		return a.Number == b.Number && sameETag(a.ETag, b.ETag)
	})
}

func sameETag(a, b string) bool { return strings.Trim(a, `"`) == strings.Trim(b, `"`) }

// choose returns the parts that a completion names.
func (s *Store) choose(u *upload, named []CompletedPart) ([]Part, error) {
	parts := make([]Part, 0, len(named))
	for i, n := range named {
		if n.Number < 1 {
			return nil, refusal.InvalidArgument("PartNumber", fmt.Sprint(n.Number), "PartNumber must be >= 1")
		}
		if i > 0 && n.Number <= named[i-1].Number {
			return nil, refusal.InvalidPartOrder(u.ID)
		}
		p, ok := u.parts[n.Number]
		if !ok || !sameETag(p.ETag, n.ETag) {
			return nil, refusal.InvalidPart(u.ID, n.Number, n.ETag)
		}
		if err := u.checkPart(n, p); err != nil {
			return nil, err
		}
		if last := i == len(named)-1; !last && p.Size() < s.minPart {
			return nil, refusal.EntityTooSmall(n.Number, p.ETag, p.Size(), s.minPart)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// checkPart compares the checksums that a completion gives for a part.
func (u *upload) checkPart(n CompletedPart, p Part) error {
	given, ok := n.Checksums[u.Algorithm]
	switch {
	case ok && given != checksum.Encode(p.Sum):
		return refusal.InvalidPart(u.ID, n.Number, n.ETag)
	case ok || len(n.Checksums) == 0 && !u.Declared:
		return nil
	case len(n.Checksums) > 0 && !u.Declared:
		return refusal.InvalidPart(u.ID, n.Number, n.ETag)
	}
	for other := range n.Checksums {
		return refusal.New(http.StatusBadRequest, "BadDigest", fmt.Sprintf("The %s you specified for part %d did not match what we received.", strings.ToLower(string(other)), n.Number))
	}
	return refusal.InvalidRequest("The upload was created using a %s checksum. The complete request must include the checksum for each part. It was missing for part %d in the request.",
		strings.ToLower(string(u.Algorithm)), n.Number)
}

// object returns the object of the parts.
func (u *upload) object(parts []Part) *Object {
	o := Assemble(parts, u.Algorithm, u.Type)
	o.Key, o.Meta, o.Declared = u.Key, u.Meta, u.Declared
	return o
}

// Assemble returns an object of parts, with new references to their content, that
// has no name yet.
func Assemble(parts []Part, a checksum.Algorithm, t checksum.Type) *Object {
	contents := make([]*blob.Blob, len(parts))
	sums := make([]checksum.Part, len(parts))
	hash := md5.New()
	for i, p := range parts {
		contents[i] = p.Content
		sums[i] = checksum.Part{Sum: p.Sum, Size: p.Size()}
		digest, _ := hex.DecodeString(strings.Trim(p.ETag, `"`)) // the ETag of a part is an MD5
		hash.Write(digest)
	}
	return &Object{
		ETag:     fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(hash.Sum(nil)), len(parts)),
		Modified: time.Now().UTC().Truncate(time.Millisecond),
		Checksum: checksum.Whole(a, t, sums),
		Content:  blob.Join(contents),
		Parts:    parts,
	}
}

// check compares an object with what the completion expects. It releases the
// object's content if they differ.
func (c Completion) check(u *upload, o *Object) error {
	err := c.compare(u, o)
	if err != nil {
		o.Content.Release()
	}
	return err
}

func (c Completion) compare(u *upload, o *Object) error {
	if c.Size >= 0 && c.Size != o.Size() {
		return refusal.InvalidRequest("The provided 'x-amz-mp-object-size' header value %d does not match what was computed: %d", c.Size, o.Size())
	}
	if c.Checksum.Type != "" && (!u.Declared || c.Checksum.Type != u.Type) {
		mode := string(u.Type)
		if !u.Declared {
			mode = "null"
		}
		return refusal.InvalidRequest("The upload was created using the %s checksum mode. The complete request must use the same checksum mode.", mode)
	}
	if c.Checksum.Text == "" || !u.Declared {
		return nil // S3 does not look at a value for an upload that declared nothing
	}
	given := c.Checksum.Text
	if u.Type == checksum.Composite && !strings.Contains(given, "-") {
		given = fmt.Sprintf("%s-%d", given, len(o.Parts))
	}
	if c.Checksum.Algorithm != u.Algorithm || given != o.Checksum.Text {
		return refusal.ChecksumMismatch(string(c.Checksum.Algorithm))
	}
	return nil
}
