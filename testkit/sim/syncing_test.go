package sim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/bridge/bridgetest"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/memdisk"
	"github.com/redferry/redferry/testkit/sim"
)

// An item is an object that is synced.
type item struct {
	size     int
	recorded bool // it is at the target and in the ledger
	replaced bool // it has been replaced at the source since
	gone     bool // it has been removed at the source since
	late     bool // it comes back to the source when that has been listed
	left     bool // the filter leaves it: it is neither copied nor removed
}

// items are some of each kind.
var items = []item{
	{size: 300},
	{size: 19_000},
	{size: 700, recorded: true},
	{size: 900, recorded: true, replaced: true},
	{size: 0},
	{size: 12_500, recorded: true, replaced: true},
	{size: 8_700, recorded: true},
}

// A syncer is a program that syncs a prefix with another one.
type syncer struct {
	items  []item
	listed bool     // the target is listed, too
	alone  bool     // there is no ledger
	remove bool     // what is gone at the source is removed at the target
	every  bool     // there is no filter
	split  []string // keys that cut it into ranges
	level  bridge.Level
	// Wrappers with which bugs are planted; nil is none.
	source func(p *sim.Process, o bridge.Objects, l bridge.Ledger) bridge.Objects
	target func(p *sim.Process, d bridge.Destination, l bridge.Ledger) bridge.Destination
	ledger func(p *sim.Process, l bridge.Ledger) (bridge.Ledger, error)
	events func(next func(*bridge.Event) error) func(*bridge.Event) error
	failed func(ctx context.Context, l bridge.Ledger, e *bridge.Event) error
	copies func(bridge.Source) bridge.Source // the source that is read and looked at, not listed
}

// syncing is the scenario of a sync with a target that may only be written, for
// which a ledger stands.
func syncing(name string) *sim.Scenario { return (&syncer{items: items}).scenario(name) }

func (y *syncer) scenario(name string) *sim.Scenario {
	return &sim.Scenario{
		Name: name, Fill: y.fill, Program: y.run, MinPartSize: partSize, Replaceable: true, Always: sim.TrueLedgers,
		Check: func(w *sim.World) []error { return append(y.missing(w), sim.SameFiles(w)...) },
	}
}

func (y *syncer) key(n int) string {
	if y.items[n].left {
		return fmt.Sprintf("object-%d.left", n)
	}
	return fmt.Sprintf("object-%d", n)
}

func (y *syncer) fill(w *sim.World) error {
	files, err := w.Disk(1).Start(nil).Files("ledger")
	if err != nil {
		return err
	}
	ledger, err := sim.FileLedger(files)
	if err != nil {
		return err
	}
	for n, i := range y.items {
		if err := y.put(w, ledger, n, i); err != nil {
			return err
		}
	}
	return nil
}

func (y *syncer) put(w *sim.World, ledger bridge.Ledger, n int, i item) error {
	src, dst := w.A.Stage.Join(y.key(n)), w.B.Stage.Join(y.key(n))
	before := y.content(n)
	from, err := w.A.S3.Put(src, bytes.NewReader(before), nil)
	if err != nil || !i.recorded {
		return err
	}
	to, err := w.B.S3.Put(dst, bytes.NewReader(before), nil)
	if err != nil {
		return err
	}
	if !y.alone {
		err = ledger.Record(context.Background(), bridge.Entry{
			Dst: dst, Target: to.ETag, Src: src, ETag: from.ETag, Size: from.Size, Checksum: from.Checksum, Level: bridge.Stored,
		})
	}
	switch {
	case err != nil:
		return err
	case i.replaced:
		return w.Replace(src, lineOf(i.size, "object %d, which is newer\n", n))
	case i.gone || i.late:
		return w.Remove(src)
	}
	return nil
}

// content is what an object is before anything replaces it.
func (y *syncer) content(n int) []byte {
	return lineOf(y.items[n].size, "object %d of the prefix\n", n)
}

// lineOf repeats a line up to a size.
func lineOf(size int, format string, n int) []byte {
	line := fmt.Sprintf(format, n)
	return bytes.Repeat([]byte(line), size/len(line)+1)[:size]
}

