package fakes3

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// A response counts what is sent and does to it what a fault says.
type response struct {
	http.ResponseWriter
	abort  func()
	wait   func() // stalls
	status int
	sent   int64 // bytes of the body
	flip   int64 // counted from 1; 0 is none
	cut    int64
	stall  int64
	mute   bool // nothing is sent
}

var _ http.ResponseWriter = (*response)(nil)

// set sets a header in the spelling that S3 has for it.
func (w *response) set(name, value string) { w.Header()[name] = []string{value} }

func (w *response) WriteHeader(status int) {
	w.status = status
	if !w.mute {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.mute {
		return len(p), nil
	}
	if w.stall > 0 && w.sent+int64(len(p)) > w.stall {
		return w.stalled(p)
	}
	if at := w.flip - w.sent - 1; at >= 0 && at < int64(len(p)) {
		p = append([]byte(nil), p...) // the caller's bytes stay as they are
		p[at] ^= 1
	}
	if w.cut > 0 && w.sent+int64(len(p)) >= w.cut {
		w.last(p[:w.cut-w.sent])
	}
	n, err := w.ResponseWriter.Write(p)
	w.sent += int64(n)
	return n, err
}

// stalled sends what comes before the stall, waits, and sends the rest.
func (w *response) stalled(p []byte) (int, error) {
	before := w.stall - w.sent
	w.stall = 0
	n, err := w.Write(p[:before])
	if err != nil {
		return n, err
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush() // a client that has gone does not need it
	w.wait()
	m, err := w.Write(p[before:])
	return n + m, err
}

// last sends p and cuts the connection.
func (w *response) last(p []byte) {
	n, _ := w.ResponseWriter.Write(p)
	w.sent += int64(n)
	_ = http.NewResponseController(w.ResponseWriter).Flush() // a client that has gone does not need it
	w.abort()
}

// namespace is that of all documents but errors.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// answer sends a document.
func (c *call) answer(status int, document any) {
	body, err := xml.Marshal(document)
	if err != nil {
		c.abort() // no document of this server fails to marshal
	}
	c.w.set("Content-Type", "application/xml")
	c.w.set("Content-Length", fmt.Sprint(len(xml.Header)+len(body)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(append([]byte(xml.Header), body...)) // a client that has gone does not need it
}

// An errorDocument is the XML of a refusal.
type errorDocument struct {
	*refusal.Refusal
	requestID string
}

// MarshalXML writes the elements in the order of S3.
func (d errorDocument) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	root := xml.StartElement{Name: xml.Name{Local: "Error"}}
	elements := append([]refusal.Detail{{Name: "Code", Value: d.Code}, {Name: "Message", Value: d.Message}}, d.Details...)
	elements = append(elements, refusal.Detail{Name: "RequestId", Value: d.requestID}, refusal.Detail{Name: "HostId", Value: hostID(d.requestID)})
	if err := e.EncodeToken(root); err != nil {
		return err
	}
	for _, element := range elements {
		if err := e.EncodeElement(element.Value, xml.StartElement{Name: xml.Name{Local: element.Name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(root.End())
}

// requestID returns the id of the nth request, the same in every run.
func requestID(region string, n int) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s request %d", region, n)))
	return fmt.Sprintf("%X", sum[:8])
}

func hostID(request string) string {
	sum := sha256.Sum256([]byte("host " + request))
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(sum[:])))
}
