package fakeaws

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/redferry/redferry/creds"
)

// A secret is a secret of Secrets Manager with its versions.
type secret struct {
	arn, name string
	created   time.Time
	versions  []version // the newest last
}

// A version is one value that a secret had.
type version struct {
	id      string
	value   creds.Secret
	created time.Time
}

// secretName is what a secret may be called.
// Source: AWS Secrets Manager API Reference, "CreateSecret".
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

// PutSecret stores a secret, or a new version of it, and returns its ARN, which
// ends in six characters of AWS's own.
func (a *Account) PutSecret(region, name, value string) (arn string, err error) {
	if !secretName.MatchString(name) {
		return "", &Error{Code: "ValidationException", Message: "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!", Status: http.StatusBadRequest}
	}
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	s := a.secrets[region+"/"+name]
	if s == nil {
		suffix := letters(a.cloud.derive("secret arn", a.id, region, name), 6)
		s = &secret{
			arn:     "arn:aws:secretsmanager:" + region + ":" + a.id + ":secret:" + name + "-" + suffix,
			name:    name,
			created: time.Now(),
		}
		a.secrets[region+"/"+name] = s
	}
	s.versions = append(s.versions, version{
		id:      uuid(a.cloud.derive("secret version", s.arn, fmt.Sprint(len(s.versions)))),
		value:   creds.NewSecret(value),
		created: time.Now(),
	})
	a.cloud.watchSecret(a.id+":"+name, value)
	return s.arn, nil
}

// secretByID finds a secret of any account by its ARN, or by name in the
// account of the caller.
func (c *Cloud) secretByID(caller, region, id string) (*secret, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	owner := caller
	if strings.HasPrefix(id, "arn:") {
		owner = accountOf(id)
	}
	a := c.accounts[owner]
	if a == nil {
		return nil, false
	}
	for key, s := range a.secrets {
		if strings.HasPrefix(key, region+"/") && (s.arn == id || s.name == id) {
			copied := *s
			return &copied, true
		}
	}
	return nil, false
}

// accountOf returns the account in an ARN.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// uuid spells derived bytes as a UUID.
func uuid(sum []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
