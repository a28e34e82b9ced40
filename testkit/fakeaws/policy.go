package fakeaws

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// A Policy is a policy document of IAM, or of a bucket. Make one with
// [ParsePolicy]; the zero Policy says nothing. It is immutable.
type Policy struct {
	document   string
	statements []statement
}

// ErrPolicy is wrapped by the errors of [ParsePolicy].
var ErrPolicy = errors.New("not a usable policy document")

// ParsePolicy reads the JSON of a policy: Version, Id, and Statement with Sid,
// Effect, Action or NotAction, Resource or NotResource, Principal and Condition.
// It is strict where AWS is, and stricter where this package lacks something: an
// element, operator or policy variable that it does not know is an error that
// names it, so that no policy means less here than it says. Its error wraps
// [ErrPolicy].
func ParsePolicy(document string) (Policy, error) {
	statements, err := parsePolicy([]byte(document))
	if err != nil {
		return Policy{}, fmt.Errorf("fakeaws: %w: %w", ErrPolicy, err)
	}
	return Policy{document: document, statements: statements}, nil
}

// MustParsePolicy is like [ParsePolicy] but panics. It is for tests and package-level variables.
func MustParsePolicy(document string) Policy {
	p, err := ParsePolicy(document)
	if err != nil {
		panic(err)
	}
	return p
}

// String returns the document as it was parsed.
func (p Policy) String() string { return p.document }

// CheckResource reports whether p can be the policy of a resource: each statement
// has a Principal, and its resources are arn or lie under it ("arn/..."). The
// error is an [*Error] MalformedPolicy, as S3 sends it.
func (p Policy) CheckResource(arn string) error {
	for _, s := range p.statements {
		if s.principals == nil {
			return malformed("MalformedPolicy", "Missing required field Principal")
		}
		for _, resource := range s.resources.globs {
			if !mayMatchUnder(resource, arn) {
				return malformed("MalformedPolicy", "Policy has invalid resource")
			}
		}
	}
	return nil
}

// mayMatchUnder reports whether a pattern names arn or something under it.
func mayMatchUnder(pattern, arn string) bool {
	literal, _, wild := strings.Cut(strings.ReplaceAll(pattern, "?", "*"), "*")
	if wild && strings.HasPrefix(arn, literal) {
		return true
	}
	return pattern == arn || strings.HasPrefix(pattern, arn+"/")
}

// checkIdentity reports whether p can be the policy of a user or a role.
func (p Policy) checkIdentity() error {
	for _, s := range p.statements {
		if s.principals != nil {
			return malformed("MalformedPolicyDocument", "Policy document should not specify a principal.")
		}
	}
	return nil
}

func malformed(code, message string) *Error {
	return &Error{Code: code, Message: message, Status: http.StatusBadRequest}
}

func parsePolicy(document []byte) ([]statement, error) {
	elements, err := object(document)
	if err != nil {
		return nil, err
	}
	var statements []statement
	version := "2008-10-17" // what a document without Version has
	for _, e := range elements {
		switch e.name {
		case "Version":
			version, err = text(e)
		case "Id":
			_, err = text(e)
		case "Statement":
			statements, err = parseStatements(e.value)
		default:
			err = fmt.Errorf("unknown element %q", e.name)
		}
		if err != nil {
			return nil, err
		}
	}
	if version != "2012-10-17" && version != "2008-10-17" {
		return nil, fmt.Errorf("unknown Version %q", version)
	}
	if len(statements) == 0 {
		return nil, errors.New("it has no Statement")
	}
	return statements, nil
}

// parseStatements reads one statement or a list of them.
func parseStatements(raw json.RawMessage) ([]statement, error) {
	list := []json.RawMessage{raw}
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, err
		}
	}
	statements := make([]statement, len(list))
	seen := make(map[string]bool)
	for i, one := range list {
		s, err := parseStatement(one)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i, err)
		}
		if s.sid != "" && seen[s.sid] {
			return nil, fmt.Errorf("statement %d: Sid %q is used twice", i, s.sid)
		}
		seen[s.sid] = true
		statements[i] = s
	}
	return statements, nil
}
