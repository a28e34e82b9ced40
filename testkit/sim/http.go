package sim

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// HTTPClient returns client with every request and every answer a boundary, and
// with the faults of the plan. Requests of a dead process fail.
func (p *Process) HTTPClient(client aws.HTTPClient) aws.HTTPClient {
	return &middlebox{client: client, process: p}
}

// A middlebox stands between a process and the HTTP servers.
type middlebox struct {
	client  aws.HTTPClient
	process *Process
}

// Do sends a request when its turn has come, and returns the answer when that
// one's has.
func (m *middlebox) Do(req *http.Request) (*http.Response, error) {
	r := m.process.world.describe(req)
	m.process.world.listingBegins(m.process, r)
	kind, n := m.process.crossTied(r.class, r.op, r, r.session+r.url)
	response, err := m.send(req, r, kind)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	if !m.process.answered(r.op, n, r) {
		_ = response.Body.Close()
		return nil, errKilled
	}
	m.process.world.answered(m.process, r, kind, response)
	return response, nil
}

// closeBody does what a client owes a request that it does not send.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// send lets happen to a request what kind says.
func (m *middlebox) send(req *http.Request, r *request, kind Kind) (*http.Response, error) {
	switch kind {
	case dead:
		return nil, errKilled
	case Refused:
		return nil, &net.OpError{Op: "dial", Net: "mem", Err: syscall.ECONNREFUSED}
	case LostBefore:
		return nil, reset()
	case SlowDown, RetryAfter, ServerError, Throttled:
		closeBody(req)
		return r.refusal(req, kind), nil
	case Stall:
		wait(req, stall)
	case LongStall:
		wait(req, longStall)
	case StaleListing:
		if old := m.process.world.stale(r); old != nil {
			return r.replay(req, old), nil
		}
	}
	if m.process.isDead() {
		return nil, errKilled
	}
	m.onRequest(req, r, kind)
	m.process.world.sent(m.process, r)
	m.process.world.asked(m.process, r)
	response, err := m.client.Do(req)
	if err != nil {
		if m.process.isDead() {
			return nil, errKilled
		}
		return nil, err
	}
	return m.onResponse(response, r, kind)
}

const (
	stall     = 45 * time.Second
	longStall = 20 * time.Minute
)

// wait lets time pass, or less if the request is given up.
func wait(req *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-req.Context().Done():
	}
}

// onRequest spoils the body of a request.
func (m *middlebox) onRequest(req *http.Request, r *request, kind Kind) {
	if r.class != Write || req.Body == nil {
		return
	}
	half := req.ContentLength / 2
	switch kind {
	case CutBody:
		req.Body = &spoilt{ReadCloser: req.Body, at: half, end: reset}
	case FlipBit:
		req.Body = &spoilt{ReadCloser: req.Body, at: m.process.world.pick("bit of "+r.op, req.ContentLength), flip: true}
	case KillDuring:
		req.Body = &spoilt{ReadCloser: req.Body, at: half, end: func() error {
			m.process.kill()
			return errKilled
		}}
	}
}

// onResponse spoils an answer.
func (m *middlebox) onResponse(response *http.Response, r *request, kind Kind) (*http.Response, error) {
	half := max(response.ContentLength, 0) / 2
	switch kind {
	case KillAfter:
		_ = response.Body.Close()
		m.process.kill()
		return nil, errKilled
	case LostAfter:
		_ = response.Body.Close()
		return nil, reset()
	}
	if r.class != Read && r.class != Listing || response.StatusCode >= http.StatusMultipleChoices {
		return response, nil
	}
	switch kind {
	case CutBody:
		response.Body = &spoilt{ReadCloser: response.Body, at: half, end: func() error { return io.ErrUnexpectedEOF }}
	case FlipBit:
		response.Body = &spoilt{ReadCloser: response.Body, at: m.process.world.pick("bit of "+r.op, response.ContentLength), flip: true}
	case KillDuring:
		response.Body = &spoilt{ReadCloser: response.Body, at: half, end: func() error {
			m.process.kill()
			return errKilled
		}}
	}
	return response, nil
}

func reset() error { return &net.OpError{Op: "read", Net: "mem", Err: syscall.ECONNRESET} }

// A spoilt body has something wrong behind its first at bytes: it ends there with
// an error, or a bit of the byte is flipped.
type spoilt struct {
	io.ReadCloser
	at   int64
	flip bool
	end  func() error
	read int64
	over error
}

func (s *spoilt) Read(p []byte) (int, error) {
	if s.over != nil {
		return 0, s.over
	}
	if s.end != nil {
		if s.read >= s.at {
			s.over = s.end()
			return 0, s.over
		}
		if left := s.at - s.read; int64(len(p)) > left {
			p = p[:left]
		}
	}
	n, err := s.ReadCloser.Read(p)
	if s.flip && s.read <= s.at && s.at < s.read+int64(n) {
		p[s.at-s.read] ^= 1 << (s.at % 8)
	}
	s.read += int64(n)
	return n, err
}

// refusal is what an overloaded or broken server answers.
func (r *request) refusal(req *http.Request, kind Kind) *http.Response {
	status, code := http.StatusServiceUnavailable, "SlowDown"
	switch {
	case kind == ServerError && r.s3():
		status, code = http.StatusInternalServerError, "InternalError"
	case kind == ServerError:
		status, code = http.StatusInternalServerError, "InternalServerException"
	case kind == Throttled:
		status, code = http.StatusBadRequest, "ThrottlingException"
	}
	header, body := http.Header{}, ""
	if r.s3() {
		header.Set("Content-Type", "application/xml")
		body = fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>Please try again.</Message></Error>", code)
	} else {
		header.Set("Content-Type", "application/x-amz-json-1.1")
		header.Set("X-Amzn-ErrorType", code)
		body = fmt.Sprintf(`{"__type":%q,"Message":"Please try again."}`, code)
	}
	if req.Method == http.MethodHead {
		body = ""
	}
	if kind == RetryAfter {
		header.Set("Retry-After", "7")
	}
	return answer(req, status, header, []byte(body))
}

// replay answers with the body of an earlier answer.
func (r *request) replay(req *http.Request, body []byte) *http.Response {
	return answer(req, http.StatusOK, http.Header{"Content-Type": {"application/xml"}}, body)
}

func answer(req *http.Request, status int, header http.Header, body []byte) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(strings.NewReader(string(body))), ContentLength: int64(len(body)), Request: req,
	}
}
