package main

import (
	"flag"
	"fmt"
	"io"
)

// documented are the variables of the env file; X stands for A or B.
var documented = []struct{ name, meaning string }{
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
	{"X_ADMIN_SECRET_ACCESS_KEY", "its secret half"},
	{"A_READER_ACCESS_KEY_ID", "the bridge's key in A: reads below stage/"},
	{"A_READER_SECRET_ACCESS_KEY", "its secret half"},
	{"B_WRITER_ACCESS_KEY_ID", "the bridge's key in B: writes below stage/, reads nothing"},
	{"B_WRITER_SECRET_ACCESS_KEY", "its secret half"},
	{"B_AUDITOR_ACCESS_KEY_ID", "the validation's key in B: lists stage/"},
	{"B_AUDITOR_SECRET_ACCESS_KEY", "its secret half"},
	{"B_REMOVER_ACCESS_KEY_ID", "a key in B for a sync that removes: deletes below stage/"},
	{"B_REMOVER_SECRET_ACCESS_KEY", "its secret half"},
	{"CA_FILE", "with -tls: the certificate to trust, sandbox-ca.pem beside the env file"},
	{"PGSSLROOTCERT", "with -tls: the same file, where psql looks for it"},
}

const synopsis = `usage: sandbox [-env FILE] [-tls] [-rows N]

Keeps two AWS accounts running until interrupted, with flights in the Redshift
of account A.

`

const use = `
In another terminal:

  set -a; . ./sandbox.env; set +a

  psql "$A_PG_URL"      # then: SET search_path TO air;   \dt   SELECT count(*) FROM flights;

  AWS_ACCESS_KEY_ID=$A_ADMIN_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$A_ADMIN_SECRET_ACCESS_KEY \
    aws --region $A_REGION --endpoint-url $A_S3_ENDPOINT s3 ls

  SRC_AWS_ACCESS_KEY_ID=$A_READER_ACCESS_KEY_ID SRC_AWS_SECRET_ACCESS_KEY=$A_READER_SECRET_ACCESS_KEY SRC_AWS_REGION=$A_REGION \
  DST_AWS_ACCESS_KEY_ID=$B_WRITER_ACCESS_KEY_ID DST_AWS_SECRET_ACCESS_KEY=$B_WRITER_SECRET_ACCESS_KEY DST_AWS_REGION=$B_REGION \
    go run ./examples/bridgecopy -src s3://$A_BUCKET/stage/ -dst s3://$B_BUCKET/stage/ -write-only \
      -src-endpoint $A_S3_ENDPOINT -dst-endpoint $B_S3_ENDPOINT

With -tls, add AWS_CA_BUNDLE=$CA_FILE for the AWS CLI and boto3, and -ca $CA_FILE for bridgecopy.
`

func usage() {
	w := flag.CommandLine.Output()
	fmt.Fprint(w, synopsis)
	flag.PrintDefaults()
	explainVariables(w)
	fmt.Fprint(w, use)
}

func explainVariables(w io.Writer) {
	fmt.Fprintln(w, "\nThe env file has these variables, as KEY=VALUE without quotes:")
	for _, v := range documented {
		fmt.Fprintf(w, "  %-30s %s\n", v.name, v.meaning)
	}
}
