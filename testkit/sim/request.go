package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// A request is what a process asks of an HTTP server.
type request struct {
	class   Class
	op      string // "s3.b UploadPart stage/t/000.parquet part 2"
	server  string // "s3.b"
	action  string // "UploadPart"
	bucket  string
	key     string
	prefix  string // of what is listed
	after   string // the key behind which a listing begins
	token   string // with which a listing goes on
	upload  string
	part    string
	size    int64  // of the body that it carries, in bytes
	url     string // without what differs each time; for listings
	label   string // of a statement
	session string // of a statement
	sql     string
	host    string
}

func (r *request) s3() bool { return strings.HasPrefix(r.server, "s3.") }

// describe names a request by what it asks for.
func (w *World) describe(req *http.Request) *request {
	host, _, _ := strings.Cut(req.URL.Host, ":")
	r := &request{server: host, host: req.URL.Host}
	if r.s3() {
		r.describeS3(req)
	} else {
		r.describeJSON(req)
	}
	return r
}

func (r *request) describeS3(req *http.Request) {
	query := req.URL.Query()
	r.bucket, r.key, _ = strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	r.prefix, r.after, r.token = query.Get("prefix"), query.Get("start-after"), query.Get("continuation-token")
	r.upload, r.part = query.Get("uploadId"), query.Get("partNumber")
	r.class, r.action = actionOf(req.Method, query)
	r.size = req.ContentLength
	r.op = r.server + " " + r.action
	switch {
	case r.key != "":
		r.op += " " + r.key
	case r.prefix != "":
		r.op += " " + r.prefix + "*"
	}
	switch {
	case r.part != "":
		r.op += " part " + r.part
	case req.Header.Get("Range") != "":
		r.op += " " + req.Header.Get("Range")
	}
	r.url = req.URL.Path + "?" + query.Encode()
}

func actionOf(method string, query url.Values) (Class, string) {
	switch {
	case query.Has("list-type"):
		return Listing, "ListObjectsV2"
	case method == http.MethodGet && query.Has("uploads"):
		return Listing, "ListMultipartUploads"
	case method == http.MethodGet && query.Has("uploadId"):
		return Listing, "ListParts"
	case method == http.MethodPost && query.Has("uploads"):
		return Control, "CreateMultipartUpload"
	case method == http.MethodPost && query.Has("uploadId"):
		return Control, "CompleteMultipartUpload"
	case method == http.MethodDelete && query.Has("uploadId"):
		return Control, "AbortMultipartUpload"
	case method == http.MethodPut && query.Has("uploadId"):
		return Write, "UploadPart"
	case method == http.MethodPut:
		return Write, "PutObject"
	case method == http.MethodGet:
		return Read, "GetObject"
	case method == http.MethodDelete:
		return Control, "DeleteObject"
	case method == http.MethodHead:
		return Control, "HeadObject"
	}
	return Control, method
}

// describeJSON reads the services that take an operation in a header and JSON
// in the body.
func (r *request) describeJSON(req *http.Request) {
	target := req.Header.Get("X-Amz-Target")
	r.action = target[strings.LastIndexByte(target, '.')+1:]
	var asked struct{ ID, StatementName, SQL, SecretID, SessionID string }
	if req.Body != nil {
		data, err := io.ReadAll(req.Body)
		req.Body = io.NopCloser(&recorded{data, err})
		_ = json.Unmarshal(data, &asked)
	}
	r.label, r.sql, r.session = asked.StatementName, asked.SQL, asked.SessionID
	name := asked.ID + asked.StatementName + asked.SecretID
	if name == "" {
		name = firstWords(asked.SQL)
	}
	r.op = r.server + " " + r.action + " " + name
	switch {
	case strings.HasPrefix(r.server, "secrets."):
		r.class = Secret
	case strings.HasSuffix(r.action, "ExecuteStatement"):
		r.class = Submit
	default:
		r.class = Poll
	}
}

// firstWords shortens SQL to what names it.
func firstWords(sql string) string {
	fields := strings.Fields(sql)
	return strings.Join(fields[:min(len(fields), 4)], " ")
}
