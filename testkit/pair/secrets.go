package pair

import (
	"crypto/md5"
	"encoding/hex"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/canary"
)

// Secrets returns everything in the two accounts that has to stay secret, for a
// [canary.Set]: what Secrets of the Cloud lists, with the access keys of Reader,
// Writer, Auditor, Remover, the Admins and the Runners and the sessions of the Roles; and
// the passwords of the logins, with their hashes, which open a warehouse as the
// passwords do. What was rotated away is in it. Sessions and signing keys come to
// be when they are first needed, so ask after the run that is to be looked at.
func (p *Pair) Secrets() []canary.Secret {
	var all []canary.Secret
	for _, a := range []*Account{p.A, p.B} {
		all = append(all, a.logins()...)
	}
	return append(all, p.Cloud.Secrets()...)
}

func (a *Account) logins() []canary.Secret {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []canary.Secret
	for _, password := range a.passwords {
		sum := md5.Sum([]byte(password.Reveal() + a.Login.User))
		all = append(all,
			canary.Secret{Kind: "password of warehouse " + a.Side, Text: password},
			canary.Secret{Kind: "password hash of warehouse " + a.Side, Text: creds.NewSecret(hex.EncodeToString(sum[:]))})
	}
	return all
}
