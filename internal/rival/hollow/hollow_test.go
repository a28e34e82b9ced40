package hollow

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/internal/crc64"
)

var tests = []Set{{"small", 5, 8 << 10}, {"long", 2, 2*blockLen + 5}, {"same", 2500, 1}}

// A client asks a server as a program does, without signatures.
type client struct {
	t *testing.T
	s *Server
}

func newClient(t *testing.T) client { return client{t, New(tests...)} }

// do sends a request and returns the answer with its body read. Headers are pairs of
// name and value.
func (c client) do(method, target, body string, headers ...string) (*http.Response, string) {
	c.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.s.ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

// want fails the test unless the answer has this status. It returns the answer.
func (c client) want(status int, method, target, body string, headers ...string) (*http.Response, string) {
	c.t.Helper()
	r, text := c.do(method, target, body, headers...)
	if r.StatusCode != status {
		c.t.Errorf("%s %s is answered with %s, want %d: %.200s", method, target, r.Status, status, text)
	}
	return r, text
}

// TestMade: what is read is what the checksum and the length say, whole and in pieces,
// and no two objects are alike.
func TestMade(t *testing.T) {
	c := newClient(t)
	seen := make(map[string]bool)
	for _, key := range []string{"small/00000000", "small/00000004", "long/00000000", "long/00000001"} {
		path := "/made/" + key + ".parquet"
		head, whole := c.want(200, "GET", path, "", "X-Amz-Checksum-Mode", "ENABLED")
		if got, want := crc64.Encode(crc64.Checksum([]byte(whole))), head.Header.Get(checksumHeader); got != want {
			t.Errorf("%s has the checksum %s, but %s is announced", key, got, want)
		}
		if want := head.Header.Get("Content-Length"); want != fmt.Sprint(len(whole)) || seen[whole] {
			t.Errorf("%s has %d bytes, %s are announced; %t", key, len(whole), want, seen[whole])
		}
		seen[whole] = true
		middle := len(whole) / 2
		_, first := c.want(206, "GET", path, "", "Range", fmt.Sprintf("bytes=0-%d", middle-1), "If-Match", head.Header.Get("ETag"))
		rest, second := c.want(206, "GET", path, "", "Range", fmt.Sprintf("bytes=%d-", middle))
		if first+second != whole || rest.Header.Get("Content-Range") != fmt.Sprintf("bytes %d-%d/%d", middle, len(whole)-1, len(whole)) {
			t.Errorf("the pieces of %s are not the whole, or not those of %q", key, rest.Header.Get("Content-Range"))
		}
	}
}

func TestRefusals(t *testing.T) {
	c := newClient(t)
	object := "/made/small/00000000.parquet"
	c.want(404, "GET", "/made/small/00000005.parquet", "")
	c.want(404, "HEAD", "/target/small/00000000.parquet", "")
	c.want(412, "GET", object, "", "If-Match", `"another"`)
	c.want(416, "GET", object, "", "Range", "bytes=8192-")
	c.want(403, "PUT", object, "content")
	c.want(400, "PUT", "/target/k", "content", checksumHeader, crc64.Encode(1))
	c.want(404, "PUT", "/target/k?uploadId=none&partNumber=1", "content")
	c.want(400, "PUT", "/target/k?uploadId=none&partNumber=0", "content")
	c.want(400, "POST", "/target/k?uploadId=none", "<nothing>")
	c.want(400, "GET", "/made?list-type=2&max-keys=x", "")
	c.want(501, "GET", "/made?list-type=2&delimiter=/", "")
	c.want(501, "PUT", "/target/k", "", "X-Amz-Copy-Source", object)
	c.want(501, "GET", "/", "")
	c.want(501, "DELETE", "/target/k", "")
	c.want(501, "PUT", "/target", "")
	c.want(200, "HEAD", "/target", "")
	if r := c.s.Report(); r.Objects != 0 {
		t.Errorf("what was refused is there: %+v", r)
	}
}

// TestList: all keys, each once and in order, page after page; both ways to ask.
func TestList(t *testing.T) {
	for _, way := range []string{"list-type=2&continuation-token=", "marker="} {
		c := newClient(t)
		var keys []string
		last := ""
		for range 3 {
			_, page := c.want(200, "GET", "/made?prefix=same/&"+way+last, "")
			for _, entry := range strings.Split(page, "<Key>")[1:] {
				last, _, _ = strings.Cut(entry, "<")
				keys = append(keys, last)
			}
			if more := strings.Contains(page, "<IsTruncated>true<"); more != (len(keys) < 2500) {
				t.Errorf("after %d keys there are more: %t", len(keys), more)
			}
		}
		var want []string
		for n := range 2500 {
			want = append(want, tests[2].key(n))
		}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Error(diff)
		}
		if r := c.s.Report(); r.Listed != 2500 {
			t.Errorf("the report is of %d listed keys", r.Listed)
		}
	}
}

// content reads an object that is made up.
func (c client) content(key string) string {
	c.t.Helper()
	_, content := c.want(200, "GET", "/made/"+key, "")
	return content
}

