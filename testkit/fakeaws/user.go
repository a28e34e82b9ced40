package fakeaws

import (
	"net/http"
	"slices"
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

// User returns the user with this name. If there is none, the error is an [*Error]
// NoSuchEntity.
func (a *Account) User(name string) (*User, error) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	p := a.cloud.principals[a.principalARN("user", name)]
	if p == nil {
		return nil, noSuchEntity("The user with name " + name + " cannot be found.")
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

// CreateAccessKey makes a long-lived access key for the user. IAM allows a user
// two of them at a time; here there is no limit.
func (u *User) CreateAccessKey() creds.Keys {
	return u.principal.issue(u.Identity(), time.Time{}, "fakeaws "+u.principal.arn)
}

// AccessKeys returns the ids of the user's access keys, inactive ones too, sorted.
func (u *User) AccessKeys() []string {
	c := u.principal.account.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for id, key := range c.keys {
		if key.identity.Principal == u.principal.arn {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// SetAccessKeyActive takes an access key of the user out of use or back into it.
// Requests signed with an inactive key are refused as if it did not exist. A key
// that is not his is an [*Error] NoSuchEntity.
func (u *User) SetAccessKeyActive(id string, active bool) error {
	return u.changeAccessKey(id, func(key *accessKey) { key.inactive = !active })
}

// DeleteAccessKey deletes an access key of the user: requests signed with it are
// refused from now on. A key that is not his is an [*Error] NoSuchEntity.
func (u *User) DeleteAccessKey(id string) error {
	return u.changeAccessKey(id, func(*accessKey) { delete(u.principal.account.cloud.keys, id) })
}

func (u *User) changeAccessKey(id string, change func(*accessKey)) error {
	c := u.principal.account.cloud
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.keys[id]
	if key == nil || key.identity.Principal != u.principal.arn {
		return noSuchEntity("The Access Key with id " + id + " cannot be found.")
	}
	change(key)
	return nil
}

func noSuchEntity(message string) *Error {
	return &Error{Code: "NoSuchEntity", Message: message, Status: http.StatusNotFound}
}
