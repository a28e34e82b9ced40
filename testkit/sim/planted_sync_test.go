package sim_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/sim"
)

// syncBugs are planted around a sync.
var syncBugs = []bug{
	{name: "ledger before the copy", alter: syncer{items: items, target: func(p *sim.Process, d bridge.Destination, l bridge.Ledger) bridge.Destination {
		return &hopefulTarget{Destination: d, ledger: l, world: p.World()}
	}}.instead},
	{name: "compared by size", kinds: replaced, alter: syncer{items: unreplaced(), source: func(p *sim.Process, o bridge.Objects, l bridge.Ledger) bridge.Objects {
		return bySize{o, l, p.World()}
	}}.instead},
	{name: "listed version recorded", kinds: replaced, alter: recordsListed().instead},
	{name: "failed copies recorded", alter: syncer{items: items, failed: recordFailed}.instead},
	{name: "failed copies told as unchanged", alter: syncer{items: items, events: tellUnchanged}.instead},
	{name: "ledger keeps what is replaced", alter: syncer{items: items, ledger: keepEntries}.instead},
	{name: "removed without asking the source", loud: true, alter: removingWith(func(y *syncer) {
		y.copies = func(s bridge.Source) bridge.Source { return forgetful{s} }
	}).instead},
	{name: "removal not seen by the ledger", loud: true, alter: removingWith(func(y *syncer) {
		y.ledger = keepEntries
	}).instead},
	{name: "filter of the source alone", loud: true, alter: removingWith(func(y *syncer) {
		y.every = true
		y.source = func(_ *sim.Process, o bridge.Objects, _ bridge.Ledger) bridge.Objects { return withoutLeft{o} }
	}).instead},
	{name: "listing that breaks off taken for its end", alter: syncer{items: items, listed: true, split: []string{"object-3"}, source: func(p *sim.Process, _ bridge.Objects, _ bridge.Ledger) bridge.Objects {
		return bridge.NewLister(breaksOff{p}, &bridge.Options{Rand: p.Rand})
	}}.instead},
	{name: "ledger written in place", alter: syncer{items: items, ledger: func(p *sim.Process, _ bridge.Ledger) (bridge.Ledger, error) {
		return sim.FileLedger(careless(p, "ledger", false))
	}}.instead},
}

// instead runs a sync in place of the pipeline.
func (y syncer) instead(s *sim.Scenario, _ *sim.Move) { *s = *y.scenario(s.Name) }

// removingWith is a sync that removes, with a bug.
func removingWith(plant func(*syncer)) syncer {
	y := removing()
	plant(y)
	return *y
}

// A forgetful source says of no object that it has it: whoever asks before a removal
// learns nothing.
type forgetful struct{ bridge.Source }

// Options are those of the client beneath: package bridge asks for them.
func (f forgetful) Options() s3.Options { return f.Source.(*s3.Client).Options() }

func (forgetful) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return &s3.ListObjectsV2Output{IsTruncated: aws.Bool(false)}, nil
}

// withoutLeft leaves out what a filter would leave.
type withoutLeft struct{ bridge.Objects }

func (l withoutLeft) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[bridge.Object, error] {
	return func(yield func(bridge.Object, error) bool) {
		for o, err := range l.Objects.List(ctx, prefix, after) {
			if !strings.HasSuffix(o.URI.Key, ".left") && !yield(o, err) {
				return
			}
		}
	}
}

// breaksOff lists the source as long as nothing goes wrong.
type breaksOff struct{ process *sim.Process }

func (b breaksOff) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	w := b.process.World()
	reader, err := b.process.S3(w.A, b.process.Keys(w.A, w.ReaderSecret))
	if err != nil {
		return nil, err
	}
	if page, err := (shortPages{reader}).ListObjectsV2(ctx, in, options...); err == nil {
		return page, nil
	}
	return &s3.ListObjectsV2Output{IsTruncated: aws.Bool(false)}, nil
}

// unreplaced are the items, none of which was replaced before the first run.
func unreplaced() []item {
	var list []item
	for _, i := range items {
		i.replaced = false
		list = append(list, i)
	}
	return list
}

// A hopefulTarget has small objects recorded as copied when they are sent.
type hopefulTarget struct {
	bridge.Destination
	ledger bridge.Ledger
	world  *sim.World
}

