package fakeaws

import (
	"net/http"
	"time"

	"github.com/redferry/redferry/creds"
)

// A User is an IAM user of an account.
type User struct{ principal *principal }

// CreateUser creates a user who may do what the policies say. A name in use is an
// [*Error] EntityAlreadyExists.
func (a *Account) CreateUser(name string, policies ...Policy) (*User, error) {
	p, err := a.create("user", name, policies)
	if err != nil {
		return nil, err
	}
	return &User{principal: p}, nil
}

// ARN returns the user's ARN.
func (u *User) ARN() string { return u.principal.arn }

// Identity returns the user as [Cloud.Verify] does, without an access key.
func (u *User) Identity() Identity {
	return Identity{ARN: u.principal.arn, Principal: u.principal.arn, Account: u.principal.account.id}
}

// SetPolicies replaces the user's policies. It takes effect with the next request.
// A policy with a Principal is an [*Error] MalformedPolicyDocument.
func (u *User) SetPolicies(policies ...Policy) error { return u.principal.setPolicies(policies) }

// CreateAccessKey makes a long-lived access key for the user.
func (u *User) CreateAccessKey() creds.Keys {
	return u.principal.issue(u.Identity(), time.Time{}, "fakeaws "+u.principal.arn)
}

// DeleteAccessKey deletes an access key of the user: requests signed with it are
// refused from now on. A key that is not his is an [*Error] NoSuchEntity.
func (u *User) DeleteAccessKey(id string) error {
	c := u.principal.account.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.keys[id]
	if key == nil || key.identity.Principal != u.principal.arn {
		return &Error{Code: "NoSuchEntity", Message: "The Access Key with id " + id + " cannot be found.", Status: http.StatusNotFound}
	}
	delete(c.keys, id)
	return nil
}
