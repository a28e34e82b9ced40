// Package vgwtest gives tests two accounts in an S3 that is not ours: versitygw.
package vgwtest

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"
)

// Variable names the environment variable with the file that says how to reach two
// gateways of versitygw. Without it the tests that need them are skipped; .ci/run
// starts them and sets it.
const Variable = "REDFERRY_VERSITYGW"

// An Account is one gateway, over TLS. Its user may do what the policies of buckets
// allow, and nothing else.
type Account struct {
	Endpoint, Region string
	CA               string // file of the certificate to trust
	Admin, User      Keys
}

// Keys are those of one user.
type Keys struct{ ID, Secret string }

// Accounts returns the two accounts, which know nothing of each other.
func Accounts(t testing.TB) (a, b Account) {
	t.Helper()
	file := os.Getenv(Variable)
	if file == "" {
		t.Skipf("%s is not set: .ci/versitygw starts two gateways and says what to set it to", Variable)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	var both struct{ A, B Account }
	if err := json.Unmarshal(text, &both); err != nil {
		t.Fatalf("%s: %s: %v", Variable, file, err)
	}
	return both.A, both.B
}

// Roots are the authorities that a client of the account trusts.
func (a *Account) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	text, err := os.ReadFile(a.CA)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatalf("%s holds no certificate", a.CA)
	}
	return roots
}

var buckets atomic.Int64

// Bucket returns a name that no bucket has. Buckets go with the files of the gateways.
func Bucket() string { return fmt.Sprintf("redferry-%d-%d", time.Now().UnixNano(), buckets.Add(1)) }
