package bridge_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/memdisk"
)

// strange answers what matches with a page of its own, once.
type strange struct {
	s3.HTTPClient
	matches func(*http.Request) bool
}

func (p *strange) Do(r *http.Request) (*http.Response, error) {
	if p.matches == nil || !p.matches(r) {
		return p.HTTPClient.Do(r)
	}
	p.matches = nil
	const body = `<html>Please log in again.</html>`
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
}

func (w *world) strange(c *s3.Client, matches func(*http.Request) bool) *s3.Client {
	o := c.Options()
	o.HTTPClient = &strange{o.HTTPClient, matches}
	return s3.New(o)
}

// TestFailTagsBypassed: an answer that is none about tags does not say that there are none.
func TestFailTagsBypassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		object := w.put(t, "k", []byte("x"), func(in *s3.PutObjectInput) { in.Tagging = aws.String("secret=yes") })
		reader := w.strange(w.a.admin, func(r *http.Request) bool { return r.URL.Query().Has("tagging") })
		_, err := bridge.New(w.writer, reader, &bridge.Options{Carry: bridge.Carry{Tags: bridge.FailTags}}).Copy(t.Context(), dst("k"), object)
		if err == nil {
			t.Errorf("FailTags, and an object with tags was copied")
		}
	})
}

// TestUploadWithoutAnID: an upload without an ID was not begun, and is not kept in the journal.
func TestUploadWithoutAnID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		journal := bridge.NewFileJournal(must(new(memdisk.Disk).Start(nil).Files("journal"))(t))
		writer := w.strange(w.writer, func(r *http.Request) bool { return r.URL.Query().Has("uploads") })
		c := bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal})
		_, first := c.Copy(t.Context(), dst("k"), unknown("k"))
		if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); err != nil {
			t.Errorf("the first ended with %v, and now each one ends with %v", first, err)
		}
	})
}
