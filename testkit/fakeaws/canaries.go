package fakeaws

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/canary"
)

// Secrets returns everything that has to stay secret of what the Cloud made or was
// given so far, for a [canary.Set]: the secret access keys of users, those of the
// sessions of roles with their tokens, the keys that signatures of verified
// requests were made with, and all values of Secrets Manager's secrets, with the
// passwords and keys that stand in them. What was deleted or has expired is in it,
// too. Sessions begin when a service first needs one, so ask after the run that is
// to be looked at. The kinds name the owner: "session token of
// 111122223333:role/copier".
func (c *Cloud) Secrets() []canary.Secret {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.issued)
}

// remember notes what is secret of a new key. The caller holds c.mu.
func (c *Cloud) remember(key *accessKey) {
	c.watch("secret access key of "+key.identity.name(), key.secret)
	if key.token != "" {
		c.watch("session token of "+key.identity.name(), key.token)
	}
}

// watchSecret notes a value of a secret, and the members of it that are secret by
// themselves. The caller holds c.mu.
func (c *Cloud) watchSecret(name, value string) {
	c.watch("value of secret "+name, value)
	var object map[string]any
	if json.Unmarshal([]byte(value), &object) != nil {
		return // plain text
	}
	for _, member := range []string{"password", "secret_access_key"} {
		if text, ok := object[member].(string); ok {
			c.watch(member+" in secret "+name, text)
		}
	}
}

func (c *Cloud) watch(kind, text string) {
	c.issued = append(c.issued, canary.Secret{Kind: kind, Text: creds.NewSecret(text)})
}

// name is short for the principal: "111122223333:user/reader".
func (id Identity) name() string {
	_, name, _ := strings.Cut(id.Principal, "arn:aws:iam::")
	return name
}
