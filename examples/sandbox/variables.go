package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/pair"
)

// A variable of the env file; X stands for A or B.
type variable struct{ name, meaning string }

var documented = []variable{
	{"X_ACCOUNT", "the account's id, twelve digits; X is A or B, here and below"},
	{"X_REGION", "its region"},
	{"X_BUCKET", "its bucket; files pass through the prefix stage/"},
	{"X_S3_ENDPOINT", "URL of its S3 (buckets by path)"},
	{"X_ROLE_ARN", "the role attached to its Redshift, for UNLOAD and COPY"},
	{"X_PG_URL", "its Redshift for psql, with the password"},
	{"X_DATA_API_ENDPOINT", "URL of its Redshift Data API"},
	{"X_WORKGROUP", "the name of its Redshift"},
	{"X_DATABASE", "the database"},
	{"X_SECRET_ARN", "the secret with the database login"},
	{"X_SECRETS_ENDPOINT", "URL of its Secrets Manager"},
	{"X_ADMIN_ACCESS_KEY_ID", "a key that may do everything in the account"},
	{"X_ADMIN_SECRET_ACCESS_KEY", ""},
	{"A_READER_ACCESS_KEY_ID", "the bridge's key in A: reads below stage/"},
	{"A_READER_SECRET_ACCESS_KEY", ""},
	{"B_WRITER_ACCESS_KEY_ID", "the bridge's key in B: writes below stage/, reads nothing"},
	{"B_WRITER_SECRET_ACCESS_KEY", ""},
	{"B_AUDITOR_ACCESS_KEY_ID", "the validation's key in B: lists stage/"},
	{"B_AUDITOR_SECRET_ACCESS_KEY", ""},
	{"CA_FILE", "the certificate to trust, with -tls"},
}

// variables returns the lines of the env file and writes the certificate.
func variables(p *pair.Pair, s setup) (string, error) {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s='%s'\n", name, value) }
	key := func(prefix string, keys creds.Keys) {
		line(prefix+"_ACCESS_KEY_ID", keys.AccessKeyID)
		line(prefix+"_SECRET_ACCESS_KEY", keys.SecretAccessKey.Reveal())
	}
	for _, a := range []*pair.Account{p.A, p.B} {
		x := strings.ToUpper(a.Side) + "_"
		line(x+"ACCOUNT", a.ID)
		line(x+"REGION", a.Region)
		line(x+"BUCKET", a.Stage.Bucket)
		line(x+"S3_ENDPOINT", a.S3Endpoint)
		line(x+"ROLE_ARN", a.Role.ARN())
		line(x+"PG_URL", a.PGURL())
		line(x+"DATA_API_ENDPOINT", a.DataAPIEndpoint)
		line(x+"WORKGROUP", a.Workgroup)
		line(x+"DATABASE", a.Database)
		line(x+"SECRET_ARN", a.LoginSecret)
		line(x+"SECRETS_ENDPOINT", a.SecretsEndpoint)
		key(x+"ADMIN", a.Admin)
	}
	key("A_READER", p.Reader)
	key("B_WRITER", p.Writer)
	key("B_AUDITOR", p.Auditor)
	if p.Authority != nil {
		file, err := writeCA(p, s)
		if err != nil {
			return "", err
		}
		line("CA_FILE", file)
	}
	return b.String(), nil
}

// writeCA writes the authority's certificate beside the env file.
func writeCA(p *pair.Pair, s setup) (string, error) {
	file, err := filepath.Abs(filepath.Join(filepath.Dir(s.env), "sandbox-ca.pem"))
	if err != nil {
		return "", err
	}
	return file, os.WriteFile(file, p.Authority.PEM(), 0o644)
}
