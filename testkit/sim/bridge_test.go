package sim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/sim"
)

// partSize is that of the bridge's scenarios. Nothing depends on it but how much
// is computed.
const partSize = 8 << 10

// copying is the scenario of a bridge without a pipeline: objects of these sizes.
func copying(name string, sizes ...int) *sim.Scenario {
	return (&copyist{sizes: sizes, level: bridge.Stored}).scenario(name)
}

func (c *copyist) scenario(name string) *sim.Scenario {
	return &sim.Scenario{Name: name, Fill: c.fill, Program: c.run, MinPartSize: partSize, Check: func(w *sim.World) []error {
		return append(c.missing(w), sim.SameFiles(w)...)
	}}
}

type copyist struct {
	sizes []int
	// Wrappers with which bugs are planted; nil is none.
	source  func(bridge.Source) bridge.Source
	target  func(bridge.Destination) bridge.Destination
	journal func(*sim.Process, bridge.Journal) bridge.Journal
	level   bridge.Level // demanded
	// stores says what object n of the source stores to be compared with; nil is a
	// CRC-64/NVME each.
	stores func(n int) *fakes3.PutOptions
}

// inPieces is the same with sources of all kinds that are compared with otherwise.
func inPieces(name string, sizes ...int) *sim.Scenario {
	kinds := []*fakes3.PutOptions{
		{Checksum: "SHA256", Composite: true, PartSize: partSize},
		{Checksum: "none", PartSize: 2 * partSize},
		{Checksum: "CRC32", Composite: true, PartSize: 3 * partSize},
		{Checksum: "SHA256"},
		{Checksum: "none"},
	}
	return (&copyist{sizes: sizes, level: bridge.Recomputed, stores: func(n int) *fakes3.PutOptions { return kinds[n%len(kinds)] }}).scenario(name)
}

func (c *copyist) key(n int) string { return fmt.Sprintf("object-%d", n) }

func (c *copyist) fill(w *sim.World) error {
	for n, size := range c.sizes {
		line := fmt.Sprintf("object %d of the bridge's own\n", n)
		content := bytes.Repeat([]byte(line), size/len(line)+1)[:size]
		var stores *fakes3.PutOptions
		if c.stores != nil {
			stores = c.stores(n)
		}
		if _, err := w.A.S3.Put(w.A.Stage.Join(c.key(n)), bytes.NewReader(content), stores); err != nil {
			return err
		}
	}
	return nil
}

// run is a program that copies the objects.
func (c *copyist) run(ctx context.Context, p *sim.Process) error {
	w := p.World()
	reader, err := p.S3(w.A, p.Keys(w.A, w.ReaderSecret))
	if err != nil {
		return err
	}
	writer, err := p.S3(w.B, p.Keys(w.B, w.WriterSecret))
	if err != nil {
		return err
	}
	journal, err := p.Journal()
	if err != nil {
		return err
	}
	if c.journal != nil {
		journal = c.journal(p, journal)
	}
	var source bridge.Source = reader
	if c.source != nil {
		source = c.source(source)
	}
	var target bridge.Destination = writer
	if c.target != nil {
		target = c.target(target)
	}
	copier := bridge.New(target, source, &bridge.Options{
		PartSize: partSize, Threshold: 100, Concurrency: 8, Journal: p.WatchJournal(journal), Rand: p.Rand, Trace: p.Trace(), MinLevel: c.level,
	})
	var failed []error
	err = p.CopiesInTurn(copier).CopyAll(ctx, c.jobs(w), func(_ bridge.Job, _ *bridge.Result, err error) error {
		failed = append(failed, err)
		return nil
	})
	return errors.Join(append(failed, err)...)
}

func (c *copyist) jobs(w *sim.World) iter.Seq2[bridge.Job, error] {
	return func(yield func(bridge.Job, error) bool) {
		for n := range c.sizes {
			job := bridge.Job{Dst: w.B.Stage.Join(c.key(n)), Src: bridge.Object{URI: w.A.Stage.Join(c.key(n)), Size: -1}}
			if !yield(job, nil) {
				return
			}
		}
	}
}

func (c *copyist) missing(w *sim.World) []error { return missing(w, len(c.sizes), c.key) }

// missing finds which of n objects are not in B.
func missing(w *sim.World, n int, key func(int) string) []error {
	var wrong []error
	for i := range n {
		if _, ok := w.B.S3.Object(redferry.URI{Bucket: w.B.Stage.Bucket, Key: w.B.Stage.Key + key(i)}); !ok {
			wrong = append(wrong, fmt.Errorf("%s is not in B", key(i)))
		}
	}
	return wrong
}
