package chunked

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
	"time"
)

// A Key is what the signatures of the chunks are made with. It comes from the
// verified signature of the request.
type Key struct {
	SigningKey []byte
	Scope      string // "20000101/us-east-1/s3/aws4_request"
	Date       time.Time
	Seed       string // the request's own signature
}

// A chain is the row of signatures: each is made over the one before and the
// content of its chunk.
type chain struct {
	key      *Key
	previous string
	given    string // the signature of the current chunk
	hash     hash.Hash
	trailers strings.Builder
}

func newChain(key *Key) *chain {
	return &chain{key: key, previous: key.Seed, hash: sha256.New()}
}

func (c *chain) begin(signature string) {
	c.given = signature
	c.hash.Reset()
}

// verify checks the signature of the chunk that was written to hash.
func (c *chain) verify() bool {
	empty := sha256.Sum256(nil)
	want := c.sign("AWS4-HMAC-SHA256-PAYLOAD", hex.EncodeToString(empty[:]), hex.EncodeToString(c.hash.Sum(nil)))
	c.previous = want
	return hmac.Equal([]byte(c.given), []byte(want))
}

func (c *chain) trailer(name, value string) {
	c.trailers.WriteString(name + ":" + value + "\n")
}

func (c *chain) verifyTrailer(signature string) bool {
	sum := sha256.Sum256([]byte(c.trailers.String()))
	want := c.sign("AWS4-HMAC-SHA256-TRAILER", hex.EncodeToString(sum[:]))
	return hmac.Equal([]byte(signature), []byte(want))
}

func (c *chain) sign(algorithm string, hashes ...string) string {
	lines := append([]string{algorithm, c.key.Date.UTC().Format("20060102T150405Z"), c.key.Scope, c.previous}, hashes...)
	mac := hmac.New(sha256.New, c.key.SigningKey)
	mac.Write([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}
