package fakes3_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// put signs and serves a PUT of s3://bucket-a/key with this body and header.
func (w *world) put(payload, body string, header map[string]string) *httptest.ResponseRecorder {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodPut, "http://127.0.0.1/"+bucket+"/key", strings.NewReader(body))
	noError(w.t, err)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w.sign(r, payload)
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	return recorder
}

const (
	trailerMode = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	hello       = "5\r\nhello\r\n0\r\n"
	helloCRC32  = "NhCmhg=="
)

func TestBodies(t *testing.T) {
	hash := func(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content))) }
	trailer := map[string]string{"X-Amz-Decoded-Content-Length": "5", "X-Amz-Trailer": "x-amz-checksum-crc32", "Content-Encoding": "aws-chunked"}
	length := func(n string) map[string]string { return map[string]string{"X-Amz-Decoded-Content-Length": n} }
	tests := []struct {
		name, payload, body string
		header              map[string]string
		code                string // of the refusal; "" is success
	}{
		{name: "signed hash", payload: hash("hello"), body: "hello"},
		{name: "another hash", payload: hash("other"), body: "hello", code: "XAmzContentSHA256Mismatch"},
		{name: "no hash", payload: "SHA256", body: "hello", code: "InvalidArgument"},
		{name: "unsigned", payload: "UNSIGNED-PAYLOAD", body: "hello"},
		{name: "trailer", payload: trailerMode, body: hello + "x-amz-checksum-crc32:" + helloCRC32 + "\r\n\r\n", header: trailer},
		{name: "wrong trailer", payload: trailerMode, body: hello + "x-amz-checksum-crc32:AAAAAA==\r\n\r\n", header: trailer, code: "BadDigest"},
		{name: "trailer of wrong form", payload: trailerMode, body: hello + "x-amz-checksum-crc32:AAAA\r\n\r\n", header: trailer, code: "InvalidRequest"},
		{name: "announced trailer that does not come", payload: trailerMode, body: hello + "\r\n", header: trailer, code: "MalformedTrailerError"},
		{name: "trailer in a body that is not chunked", payload: "UNSIGNED-PAYLOAD", body: "hello", header: trailer, code: "InvalidRequest"},
		{name: "trailer that is no checksum", payload: trailerMode, body: hello + "x-other:1\r\n\r\n", header: map[string]string{"X-Amz-Decoded-Content-Length": "5", "X-Amz-Trailer": "x-other"}, code: "InvalidRequest"},
		{name: "chunked without its length", payload: trailerMode, body: hello + "\r\n", code: "MissingContentLength"},
		{name: "chunked and shorter", payload: trailerMode, body: hello + "\r\n", header: length("6"), code: "IncompleteBody"},
		{name: "chunked and longer", payload: trailerMode, body: hello + "\r\n", header: length("4"), code: "IncompleteBody"},
		{name: "unsigned body that looks chunked is content", payload: "UNSIGNED-PAYLOAD", body: hello + "\r\n"},
		{name: "two checksums", payload: "UNSIGNED-PAYLOAD", body: "hello", header: map[string]string{"X-Amz-Checksum-Crc32": helloCRC32, "X-Amz-Checksum-Crc32c": "mnG7TA=="}, code: "InvalidRequest"},
		{name: "checksum as header and trailer", payload: trailerMode, body: hello + "\r\n", header: map[string]string{"X-Amz-Decoded-Content-Length": "5", "X-Amz-Trailer": "x-amz-checksum-crc32", "X-Amz-Checksum-Crc32": helloCRC32}, code: "InvalidRequest"},
		{name: "algorithm without a checksum", payload: "UNSIGNED-PAYLOAD", body: "hello", header: map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "CRC32"}, code: "InvalidRequest"},
		{name: "algorithm of another checksum", payload: "UNSIGNED-PAYLOAD", body: "hello", header: map[string]string{"X-Amz-Sdk-Checksum-Algorithm": "SHA1", "X-Amz-Checksum-Crc32": helloCRC32}, code: "InvalidRequest"},
		{name: "checksum that is not implemented", payload: "UNSIGNED-PAYLOAD", body: "hello", header: map[string]string{"X-Amz-Checksum-Xxhash64": "AAAAAAAAAAA="}, code: "NotImplemented"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			got := w.put(test.payload, test.body, test.header)
			_, stored := w.server.Object(uri("key"))
			if test.code == "" && (got.Code != http.StatusOK || !stored) {
				t.Errorf("got status %d, %s; stored: %t", got.Code, got.Body, stored)
			}
			if test.code != "" && (!strings.Contains(got.Body.String(), "<Code>"+test.code+"</Code>") || stored) {
				t.Errorf("got status %d, %s; stored: %t; want %s", got.Code, got.Body, stored, test.code)
			}
		})
	}
}

func TestAWSChunkedIsNoContentEncoding(t *testing.T) {
	w := newWorld(t, nil)
	w.put(trailerMode, hello+"\r\n", map[string]string{"X-Amz-Decoded-Content-Length": "5", "Content-Encoding": "aws-chunked, gzip"})
	o, ok := w.server.Object(uri("key"))
	if !ok || o.Headers["Content-Encoding"] != "gzip" || o.Size != 5 {
		t.Errorf("got %+v", o)
	}
}

