package bridge

import (
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

// explanation is how S3, and KMS behind it, explain a refusal.
// Source: S3 User Guide, "Troubleshoot access denied (403 Forbidden) errors".
var explanation = regexp.MustCompile(`is not authorized to perform: (\w+:\w+) on resource: "?([^\s"]+)`)

// keyTrouble is a refusal that is about a key of KMS and names no action.
var keyTrouble = regexp.MustCompile(`(?i)\bkms\b`)

func (r reply) denial() denial {
	if m := explanation.FindStringSubmatch(r.message); m != nil {
		return denial{m[1], m[2]}
	}
	return denial{}
}

// ofKey is the denial of an action of KMS, if the answer is about one. S3 asks KMS
// for a data key when an upload begins, and to decrypt in all other cases.
// Source: S3 User Guide, "Using server-side encryption with AWS KMS keys", "Permissions".
func (r reply) ofKey(action string) (denial, bool) {
	d := r.denial()
	if strings.HasPrefix(d.action, "kms:") {
		return d, true
	}
	if d.action != "" || !keyTrouble.MatchString(r.message) {
		return denial{}, false
	}
	if action == actionWrite {
		return denial{"kms:GenerateDataKey", anyKey}, true
	}
	return denial{"kms:Decrypt", anyKey}, true
}

// anyKey stands for a key of KMS that the answer does not name.
const anyKey = "the KMS key of the bucket"

// explicitly reports whether a policy denies what another may allow.
func (r reply) explicitly() bool { return strings.Contains(r.message, "explicit deny") }

// said is what the answer says to people.
func (r reply) said() string {
	if r.message != "" {
		return r.message
	}
	return http.StatusText(r.status)
}
