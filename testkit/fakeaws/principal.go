package fakeaws

import (
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/redferry/redferry/creds"
)

// A principal is a user or a role.
type principal struct {
	arn      string
	account  *Account
	policies []Policy // guarded by cloud.mu
	issued   int      // access keys so far; guarded by cloud.mu
}

// An accessKey is what the Cloud knows of an access key.
type accessKey struct {
	identity Identity
	secret   string
	token    string
	expires  time.Time // zero for a user's
	inactive bool
}

// An Identity is who signed a request. The zero Identity is anonymous.
type Identity struct {
	// ARN names the caller: a user, or the session of a role:
	// "arn:aws:sts::111122223333:assumed-role/copier/redshift".
	ARN string
	// Principal is the ARN of the user or role that the policies belong to.
	Principal   string
	Account     string
	AccessKeyID string
}

// principalName is what a user or role may be called.
// Source: IAM User Guide, "IAM and AWS STS quotas".
var principalName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)

func (a *Account) create(kind, name string, policies []Policy) (*principal, error) {
	if !principalName.MatchString(name) {
		return nil, &Error{Code: "ValidationError", Message: fmt.Sprintf("The specified value for %sName is invalid: %q", kind, name), Status: http.StatusBadRequest}
	}
	p := &principal{arn: a.principalARN(kind, name), account: a}
	c := a.cloud
	c.mu.Lock()
	_, exists := c.principals[p.arn]
	if !exists {
		c.principals[p.arn] = p
	}
	c.mu.Unlock()
	if exists {
		return nil, &Error{Code: "EntityAlreadyExists", Message: "Entity already exists: " + p.arn, Status: http.StatusConflict}
	}
	return p, p.setPolicies(policies)
}

func (a *Account) principalARN(kind, name string) string {
	return "arn:aws:iam::" + a.id + ":" + kind + "/" + name
}

func (p *principal) setPolicies(policies []Policy) error {
	for _, policy := range policies {
		if err := policy.checkIdentity(); err != nil {
			return err
		}
	}
	p.account.cloud.mu.Lock()
	defer p.account.cloud.mu.Unlock()
	p.policies = append([]Policy(nil), policies...)
	return nil
}

// issue makes an access key for p. Temporary ones have a prefix of their own and
// a token.
func (p *principal) issue(identity Identity, expires time.Time, source string) creds.Keys {
	c := p.account.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	p.issued++
	nth := fmt.Sprint(p.issued)
	identity.AccessKeyID = "AKIA" + letters(c.derive("key", p.arn, nth), 16)
	key := &accessKey{secret: secretText(c.derive("secret", p.arn, nth)), expires: expires}
	if !expires.IsZero() {
		identity.AccessKeyID = "ASIA" + letters(c.derive("key", p.arn, nth), 16)
		key.token = secretText(c.derive("token", p.arn, nth)) + secretText(c.derive("token tail", p.arn, nth))
	}
	key.identity = identity
	c.keys[identity.AccessKeyID] = key
	c.remember(key)
	keys := creds.Keys{AccessKeyID: identity.AccessKeyID, SecretAccessKey: creds.NewSecret(key.secret), Expires: expires, Source: source}
	if key.token != "" {
		keys.SessionToken = creds.NewSecret(key.token)
	}
	return keys
}
