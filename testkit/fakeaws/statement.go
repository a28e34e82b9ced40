package fakeaws

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A statement is one statement of a policy.
type statement struct {
	sid        string
	deny       bool
	actions    patterns
	resources  patterns
	principals *principals // nil in the policy of a user or a role
	conditions []condition
}

// patterns is Action or NotAction, Resource or NotResource.
type patterns struct {
	globs []string
	not   bool
	fold  bool // compare without regard to case, as actions are
}

func (p patterns) match(s string) bool {
	return p.not != slices.ContainsFunc(p.globs, func(g string) bool {
		if p.fold {
			return glob(strings.ToLower(g), strings.ToLower(s))
		}
		return glob(g, s)
	})
}

// principals is whom a statement of a resource's policy is about.
type principals struct {
	everyone bool
	accounts []string // with all their users and roles
	arns     []string // users, roles, sessions of roles
}

var (
	actionPattern   = regexp.MustCompile(`^(?:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$`)
	resourcePattern = regexp.MustCompile(`^(?:\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+)$`)
	sidPattern      = regexp.MustCompile(`^[A-Za-z0-9 ]*$`) // without blanks in IAM; buckets take them
	principalARN    = regexp.MustCompile(`^arn:aws[a-z-]*:(?:iam::[0-9]{12}:(?:user|role)/[^*?]+|sts::[0-9]{12}:assumed-role/[^*?]+)$`)
	principalRoot   = regexp.MustCompile(`^(?:arn:aws[a-z-]*:iam::)?([0-9]{12})(?::root)?$`)
)

func parseStatement(raw []byte) (statement, error) {
	var s statement
	elements, err := object(raw)
	if err != nil {
		return s, err
	}
	effect := ""
	for _, e := range elements {
		switch e.name {
		case "Sid":
			s.sid, err = text(e)
		case "Effect":
			effect, err = text(e)
		case "Action", "NotAction":
			err = s.actions.parse(e, actionPattern)
			s.actions.fold = true
		case "Resource", "NotResource":
			err = s.resources.parse(e, resourcePattern)
		case "Principal":
			s.principals, err = parsePrincipals(e)
		case "Condition":
			s.conditions, err = parseConditions(e.value)
		default:
			err = fmt.Errorf("unknown element %q", e.name)
		}
		if err != nil {
			return s, err
		}
	}
	s.deny = effect == "Deny"
	return s, s.check(effect)
}

func (s *statement) check(effect string) error {
	switch {
	case effect != "Allow" && effect != "Deny":
		return fmt.Errorf("the Effect is %q, want Allow or Deny", effect)
	case !sidPattern.MatchString(s.sid):
		return fmt.Errorf("the Sid %q is not made of letters and digits", s.sid)
	case s.actions.globs == nil:
		return errors.New("it has no Action")
	case s.resources.globs == nil:
		return errors.New("it has no Resource")
	}
	return nil
}

func (p *patterns) parse(e element, valid *regexp.Regexp) error {
	if p.globs != nil {
		return fmt.Errorf("%s: it has the opposite, too", e.name)
	}
	globs, err := texts(e)
	if err != nil {
		return err
	}
	for _, g := range globs {
		if strings.Contains(g, "${") {
			return fmt.Errorf("%s: policy variables are not supported: %q", e.name, g)
		}
		if !valid.MatchString(g) {
			return fmt.Errorf("%s: %q is malformed", e.name, g)
		}
	}
	p.globs, p.not = globs, strings.HasPrefix(e.name, "Not")
	return nil
}

// parsePrincipals reads "*" or {"AWS": ..., "Service": ...}. A service matches no
// request: those that reach a server are signed by users and roles.
func parsePrincipals(e element) (*principals, error) {
	p := new(principals)
	if everyone, err := text(e); err == nil {
		if everyone != "*" {
			return nil, fmt.Errorf("in Principal: want \"*\" or an object, have %q", everyone)
		}
		p.everyone = true
		return p, nil
	}
	kinds, err := object(e.value)
	if err != nil {
		return nil, fmt.Errorf("in Principal: %w", err)
	}
	if len(kinds) == 0 {
		return nil, errors.New("in Principal: the object is empty")
	}
	for _, kind := range kinds {
		names, err := texts(kind)
		if err != nil {
			return nil, fmt.Errorf("in Principal: %w", err)
		}
		switch kind.name {
		case "AWS":
			err = p.add(names)
		case "Service":
		default:
			err = fmt.Errorf("unknown element %q", kind.name)
		}
		if err != nil {
			return nil, fmt.Errorf("in Principal: %w", err)
		}
	}
	return p, nil
}

func (p *principals) add(names []string) error {
	for _, name := range names {
		root := principalRoot.FindStringSubmatch(name)
		switch {
		case name == "*":
			p.everyone = true
		case root != nil:
			p.accounts = append(p.accounts, root[1])
		case principalARN.MatchString(name):
			p.arns = append(p.arns, name)
		default:
			return fmt.Errorf("%q names no account, user or role", name)
		}
	}
	return nil
}

// A reach is how a statement's principals take in a caller.
type reach uint8

const (
	outside reach = iota
	// byAccount: the caller's account is named. To its own resources an account
	// named so gives no right by that; its administrators give it by identity
	// policies.
	byAccount
	direct
)

func (p *principals) reach(id Identity) reach {
	switch {
	case p.everyone:
		return direct
	case id.ARN == "":
		return outside
	case slices.Contains(p.arns, id.ARN), slices.Contains(p.arns, id.Principal):
		return direct
	case slices.Contains(p.accounts, id.Account):
		return byAccount
	}
	return outside
}