// Options are those of the client beneath: package bridge asks for them.
func (h *hopefulTarget) Options() s3.Options { return h.Destination.(*s3.Client).Options() }

func (h *hopefulTarget) PutObject(ctx context.Context, in *s3.PutObjectInput, options ...func(*s3.Options)) (*s3.PutObjectOutput, error) {
	dst := redferry.URI{Bucket: *in.Bucket, Key: *in.Key}
	if object, ok := h.world.A.S3.Object(redferry.URI{Bucket: h.world.A.Stage.Bucket, Key: dst.Key}); ok {
		err := h.ledger.Record(ctx, bridge.Entry{
			Dst: dst, Target: object.ETag, Src: object.URI, ETag: object.ETag, Size: object.Size, Checksum: object.Checksum, Level: bridge.Stored,
		})
		if err != nil {
			return nil, err
		}
	}
	return h.Destination.PutObject(ctx, in, options...)
}

// bySize takes an object for the recorded one if it has as many bytes.
type bySize struct {
	bridge.Objects
	ledger bridge.Ledger
	world  *sim.World
}

func (b bySize) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[bridge.Object, error] {
	return func(yield func(bridge.Object, error) bool) {
		for o, err := range b.Objects.List(ctx, prefix, after) {
			e, ok, lost := b.ledger.Lookup(ctx, redferry.URI{Bucket: b.world.B.Stage.Bucket, Key: o.URI.Key})
			if ok && lost == nil && e.Size == o.Size {
				o.ETag = e.ETag
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// recordsListed is a sync that records the version that was listed, not the one
// that was copied.
func recordsListed() syncer {
	var etags sync.Map // by process and URI
	type key struct {
		process *sim.Process
		uri     redferry.URI
	}
	return syncer{
		items: items,
		source: func(p *sim.Process, o bridge.Objects, _ bridge.Ledger) bridge.Objects {
			return noting{o, func(o bridge.Object) { etags.Store(key{p, o.URI}, o.ETag) }}
		},
		ledger: func(p *sim.Process, l bridge.Ledger) (bridge.Ledger, error) {
			return alteringLedger{l, func(e *bridge.Entry) {
				if etag, ok := etags.Load(key{p, e.Src}); ok {
					e.ETag = etag.(string)
				}
			}}, nil
		},
	}
}

// noting tells of each object that is listed.
type noting struct {
	bridge.Objects
	note func(bridge.Object)
}

func (n noting) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[bridge.Object, error] {
	return func(yield func(bridge.Object, error) bool) {
		for o, err := range n.Objects.List(ctx, prefix, after) {
			if n.note(o); !yield(o, err) {
				return
			}
		}
	}
}

// An alteringLedger records something else.
type alteringLedger struct {
	bridge.Ledger
	alter func(*bridge.Entry)
}

func (l alteringLedger) Record(ctx context.Context, entries ...bridge.Entry) error {
	for i := range entries {
		l.alter(&entries[i])
	}
	return l.Ledger.Record(ctx, entries...)
}

// A keepingLedger forgets nothing: what it says of an object that is being replaced
// stays until the copy is recorded.
type keepingLedger struct{ bridge.Ledger }

func (keepingLedger) Forget(context.Context, ...redferry.URI) error { return nil }

func keepEntries(_ *sim.Process, l bridge.Ledger) (bridge.Ledger, error) {
	return keepingLedger{l}, nil
}

// recordFailed takes what a copy that failed has left for the copy.
func recordFailed(ctx context.Context, l bridge.Ledger, e *bridge.Event) error {
	return errors.Join(e.Err, l.Record(ctx, bridge.Entry{
		Dst: e.Job.Dst, Target: e.Job.Src.ETag, Src: e.Job.Src.URI, ETag: e.Job.Src.ETag, Size: e.Job.Src.Size, Level: bridge.Wire,
	}))
}

// tellUnchanged says of an object whose copy has failed that nothing was to be done.
func tellUnchanged(next func(*bridge.Event) error) func(*bridge.Event) error {
	return func(e *bridge.Event) error {
		if e.Err != nil {
			e = &bridge.Event{Change: bridge.Unchanged, Job: e.Job}
		}
		return next(e)
	}
}
