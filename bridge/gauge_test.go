package bridge_test

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A gauge keeps the most that went on at once.
type gauge struct {
	mu        sync.Mutex // guards both
	now, most int
}

// hold counts the caller for a second.
func (g *gauge) hold() {
	g.add(1)
	time.Sleep(time.Second)
	g.add(-1)
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += n
	g.most = max(g.most, g.now)
}

// A gaugedTarget holds each request that carries a body, in virtual time.
type gaugedTarget struct {
	*s3.Client
	gauge *gauge
}

func (d *gaugedTarget) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	d.gauge.hold()
	return d.Client.PutObject(ctx, in, options...)
}

func (d *gaugedTarget) UploadPart(ctx context.Context, in *s3.UploadPartInput, options ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	d.gauge.hold()
	return d.Client.UploadPart(ctx, in, options...)
}
