package bridge_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestRotationInSecretsManager takes a bridge's key out of use while the parts of
// an object are on their way, after its successor was stored in Secrets Manager:
// as programs are wired, from a cache before Secrets Manager to the client. The
// copy goes on with the new key, and no part that arrived is sent twice.
func TestRotationInSecretsManager(t *testing.T) {
	const parts = 40
	for name, end := range map[string]func(*fakeaws.User, string) error{
		"inactive": func(u *fakeaws.User, id string) error { return u.SetAccessKeyActive(id, false) },
		"deleted":  (*fakeaws.User).DeleteAccessKey,
	} {
		for _, side := range []string{bridge.SideSource, bridge.SideTarget} {
			t.Run(side+" "+name, func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					content := random(parts << 10)
					object := w.put(t, "k", content, nil)
					rotated := w.rotated(t, side)
					w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Times: -1, Delay: time.Second})
					time.AfterFunc(parts/4*time.Second/2, func() { // 4 parts at once: half-way
						if err := rotated.rotate(end); err != nil {
							t.Error(err)
						}
					})
					_, err := w.copier(nil).Copy(t.Context(), dst("k"), object)
					check(t, err)
					if !bytes.Equal(w.got(t, "k"), content) {
						t.Error("other bytes arrived")
					}
					if n := acknowledged(w.b.s3, "UploadPart"); n != parts {
						t.Errorf("%d parts were acknowledged, want %d", n, parts)
					}
					rotated.check(t)
				})
			})
		}
	}
}

// A rotated user has a key that lies in Secrets Manager.
type rotated struct {
	account *account
	user    *fakeaws.User
	keys    creds.Keys // the current one
	asked   *counting  // of Secrets Manager
}

// rotated makes the user of one side, and a client of the world with the keys
// that Secrets Manager has of him.
func (w *world) rotated(t *testing.T, side string) *rotated {
	t.Helper()
	r, policy, client := &rotated{account: w.a}, readOnly, &w.reader
	if side == bridge.SideTarget {
		r.account, policy, client = w.b, writeOnly, &w.writer
	}
	r.user = must(r.account.iam.CreateUser("rotated", fakeaws.MustParsePolicy(policy)))(t)
	r.keys = r.user.CreateAccessKey()
	check(t, r.store())
	r.asked = &counting{next: &http.Transport{DialContext: w.network.DialContext}}
	t.Cleanup(r.asked.next.CloseIdleConnections)
	access := w.access(r.account, creds.Keys{})
	access.Credentials = awscreds.Provider(creds.Cache(awssecrets.Keys(w.secrets(t, r), "ferry/keys"), time.Minute))
	*client = must(bridge.NewClient(access))(t)
	return r
}

// secrets serves Secrets Manager, and returns a client of it in r's account.
func (w *world) secrets(t *testing.T, r *rotated) *secretsmanager.Client {
	t.Helper()
	region := r.account.s3.Region()
	server := fakeaws.NewSecretsManager(w.cloud, region)
	server.Start(must(w.network.Listen("secrets.test:80"))(t), nil)
	t.Cleanup(func() { check(t, server.Close()) })
	runner := must(r.account.iam.CreateUser("runner", fakeaws.MustParsePolicy(all)))(t).CreateAccessKey()
	return secretsmanager.New(secretsmanager.Options{
		Region: region, BaseEndpoint: aws.String("http://secrets.test"), HTTPClient: &http.Client{Transport: r.asked},
		Credentials: awscreds.Provider(creds.Static(runner)),
	})
}

func (r *rotated) store() error {
	value, err := json.Marshal(map[string]string{"access_key_id": r.keys.AccessKeyID, "secret_access_key": r.keys.SecretAccessKey.Reveal()})
	if err != nil {
		return err
	}
	_, err = r.account.iam.PutSecret(r.account.s3.Region(), "ferry/keys", string(value))
	return err
}

// rotate does what AWS tells people to do: a new key, then its place, then the
// end of the old one.
// Source: IAM User Guide, "Update access keys".
func (r *rotated) rotate(end func(*fakeaws.User, string) error) error {
	old := r.keys.AccessKeyID
	r.keys = r.user.CreateAccessKey()
	if err := r.store(); err != nil {
		return err
	}
	return end(r.user, old)
}

// check holds what the servers saw against a rotation: the old key was refused,
// and Secrets Manager was asked once at first and then again, but for no more
// than the requests that were under way.
func (r *rotated) check(t *testing.T) {
	t.Helper()
	refused := 0
	for _, request := range r.account.s3.Requests() {
		if request.Code == "InvalidAccessKeyId" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no request met the rotation")
	}
	if r.asked.requests < 2 || r.asked.requests > 1+refused {
		t.Errorf("Secrets Manager was asked %d times, %d requests were refused", r.asked.requests, refused)
	}
}

// counting counts requests.
type counting struct {
	next     *http.Transport
	requests int // one at a time: the cache lets no more through
}

// RoundTrip implements [http.RoundTripper].
func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests++
	return c.next.RoundTrip(r)
}
