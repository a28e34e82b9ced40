package fakeaws

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/redferry/redferry/creds"
)

// A Role is an IAM role of an account. Services may use it; nobody else may
// assume it.
type Role struct {
	principal *principal
	services  []string
}

// CreateRole creates a role that trusts these services, "redshift.amazonaws.com",
// and may do what the policies say. A name in use is an [*Error]
// EntityAlreadyExists.
func (a *Account) CreateRole(name string, services []string, policies ...Policy) (*Role, error) {
	p, err := a.create("role", name, policies)
	if err != nil {
		return nil, err
	}
	return &Role{principal: p, services: slices.Clone(services)}, nil
}

// ARN returns the role's ARN.
func (r *Role) ARN() string { return r.principal.arn }

// SetPolicies replaces the role's policies. It takes effect with the next request.
// A policy with a Principal is an [*Error] MalformedPolicyDocument.
func (r *Role) SetPolicies(policies ...Policy) error { return r.principal.setPolicies(policies) }

// identity is the session that a service has with the role.
func (r *Role) identity(service string) Identity {
	_, name, _ := strings.Cut(r.principal.arn, ":role/")
	session, _, _ := strings.Cut(service, ".")
	return Identity{
		ARN:       "arn:aws:sts::" + r.principal.account.id + ":assumed-role/" + name + "/" + session,
		Principal: r.principal.arn,
		Account:   r.principal.account.id,
	}
}

const (
	sessionLife  = time.Hour       // of the keys that a service gets for a role
	sessionEarly = 5 * time.Minute // before the end it asks for new ones
)

// Credentials returns temporary keys of the role as the service itself gets them:
// they last for an hour and are renewed five minutes before they expire. For a
// service that the role does not trust, Retrieve returns an [*Error]
// AccessDenied.
func (r *Role) Credentials(service string) aws.CredentialsProvider {
	return &sessionKeys{role: r, service: service}
}

type sessionKeys struct {
	role    *Role
	service string

	mu   sync.Mutex // guards keys
	keys creds.Keys
}

var _ aws.CredentialsProvider = (*sessionKeys)(nil)

// Retrieve returns the keys of the session.
func (s *sessionKeys) Retrieve(context.Context) (aws.Credentials, error) {
	if !slices.Contains(s.role.services, s.service) {
		return aws.Credentials{}, &Error{
			Code:    "AccessDenied",
			Message: fmt.Sprintf("%s is not authorized to perform: sts:AssumeRole on resource: %s", s.service, s.role.ARN()),
			Status:  http.StatusForbidden,
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Until(s.keys.Expires) <= sessionEarly {
		s.keys = s.role.principal.issue(s.role.identity(s.service), time.Now().Add(sessionLife), "fakeaws "+s.role.ARN())
	}
	return aws.Credentials{
		AccessKeyID:     s.keys.AccessKeyID,
		SecretAccessKey: s.keys.SecretAccessKey.Reveal(),
		SessionToken:    s.keys.SessionToken.Reveal(),
		CanExpire:       true,
		Expires:         s.keys.Expires,
		AccountID:       s.role.principal.account.id,
		Source:          s.keys.Source,
	}, nil
}
