package fakes3_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakes3"
)

// refusalTest is a request of somebody who may do everything, and what S3 says to
// it.
type refusalTest struct {
	name, request string // "GET /bucket-a/key"
	header        map[string]string
	body          string
	code          string
	status        int
}

func headers(pairs ...string) map[string]string {
	h := make(map[string]string)
	for ; len(pairs) > 1; pairs = pairs[2:] {
		h[pairs[0]] = pairs[1]
	}
	return h
}

func refusalTests() []refusalTest {
	const bucketPath, keyPath, other = "/bucket-a", "/bucket-a/key", "/bucket-a/other"
	source := headers("X-Amz-Copy-Source", "bucket-a/key")
	with := func(pairs ...string) map[string]string {
		return headers(append([]string{"X-Amz-Copy-Source", "bucket-a/key"}, pairs...)...)
	}
	return []refusalTest{
		{name: "body over 5 GiB", request: "PUT " + keyPath, header: headers("X-Amz-Decoded-Content-Length", "5368709121", "chunked", "yes"), code: "EntityTooLarge", status: 400},
		{name: "unknown storage class", request: "PUT " + keyPath, header: headers("X-Amz-Storage-Class", "COLD"), code: "InvalidStorageClass", status: 400},
		{name: "a tag key twice", request: "PUT " + keyPath, header: headers("X-Amz-Tagging", "a=1&a=2"), code: "InvalidArgument", status: 400},
		{name: "eleven tags", request: "PUT " + keyPath, header: headers("X-Amz-Tagging", "a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1"), code: "BadRequest", status: 400},
		{name: "a tag of AWS", request: "PUT " + keyPath, header: headers("X-Amz-Tagging", "aws:a=1"), code: "InvalidTag", status: 400},
		{name: "a tag with an ampersand", request: "PUT " + keyPath, header: headers("X-Amz-Tagging", "a=%26"), code: "InvalidTag", status: 400},
		{name: "customer key", request: "PUT " + keyPath, header: headers("X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"), code: "NotImplemented", status: 501},
		{name: "grant", request: "PUT " + keyPath, header: headers("X-Amz-Grant-Read", "id=1"), code: "NotImplemented", status: 501},
		{name: "write if no such ETag", request: "PUT " + keyPath, header: headers("If-None-Match", `"x"`), code: "NotImplemented", status: 501},
		{name: "write with both conditions", request: "PUT " + keyPath, header: headers("If-None-Match", "*", "If-Match", "*"), code: "NotImplemented", status: 501},
		{name: "part number without upload", request: "PUT " + keyPath + "?partNumber=1", code: "InvalidArgument", status: 400},
		{name: "part without number", request: "PUT " + keyPath + "?uploadId=x", code: "InvalidArgument", status: 400},
		{name: "two sub-resources", request: "GET " + keyPath + "?tagging&attributes", code: "InvalidArgument", status: 400},
		{name: "method that is none", request: "PATCH " + keyPath, code: "MethodNotAllowed", status: 405},
		{name: "range and part number", request: "GET " + keyPath + "?partNumber=1", header: headers("Range", "bytes=0-0"), code: "InvalidRequest", status: 400},
		{name: "version of an unversioned bucket", request: "GET " + keyPath + "?versionId=3", code: "InvalidArgument", status: 400},
		{name: "list type 3", request: "GET " + bucketPath + "?list-type=3", code: "InvalidArgument", status: 400},
		{name: "negative max-keys", request: "GET " + bucketPath + "?list-type=2&max-keys=-1", code: "InvalidArgument", status: 400},
		{name: "token of another's making", request: "GET " + bucketPath + "?list-type=2&continuation-token=%25", code: "InvalidArgument", status: 400},
		{name: "unknown encoding", request: "GET " + bucketPath + "?list-type=2&encoding-type=xml", code: "InvalidArgument", status: 400},
		{name: "unknown encoding of uploads", request: "GET " + bucketPath + "?uploads&encoding-type=xml", code: "InvalidArgument", status: 400},
		{name: "no attributes", request: "GET " + keyPath + "?attributes", code: "InvalidRequest", status: 400},
		{name: "unknown attribute", request: "GET " + keyPath + "?attributes", header: headers("X-Amz-Object-Attributes", "Color"), code: "InvalidArgument", status: 400},
		{name: "deletion without a digest", request: "POST " + bucketPath + "?delete", body: "<Delete><Object><Key>a</Key></Object></Delete>", code: "InvalidRequest", status: 400},
		{name: "deletion of nothing", request: "POST " + bucketPath + "?delete", header: headers("Content-Md5", "R2cEG0GhQVRNiyXR3QnSyw=="), body: "<Delete></Delete>", code: "MalformedXML", status: 400},
		{name: "deletion with an empty body", request: "POST " + bucketPath + "?delete", header: headers("Content-Md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), code: "MissingRequestBodyError", status: 400},
		{name: "tags that are no XML", request: "PUT " + keyPath + "?tagging", body: "<Tagging", code: "MalformedXML", status: 400},
		{name: "tags of a missing key", request: "GET " + other + "?tagging", code: "NoSuchKey", status: 404},
		{name: "unknown algorithm of an upload", request: "POST " + keyPath + "?uploads", header: headers("X-Amz-Checksum-Algorithm", "CRC8"), code: "InvalidRequest", status: 400},
		{name: "type of an upload without algorithm", request: "POST " + keyPath + "?uploads", header: headers("X-Amz-Checksum-Type", "COMPOSITE"), code: "InvalidRequest", status: 400},
		{name: "unknown type of an upload", request: "POST " + keyPath + "?uploads", header: headers("X-Amz-Checksum-Algorithm", "CRC32", "X-Amz-Checksum-Type", "PARTIAL"), code: "InvalidRequest", status: 400},
		{name: "size that is none", request: "POST " + keyPath + "?uploadId=x", header: headers("X-Amz-Mp-Object-Size", "-1"), code: "InvalidRequest", status: 400},
		{name: "part without ETag", request: "POST " + keyPath + "?uploadId=x", body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>", code: "MalformedXML", status: 400},
		{name: "part with a checksum of wrong form", request: "POST " + keyPath + "?uploadId=x", body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag><ChecksumCRC32>x</ChecksumCRC32></Part></CompleteMultipartUpload>", code: "InvalidArgument", status: 400},
		{name: "copy source without key", request: "PUT " + other, header: headers("X-Amz-Copy-Source", "bucket-a"), code: "InvalidArgument", status: 400},
		{name: "copy source with bad escape", request: "PUT " + other, header: headers("X-Amz-Copy-Source", "bucket-a/%zz"), code: "InvalidArgument", status: 400},
		{name: "copy source in no bucket", request: "PUT " + other, header: headers("X-Amz-Copy-Source", "missing/key"), code: "NoSuchBucket", status: 404},
		{name: "copy if another ETag", request: "PUT " + other, header: with("X-Amz-Copy-Source-If-Match", `"x"`), code: "PreconditionFailed", status: 412},
		{name: "copy if not this ETag", request: "PUT " + other, header: with("X-Amz-Copy-Source-If-None-Match", "*"), code: "PreconditionFailed", status: 412},
		{name: "unknown metadata directive", request: "PUT " + other, header: with("X-Amz-Metadata-Directive", "MERGE"), code: "InvalidArgument", status: 400},
		{name: "unknown tagging directive", request: "PUT " + other, header: with("X-Amz-Tagging-Directive", "MERGE"), code: "InvalidArgument", status: 400},
		{name: "copy source of a read", request: "GET " + keyPath, header: source, code: "MethodNotAllowed", status: 405},
		{name: "policy that is no JSON", request: "PUT " + bucketPath + "?policy", body: "{", code: "MalformedPolicy", status: 400},
		{name: "location that is no XML", request: "PUT /bucket-new", body: "<", code: "MalformedXML", status: 400},
		{name: "bucket name in capitals", request: "PUT /Bucket", code: "InvalidBucketName", status: 400},
		{name: "key that is no UTF-8", request: "PUT /bucket-a/%ff", code: "InvalidURI", status: 400},
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range refusalTests() {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			_, err := w.server.Put(uri("key"), strings.NewReader("content"), nil)
			noError(t, err)
			method, target, _ := strings.Cut(test.request, " ")
			r, err := http.NewRequest(method, "http://127.0.0.1"+target, strings.NewReader(test.body))
			noError(t, err)
			payload := "UNSIGNED-PAYLOAD"
			for name, value := range test.header {
				if name == "chunked" {
					payload = trailerMode
					continue
				}
				r.Header.Set(name, value)
			}
			w.sign(r, payload)
			recorder := httptest.NewRecorder()
			w.server.ServeHTTP(recorder, r)
			if recorder.Code != test.status || !strings.Contains(recorder.Body.String(), "<Code>"+test.code+"</Code>") {
				t.Errorf("got status %d, %s, want %d %s", recorder.Code, recorder.Body, test.status, test.code)
			}
			log := w.server.Requests()
			if got := log[len(log)-1]; got.Code != test.code || got.Status != test.status {
				t.Errorf("logged status %d %s", got.Status, got.Code)
			}
			if objects := w.server.Objects(uri("")); len(objects) != 1 {
				t.Errorf("the bucket holds %d objects afterwards, want 1", len(objects))
			}
		})
	}
}

// Two runs see the same ids.
func TestRunsAreReproducible(t *testing.T) {
	run := func() (ids []string) {
		w := start(t, nil)
		ids = append(ids, *w.upload("key"))
		noError(t, w.putSDK("key", "x"))
		for _, r := range w.server.Requests() {
			ids = append(ids, r.ID)
		}
		return ids
	}
	a, b := run(), run()
	if strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("got %v and %v", a, b)
	}
}

var _ fakes3.TB = (*testing.T)(nil)
