package bridge_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memdisk"
)

// loginPage is what a proxy answers with that knows nobody any more.
const loginPage = `<html>Please log in again.</html>`

// answered is an answer with 200.
func answered(r *http.Request, body string) *http.Response {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// strange has the first request that matches answered by a proxy.
type strange struct {
	s3.HTTPClient
	matches func(*http.Request) bool
}

func (p *strange) Do(r *http.Request) (*http.Response, error) {
	if p.matches == nil || !p.matches(r) {
		return p.HTTPClient.Do(r)
	}
	p.matches = nil
	return answered(r, loginPage), nil
}

// behind is the same client behind a proxy.
func behind(c *s3.Client, proxy func(s3.HTTPClient) s3.HTTPClient) *s3.Client {
	o := c.Options()
	o.HTTPClient = proxy(o.HTTPClient)
	return s3.New(o)
}

// behindStrange is the client behind one that is strange once.
func behindStrange(c *s3.Client, matches func(*http.Request) bool) *s3.Client {
	return behind(c, func(next s3.HTTPClient) s3.HTTPClient { return &strange{next, matches} })
}

// TestNoAnswerAboutTags: an answer that is none about tags does not say that there are
// none.
func TestNoAnswerAboutTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		object := w.put(t, "k", []byte("x"), func(in *s3.PutObjectInput) { in.Tagging = aws.String("secret=yes") })
		reader := behindStrange(w.a.admin, func(r *http.Request) bool { return r.URL.Query().Has("tagging") })
		_, err := bridge.New(w.writer, reader, &bridge.Options{Carry: bridge.Carry{Tags: bridge.FailTags}}).Copy(t.Context(), dst("k"), object)
		if err == nil {
			t.Errorf("FailTags, and an object with tags was copied")
		}
	})
}

// TestUploadWithoutAnID: an upload without an ID was not begun, and is not kept in the
// journal.
func TestUploadWithoutAnID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "k", random(5000), nil)
		journal := bridge.NewFileJournal(must(new(memdisk.Disk).Start(nil).Files("journal"))(t))
		writer := behindStrange(w.writer, func(r *http.Request) bool { return r.URL.Query().Has("uploads") })
		c := bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal})
		_, first := c.Copy(t.Context(), dst("k"), unknown("k"))
		if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); err != nil {
			t.Errorf("the first ended with %v, and now each one ends with %v", first, err)
		}
	})
}

// proxied has its listings answered by a proxy, from the second page on.
type proxied struct{ s3.HTTPClient }

func (p proxied) Do(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if q.Get("list-type") == "" {
		return p.HTTPClient.Do(r)
	}
	body := loginPage
	if q.Get("continuation-token") == "" && q.Get("max-keys") != "1" {
		body = `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>p/a</Key><ETag>"e"</ETag><Size>1</Size></Contents></ListBucketResult>`
	}
	return answered(r, body), nil
}

// TestProxysPageRemovesNothing: nothing is removed for what a proxy answers.
func TestProxysPageRemovesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		for _, key := range []string{"a", "k"} {
			w.put(t, "p/"+key, []byte("x"), nil)
			w.putTarget(t, "q/"+key, "x")
		}
		reader := behind(w.reader, func(next s3.HTTPClient) s3.HTTPClient { return proxied{next} })
		summary, err := bridge.New(w.writer, reader, nil).Sync(t.Context(), w.sync(func(s *bridge.Sync) {
			s.Source, s.Remover = bridge.NewLister(reader, nil), w.b.admin
		}), ignore)
		if w.got(t, "q/k") == nil {
			t.Errorf("%v, %+v: p/k is at the source, and q/k was removed from the target", err, summary)
		}
	})
}

// TestNoPage: what is no page does not end a listing, whoever reads it.
func TestNoPage(t *testing.T) {
	const first = `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>a</Key><ETag>"e"</ETag><Size>1</Size></Contents></ListBucketResult>`
	for name, second := range map[string]string{"empty": "", "declaration": `<?xml version="1.0" encoding="UTF-8"?>`, "another document": `<html></html>`, "an error": `<Error><Code>InternalError</Code></Error>`} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("continuation-token") == "" {
					fmt.Fprint(w, first)
					return
				}
				fmt.Fprint(w, second)
			}))
			defer server.Close()
			client := must(bridge.NewClient(bridge.Access{Region: "r", Endpoint: server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")}))(t)
			for _, l := range []bridge.Listing{client, s3.New(client.Options(), func(o *s3.Options) { o.HTTPClient = http.DefaultClient })} {
				objects, err := collect(t, bridge.NewLister(l, &bridge.Options{Retries: -1}), src(""))
				if err == nil {
					t.Errorf("%d objects, and no error: the page that goes on is %q", len(objects), second)
				}
			}
		})
	}
}

// TestPreflightOfAProxy: a 200 that begins no upload shows no right to begin one.
func TestPreflightOfAProxy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		p := w.preflight()
		p.Target = behindStrange(w.writer, func(r *http.Request) bool { return r.URL.Query().Has("uploads") })
		found, err := p.Run(t.Context(), &bridge.Options{Retries: -1})
		if err == nil || !strings.Contains(err.Error(), "names no upload") {
			t.Errorf("Run = %v, %+v", err, found)
		}
	})
}

// TestProxysPageLosesNoPart: a page that is no list of parts is asked for again; else all
// parts would be sent once more.
func TestProxysPageLosesNoPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		content, journal := random(5000), new(bridge.MemJournal)
		w.put(t, "k", content, nil)
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 4, Status: 500, Code: "InternalError"})
		opts := &bridge.Options{PartSize: 1 << 10, Concurrency: 1, Retries: -1, Journal: journal}
		if _, err := bridge.New(w.writer, w.reader, opts).Copy(t.Context(), dst("k"), unknown("k")); !bridge.Resumable(err) {
			t.Fatal(err)
		}
		writer := behindStrange(w.writer, func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Query().Has("uploadId") })
		result, err := bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Concurrency: 1, Journal: journal}).Copy(t.Context(), dst("k"), unknown("k"))
		if err != nil || result.Resumed != 3 || !bytes.Equal(w.got(t, "k"), content) {
			t.Errorf("%+v, %v: three parts were in place", result, err)
		}
	})
}

// TestProxyRemovesNothing: who is answered with a page has removed no object and aborted no
// upload, and asks again.
func TestProxyRemovesNothing(t *testing.T) {
	deletes := func(r *http.Request) bool { return r.Method == http.MethodDelete }
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/a", []byte("a"), nil)
		w.putTarget(t, "q/b", "b")
		s := w.sync(func(s *bridge.Sync) { s.Remover = behindStrange(w.b.admin, deletes) })
		summary, err := w.copier(nil).Sync(t.Context(), s, func(*bridge.Event) error { return nil })
		if err != nil || summary.Removed != 1 || w.got(t, "q/b") != nil {
			t.Errorf("%+v, %v; there is %q", summary, err, w.got(t, "q/b"))
		}
		w.put(t, "k", random(5000), nil)
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Times: -1, Status: 403, Code: "AccessDenied"})
		_, err = bridge.New(behindStrange(w.writer, deletes), w.reader, &bridge.Options{PartSize: 1 << 10}).Copy(t.Context(), dst("k"), unknown("k"))
		if err == nil || errors.Is(err, bridge.ErrLeftOpen) || w.open(t) != 0 {
			t.Errorf("%d uploads are open: %v", w.open(t), err)
		}
	})
}