// A chunker signs chunks as a client does.
type chunker struct {
	key, date, scope, previous string
	body                       bytes.Buffer
}

func mac(key, text string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return string(h.Sum(nil))
}

func newChunker(w *world, r *http.Request) *chunker {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential="+w.admin.AccessKeyID+"/")
	scope, _, _ := strings.Cut(credential, ",")
	_, seed, _ := strings.Cut(credential, "Signature=")
	key := "AWS4" + w.admin.SecretAccessKey.Reveal()
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	return &chunker{key: key, date: r.Header.Get("X-Amz-Date"), scope: scope, previous: seed}
}

func (c *chunker) sign(algorithm string, hashes ...string) string {
	c.previous = hex.EncodeToString([]byte(mac(c.key, strings.Join(append([]string{algorithm, c.date, c.scope, c.previous}, hashes...), "\n"))))
	return c.previous
}

func (c *chunker) chunk(content string) {
	signature := c.sign("AWS4-HMAC-SHA256-PAYLOAD", fmt.Sprintf("%x", sha256.Sum256(nil)), fmt.Sprintf("%x", sha256.Sum256([]byte(content))))
	fmt.Fprintf(&c.body, "%x;chunk-signature=%s\r\n%s", len(content), signature, content)
	if content != "" {
		c.body.WriteString("\r\n")
	}
}

func (c *chunker) trailer(name, value string) {
	signature := c.sign("AWS4-HMAC-SHA256-TRAILER", fmt.Sprintf("%x", sha256.Sum256([]byte(name+":"+value+"\n"))))
	fmt.Fprintf(&c.body, "%s:%s\r\nx-amz-trailer-signature:%s\r\n", name, value, signature)
}

func TestSignedChunks(t *testing.T) {
	tests := []struct {
		name, value string
		damage      func([]byte)
		code        string
	}{
		{name: "good", value: helloCRC32},
		{name: "a bit of a chunk", value: helloCRC32, damage: func(b []byte) { b[bytes.Index(b, []byte("hello"))] ^= 1 }, code: "SignatureDoesNotMatch"},
		{name: "a bit of the trailer", value: helloCRC32, damage: func(b []byte) { b[bytes.Index(b, []byte(helloCRC32))] ^= 1 }, code: "SignatureDoesNotMatch"},
		{name: "a signed trailer that is wrong", value: "AAAAAA==", code: "BadDigest"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, nil)
			r, err := http.NewRequest(http.MethodPut, "http://127.0.0.1/"+bucket+"/key", nil)
			noError(t, err)
			r.Header.Set("X-Amz-Decoded-Content-Length", "5")
			r.Header.Set("X-Amz-Trailer", "x-amz-checksum-crc32")
			w.sign(r, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
			c := newChunker(w, r)
			c.chunk("hello")
			c.chunk("")
			c.trailer("x-amz-checksum-crc32", test.value)
			c.body.WriteString("\r\n")
			body := c.body.Bytes()
			if test.damage != nil {
				test.damage(body)
			}
			r.Body, r.ContentLength = http.NoBody, int64(len(body))
			signed := r.Clone(t.Context())
			signed.Body = http.MaxBytesReader(nil, readCloser{bytes.NewReader(body)}, 1<<20)
			recorder := httptest.NewRecorder()
			w.server.ServeHTTP(recorder, signed)
			if test.code == "" && recorder.Code != http.StatusOK || !strings.Contains(recorder.Body.String(), test.code) {
				t.Errorf("got status %d, %s, want %q", recorder.Code, recorder.Body, test.code)
			}
		})
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// The SDK streams a body that it cannot seek over TLS only, in aws-chunked.
func TestStreamWithTrailer(t *testing.T) {
	w := startTLS(t, nil)
	content := strings.Repeat("0123456789", 1<<20)
	out, err := w.client(w.admin).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String("key"), Body: iotest.HalfReader(strings.NewReader(content)),
		ContentLength: aws.Int64(int64(len(content))), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
	})
	noError(t, err)
	got, err := w.server.Content(uri("key"))
	noError(t, err)
	if string(got) != content {
		t.Errorf("got %d bytes that differ", len(got))
	}
	if o, _ := w.server.Object(uri("key")); o.Checksum != aws.ToString(out.ChecksumCRC64NVME) || o.Checksum == "" {
		t.Errorf("got checksum %q, the answer says %q", o.Checksum, aws.ToString(out.ChecksumCRC64NVME))
	}
}

func TestPresignedGet(t *testing.T) {
	w := start(t, nil)
	_, err := w.server.Put(uri("a key"), strings.NewReader("content"), nil)
	noError(t, err)
	signed, err := s3.NewPresignClient(w.client(w.admin)).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String("a key")})
	noError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), signed.Method, signed.URL, nil)
	noError(t, err)
	response, err := w.transport.RoundTrip(r)
	noError(t, err)
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil || body.String() != "content" {
		t.Errorf("got status %d, %q, %v", response.StatusCode, &body, err)
	}
}
