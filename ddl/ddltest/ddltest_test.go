//go:build cgo

package ddltest_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/ddl/ddltest"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
	"github.com/redferry/redferry/testkit/memnet"
	"github.com/redferry/redferry/testkit/pair"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A world is two accounts with a warehouse each, on a network in memory.
type world struct {
	*pair.Pair
	network *memnet.Network
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{network: new(memnet.Network)}
	var err error
	w.Pair, err = pair.New(pair.Options{
		Engine:      func(string) (fakeredshift.Engine, error) { return duck.New(&duck.Options{Threads: 1, Slices: 2}) },
		Listen:      func(name string) (net.Listener, error) { return w.network.Listen(name + ":443") },
		DialContext: w.network.DialContext,
		LookupHost:  w.network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// direct reaches an account's warehouse over the PostgreSQL wire.
func (w *world) direct(t *testing.T, a *pair.Account) exec.Executor {
	t.Helper()
	host, _, err := net.SplitHostPort(a.PGAddr)
	if err != nil {
		t.Fatal(err)
	}
	e, err := direct.Open(t.Context(), direct.Target{Host: host, Port: 443, Database: a.Database}, creds.Static(a.Login), &direct.Options{
		Plaintext: true, DialContext: w.network.DialContext, LookupHost: w.network.LookupHost,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// dataAPI reaches an account's warehouse through the Data API.
func (w *world) dataAPI(t *testing.T, a *pair.Account) exec.Executor {
	t.Helper()
	transport := &http.Transport{DialContext: w.network.DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	e, err := dataapi.New(redshiftdata.New(redshiftdata.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.DataAPIEndpoint), HTTPClient: &http.Client{Transport: transport},
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	}), dataapi.Target{Workgroup: a.Workgroup, Database: a.Database, SecretARN: a.LoginSecret}, &dataapi.Options{MaxPoll: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestRedshiftDirect(t *testing.T) {
	w := newWorld(t)
	h := ddltest.Harness{Cloner: ddl.New(nil), Source: w.direct(t, w.A), Target: w.direct(t, w.B)}
	ddltest.TestCloner(t, func(*testing.T) ddltest.Harness { return h })
}

func TestRedshiftDataAPI(t *testing.T) {
	w := newWorld(t)
	h := ddltest.Harness{Cloner: ddl.New(nil), Source: w.dataAPI(t, w.A), Target: w.dataAPI(t, w.B)}
	ddltest.TestCloner(t, func(*testing.T) ddltest.Harness { return h })
}

// TestBothWiresGiveOnePlan: what a catalog is read over must not show.
func TestBothWiresGiveOnePlan(t *testing.T) {
	w := newWorld(t)
	overPG, overHTTP := w.direct(t, w.A), w.dataAPI(t, w.A)
	for _, sql := range []string{
		`CREATE SCHEMA "sch""ema"`,
		`CREATE TABLE "sch""ema".a ("id" integer NOT NULL DEFAULT 3 ENCODE raw, "t" varchar(20) DEFAULT '\\''' ENCODE lzo, PRIMARY KEY ("id")) BACKUP NO DISTKEY ("id") INTERLEAVED SORTKEY ("t", "id")`,
		`CREATE TABLE "sch""ema".b ("id" bigint IDENTITY(5, 2), "a" integer REFERENCES "sch""ema".a ("id"), "s" super, UNIQUE ("a", "id")) SORTKEY AUTO`,
		`COMMENT ON COLUMN "sch""ema".b."a" IS ''' \\ é 🚢'`,
		`INSERT INTO "sch""ema".b ("a") VALUES (NULL)`,
	} {
		if _, err := overPG.Exec(t.Context(), exec.Statement{SQL: sql}); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	var plans []*ddl.Plan
	for _, e := range []exec.Executor{overPG, overHTTP} {
		c, err := ddl.New(nil).Inspect(t.Context(), e, ddl.Selector{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := ddl.New(nil).Plan(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	if diff := cmp.Diff(plans[0], plans[1]); diff != "" {
		t.Errorf("plan (-direct +dataapi):\n%s", diff)
	}
	if n := len(plans[0].Steps); n != 5 {
		t.Errorf("%d steps, want a schema, two tables, a foreign key and a comment", n)
	}
}
