package creds

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrRole is wrapped by the errors of [ParseRole].
var ErrRole = errors.New("not a usable IAM role")

// roleARN is the ARN of a role: the partitions of AWS, an account of 12 digits, a
// path of printable ASCII and a name of 1 to 64 characters. A comma is legal in
// a name, but not here: Redshift reads it as a chain.
// Source: IAM User Guide, "IAM and AWS STS quotas" and "IAM identifiers".
var roleARN = regexp.MustCompile(`^arn:(?:aws|aws-cn|aws-us-gov|aws-eusc|aws-iso(?:-[a-z])?):iam::([0-9]{12}):role/(?:[!-.0-~]+/)*[A-Za-z0-9_+=.@-]{1,64}$`)

// maxPath is the longest path of a role, with the slashes at both ends.
// Source: IAM User Guide, "IAM and AWS STS quotas".
const maxPath = 512

// ParseRole reads the ARN of one role. It refuses a chain of roles (ARNs with a
// comma between them) and the word default: which role that is depends on the
// warehouse, so nobody could check its account. Its error wraps [ErrRole].
func ParseRole(arn string) (Role, error) {
	switch {
	case arn == "":
		return Role{}, fmt.Errorf("creds: the empty text is %w: write its ARN", ErrRole)
	case strings.Contains(arn, ","):
		return Role{}, fmt.Errorf("creds: %q is %w: a comma makes a chain of roles, and with a chain the warehouse assumes a role in another account; name the role attached to the warehouse alone", arn, ErrRole)
	case strings.EqualFold(arn, "default"):
		return Role{}, fmt.Errorf("creds: %q is %w: write the ARN of the role that is attached to the warehouse as its default", arn, ErrRole)
	case !roleARN.MatchString(arn):
		return Role{}, fmt.Errorf("creds: %q is %w: write arn:aws:iam::<12 digits>:role/<name>", arn, ErrRole)
	case pathLength(arn) > maxPath:
		return Role{}, fmt.Errorf("creds: %.60q... is %w: its path is longer than %d characters", arn, ErrRole, maxPath)
	}
	return Role{arn: arn}, nil
}

func pathLength(arn string) int {
	return strings.LastIndexByte(arn, '/') - strings.IndexByte(arn, '/') + 1
}

// MustParseRole is like [ParseRole] but panics. It is for tests and package-level variables.
func MustParseRole(arn string) Role {
	r, err := ParseRole(arn)
	if err != nil {
		panic(err)
	}
	return r
}

// ARN returns the ARN as it was parsed, "" for the zero Role.
func (r Role) ARN() string { return r.arn }

// Account returns the 12 digits of the account that owns the role, "" for the
// zero Role.
func (r Role) Account() string {
	if m := roleARN.FindStringSubmatch(r.arn); m != nil {
		return m[1]
	}
	return ""
}

// IsZero reports whether r names no role.
func (r Role) IsZero() bool { return r == Role{} }

// String returns the ARN.
func (r Role) String() string { return r.arn }

// MarshalText returns the ARN.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.arn), nil }

// UnmarshalText reads what [ParseRole] reads; empty text is the zero Role.
func (r *Role) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = Role{}
		return nil
	}
	parsed, err := ParseRole(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}
