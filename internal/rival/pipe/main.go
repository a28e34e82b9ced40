// Command pipe copies the objects of one bucket with a prefix to another one by
// [net/http] alone: nothing is signed, summed, compared, paced or tried again, and what
// is there already is copied over.
//
//	pipe https://SOURCE/BUCKET/PREFIX/ https://TARGET/BUCKET/PREFIX/
//
// It is no rival but the floor below all that are written in Go: what HTTP and TLS
// take by themselves.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"
)

const (
	atOnce   = 8        // objects, and parts of one
	partSize = 16 << 20 // bytes; an object that is larger goes in parts
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pipe SOURCE-URL TARGET-URL")
		os.Exit(2)
	}
	if err := copyAll(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pipe:", err)
		os.Exit(1)
	}
}

// copyAll copies what is below source to below target.
func copyAll(ctx context.Context, source, target string) error {
	bucket, prefix, err := split(source)
	if err != nil {
		return err
	}
	there, prefixThere, err := split(target)
	if err != nil {
		return err
	}
	c := &copier{newClient(), bucket, there}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	err = c.list(ctx, prefix, func(key string, size int64) {
		g.Go(func() error { return c.object(ctx, key, prefixThere+strings.TrimPrefix(key, prefix), size) })
	})
	if failed := g.Wait(); failed != nil {
		return failed
	}
	return err
}

// split cuts a URL in that of its bucket, which ends with a slash, and the key.
func split(raw string) (bucket, key string, err error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", "", err
	}
	name, key, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok {
		return "", "", fmt.Errorf("%s names no prefix", raw)
	}
	return u.Scheme + "://" + u.Host + "/" + name + "/", key, nil
}

// newClient is a client with the buffers that package bridge gives its own, which
// bodies go past. It trusts the certificates that SSL_CERT_FILE names.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		ReadBufferSize: 8 << 10, WriteBufferSize: 64 << 10,
		MaxIdleConnsPerHost: atOnce * atOnce, DisableCompression: true,
	}}
}
