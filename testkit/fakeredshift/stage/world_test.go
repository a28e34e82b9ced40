package stage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	"go.uber.org/goleak"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	home   = "eu-west-1" // the warehouse's region
	abroad = "us-east-1"
)

// A world is two regions with a bucket each, "bucket-home" and "bucket-abroad",
// and what a warehouse in one of them knows of S3.
type world struct {
	t       *testing.T
	s3      map[string]*fakes3.Server
	account *fakeaws.Account
	http    *http.Client
	roles   map[string]*fakeaws.Role
	admin   *fakeaws.Role
}

func newWorld(t *testing.T) *world {
	t.Helper()
	var network memnet.Network
	cloud := fakeaws.NewCloud(nil)
	account, err := cloud.Account("111111111111")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: network.DialContext}
	w := &world{t: t, s3: make(map[string]*fakes3.Server), account: account, http: &http.Client{Transport: transport}, roles: make(map[string]*fakeaws.Role)}
	t.Cleanup(transport.CloseIdleConnections)
	for region, bucket := range map[string]string{home: "bucket-home", abroad: "bucket-abroad"} {
		server := fakes3.New(cloud, &fakes3.Options{Region: region})
		l, err := network.Listen("s3." + region + ":80")
		if err != nil {
			t.Fatal(err)
		}
		server.Start(l, nil)
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
		if err := server.CreateBucket(account, bucket); err != nil {
			t.Fatal(err)
		}
		w.s3[region] = server
	}
	w.admin = w.role("admin", "s3:*")
	return w
}

// role attaches a role that may do actions everywhere.
func (w *world) role(name string, actions ...string) *fakeaws.Role {
	w.t.Helper()
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["%s"],"Resource":"*"}}`, strings.Join(actions, `","`))
	role, err := w.account.CreateRole(name, []string{"redshift.amazonaws.com"}, fakeaws.MustParsePolicy(policy))
	if err != nil {
		w.t.Fatal(err)
	}
	w.roles[role.ARN()] = role
	return role
}

var _ fakeredshift.Storage = (*world)(nil)

func (w *world) Region() string { return home }

func (w *world) Client(_ context.Context, role string) (*s3.Client, error) {
	attached, ok := w.roles[role]
	if !ok {
		return nil, &fakeredshift.Error{SQLState: "XX000", Code: 30000, Message: "not authorized to assume IAM Role " + role}
	}
	return w.client(attached), nil
}

func (w *world) client(role *fakeaws.Role) *s3.Client {
	return s3.New(s3.Options{
		Region: home, Credentials: role.Credentials("redshift.amazonaws.com"), HTTPClient: w.http,
		EndpointResolverV2: regional{}, RetryMaxAttempts: 1,
	})
}

// regional finds the server of a region, as the endpoints of AWS do.
type regional struct{}

func (regional) ResolveEndpoint(ctx context.Context, p s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	p.Endpoint = aws.String("http://s3." + aws.ToString(p.Region) + ":80")
	p.ForcePathStyle = aws.Bool(true)
	return s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, p)
}

// put stores an object in the bucket at home.
func (w *world) put(key, content string) {
	w.t.Helper()
	_, err := w.client(w.admin).PutObject(w.t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("bucket-home"), Key: &key, Body: strings.NewReader(content),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// contents returns every object of the bucket at home.
func (w *world) contents() map[string]string {
	w.t.Helper()
	ctx, client := w.t.Context(), w.client(w.admin)
	listed, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("bucket-home")})
	if err != nil {
		w.t.Fatal(err)
	}
	contents := make(map[string]string)
	for _, o := range listed.Contents {
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket-home"), Key: o.Key})
		if err != nil {
			w.t.Fatal(err)
		}
		var b bytes.Buffer
		_, err = b.ReadFrom(out.Body)
		if err := errors.Join(err, out.Body.Close()); err != nil {
			w.t.Fatal(err)
		}
		contents[*o.Key] = b.String()
	}
	return contents
}

// unload parses UNLOAD of a query to a prefix with a role and options.
func unload(t *testing.T, to string, role *fakeaws.Role, options string) *rsql.Unload {
	t.Helper()
	s, err := rsql.Parse("unload ('select a, b, year from t') to '"+to+"' iam_role '"+role.ARN()+"' "+options, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*rsql.Unload)
}

// load parses COPY from an address with a role and options.
func load(t *testing.T, from string, role *fakeaws.Role, options string) *rsql.Copy {
	t.Helper()
	s, err := rsql.Parse("copy t from '"+from+"' iam_role '"+role.ARN()+"' "+options, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*rsql.Copy)
}

// wantRefusal checks an error's code, SQLSTATE XX000 and a part of its message.
func wantRefusal(t *testing.T, err error, code int, message string) {
	t.Helper()
	var refused *fakeredshift.Error
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want an *Error", err)
	}
	if refused.Code != code || refused.SQLState != "XX000" || !strings.Contains(refused.Message, message) {
		t.Errorf("got %s %d %s, want XX000 %d %q", refused.SQLState, refused.Code, refused.Message, code, message)
	}
}