// run syncs once.
func (y *syncer) run(ctx context.Context, p *sim.Process) error {
	sync, copier, err := y.build(p)
	if err != nil {
		return err
	}
	var failed []*bridge.Event
	done := p.WatchSync(func(e *bridge.Event) error {
		if e.Err != nil {
			failed = append(failed, e)
		}
		return nil
	})
	if y.events != nil {
		done = y.events(done)
	}
	summary, err := copier.Sync(ctx, sync, done)
	for _, e := range failed {
		err = errors.Join(err, e.Err)
		if y.failed != nil {
			err = errors.Join(err, y.failed(ctx, sync.Ledger, e))
		}
	}
	if err == nil && summary.Failed > 0 {
		err = fmt.Errorf("%d objects failed", summary.Failed)
	}
	return err
}

func (y *syncer) build(p *sim.Process) (*bridge.Sync, *bridge.Copier, error) {
	w := p.World()
	reader, err := p.S3(w.A, p.Keys(w.A, w.ReaderSecret))
	if err != nil {
		return nil, nil, err
	}
	writer, err := p.S3(w.B, p.Keys(w.B, w.WriterSecret))
	if err != nil {
		return nil, nil, err
	}
	journal, err := p.Journal()
	if err != nil {
		return nil, nil, err
	}
	sync := &bridge.Sync{Dst: w.B.Stage, Src: w.A.Stage, Source: bridge.NewLister(shortPages{reader}, &bridge.Options{Rand: p.Rand}), Split: y.split}
	if !y.every {
		if sync.Filter, err = bridge.NewFilter(nil, []string{"*.left"}); err != nil {
			return nil, nil, err
		}
	}
	var ledger bridge.Ledger
	if sync.Ledger, ledger, err = y.openLedger(p); err != nil {
		return nil, nil, err
	}
	if y.listed {
		auditor, err := p.S3(w.B, creds.Static(w.Auditor))
		if err != nil {
			return nil, nil, err
		}
		sync.Target = bridge.NewLister(shortPages{auditor}, &bridge.Options{Rand: p.Rand})
	}
	if y.remove {
		if sync.Remover, err = p.S3(w.B, creds.Static(w.Remover)); err != nil {
			return nil, nil, err
		}
		sync.Source = &arriving{sync.Source, y, w}
	}
	if y.source != nil {
		sync.Source = y.source(p, sync.Source, ledger)
	}
	var target bridge.Destination = writer
	if y.target != nil {
		target = y.target(p, target, ledger)
	}
	var source bridge.Source = reader
	if y.copies != nil {
		source = y.copies(source)
	}
	return sync, bridge.New(target, source, &bridge.Options{
		PartSize: partSize, Threshold: partSize, Concurrency: 4, Journal: p.WatchJournal(journal), Rand: p.Rand, Trace: p.Trace(), MinLevel: y.level,
	}), nil
}

// openLedger returns the ledger, and the one beneath that nobody watches.
func (y *syncer) openLedger(p *sim.Process) (watched, ledger bridge.Ledger, err error) {
	if y.alone {
		return nil, nil, nil
	}
	ledger, err = p.Ledger()
	if err == nil && y.ledger != nil {
		ledger, err = y.ledger(p, ledger)
	}
	if err != nil {
		return nil, nil, err
	}
	return p.WatchLedger(ledger), ledger, nil
}

// missing finds what should be at the target, and what should not.
func (y *syncer) missing(w *sim.World) []error {
	var wrong []error
	for n, i := range y.items {
		want := !i.gone
		if i.left {
			want = i.recorded
		}
		if _, ok := w.B.S3.Object(w.B.Stage.Join(y.key(n))); ok != want {
			wrong = append(wrong, fmt.Errorf("%s is in B: %t", y.key(n), ok))
		}
	}
	return wrong
}

// Arriving objects come back to the source when its first page has been listed.
type arriving struct {
	bridge.Objects
	syncer *syncer
	world  *sim.World
}

