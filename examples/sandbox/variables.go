package main

import (
	"strings"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/pair"
)

// A variable of the env file.
type variable struct{ name, value string }

// variables returns what the env file holds; ca is the file with the certificate
// to trust, if there is one.
func variables(p *pair.Pair, ca string) []variable {
	var all []variable
	for _, a := range []*pair.Account{p.A, p.B} {
		all = append(all, ofAccount(a)...)
	}
	all = append(all, ofKey("A_READER", p.Reader)...)
	all = append(all, ofKey("B_WRITER", p.Writer)...)
	all = append(all, ofKey("B_AUDITOR", p.Auditor)...)
	all = append(all, ofKey("B_REMOVER", p.Remover)...)
	if ca != "" {
		all = append(all, variable{"CA_FILE", ca}, variable{"PGSSLROOTCERT", ca})
	}
	return all
}

func ofAccount(a *pair.Account) []variable {
	x := strings.ToUpper(a.Side) + "_"
	return append([]variable{
		{x + "ACCOUNT", a.ID},
		{x + "REGION", a.Region},
		{x + "BUCKET", a.Stage.Bucket},
		{x + "S3_ENDPOINT", a.S3Endpoint},
		{x + "ROLE_ARN", a.Role.ARN()},
		{x + "PG_URL", a.PGURL()},
		{x + "DATA_API_ENDPOINT", a.DataAPIEndpoint},
		{x + "WORKGROUP", a.Workgroup},
		{x + "DATABASE", a.Database},
		{x + "SECRET_ARN", a.LoginSecret},
		{x + "SECRETS_ENDPOINT", a.SecretsEndpoint},
	}, ofKey(x+"ADMIN", a.Admin)...)
}

func ofKey(prefix string, keys creds.Keys) []variable {
	return []variable{
		{prefix + "_ACCESS_KEY_ID", keys.AccessKeyID},
		{prefix + "_SECRET_ACCESS_KEY", keys.SecretAccessKey.Reveal()},
	}
}
