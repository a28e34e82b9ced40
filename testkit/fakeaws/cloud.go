// Package fakeaws is what the other fakes of testkit share of AWS: accounts,
// users with access keys, roles, policies that are evaluated for real,
// signatures that are verified, and Secrets Manager.
//
// A [Cloud] is one partition. Servers (fakes3, fakeredshift, [SecretsManager])
// ask it two questions of each request: who signed it ([Cloud.Verify]) and
// whether he may ([Cloud.Authorize]). Both refuse with the codes and the wording
// of AWS.
//
// All keys and ids are derived from names and counters, so two runs of one test
// see the same. Time is package time's, so everything here works inside a
// testing/synctest bubble.
package fakeaws

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/redferry/redferry/testkit/canary"
)

// Options change a [Cloud]. The zero Options are usable.
type Options struct {
	// Seed makes the keys and ids of one Cloud differ from those of another.
	// The default is the same for all.
	Seed string
}

// A Cloud is a partition of AWS with its accounts. It is safe for concurrent use
// and starts no goroutine.
type Cloud struct {
	seed string

	mu         sync.Mutex // guards all below, and what the accounts hold
	accounts   map[string]*Account
	principals map[string]*principal // by ARN of user or role
	keys       map[string]*accessKey // by access key id
	buckets    map[string]bucket
	issued     []canary.Secret   // all keys and values that there ever were
	signing    map[string][]byte // the keys derived for signatures, by access key id and scope
}

// NewCloud returns a Cloud without accounts.
func NewCloud(opts *Options) *Cloud {
	c := &Cloud{
		accounts:   make(map[string]*Account),
		principals: make(map[string]*principal),
		keys:       make(map[string]*accessKey),
		buckets:    make(map[string]bucket),
		signing:    make(map[string][]byte),
	}
	if opts != nil {
		c.seed = opts.Seed
	}
	return c
}

// An Account is an AWS account: it holds users, roles and secrets, and owns
// buckets and warehouses.
type Account struct {
	cloud   *Cloud
	id      string
	secrets map[string]*secret // by region and name; guarded by cloud.mu
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Account returns the account with this id of 12 digits, a new one if need be.
func (c *Cloud) Account(id string) (*Account, error) {
	if !accountID.MatchString(id) {
		return nil, fmt.Errorf("fakeaws: account id %q does not have 12 digits", id)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.accounts[id]
	if a == nil {
		a = &Account{cloud: c, id: id, secrets: make(map[string]*secret)}
		c.accounts[id] = a
	}
	return a, nil
}

// ID returns the account's 12 digits.
func (a *Account) ID() string { return a.id }

// CanonicalID returns the id by which S3 names the account as an owner: 64
// hexadecimal digits.
func (a *Account) CanonicalID() string {
	sum := a.cloud.derive("canonical", a.id)
	return hex.EncodeToString(sum)
}

// derive returns 32 bytes that depend on the Cloud's seed and on what they are for.
func (c *Cloud) derive(parts ...string) []byte {
	sum := sha256.Sum256([]byte(c.seed + "\x00" + strings.Join(parts, "\x00")))
	return sum[:]
}

// letters spells derived bytes in n letters and digits, upper case.
func letters(sum []byte, n int) string {
	return base32.StdEncoding.EncodeToString(sum)[:n]
}

// secretText spells derived bytes as the 40 characters of a secret access key. It
// begins with a mark for people, and has the two characters that encodings change.
func secretText(sum []byte) string {
	return "Canary/+" + base64.StdEncoding.EncodeToString(sum[:24])
}
