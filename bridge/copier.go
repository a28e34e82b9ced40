package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
)

// restarts is how often one Copy begins anew: because the source was replaced,
// because the upload was taken away, because another's upload came first, or because
// the sums of what was read do not compose to what the source stores.
const restarts = 2

// A Copier is the [Bridge] over two S3 clients. It starts no goroutine that
// outlives a call, and needs no Close. It is safe for concurrent use; all calls
// share its limits.
type Copier struct {
	dst      Destination
	src      Source
	opts     Options
	patience patience
	gate     *gate
	plain    bool // the target is reached without TLS

	leanSrc, leanDst *leanPath // nil for clients that are not NewClient's
}

var _ Bridge = (*Copier)(nil)

// New returns a Copier that reads with src and writes with dst. The options may
// be nil and are copied. The clients' own retries and checksums are not used.
//
// A target whose client is an *s3.Client with an http endpoint gets its bodies
// without a trailing checksum, which S3 takes over HTTPS alone. Then the
// checksums that the target computes are compared: those of parts before the
// upload is completed, that of an object sent whole in the answer.
func New(dst Destination, src Source, opts *Options) *Copier {
	o := opts.withDefaults()
	gate := newGate(o.Concurrency)
	gate.shared, gate.size = o.Bandwidth, float64(o.PartSize)
	return &Copier{
		dst: dst, src: src, opts: o,
		patience: patience{retries: o.Retries, rand: o.Rand},
		gate:     gate,
		plain:    overHTTP(settings(dst)),
		leanSrc:  newLeanPath(src), leanDst: newLeanPath(dst),
	}
}

func overHTTP(o s3.Options) bool {
	base := ""
	if o.BaseEndpoint != nil {
		base = *o.BaseEndpoint
	}
	return o.EndpointOptions.DisableHTTPS || strings.HasPrefix(strings.ToLower(base), "http://")
}

// Copy copies one object; see [Bridge]. It asks the source's size and ETag if
// src leaves one of them open. Where src leaves the ETag open, a source that is
// replaced during the copy is copied anew, at most twice; where it names one, a
// source that is another object is [ErrSourceChanged] at once.
//
// With a [Journal], an earlier upload to dst goes on if it is bound to the same
// object of the source and would get the same metadata, tags, storage class and
// encryption, with the part size it began with; unless the object is no larger than
// [Options].Threshold by now, which is sent whole, or [Options].MinLevel stands against it.
func (c *Copier) Copy(ctx context.Context, dst redferry.URI, src Object) (*Result, error) {
	t, err := c.begin(dst, src)
	if err != nil {
		return nil, err
	}
	return t.end(t.copy(ctx, restarts))
}

// begin begins a transfer, which needs an end.
func (c *Copier) begin(dst redferry.URI, src Object) (*transfer, error) {
	if dst.Bucket == "" || dst.Key == "" || src.URI.Bucket == "" || src.URI.Key == "" {
		return nil, &Error{Op: "copy", Dst: dst, Src: src.URI, Err: errors.New("both ends must name an object")}
	}
	return &transfer{c: c, dst: dst, src: src, begun: time.Now(), meter: newMeter(&c.opts.Trace, dst)}, nil
}

// copy copies, and begins anew as often as it is allowed to.
func (t *transfer) copy(ctx context.Context, restarts int) (*Result, error) {
	for n := 0; ; n++ {
		result, err := t.run(ctx)
		if err == nil || n == restarts || ctx.Err() != nil || !t.worthRestarting(err) {
			return result, err
		}
		t.restart(err)
	}
}

// restart tells that the transfer begins anew because of err.
func (t *transfer) restart(err error) {
	t.meter.lost()
	t.started, t.uneven = false, false
	t.c.opts.Trace.restart(t.dst, err)
}

// start tells that it begins; not again for each try of an object that is sent whole.
func (t *transfer) start(size, resumed int64) {
	if t.started {
		return
	}
	t.started = true
	t.meter.inPlace(resumed)
	t.c.opts.Trace.start(t.dst, size, resumed)
}

// end completes what is told of a copy.
func (t *transfer) end(result *Result, err error) (*Result, error) {
	if err == nil {
		result.SourceETag, result.Attempts, result.Elapsed = t.etag, int(t.attempts.Load()), time.Since(t.begun)
	} else {
		result = nil
		t.meter.lost()
		if e, ok := errors.AsType[*Error](err); ok {
			e.Attempts, e.Elapsed = int(t.attempts.Load()), time.Since(t.begun)
		}
	}
	t.c.opts.Trace.done(t.dst, result, err)
	return result, err
}

// worthRestarting reports whether err is one that another try from the beginning
// may not meet.
func (t *transfer) worthRestarting(err error) bool {
	switch {
	case errors.Is(err, ErrLeftOpen):
		return false
	case errors.Is(err, ErrSourceChanged):
		return t.src.ETag == ""
	case errors.Is(err, errGone), errors.Is(err, errSilent), errors.Is(err, ErrOtherUpload):
		return true
	case errors.Is(err, ErrChecksum):
		return !errors.Is(err, errInPlace)
	}
	return false
}

// errGone is what a transfer ends with whose upload no longer exists, errSilent one
// whose completion was asked for twice and then acknowledged without a checksum, as
// some S3s do: that proves nothing. errInPlace marks a target object that was completed
// and then found to differ.
var (
	errGone    = errors.New("the upload was completed or aborted by someone else")
	errSilent  = errors.New("the completion that was repeated was answered without a checksum")
	errInPlace = errors.New("the object at the target must not be used")
)

// Abort gives up the upload to dst that the [Journal] remembers, if there is
// one, so that its parts cost nothing any more.
func (c *Copier) Abort(ctx context.Context, dst redferry.URI) error {
	t := &transfer{c: c, dst: dst}
	prior, ok, err := t.remembered(ctx)
	if err != nil || !ok {
		return err
	}
	t.src.URI = prior.Src
	return t.abandon(ctx, prior)
}

// fail makes the Error of a step at one side. The end of the context goes before
// whatever it led to; a stall, which ends the context of a flow alone, is what err is then.
func (t *transfer) fail(ctx context.Context, side, op, action string, err error) *Error {
	if context.Cause(ctx) == errStalled {
		err, ctx = errStalled, context.WithoutCancel(ctx)
	}
	e := &Error{Op: op, Side: side, Dst: t.dst, Src: t.src.URI, Err: err}
	if ctx.Err() != nil {
		e.Side, e.Err = "", endOf(ctx)
		return e
	}
	if side == SideSource {
		if answer(err).changed() {
			e.Err = fmt.Errorf("%w: %w", ErrSourceChanged, err)
		}
	}
	e.Advice = t.advise(ctx, side, op, action, err)
	return e
}

// endOf wraps the error of an ended context, and its cause if that is another.
func endOf(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// retry repeats a step of the transfer; part is 0 if it moves none. When ctx has
// ended, the error says so rather than what the step met before.
func (t *transfer) retry(ctx context.Context, part int, try func(context.Context) error) error {
	err := t.c.patience.do(ctx, try, func(err error, wait time.Duration) {
		if straining(err) {
			t.c.gate.strained()
		}
		t.c.opts.Trace.retry(t.dst, part, err, wait)
	})
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return t.fail(ctx, "", "copy to", "", err)
	}
	return err
}
