package mem_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/memnet"
	"github.com/redferry/redferry/testkit/pair"
)

// An accounts is two accounts with a warehouse each, on a network in memory, and
// clients of them.
type accounts struct {
	*pair.Pair
	network   *memnet.Network
	transport *http.Transport
	pools     []*direct.Executor
}

// newAccounts starts two accounts. The caller must close them.
func newAccounts(t testing.TB, opts *mem.Options) *accounts {
	t.Helper()
	w := &accounts{network: new(memnet.Network)}
	w.transport = &http.Transport{DialContext: w.network.DialContext}
	var err error
	w.Pair, err = pair.New(pair.Options{
		Engine:      func(string) (fakeredshift.Engine, error) { return mem.New(opts), nil },
		Listen:      func(name string) (net.Listener, error) { return w.network.Listen(name + ":443") },
		DialContext: w.network.DialContext,
		LookupHost:  w.network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// close closes the clients, then the accounts.
func (w *accounts) close(t testing.TB) {
	t.Helper()
	for _, e := range w.pools {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	w.transport.CloseIdleConnections()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// direct reaches an account's warehouse over the PostgreSQL wire.
func (w *accounts) direct(t testing.TB, a *pair.Account) exec.Executor {
	t.Helper()
	host, port, err := a.PGEndpoint()
	if err != nil {
		t.Fatal(err)
	}
	e, err := direct.Open(t.Context(), direct.Target{Host: host, Port: port, Database: a.Database}, creds.Static(a.Login), &direct.Options{
		Plaintext: true, DialContext: w.network.DialContext, LookupHost: w.network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.pools = append(w.pools, e)
	return e
}

// dataAPI reaches an account's warehouse through the Data API.
func (w *accounts) dataAPI(t testing.TB, a *pair.Account, opts *dataapi.Options) exec.Executor {
	t.Helper()
	e, err := dataapi.New(redshiftdata.New(redshiftdata.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.DataAPIEndpoint), HTTPClient: &http.Client{Transport: w.transport},
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	}), dataapi.Target{Workgroup: a.Workgroup, Database: a.Database, SecretARN: a.LoginSecret}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (w *accounts) s3(a *pair.Account, keys creds.Keys) *s3.Client {
	return s3.New(s3.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.S3Endpoint), UsePathStyle: true,
		HTTPClient: &http.Client{Transport: w.transport}, Credentials: awscreds.Provider(creds.Static(keys)),
	})
}

// often polls the Data API often, for tests in real time.
var often = &dataapi.Options{MaxPoll: time.Millisecond}
