package fakeredshift_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/internal/httpserve"
)

// The S3 of these tests sees who asks, and for what.
func TestStorage(t *testing.T) {
	h := newHouse(t, nil)
	role, err := h.account.CreateRole("unload", []string{"redshift.amazonaws.com"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.account.CreateRole("second", []string{"redshift.amazonaws.com"})
	if err != nil {
		t.Fatal(err)
	}
	detached, err := h.account.CreateRole("detached", []string{"redshift.amazonaws.com"})
	if err != nil {
		t.Fatal(err)
	}
	var caller atomic.Value
	s3 := httpserve.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signature, err := h.cloud.Verify(r, "s3")
		if err != nil {
			t.Errorf("the signature: %v", err)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		caller.Store(signature.Identity.Principal + " " + r.URL.Path + " " + signature.Region)
	}))
	s3.Start(h.listen(t, "s3.test:80"), nil)
	defer func() { _ = s3.Close() }()
	transport := &http.Transport{DialContext: h.network.DialContext}
	defer transport.CloseIdleConnections()

	w, err := fakeredshift.New(h.cloud, h.account, newToy(), &fakeredshift.Options{
		Region: "eu-west-1", Roles: []*fakeaws.Role{role, second},
		S3Endpoint: "http://s3.test", HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if err := w.CreateUser("awsuser", "Secret1", true); err != nil {
		t.Fatal(err)
	}
	w.StartPG(h.listen(t, pgHost+":5439"), nil)
	conn := h.connect(t)

	for role, want := range map[string]string{
		"default":                role.ARN() + " /bucket eu-west-1",
		"'" + role.ARN() + "'":   role.ARN() + " /bucket eu-west-1",
		"'" + second.ARN() + "'": second.ARN() + " /bucket eu-west-1",
	} {
		if _, err := conn.Exec(t.Context(), "COPY "+role); err != nil {
			t.Errorf("%s: %v", role, err)
		}
		if got := caller.Load(); got != want {
			t.Errorf("%s: S3 saw %q, want %q", role, got, want)
		}
	}
	_, err = conn.Exec(t.Context(), "COPY '"+detached.ARN()+"'")
	want := "User arn:aws:redshift:eu-west-1:111122223333:dbuser:default/awsuser is not authorized to assume IAM Role " + detached.ARN()
	if state(t, err) != "XX000" || !strings.Contains(err.Error(), want) {
		t.Errorf("a role that is not attached: %v", err)
	}
}

func TestStorageWithoutRole(t *testing.T) {
	h := newHouse(t, nil)
	h.startPG(t)
	if _, err := h.connect(t).Exec(t.Context(), "COPY default"); state(t, err) != "XX000" {
		t.Error(err)
	}
}
