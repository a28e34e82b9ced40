package main

import (
	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/pair"
)

// A job is what a process must know to move the tables. It holds secrets and
// reaches another process through a pipe, never by its arguments.
type job struct {
	Mode     string
	Verbose  bool
	Run      string // names the move
	Dir      string // where it remembers how far it is
	PartSize int64  // bytes
	A, B     account
	Auditor  keys
	CA       []byte // certificate of the authority to trust, PEM
}

// An account is how one of the two is reached.
type account struct {
	Region, Workgroup, Database  string
	S3, Secrets, DataAPI         string // URLs
	Host                         string // of the PostgreSQL wire
	Port                         uint16
	Stage                        redferry.URI
	Role, LoginSecret, KeySecret string // an ARN and two names of secrets
	Runner                       keys
}

// Keys are an access key with its secret in clear.
type keys struct{ ID, Secret string }

func reveal(k creds.Keys) keys { return keys{k.AccessKeyID, k.SecretAccessKey.Reveal()} }

func (k keys) creds() creds.Keys {
	return creds.Keys{AccessKeyID: k.ID, SecretAccessKey: creds.NewSecret(k.Secret)}
}

// newJob is the job of moving from p.A to p.B.
func newJob(p *pair.Pair, s setup, run, dir string) (j job, err error) {
	j = job{
		Mode: s.mode, Verbose: s.verbose, Run: run, Dir: dir, PartSize: s.partSize(),
		Auditor: reveal(p.Auditor), CA: p.Authority.PEM(),
	}
	if j.A, err = newAccount(p.A, "redferry/reader"); err != nil {
		return job{}, err
	}
	j.B, err = newAccount(p.B, "redferry/writer")
	return j, err
}

func newAccount(a *pair.Account, keySecret string) (account, error) {
	host, port, err := a.PGEndpoint()
	return account{
		Region: a.Region, Workgroup: a.Workgroup, Database: a.Database,
		S3: a.S3Endpoint, Secrets: a.SecretsEndpoint, DataAPI: a.DataAPIEndpoint, Host: host, Port: port,
		Stage: a.Stage, Role: a.Role.ARN(), LoginSecret: a.LoginSecret, KeySecret: keySecret,
		Runner: reveal(a.Runner),
	}, err
}
