package fakeredshift

import (
	"encoding/json"
	"strings"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// A dataLogin is as whom a statement runs.
type dataLogin struct {
	user     string
	password string
	secret   bool // user and password are from a secret
}

// authorize asks the caller's policies for the operation.
func (a *dataAPI) authorize(c *call, resource string) error {
	return a.w.cloud.Authorize(fakeaws.Access{
		Identity: c.identity,
		Action:   "redshift-data:" + c.op,
		Resource: resource,
		Owner:    a.w.account.ID(),
	})
}

// login finds the database user: the secret's, or the caller himself. Whether
// the password is right shows when the statement connects.
func (a *dataAPI) login(c *call) (dataLogin, error) {
	if c.SecretArn != "" {
		return a.secretLogin(c)
	}
	err := a.w.cloud.Authorize(fakeaws.Access{
		Identity: c.identity,
		Action:   "redshift-serverless:GetCredentials",
		Resource: a.w.ARN(),
		Owner:    a.w.account.ID(),
	})
	return dataLogin{user: databaseUser(c.identity)}, err
}

func (a *dataAPI) secretLogin(c *call) (dataLogin, error) {
	value, err := a.w.cloud.SecretValue(c.identity, a.w.opts.Region, c.SecretArn)
	if err != nil {
		return dataLogin{}, err
	}
	var fields struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	// What is no JSON has no user name either.
	_ = json.Unmarshal([]byte(value.Reveal()), &fields)
	if fields.Username == "" || fields.Password == "" {
		return dataLogin{}, invalid("username and password in secret cannot be empty")
	}
	return dataLogin{user: strings.ToLower(fields.Username), password: fields.Password, secret: true}, nil
}

// databaseUser is the user that GetCredentials makes for an identity.
// Source: Amazon Redshift Serverless API Reference, GetCredentials.
func databaseUser(id fakeaws.Identity) string {
	if _, role, ok := strings.Cut(id.Principal, ":role/"); ok {
		return "IAMR:" + role
	}
	_, user, _ := strings.Cut(id.Principal, ":user/")
	return "IAM:" + user
}

// open connects for a statement.
func (a *dataAPI) open(login dataLogin, database string) (*session, error) {
	if login.secret && !a.w.users.password(login.user, login.password) {
		return nil, refusedLogin(login.user)
	}
	return a.w.connect(DataAPI, login.user, database)
}