func (a *arriving) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[bridge.Object, error] {
	return func(yield func(bridge.Object, error) bool) {
		for o, err := range a.Objects.List(ctx, prefix, after) {
			if err == nil {
				err = a.arrive()
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

func (a *arriving) arrive() error {
	for n, i := range a.syncer.items {
		uri := a.world.A.Stage.Join(a.syncer.key(n))
		if _, there := a.world.A.S3.Object(uri); !i.late || there {
			continue
		}
		if _, err := a.world.A.S3.Put(uri, bytes.NewReader(a.syncer.content(n)), nil); err != nil {
			return err
		}
	}
	return nil
}

// removing is a sync of a source from which objects have gone. Others are at one side
// only, and are left there.
func removing() *syncer {
	return &syncer{listed: true, remove: true, items: slices.Concat([]item{
		{size: 200, recorded: true, late: true},
		{size: 500, recorded: true, gone: true},
		{size: 9_000, recorded: true, gone: true},
		{size: 400, left: true},
		{size: 600, recorded: true, gone: true, left: true},
	}, items)}
}

// inRanges cuts a sync into three ranges, that end on pages with keys of the next one.
func inRanges(y *syncer) *syncer {
	y.split = []string{"object-1", "object-4"}
	return y
}

// shortPages lists three objects a page, so that there are several.
type shortPages struct{ bridge.Listing }

func (s shortPages) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, options ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	page := *in
	page.MaxKeys = aws.Int32(3)
	return s.Listing.ListObjectsV2(ctx, &page, options...)
}

// TestHealthySync: without a fault, one life does all the work, whatever the sync
// knows the target by.
func TestHealthySync(t *testing.T) {
	for name, y := range map[string]*syncer{
		"ledger": {}, "ledger and listing": {listed: true}, "listing": {listed: true, alone: true},
		"removing": removing(), "ranges": inRanges(&syncer{listed: true}), "removing in ranges": inRanges(removing()),
	} {
		t.Run(name, func(t *testing.T) {
			if y.items == nil {
				y.items = items
			}
			o := sim.Run(t, y.scenario(name), sim.Plan{Seed: 1})
			for _, v := range o.Violations {
				t.Error(v)
			}
			if len(o.Lives) != 1 {
				t.Errorf("it took %d lives: %v", len(o.Lives), o.Lives)
			}
			if n := parts(o); n < 5 {
				t.Errorf("%d parts were sent, want 5 at least", n)
			}
			t.Logf("%d boundaries", len(o.Trace))
		})
	}
}

// TestLookIsNoListing: the look at object-1 before it is removed finds object-10, which
// was replaced since the sync has listed it. That is no reason to expect of the sync
// what only a listing would tell it.
func TestLookIsNoListing(t *testing.T) {
	plan, err := sim.ParsePlan("20055: 1.1 s3.b ListObjectsV2 stage/* #1=replace")
	if err != nil {
		t.Fatal(err)
	}
	o := sim.Run(t, removing().scenario("removing"), plan)
	for _, v := range o.Violations {
		t.Error(v)
	}
	if !slices.Equal(o.Faults(), plan.Faults) {
		t.Errorf("happened %v, want %v", o.Faults(), plan.Faults)
	}
}

// TestFileLedger: the ledger of the kit on a disk that loses its power, and what
// was not synced, before the program starts again.
func TestFileLedger(t *testing.T) {
	disks := make(map[bridge.Ledger]*memdisk.Disk)
	open := func(t *testing.T, disk *memdisk.Disk) bridge.Ledger {
		files, err := disk.Start(nil).Files("ledger")
		if err != nil {
			t.Fatal(err)
		}
		l, err := sim.FileLedger(files)
		if err != nil {
			t.Fatal(err)
		}
		disks[l] = disk
		return l
	}
	bridgetest.TestLedger(t,
		func(t *testing.T) bridge.Ledger { return open(t, new(memdisk.Disk)) },
		func(t *testing.T, l bridge.Ledger) bridge.Ledger {
			disks[l].Crash(func(n int) int { return n - 1 })
			return open(t, disks[l])
		})
}
