package fakes3

import (
	"bytes"
	"io"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// acts reports whether the fault does anything.
func (f Fault) acts() bool {
	f.Op, f.Bucket, f.Key, f.Part, f.Skip, f.Times = "", "", "", 0, 0, 0
	return !reflect.ValueOf(f).IsZero()
}

// meddle does what a fault does before a request is served. An error is to be
// sent instead of serving it.
func (c *call) meddle() error {
	f := c.fault
	if f.Delay > 0 && !c.wait(f.Delay) {
		c.abort()
	}
	if f.Drop == BeforeEffect {
		c.abort()
	}
	if f.Replace != nil {
		uri := redferry.URI{Bucket: c.entry.Bucket, Key: c.key}
		if _, err := c.server.Put(uri, bytes.NewReader(f.Replace), nil); err != nil {
			return err
		}
	}
	if f.Status == 0 {
		return nil
	}
	r := refusal.New(f.Status, or(f.Code, "InternalError"), "This error was injected.")
	if f.RetryAfter > 0 {
		seconds := int(math.Ceil(f.RetryAfter.Seconds()))
		r.Header = map[string]string{"Retry-After": strconv.Itoa(seconds)}
	}
	return r
}

// wait reports whether it waited to the end.
func (c *call) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.r.Context().Done():
		return false
	}
}

// stall does nothing for a while, as long as the client has patience.
func (c *call) stall() {
	if !c.wait(c.fault.Stall) {
		c.abort()
	}
}

// meddled returns a reader of a request's content on which the fault acts.
func (c *call) meddled(content io.Reader) io.Reader {
	return &meddled{content: content, call: c, flip: c.fault.FlipRequest, cut: c.fault.CutRequest, stall: c.fault.StallRequest}
}

type meddled struct {
	content          io.Reader
	call             *call
	flip, cut, stall int64
}

func (m *meddled) Read(p []byte) (int, error) {
	read := m.call.received
	if m.stall > 0 && read == m.stall {
		m.stall = 0
		m.call.stall()
	}
	if m.stall > 0 && int64(len(p)) > m.stall-read {
		p = p[:m.stall-read]
	}
	if m.cut > 0 && int64(len(p)) > m.cut-read {
		p = p[:m.cut-read]
	}
	n, err := m.content.Read(p)
	if at := m.flip - read - 1; at >= 0 && at < int64(n) {
		p[at] ^= 1
	}
	m.call.received += int64(n)
	if m.cut > 0 && m.call.received >= m.cut {
		m.call.abort()
	}
	return n, err
}
