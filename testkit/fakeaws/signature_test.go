package fakeaws_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
)

// received turns a request as a client has it into one as a server gets it.
func received(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	target := r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	got := httptest.NewRequestWithContext(t.Context(), r.Method, target, r.Body)
	got.Host = r.Host
	got.Header = r.Header.Clone()
	got.ContentLength = r.ContentLength
	return got
}

func newRequest(t *testing.T, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sdkKeys(k creds.Keys) aws.Credentials {
	return aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.SecretAccessKey.Reveal(), SessionToken: k.SessionToken.Reveal()}
}

// signS3 signs a request as the SDK's client of S3 does.
func signS3(t *testing.T, r *http.Request, keys aws.Credentials, payload string, at time.Time) {
	t.Helper()
	r.Header.Set("X-Amz-Content-Sha256", payload)
	err := v4.NewSigner().SignHTTP(t.Context(), keys, r, payload, "s3", region, at, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	if err != nil {
		t.Fatal(err)
	}
}

func TestVerifyWhatTheSDKSigns(t *testing.T) {
	tests := []struct {
		name, method, address string
		header                http.Header
	}{
		{name: "root", method: "GET", address: "http://s3.test/"},
		{name: "object", method: "PUT", address: "http://s3.test/bucket/run/1/a.parquet"},
		{name: "port", method: "GET", address: "http://s3.test:9000/bucket/key"},
		{name: "escapes", method: "GET", address: "http://s3.test/bucket/a%20b%2Bc%25/%C3%A9'()!*"},
		{name: "double slash and dots", method: "GET", address: "http://s3.test/bucket//a/../b"},
		{name: "query", method: "GET", address: "http://s3.test/bucket?list-type=2&prefix=a%2Fb%20c&delimiter=%2F&max-keys=7"},
		{name: "query without value", method: "POST", address: "http://s3.test/bucket/key?uploads"},
		{name: "query order", method: "GET", address: "http://s3.test/bucket?b=2&a=2&a=1&a-b=3&B=4"},
		{name: "headers", method: "PUT", address: "http://s3.test/bucket/key", header: http.Header{
			"X-Amz-Meta-Note": {"  two   blanks  "},
			"Content-Type":    {"text/plain"},
			"If-None-Match":   {"*"},
			"User-Agent":      {"not signed"},
		}},
		{name: "header twice", method: "GET", address: "http://s3.test/bucket/key", header: http.Header{"X-Amz-Meta-List": {"b", "a"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cloud := fakeaws.NewCloud(nil)
			reader := user(t, account(t, cloud, accountA), "reader")
			keys := reader.CreateAccessKey()
			r := newRequest(t, test.method, test.address, "body")
			for name, values := range test.header {
				r.Header[name] = values
			}
			signS3(t, r, sdkKeys(keys), "UNSIGNED-PAYLOAD", time.Now())
			got, err := cloud.Verify(received(t, r), "s3")
			if err != nil {
				t.Fatalf("Verify: %v", err)
			}
			want := reader.Identity()
			want.AccessKeyID = keys.AccessKeyID
			if diff := cmp.Diff(want, got.Identity); diff != "" {
				t.Errorf("identity (-want +got):\n%s", diff)
			}
			if got.PayloadHash != "UNSIGNED-PAYLOAD" || got.Region != region || got.Service != "s3" {
				t.Errorf("signature = %+v", got)
			}
			if !strings.HasSuffix(r.Header.Get("Authorization"), got.Seed) || len(got.SigningKey) != 32 {
				t.Errorf("seed %q and key of %d bytes are not the request's", got.Seed, len(got.SigningKey))
			}
		})
	}
}

func TestVerifyPresigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.NewCloud(nil)
		keys := sdkKeys(user(t, account(t, cloud, accountA), "reader").CreateAccessKey())
		r := newRequest(t, "GET", "http://s3.test/bucket/a%20b?X-Amz-Expires=600&x-id=GetObject", "")
		signed, header, err := v4.NewSigner().PresignHTTP(t.Context(), keys, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now(),
			func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
		if err != nil {
			t.Fatal(err)
		}
		presigned := newRequest(t, "GET", signed, "")
		presigned.Header = header
		if _, err := cloud.Verify(received(t, presigned), "s3"); err != nil {
			t.Errorf("at once: %v", err)
		}
		time.Sleep(10 * time.Minute)
		if _, err := cloud.Verify(received(t, presigned), "s3"); err != nil {
			t.Errorf("after ten minutes: %v", err)
		}
		other := presigned.Clone(t.Context())
		other.URL.Path, other.URL.RawPath = "/bucket/other", ""
		checkCode(t, verifyS3(t, cloud, other), "SignatureDoesNotMatch", "")
		other.Header.Set("X-Amz-Acl", "public-read")
		checkCode(t, verifyS3(t, cloud, other), "AccessDenied", "x-amz-acl")
		time.Sleep(time.Second)
		checkCode(t, verifyS3(t, cloud, presigned), "AccessDenied", "Request has expired")
	})
}

