package bridge

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// denied reports whether the answer is about rights. There are other answers with
// the same status: about the key, its signature, the clock.
func (r reply) denied() bool {
	return r.status == http.StatusForbidden && slices.Contains([]string{"AccessDenied", "Forbidden", ""}, r.code)
}

// A denial is what S3 says of a right that is missing. Of a bucket in another
// account than the caller's it says nothing: then all is empty.
type denial struct {
	action, resource string
}

// explanation is how S3, and KMS behind it, explain a refusal. KMS does not name the key
// that a ciphertext is of, or one of another account.
// Source: S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors".
var explanation = regexp.MustCompile(`is not authorized to perform: (\w+:\w+) on (?:resource: "?([^\s"]+)|this resource|the resource associated)`)

// keyTrouble is a refusal that is about a key of KMS and names no action.
var keyTrouble = regexp.MustCompile(`(?i)\bkms\b`)

func (r reply) denial() denial {
	if m := explanation.FindStringSubmatch(r.message); m != nil {
		return denial{m[1], m[2]}
	}
	return denial{}
}

// ofKey is the denial of an action of KMS in a step, if the answer is about one.
func (r reply) ofKey(op string) (denial, bool) {
	d := r.denial()
	if strings.HasPrefix(d.action, "kms:") {
		return denial{d.action, cmp.Or(d.resource, bucketKey)}, true
	}
	if d.action != "" || !keyTrouble.MatchString(r.message) {
		return denial{}, false
	}
	return denial{keyAction(op), bucketKey}, true
}

// explicitly reports whether a policy denies what another may allow.
func (r reply) explicitly() bool { return strings.Contains(r.message, "explicit deny") }

// changePolicy follows the advice to allow what a policy denies.
const changePolicy = ", and change the policy that denies it"

// said is what the answer says to people.
func (r reply) said() string {
	if r.message != "" {
		return r.message
	}
	return http.StatusText(r.status)
}
