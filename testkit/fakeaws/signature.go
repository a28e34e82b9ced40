package fakeaws

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// A Signature is what a verified Signature Version 4 says of a request.
type Signature struct {
	Identity Identity
	Region   string
	Service  string
	Date     time.Time // when it was signed
	// PayloadHash is what was signed of the body: its SHA-256 in hexadecimal
	// digits, "UNSIGNED-PAYLOAD", or "STREAMING-..." for a body in aws-chunked.
	// For S3 the caller has to compare it with the body; for other services
	// Verify did.
	PayloadHash string
	// SigningKey, Scope and Seed are for the signatures of aws-chunked bodies:
	// Seed is the request's own signature, which the first chunk's continues.
	SigningKey []byte
	Scope      string // "20000101/us-east-1/s3/aws4_request"
	Seed       string
}

const (
	algorithm  = "AWS4-HMAC-SHA256"
	dateLayout = "20060102T150405Z"
	// maxSkew is how far the clocks of client and server may differ.
	// Source: S3 API Reference, "Error responses", RequestTimeTooSkewed.
	maxSkew = 15 * time.Minute
	// maxBody is the largest body that is read to verify its hash.
	maxBody = 16 << 20
)

// Verify checks who signed a request to a service, "s3" or "secretsmanager", by
// its Authorization header or, presigned, by its query. Anonymous requests are
// refused. For services other than S3 it reads the body, at most 16 MiB, and
// leaves a fresh one in r. A refusal is an [*Error] with the code of S3.
//
// The region is the caller's to check.
func (c *Cloud) Verify(r *http.Request, service string) (*Signature, error) {
	claim, err := readClaim(r, service)
	if err != nil {
		return nil, err
	}
	if err := claim.check(service); err != nil {
		return nil, err
	}
	key, err := c.accessKey(claim)
	if err != nil {
		return nil, err
	}
	if claim.payload == "" {
		if claim.payload, err = hashBody(r); err != nil {
			return nil, err
		}
	}
	signing := c.signingKey(key, claim)
	canonical := canonicalRequest(r, claim, service == "s3")
	if signature := sign(signing, claim, canonical); !hmac.Equal([]byte(signature), []byte(claim.signature)) {
		return nil, &Error{
			Code:    "SignatureDoesNotMatch",
			Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
			Status:  http.StatusForbidden,
		}
	}
	return &Signature{
		Identity:    key.identity,
		Region:      claim.region,
		Service:     claim.service,
		Date:        claim.date,
		PayloadHash: claim.payload,
		SigningKey:  signing,
		Scope:       claim.scope(),
		Seed:        claim.signature,
	}, nil
}

// accessKey finds the key that the request names and checks the token that
// belongs to temporary keys.
func (c *Cloud) accessKey(claim *claim) (accessKey, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.keys[claim.keyID]
	switch {
	case key == nil, key.inactive, key.token != "" && claim.token == "":
		return accessKey{}, &Error{Code: "InvalidAccessKeyId", Message: "The AWS Access Key Id you provided does not exist in our records.", Status: http.StatusForbidden}
	case !hmac.Equal([]byte(key.token), []byte(claim.token)):
		return accessKey{}, &Error{Code: "InvalidToken", Message: "The provided token is malformed or otherwise invalid.", Status: http.StatusBadRequest}
	case !key.expires.IsZero() && !time.Now().Before(key.expires):
		return accessKey{}, &Error{Code: "ExpiredToken", Message: "The provided token has expired.", Status: http.StatusBadRequest}
	}
	return *key, nil
}

func hashBody(r *http.Request) (string, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return "", &Error{Code: "RequestTimeout", Message: "The body could not be read: " + err.Error(), Status: http.StatusBadRequest}
	}
	if len(body) > maxBody {
		return "", &Error{Code: "RequestEntityTooLarge", Message: fmt.Sprintf("The body is larger than %d bytes.", maxBody), Status: http.StatusRequestEntityTooLarge}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// signingKey returns the key of the claim's scope, which is derived once.
func (c *Cloud) signingKey(key accessKey, claim *claim) []byte {
	name := claim.keyID + "/" + claim.scope()
	c.mu.Lock()
	defer c.mu.Unlock()
	signing := c.signing[name]
	if signing == nil {
		signing = derivedKey(key.secret, claim)
		c.signing[name] = signing
		c.watch("signing key of "+key.identity.name(), string(signing))
	}
	return signing
}

func derivedKey(secret string, claim *claim) []byte {
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(claim.scope(), "/") {
		key = mac(key, part)
	}
	return key
}

func sign(key []byte, claim *claim, canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	toSign := algorithm + "\n" + claim.date.Format(dateLayout) + "\n" + claim.scope() + "\n" + hex.EncodeToString(sum[:])
	return hex.EncodeToString(mac(key, toSign))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
