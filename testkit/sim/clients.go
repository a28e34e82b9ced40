package sim

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/testkit/pair"
)

// S3 returns a client of an account's S3 with the settings of bridge.NewClient,
// every request of which is a boundary.
func (p *Process) S3(a *pair.Account, keys creds.Provider[creds.Keys]) (*s3.Client, error) {
	access := bridge.Access{Region: a.Region, Endpoint: a.S3Endpoint, Credentials: awscreds.Provider(keys), Dial: p.DialContext}
	if p.world.Authority != nil {
		access.RootCAs = p.world.Authority.Pool()
	}
	client, err := bridge.NewClient(access)
	if err != nil {
		return nil, err
	}
	options := client.Options()
	if options.HTTPClient == nil {
		return nil, errors.New("sim: the client of package bridge has no HTTP client")
	}
	options.HTTPClient = p.HTTPClient(options.HTTPClient)
	return s3.New(options), nil
}

// Keys finds the access key that a secret of an account holds, once and then
// after each refusal.
func (p *Process) Keys(a *pair.Account, secret string) creds.Provider[creds.Keys] {
	return creds.Cache(awssecrets.Keys(p.secrets(a), secret), time.Minute)
}

// secrets reaches an account's Secrets Manager. A request that fails is not
// repeated: whoever asked asks again.
func (p *Process) secrets(a *pair.Account) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.SecretsEndpoint), HTTPClient: p.client(),
		Credentials: awscreds.Provider(creds.Static(a.Runner)), Retryer: aws.NopRetryer{},
	})
}
