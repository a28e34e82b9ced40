package bridge

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Actions on keys of KMS. S3 asks for a data key when an object is put or an upload
// begins, and to decrypt one in all other cases: parts, too, are encrypted with what the
// upload began with.
// Source: S3 User Guide, "Using server-side encryption with AWS KMS keys", "Permissions".
const (
	actionDataKey = "kms:GenerateDataKey"
	actionDecrypt = "kms:Decrypt"
)

// Steps that create.
const (
	opPut    = "put"
	opCreate = "create upload to"
)

// keyAction is what S3 asks KMS for in a step.
func keyAction(op string) string {
	if op == opPut || op == opCreate {
		return actionDataKey
	}
	return actionDecrypt
}

// Keys that an answer does not name.
const (
	bucketKey = "the KMS key of the bucket"
	objectKey = "the KMS key of the object"
)

// namedKey finds the key that an answer of KMS names: by its ARN, or by a name that
// means nothing to KMS.
var namedKey = regexp.MustCompile(`(arn:[\w-]+:kms:[\w-]*:\d*:[\w/-]+)|Invalid keyId '?([^'\s]+)`)

// aboutKey reports whether the answer is about a key of KMS. It may be about a right,
// too: see [reply.ofKey].
func (r reply) aboutKey() bool {
	if action := r.denial().action; action != "" {
		return strings.HasPrefix(action, "kms:")
	}
	return strings.HasPrefix(r.code, "KMS.") || r.code == "ThrottlingException" || keyTrouble.MatchString(r.message)
}

// adviseKey says what to do about an answer that is about a key of KMS, and "" about
// others. The key is what is known of it beforehand; the answer may name it.
// Source: S3 API Reference, "Error responses"; KMS API Reference, "GenerateDataKey".
func adviseKey(ctx context.Context, client any, r reply, op, key string) string {
	if !r.aboutKey() {
		return ""
	}
	if m := namedKey.FindStringSubmatch(r.message); m != nil {
		key = cmp.Or(m[1], m[2])
	}
	action := keyAction(op)
	if r.denied() {
		return allowKey(ctx, client, r, cmp.Or(r.denial().action, action), key)
	}
	var do string
	switch r.code {
	case "KMS.DisabledException":
		do = "enable the key, or use another"
	case "KMS.KMSInvalidStateException":
		do = "cancel the deletion of the key, or what else keeps it out of use, or use another"
	case "KMS.NotFoundException":
		do = "check that there is such a key in the region of the bucket, and name it by its ARN"
	case "KMS.InvalidKeyUsageException":
		do = "use a symmetric key that is for encryption"
	case "ThrottlingException", "KMS.ThrottlingException", "SlowDown":
		do = "ask AWS for a higher quota of requests to KMS, have S3 ask less (Encryption.BucketKey), or copy less at once"
	default:
		if !strings.HasPrefix(r.code, "KMS.") {
			return "" // the answer says it
		}
		do = "look what is wrong with the key"
	}
	return fmt.Sprintf("S3 could not use %s on %s: %s", action, key, do)
}

// allowKey is the advice for an action on a key that is refused. Of keys of other accounts
// KMS does not say whether they exist.
func allowKey(ctx context.Context, client any, r reply, action, key string) string {
	advice := allow(ctx, client, action, key)
	switch {
	case r.explicitly() && !r.unseen():
		advice += changePolicy
	case r.unseen():
		advice += ", check that there is such a key in the region of the bucket, and that its own policy allows it, too"
	}
	return advice
}

// unseen reports whether KMS does not say if there is a key.
func (r reply) unseen() bool { return strings.Contains(r.message, "does not exist in this Region") }

// keyAt is what is known of the key of KMS that one side encrypts with; "" if nothing is.
func (t *transfer) keyAt(side string) string {
	if side == SideSource {
		return ""
	}
	if e := t.c.opts.Carry.Encryption; t.key == "" && e != nil && e.withKMS() {
		return cmp.Or(e.KeyID, "the KMS key aws/s3")
	}
	return t.key
}

// advise says what to do about err, which ended a step at one side.
func (t *transfer) advise(ctx context.Context, side, op, action string, err error) string {
	client, object, other := any(t.c.dst), t.dst, bucketKey
	if side == SideSource {
		client, object, other = t.c.src, t.src.URI, objectKey
	}
	r, key := answer(err), t.keyAt(side)
	if advice := adviseKey(ctx, client, r, op, cmp.Or(key, other)); advice != "" {
		return advice
	}
	advice := advise(ctx, client, err, action, object)
	if key != "" && r.denied() && r.denial() == (denial{}) && strings.HasPrefix(action, actionWrite) {
		advice += ", and " + keyAction(op) + " on " + key // S3 need not say which of the two it is
	}
	return advice
}

// sealed checks what the target answered about the encryption of what it made.
func (t *transfer) sealed(op string, algorithm types.ServerSideEncryption, key *string) error {
	err := t.c.opts.Carry.Encryption.check(string(algorithm), aws.ToString(key))
	if err == nil {
		return nil
	}
	failed := &Error{Op: op, Side: SideTarget, Dst: t.dst, Src: t.src.URI, Err: err, Advice: "leave the encryption to the bucket, or use a target that knows it"}
	if op != opCreate {
		failed.Err = fmt.Errorf("%w: %w", errInPlace, err)
		failed.Advice = "delete the object at the target; " + failed.Advice
	}
	return failed
}