// TestReport: it tells right objects from wrong ones.
func TestReport(t *testing.T) {
	c := newClient(t)
	good, other := tests[0].key(0), tests[0].key(1)
	c.want(200, "PUT", "/target/"+good, c.content(good))
	if diff := cmp.Diff(Report{Objects: 1, Bytes: 8 << 10}, c.s.Report()); diff != "" {
		t.Error(diff)
	}
	flipped := []byte(c.content(other))
	flipped[100] ^= 1
	c.want(200, "PUT", "/target/"+other, string(flipped))
	c.want(200, "PUT", "/target/"+tests[0].key(2), c.content(good))
	c.want(200, "PUT", "/target/small/stray", "")
	wrong := []string{"target/" + other, "target/" + tests[0].key(2), "target/small/stray"}
	if diff := cmp.Diff(Report{Objects: 4, Bytes: 3 * 8 << 10, Wrong: wrong}, c.s.Report()); diff != "" {
		t.Error(diff)
	}
	if _, page := c.want(200, "GET", "/target?list-type=2&prefix=small/", ""); strings.Count(page, "<Key>") != 4 {
		t.Errorf("the target lists %s", page)
	}
	c.s.Forget()
	if diff := cmp.Diff(Report{}, c.s.Report()); diff != "" {
		t.Error(diff)
	}
}

// TestUpload sends parts, the second one in chunks with a trailer, and completes them.
func TestUpload(t *testing.T) {
	c := newClient(t)
	key := tests[1].key(0)
	content := c.content(key)
	_, begun := c.want(200, "POST", "/target/"+key+"?uploads", "")
	_, id, _ := strings.Cut(begun, "<UploadId>")
	id, _, _ = strings.Cut(id, "<")
	target := "/target/" + key + "?uploadId=" + id
	first, _ := c.want(200, "PUT", target+"&partNumber=1", content[:100])
	body, headers := chunks(content[100:], crc64.Checksum([]byte(content[100:])))
	second, _ := c.want(200, "PUT", target+"&partNumber=2", body, headers...)
	if _, parts := c.want(200, "GET", target+"&max-parts=1", ""); !strings.Contains(parts, "<NextPartNumberMarker>1<") || !strings.Contains(parts, "<IsTruncated>true<") {
		t.Errorf("the parts are %s", parts)
	}
	if r := c.s.Report(); r.Open != 1 || r.Objects != 0 {
		t.Errorf("during the upload the report is %+v", r)
	}
	complete := func(etags ...string) string {
		var b strings.Builder
		for i, etag := range etags {
			fmt.Fprintf(&b, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, etag)
		}
		return "<CompleteMultipartUpload>" + b.String() + "</CompleteMultipartUpload>"
	}
	one, two := first.Header.Get("ETag"), second.Header.Get("ETag")
	c.want(400, "POST", target, complete(two, one))
	c.want(400, "POST", target, complete(one, two), checksumHeader, crc64.Encode(7))
	sum := crc64.Encode(crc64.Checksum([]byte(content)))
	if _, done := c.want(200, "POST", target, complete(one, two), checksumHeader, sum); !strings.Contains(done, sum) {
		t.Errorf("the upload is completed with %s", done)
	}
	if diff := cmp.Diff(Report{Objects: 1, Bytes: tests[1].Size}, c.s.Report()); diff != "" {
		t.Error(diff)
	}
	c.want(404, "DELETE", target, "")
}

// chunks is a body in two chunks, and its headers.
func chunks(content string, sum uint64) (body string, headers []string) {
	half := len(content) / 2
	body = fmt.Sprintf("%x;chunk-signature=0\r\n%s\r\n%x\r\n%s\r\n0\r\n%s: %s\r\n\r\n", half, content[:half], len(content)-half, content[half:], checksumHeader, crc64.Encode(sum))
	return body, []string{"X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length", fmt.Sprint(len(content))}
}

// TestChunks: a body that is not what it says it is is refused.
func TestChunks(t *testing.T) {
	c := newClient(t)
	content := strings.Repeat("0123456789", 1000)
	body, headers := chunks(content, crc64.Checksum([]byte(content)))
	c.want(200, "PUT", "/target/k", body, headers...)
	for cut := range 100 {
		at := len(body) - 1 - cut*len(body)/100
		c.want(400, "PUT", "/target/cut", body[:at], headers...)
	}
	c.want(400, "PUT", "/target/longer", body, "X-Amz-Content-Sha256", headers[1], headers[2], "10001")
	c.want(411, "PUT", "/target/unknown", body, headers[:2]...)
	c.want(400, "PUT", "/target/no-size", "x\r\n", headers...)
	wrong, _ := chunks(content, 1)
	c.want(400, "PUT", "/target/wrong", wrong, headers...)
	if r := c.s.Report(); r.Objects != 1 {
		t.Errorf("%d objects are there, want 1", r.Objects)
	}
	var buffer bytes.Buffer
	if _, err := io.Copy(&buffer, newChunked(strings.NewReader(body))); err != nil || buffer.String() != content {
		t.Errorf("the content is read as %.20q..., %v", buffer.String(), err)
	}
}
