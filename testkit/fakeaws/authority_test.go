package fakeaws_test

import (
	"crypto/x509"
	"encoding/pem"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/testkit/fakeaws"
)

func TestAuthorityInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		authority := newAuthority(t)
		tests := []struct {
			name, host string
			pool       *x509.CertPool
			want       bool
		}{
			{"name", "s3.test", authority.Pool(), true},
			{"wildcard", "bucket.s3.test", authority.Pool(), true},
			{"address", "127.0.0.1", authority.Pool(), true},
			{"from PEM", "s3.test", poolOf(t, authority.PEM()), true},
			{"other host", "data.test", authority.Pool(), false},
			{"other authority", "s3.test", newAuthority(t).Pool(), false},
		}
		config, err := authority.ServerConfig("s3.test", "*.s3.test", "127.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range tests {
			_, err := leaf.Verify(x509.VerifyOptions{DNSName: test.host, Roots: test.pool})
			if (err == nil) != test.want {
				t.Errorf("%s: %v, want success: %t", test.name, err, test.want)
			}
		}
		time.Sleep(9 * 365 * 24 * time.Hour)
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "s3.test", Roots: authority.Pool()}); err != nil {
			t.Errorf("after nine years: %v", err)
		}
	})
}

func newAuthority(t *testing.T) *fakeaws.Authority {
	t.Helper()
	a, err := fakeaws.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func poolOf(t *testing.T, text []byte) *x509.CertPool {
	t.Helper()
	block, rest := pem.Decode(text)
	if block == nil || len(rest) != 0 {
		t.Fatalf("PEM is not one block: %s", text)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("the pool does not take the PEM")
	}
	return pool
}

func TestServerConfigNeedsAHost(t *testing.T) {
	if _, err := newAuthority(t).ServerConfig(); err == nil {
		t.Error("a certificate for no host was made")
	}
}
