package bridge_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
)

// T23: a proxy that answers listings with a page of its own, from the second page on.
type proxied struct{ s3.HTTPClient }

func (p proxied) Do(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if q.Get("list-type") == "" {
		return p.HTTPClient.Do(r)
	}
	body := `<html>Please log in again.</html>`
	if q.Get("continuation-token") == "" && q.Get("max-keys") != "1" {
		body = `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>p/a</Key><ETag>"e"</ETag><Size>1</Size></Contents></ListBucketResult>`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
}

// TestRemovesForAProxysPage: nothing is removed for what a proxy answers.
func TestRemovesForAProxysPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		for _, key := range []string{"a", "k"} {
			w.put(t, "p/"+key, []byte("x"), nil)
			w.putTarget(t, "q/"+key, "x")
		}
		o := w.reader.Options()
		o.HTTPClient = proxied{o.HTTPClient}
		reader := s3.New(o)
		summary, err := bridge.New(w.writer, reader, nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) {
			s.Source, s.Remover = bridge.NewLister(reader, nil), w.b.admin
		}), ignore)
		if w.got(t, "q/k") == nil {
			t.Errorf("%v, %+v: p/k is at the source, and q/k was removed from the target", err, summary)
		}
	})
}