func verifyS3(t *testing.T, cloud *fakeaws.Cloud, r *http.Request) error {
	t.Helper()
	_, err := cloud.Verify(received(t, r), "s3")
	return err
}

func checkCode(t *testing.T, err error, code, message string) {
	t.Helper()
	refused := (*fakeaws.Error)(nil)
	if !errors.As(err, &refused) || refused.Code != code || !strings.Contains(refused.Message, message) {
		t.Errorf("error = %v, want code %s and message %q", err, code, message)
	}
}

func TestVerifyRefuses(t *testing.T) {
	tests := []struct {
		name          string
		keys          func(*aws.Credentials)
		age           time.Duration       // of the signature
		change        func(*http.Request) // after it was signed
		code, message string
	}{
		{name: "anonymous", change: func(r *http.Request) { r.Header.Del("Authorization") }, code: "AccessDenied"},
		{name: "unknown key", keys: func(k *aws.Credentials) { k.AccessKeyID = "AKIANOBODY" }, code: "InvalidAccessKeyId"},
		{name: "wrong secret", keys: func(k *aws.Credentials) { k.SecretAccessKey += "x" }, code: "SignatureDoesNotMatch"},
		{name: "token for a user", keys: func(k *aws.Credentials) { k.SessionToken = "token" }, code: "InvalidToken"},
		{name: "method changed", change: func(r *http.Request) { r.Method = "DELETE" }, code: "SignatureDoesNotMatch"},
		{name: "path changed", change: func(r *http.Request) { r.URL.Path = "/bucket/other" }, code: "SignatureDoesNotMatch"},
		{name: "query added", change: func(r *http.Request) { r.URL.RawQuery = "acl" }, code: "SignatureDoesNotMatch"},
		{name: "host changed", change: func(r *http.Request) { r.Host = "other.test" }, code: "SignatureDoesNotMatch"},
		{name: "signed header changed", change: func(r *http.Request) { r.Header.Set("X-Amz-Meta-Note", "two") }, code: "SignatureDoesNotMatch"},
		{name: "payload hash changed", change: func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64)) }, code: "SignatureDoesNotMatch"},
		{name: "header of S3 added", change: func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, code: "AccessDenied", message: "x-amz-acl"},
		{name: "no payload hash", change: func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }, code: "InvalidRequest", message: "x-amz-content-sha256"},
		{name: "unsigned header added", change: func(r *http.Request) { r.Header.Set("User-Agent", "x") }},
		{name: "fifteen minutes old", age: 15 * time.Minute},
		{name: "older", age: 15*time.Minute + time.Second, code: "RequestTimeTooSkewed"},
		{name: "from the future", age: -15*time.Minute - time.Second, code: "RequestTimeTooSkewed"},
		{name: "other mechanism", change: func(r *http.Request) { r.Header.Set("Authorization", "AWS AKIA:sig") }, code: "AuthorizationHeaderMalformed"},
		{name: "other day", change: replaceAuthorization("20000101/eu", "19991231/eu"), code: "AuthorizationHeaderMalformed", message: "19991231"},
		{name: "other service", change: replaceAuthorization("/s3/", "/sqs/"), code: "AuthorizationHeaderMalformed", message: `incorrect service "sqs"`},
		{name: "other region", change: replaceAuthorization("eu-west-1", "us-east-1"), code: "SignatureDoesNotMatch"},
		{name: "short credential", change: replaceAuthorization("/aws4_request", ""), code: "AuthorizationHeaderMalformed", message: "Credential"},
		{name: "host not signed", change: replaceAuthorization("host;", ""), code: "AuthorizationHeaderMalformed", message: "Host"},
		{name: "no date", change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, code: "AccessDenied", message: "Date"},
		{name: "two mechanisms", change: func(r *http.Request) { r.URL.RawQuery = "X-Amz-Signature=x" }, code: "InvalidArgument"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Hour) // so that the day does not change with the age
				cloud := fakeaws.NewCloud(nil)
				keys := sdkKeys(user(t, account(t, cloud, accountA), "reader").CreateAccessKey())
				if test.keys != nil {
					test.keys(&keys)
				}
				r := newRequest(t, "PUT", "http://s3.test/bucket/key", "body")
				r.Header.Set("X-Amz-Meta-Note", "one")
				signS3(t, r, keys, "UNSIGNED-PAYLOAD", time.Now().Add(-test.age))
				if test.change != nil {
					test.change(r)
				}
				err := verifyS3(t, cloud, r)
				if test.code == "" {
					if err != nil {
						t.Errorf("refused: %v", err)
					}
					return
				}
				checkCode(t, err, test.code, test.message)
			})
		})
	}
}

