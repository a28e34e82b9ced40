package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/redferry/redferry/internal/listxml"
)

// A copier copies between two buckets, which are URLs.
type copier struct {
	client         *http.Client
	source, target string
}

// list gives each object of the source with this prefix.
func (c *copier) list(ctx context.Context, prefix string, give func(key string, size int64)) error {
	query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
	for {
		text, err := c.text(ctx, http.MethodGet, c.source+"?"+query.Encode(), "")
		if err != nil {
			return err
		}
		page, ok := listxml.Parse(text)
		if !ok {
			return errors.New("the source's listing is none")
		}
		for _, o := range page.Objects {
			give(o.Key, o.Size)
		}
		if !page.Truncated {
			return nil
		}
		query.Set("continuation-token", page.Next)
	}
}

// object copies one object, in parts if it is large.
func (c *copier) object(ctx context.Context, from, to string, size int64) error {
	if size <= partSize {
		_, err := c.move(ctx, from, c.target+to, 0, size)
		return err
	}
	text, err := c.text(ctx, http.MethodPost, c.target+to+"?uploads", "")
	if err != nil {
		return err
	}
	var begun struct {
		ID string `xml:"UploadId"`
	}
	if err := xml.Unmarshal([]byte(text), &begun); err != nil {
		return err
	}
	upload := c.target + to + "?" + url.Values{"uploadId": {begun.ID}}.Encode()
	document, err := c.parts(ctx, from, upload, size)
	if err != nil {
		return err
	}
	_, err = c.text(ctx, http.MethodPost, upload, document)
	return err
}

// parts copies an object to the parts of an upload, and returns what completes that.
func (c *copier) parts(ctx context.Context, from, upload string, size int64) (string, error) {
	etags := make([]string, (size+partSize-1)/partSize)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i := range etags {
		g.Go(func() (err error) {
			begin := int64(i) * partSize
			etags[i], err = c.move(ctx, from, fmt.Sprintf("%s&partNumber=%d", upload, i+1), begin, min(partSize, size-begin))
			return err
		})
	}
	err := g.Wait()
	var b strings.Builder
	b.WriteString("<CompleteMultipartUpload>")
	for i, etag := range etags {
		fmt.Fprintf(&b, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, etag)
	}
	b.WriteString("</CompleteMultipartUpload>")
	return b.String(), err
}

// move makes the body of a GET that of a PUT, and returns the ETag of what was put.
func (c *copier) move(ctx context.Context, from, to string, begin, size int64) (etag string, err error) {
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, c.source+from, http.NoBody)
	if err != nil {
		return "", err
	}
	if size > 0 {
		get.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", begin, begin+size-1))
	}
	got, err := c.do(get)
	if err != nil {
		return "", err
	}
	defer got.Body.Close()
	put, err := http.NewRequestWithContext(ctx, http.MethodPut, to, io.NopCloser(got.Body))
	if err != nil {
		return "", err
	}
	if put.ContentLength = size; size == 0 {
		put.Body = http.NoBody
	}
	done, err := c.do(put)
	if err != nil {
		return "", err
	}
	return done.Header.Get("Etag"), done.Body.Close()
}

// text sends a request with a text for its body, and returns that of the answer.
func (c *copier) text(ctx context.Context, method, to, body string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	answer, err := c.do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	return string(all), err
}

// do sends a request. An answer that is no success is an error.
func (c *copier) do(request *http.Request) (*http.Response, error) {
	answer, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		defer answer.Body.Close()
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // of what is an error already
		return nil, fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, answer.Status, why)
	}
	return answer, nil
}
