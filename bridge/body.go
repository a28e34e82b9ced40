package bridge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A flow is one attempt to move bytes: a GET whose body becomes the body of a
// PUT. It ends when no byte moves for too long.
type flow struct {
	t      *transfer
	ctx    context.Context // of this attempt; it governs both requests
	cancel context.CancelCauseFunc
	stall  *time.Timer
	size   int64 // of what is moved, in bytes
	meter  *tryMeter
}

// attempt runs move, of so many bytes or 0, in a flow, inside the gate. For arrived see
// there.
func (t *transfer) attempt(ctx context.Context, size int64, arrived func(), move func(*flow) error) error {
	if err := t.c.gate.enter(ctx, size, arrived); err != nil {
		return &Error{Op: "wait to copy to", Dst: t.dst, Src: t.src.URI, Err: endOf(ctx)}
	}
	begun := time.Now()
	defer t.c.gate.leave()
	flowCtx, cancel := context.WithCancelCause(ctx)
	f := &flow{t: t, ctx: flowCtx, cancel: cancel}
	f.stall = time.AfterFunc(t.c.opts.Stall, func() { cancel(errStalled) })
	defer f.end()
	err := move(f)
	f.meter.end(err)
	if err != nil {
		return err
	}
	t.c.gate.moved(f.size, time.Since(begun))
	return nil
}

func (f *flow) end() {
	f.stall.Stop()
	f.cancel(nil)
}

// afresh has the requests of the flow sent on connections of their own, if this is not the
// first try and that has straggled.
func (f *flow) afresh(straggled bool) {
	if straggled {
		f.ctx = context.WithValue(f.ctx, onNewConnection{}, true)
	}
}

// open starts the GET. A nil options.Range reads all.
func (f *flow) open(in *s3.GetObjectInput, options func(*s3.Options)) (*s3.GetObjectOutput, error) {
	in.Bucket, in.Key = &f.t.src.URI.Bucket, &f.t.src.URI.Key
	get, err := f.t.c.src.GetObject(f.ctx, in, f.t.c.leanSrc.shorten(f.ctx, f.t.src.URI.Bucket, options))
	if err != nil {
		return nil, f.blame(SideSource, "get", err)
	}
	return get, nil
}

// stream makes a body of size bytes out of a GET's, which is a part; 0 if it is not to be
// sent. It notes in slow that the transfer has straggled, if it has not before.
func (f *flow) stream(body io.Reader, part int, size int64, slow *atomic.Bool) *stream {
	f.stall.Reset(f.t.c.opts.Stall)
	f.size = size
	if part > 0 {
		f.t.c.opts.Trace.partStart(f.t.dst, part, size)
		f.meter = f.t.meter.try(part)
	}
	return &stream{ctx: f.ctx, body: body, size: size, watch: watch{typical: f.t.c.gate.typical, done: slow}, bandwidth: f.t.c.opts.Bandwidth, stall: f.stall, limit: f.t.c.opts.Stall, meter: f.meter}
}

// length refuses a body that is not as long as it should be.
func (f *flow) length(get *s3.GetObjectOutput, want int64) error {
	got, err := sizeOf(get.ContentLength)
	if err == nil && got != want {
		err = fmt.Errorf("the answer has %d bytes, %d were asked for", got, want)
	}
	if err != nil {
		return f.blame(SideSource, "get", err)
	}
	return nil
}

// sizeOf is the length that an answer has, in bytes. One that tells none is not one of no
// bytes.
func sizeOf(length *int64) (int64, error) {
	if length == nil {
		return 0, errors.New("the answer does not say how many bytes the object has")
	}
	return *length, nil
}

// sent finds the side that broke the PUT of body: the read, if the read failed.
func (f *flow) sent(body *stream, op string, err error) error {
	if broken := body.failure(); broken != nil {
		return f.blame(SideSource, "read", broken)
	}
	if err != nil {
		return f.blame(SideTarget, op, err)
	}
	if body.result.Load() == nil {
		return f.blame(SideTarget, op, errors.New("the target answered before it had the whole body"))
	}
	return nil
}

// blame is [transfer.fail] with the action that the side needs.
func (f *flow) blame(side, op string, err error) error {
	action := f.t.writeAction()
	if side == SideSource {
		action = actionRead
	}
	return f.t.fail(f.ctx, side, op, action, err)
}
