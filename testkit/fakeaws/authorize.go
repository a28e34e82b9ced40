package fakeaws

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// An Access is one use of one action on one resource.
type Access struct {
	Identity Identity
	Action   string // "s3:PutObject"
	Resource string // its ARN: "arn:aws:s3:::bucket/key"
	// Owner is the account that owns the resource; empty means the caller's own.
	Owner string
	// ResourcePolicy is the policy of the resource, such as a bucket's; nil
	// without one.
	ResourcePolicy *Policy
	// Context holds the condition keys of the request: "s3:prefix",
	// "aws:SecureTransport". What the Cloud knows itself (aws:PrincipalArn,
	// aws:PrincipalAccount, aws:ResourceAccount) need not be in it.
	Context map[string][]string
}

// Authorize decides about an Access by the policies as they are now. A Deny in
// any policy wins. Within one account it is enough that the identity's or the
// resource's policy allows; across accounts both must. A refusal is an [*Error]
// AccessDenied with status 403; what S3 refuses across accounts it does not
// explain.
//
// Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy
// evaluation logic".
func (c *Cloud) Authorize(req Access) error {
	if req.Owner == "" {
		req.Owner = req.Identity.Account
	}
	req.Context = c.context(req)
	identity := judge(c.policiesOf(req.Identity), req, func(statement) reach { return direct })
	var resource verdict
	if req.ResourcePolicy != nil {
		resource = judge([]Policy{*req.ResourcePolicy}, req, func(s statement) reach {
			if s.principals == nil {
				return outside
			}
			return s.principals.reach(req.Identity)
		})
	}
	switch {
	case identity.denied:
		return req.refusal("with an explicit deny in an identity-based policy")
	case resource.denied:
		return req.refusal("with an explicit deny in a resource-based policy")
	case req.Identity.Account == req.Owner || req.Identity.ARN == "":
		if identity.allowed == direct || resource.allowed == direct {
			return nil
		}
	case identity.allowed == outside:
	case resource.allowed == outside:
		return req.refusal("because no resource-based policy allows the " + req.Action + " action")
	default:
		return nil
	}
	return req.refusal("because no identity-based policy allows the " + req.Action + " action")
}

func (c *Cloud) policiesOf(id Identity) []Policy {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.principals[id.Principal]; p != nil {
		return p.policies
	}
	return nil
}

// context returns the request's keys in lower case with what the Cloud knows.
func (c *Cloud) context(req Access) map[string][]string {
	context := make(map[string][]string, len(req.Context)+3)
	for key, values := range req.Context {
		context[strings.ToLower(key)] = values
	}
	context["aws:resourceaccount"] = []string{req.Owner}
	if req.Identity.ARN != "" {
		context["aws:principalarn"] = []string{req.Identity.Principal}
		context["aws:principalaccount"] = []string{req.Identity.Account}
	}
	return context
}

// A verdict is what policies of one kind say.
type verdict struct {
	denied  bool
	allowed reach // the best of the statements that allow
}

func judge(policies []Policy, req Access, reachOf func(statement) reach) verdict {
	var v verdict
	for _, policy := range policies {
		for _, s := range policy.statements {
			r := reachOf(s)
			switch {
			case r == outside || !s.applies(req):
			case s.deny:
				v.denied = true
			default:
				v.allowed = max(v.allowed, r)
			}
		}
	}
	return v
}

func (s statement) applies(req Access) bool {
	if !s.actions.match(req.Action) || !s.resources.match(req.Resource) {
		return false
	}
	for _, c := range s.conditions {
		if !c.holds(req.Context) {
			return false
		}
	}
	return true
}

// refusal words the error as AWS does. S3 puts the resource in quotes, and tells
// callers of other accounts nothing.
// Source: S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors".
func (a Access) refusal(reason string) *Error {
	e := &Error{Code: "AccessDenied", Message: "Access Denied", Status: http.StatusForbidden}
	resource := a.Resource
	if strings.HasPrefix(a.Action, "s3:") {
		if a.Identity.Account != a.Owner {
			return e
		}
		resource = strconv.Quote(resource)
	}
	if a.Identity.ARN != "" {
		e.Message = fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", a.Identity.ARN, a.Action, resource, reason)
	}
	return e
}