func replaceAuthorization(old, replacement string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.ReplaceAll(r.Header.Get("Authorization"), old, replacement))
	}
}

// For services of the JSON protocol the hash of the body is signed without being sent.
func TestVerifyReadsTheBody(t *testing.T) {
	cloud := fakeaws.NewCloud(nil)
	keys := sdkKeys(user(t, account(t, cloud, accountA), "reader").CreateAccessKey())
	const body = `{"Sql": "select 1"}`
	sum := sha256.Sum256([]byte(body))
	r := newRequest(t, "POST", "http://data.test/a b", body)
	r.URL.Path = "/a b"
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, r, hex.EncodeToString(sum[:]), "redshift-data", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	got := received(t, r)
	if _, err := cloud.Verify(got, "redshift-data"); err != nil {
		t.Fatalf("Verify: %v", err)
	}
	if left, err := io.ReadAll(got.Body); err != nil || string(left) != body {
		t.Errorf("the body after Verify is %q, %v, want %q", left, err, body)
	}
	got.Body = io.NopCloser(strings.NewReader(body + " "))
	_, err := cloud.Verify(got, "redshift-data")
	checkCode(t, err, "SignatureDoesNotMatch", "")
	got.Body = io.NopCloser(bytes.NewReader(make([]byte, 16<<20+1)))
	_, err = cloud.Verify(got, "redshift-data")
	checkCode(t, err, "RequestEntityTooLarge", "")
	got.Header.Del("Authorization")
	_, err = cloud.Verify(got, "redshift-data")
	checkCode(t, err, "MissingAuthenticationToken", "")
}

// Whatever path, query and header a client of the SDK signs is verified, and one
// changed byte of the key is refused.
func FuzzVerify(f *testing.F) {
	f.Add("run/1/a b+c%.parquet", "prefix", "a/b=&c", "  note  ")
	f.Add("é/💥//..", "x", "+ %2", "a,b")
	f.Add("", "", "", "")
	cloud := fakeaws.NewCloud(nil)
	a, err := cloud.Account(accountA)
	if err != nil {
		f.Fatal(err)
	}
	reader, err := a.CreateUser("reader")
	if err != nil {
		f.Fatal(err)
	}
	keys := sdkKeys(reader.CreateAccessKey())
	f.Fuzz(func(t *testing.T, key, name, value, note string) {
		r := newRequest(t, "GET", "http://s3.test/", "")
		r.URL.Path = "/bucket/" + key
		r.URL.RawQuery = url.Values{name: {value}}.Encode()
		if strings.IndexFunc(note, func(c rune) bool { return c < ' ' || c > '~' }) >= 0 {
			note = ""
		}
		r.Header.Set("X-Amz-Meta-Note", note)
		if name == "X-Amz-Signature" {
			return // this is how a presigned request is told
		}
		signS3(t, r, keys, "UNSIGNED-PAYLOAD", time.Now())
		sent := received(t, r)
		if _, err := cloud.Verify(sent, "s3"); err != nil {
			t.Fatalf("Verify: %v", err)
		}
		sent.URL.Path += "x"
		sent.URL.RawPath = ""
		if _, err := cloud.Verify(sent, "s3"); err == nil {
			t.Error("another path was verified")
		}
	})
}
