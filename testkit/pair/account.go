package pair

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakes3"
)

// An Account is one of the two.
type Account struct {
	Side   string // "a" or "b"
	ID     string // twelve digits
	Region string
	Stage  redferry.URI // the prefix in the account's bucket that tables pass through

	IAM       *fakeaws.Account
	S3        *fakes3.Server
	Secrets   *fakeaws.SecretsManager
	Warehouse *fakeredshift.Warehouse
	Engine    fakeredshift.Engine

	S3Endpoint, SecretsEndpoint, DataAPIEndpoint string // URLs
	PGAddr                                       string // host:port
	Workgroup, Database                          string

	// Role is attached to the warehouse and reaches the account's bucket.
	Role creds.Role
	// RoleKeys are the role's own, to show what it cannot do.
	RoleKeys *fakeaws.Role
	// Login is a user of the warehouse, a superuser, as he is at first; LoginSecret
	// is the ARN of the secret that holds him. See [Account.RotateLogin].
	Login       creds.Login
	LoginSecret string
	// Admin may do everything in this account; Runner may call the Data API and
	// read the account's secrets.
	Admin, Runner creds.Keys

	pair *Pair

	mu        sync.Mutex     // guards passwords
	passwords []creds.Secret // that Login's user ever had; the current one last
}

func (p *Pair) newAccount(side, id, region string) (a *Account, err error) {
	a = &Account{
		Side: side, ID: id, Region: region, pair: p,
		Stage:     redferry.URI{Bucket: "redferry-" + side + "-" + id, Key: "stage/"},
		Workgroup: "warehouse-" + side, Database: "dev",
	}
	a.Login = creds.Login{User: "ferry", Password: a.nextPassword(), Source: "testkit/pair"}
	if a.IAM, err = p.Cloud.Account(id); err != nil {
		return nil, err
	}
	for _, start := range []func() error{a.addUsers, a.startS3, a.startSecrets, a.startWarehouse} {
		if err := start(); err != nil {
			return nil, errors.Join(fmt.Errorf("account %s: %w", side, err), a.close())
		}
	}
	return a, nil
}

func (a *Account) addUsers() (err error) {
	if a.Admin, err = a.addUser("admin", adminPolicy()); err != nil {
		return err
	}
	a.Runner, err = a.addUser("runner", runnerPolicy())
	return err
}

func (a *Account) addUser(name string, policy fakeaws.Policy) (creds.Keys, error) {
	user, err := a.IAM.CreateUser(name, policy)
	if err != nil {
		return creds.Keys{}, err
	}
	return user.CreateAccessKey(), nil
}

func (a *Account) startS3() (err error) {
	opts := a.pair.opts.S3
	opts.Region = a.Region
	a.S3 = fakes3.New(a.pair.Cloud, &opts)
	if a.S3Endpoint, err = a.start("s3", a.S3); err != nil {
		return err
	}
	return a.S3.CreateBucket(a.IAM, a.Stage.Bucket)
}

func (a *Account) startSecrets() (err error) {
	a.Secrets = fakeaws.NewSecretsManager(a.pair.Cloud, a.Region)
	if a.SecretsEndpoint, err = a.start("secrets", a.Secrets); err != nil {
		return err
	}
	a.LoginSecret, err = a.putLogin(a.Login)
	return err
}

// putLogin stores a login as package awssecrets reads it.
func (a *Account) putLogin(login creds.Login) (arn string, err error) {
	value, err := json.Marshal(map[string]string{"username": login.User, "password": login.Password.Reveal()})
	if err != nil {
		return "", err
	}
	return a.IAM.PutSecret(a.Region, loginSecret, string(value))
}

// putKeys stores an access key as package awssecrets reads it.
func (a *Account) putKeys(name string, keys creds.Keys) (arn string, err error) {
	value, err := json.Marshal(map[string]string{
		"access_key_id": keys.AccessKeyID, "secret_access_key": keys.SecretAccessKey.Reveal(),
	})
	if err != nil {
		return "", err
	}
	return a.IAM.PutSecret(a.Region, name, string(value))
}

func (a *Account) startWarehouse() (err error) {
	if a.RoleKeys, err = a.IAM.CreateRole("redshift-"+a.Side, []string{"redshift.amazonaws.com"}, rolePolicy(a)); err != nil {
		return err
	}
	if a.Role, err = creds.ParseRole(a.RoleKeys.ARN()); err != nil {
		return err
	}
	if a.Engine, err = a.pair.opts.Engine(a.Side); err != nil {
		return err
	}
	a.Warehouse, err = fakeredshift.New(a.pair.Cloud, a.IAM, a.Engine, &fakeredshift.Options{
		Workgroup: a.Workgroup, Region: a.Region, Database: a.Database, Roles: []*fakeaws.Role{a.RoleKeys},
		S3Endpoint: a.S3Endpoint, HTTPClient: a.pair.HTTPClient(),
		S3: func(o *s3.Options) { o.BaseEndpoint, o.EndpointResolverV2 = nil, regions{a.pair} },
	})
	if err != nil {
		return errors.Join(err, a.Engine.Close())
	}
	if err := a.Warehouse.CreateUser(a.Login.User, a.Login.Password.Reveal(), true); err != nil {
		return err
	}
	if a.DataAPIEndpoint, err = a.start("data", starter(a.Warehouse.StartDataAPI)); err != nil {
		return err
	}
	endpoint, err := a.start("pg", starter(a.Warehouse.StartPG))
	if err != nil {
		return err
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		return err
	}
	a.PGAddr = u.Host
	return nil
}

// PGEndpoint returns the host and the port of PGAddr.
func (a *Account) PGEndpoint() (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(a.PGAddr)
	if err != nil {
		return "", 0, fmt.Errorf("pair: %w", err)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("pair: port of %s: %w", a.PGAddr, err)
	}
	return host, uint16(number), nil
}

// PGURL is what psql takes. It contains the password. With TLS the client verifies
// the server, and needs the authority's certificate: in a file that PGSSLROOTCERT
// names.
func (a *Account) PGURL() string {
	u := url.URL{Scheme: "postgres", Host: a.PGAddr, Path: "/" + a.Database, User: url.UserPassword(a.Login.User, a.Login.Password.Reveal())}
	u.RawQuery = "sslmode=disable"
	if a.pair.Authority != nil {
		u.RawQuery = "sslmode=verify-full"
	}
	return u.String()
}

func (a *Account) close() error {
	var errs []error
	if a.Warehouse != nil { // closes its engine as well
		errs = append(errs, a.Warehouse.Close())
	}
	if a.Secrets != nil {
		errs = append(errs, a.Secrets.Close())
	}
	if a.S3 != nil {
		errs = append(errs, a.S3.Close())
	}
	return errors.Join(errs...)
}

// hosts are the names that a listener's certificate must have.
func hosts(l net.Listener) []string {
	names := []string{"localhost", "127.0.0.1"}
	if host, _, err := net.SplitHostPort(l.Addr().String()); err == nil && host != "127.0.0.1" {
		names = append(names, host)
	}
	return names
}
