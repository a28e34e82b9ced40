package fakes3_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// sign signs a request as the world's admin, with this as the hash of its body.
func (w *world) sign(r *http.Request, payload string) {
	w.t.Helper()
	r.Header.Set("X-Amz-Content-Sha256", payload)
	keys := aws.Credentials{AccessKeyID: w.admin.AccessKeyID, SecretAccessKey: w.admin.SecretAccessKey.Reveal()}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	noError(w.t, signer.SignHTTP(w.t.Context(), keys, r, payload, "s3", "us-east-1", time.Now()))
}

// A request of somebody who may do everything gets an answer that is well-formed,
// and never one that blames the server.
func FuzzServeHTTP(f *testing.F) {
	f.Add("GET", "/bucket-a/key?partNumber=0", "Range", "bytes=--", "")
	f.Add("GET", "/bucket-a/key", "Range", "bytes=0-0", "")
	f.Add("HEAD", "/bucket-a/key", "If-Modified-Since", "yesterday", "")
	f.Add("PUT", "/bucket-a/key?uploadId=x&partNumber=99999999999", "X-Amz-Decoded-Content-Length", "-1", "x")
	f.Add("PUT", "/bucket-a/key", "X-Amz-Tagging", "a=b&a=c;%zz", "x")
	f.Add("PUT", "/bucket-a/key", "X-Amz-Copy-Source", "/bucket-a/%zz", "")
	f.Add("PUT", "/bucket-a/key", "X-Amz-Checksum-Crc32", "AAAAAA==", "x")
	f.Add("PUT", "/bucket-b", "X-Amz-Meta-A", "b", "<CreateBucketConfiguration><LocationConstraint>")
	f.Add("PUT", "/bucket-a?policy", "A", "b", `{"Version":"2012-10-17","Statement":[]}`)
	f.Add("PUT", "/bucket-a/key?tagging", "A", "b", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>")
	f.Add("POST", "/bucket-a?delete", "Content-Md5", "=", "<Delete><Object><Key>a</Key></Object></Delete>")
	f.Add("POST", "/bucket-a/key?uploads", "X-Amz-Checksum-Algorithm", "CRC64NVME", "")
	f.Add("POST", "/bucket-a/key?uploadId=x", "X-Amz-Mp-Object-Size", "1e9", "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part></CompleteMultipartUpload>")
	f.Add("GET", "/bucket-a?list-type=2&continuation-token=%00&max-keys=-1", "A", "b", "")
	f.Add("GET", "/bucket-a?list-type=2&prefix=k&delimiter=%ff", "A", "b", "")
	f.Add("GET", "/bucket-a?uploads&key-marker=a&upload-id-marker=b&delimiter=/", "A", "b", "")
	f.Add("GET", "/bucket-a/key?attributes", "X-Amz-Object-Attributes", "ETag,,Checksum", "")
	f.Fuzz(func(t *testing.T, method, target, header, value, body string) {
		if !strings.HasPrefix(target, "/") {
			return
		}
		r, err := http.NewRequest(method, "http://127.0.0.1"+target, strings.NewReader(body))
		if err != nil {
			return
		}
		w := newWorld(t, nil)
		if _, err := w.server.Put(uri("key"), strings.NewReader("content"), nil); err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		w.sign(r, "UNSIGNED-PAYLOAD")
		recorder := httptest.NewRecorder()
		w.server.ServeHTTP(recorder, r)
		if recorder.Code < 200 || recorder.Code == http.StatusInternalServerError {
			t.Fatalf("got status %d: %s", recorder.Code, recorder.Body)
		}
		if recorder.Header().Get("Content-Type") != "application/xml" {
			return
		}
		if err := xml.Unmarshal(recorder.Body.Bytes(), new(struct{ XMLName xml.Name })); err != nil && method != http.MethodHead {
			t.Errorf("got %v of %s", err, recorder.Body)
		}
	})
}
