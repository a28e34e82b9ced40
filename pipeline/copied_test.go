package pipeline_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/pipeline"
)

// oneByOne copies one file at a time.
func (c *client) oneByOne() bridge.Bridge {
	return bridge.New(c.s3(c.B, c.Writer), c.s3(c.A, c.Reader), &bridge.Options{Concurrency: 1})
}

// sent counts how often B's bucket took each file.
func (c *client) sent() map[string]int {
	counts := make(map[string]int)
	for _, r := range c.B.S3.Requests() {
		if r.Op == "PutObject" && r.Status == 200 && strings.HasSuffix(r.Key, ".parquet") {
			counts[r.Key]++
		}
	}
	return counts
}

// TestCopiedFilesAreNotCopiedAgain stops a run between two files of a table. The
// next one sends the second alone.
func TestCopiedFilesAreNotCopiedAgain(t *testing.T) {
	inSmallWorld(t, onMem, func(t *testing.T, c *client, _, _ exec.Executor, config *pipeline.Config) {
		config.Bridge = c.oneByOne()
		stopAfterFirstFile(t, config)
		report, err := pipeline.Run(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		sent := c.sent()
		if len(sent) != 2 || len(report.Tables[0].Files) != 2 {
			t.Fatalf("files sent: %v, reported: %v; want two of each", sent, report.Tables[0].Files)
		}
		for key, times := range sent {
			if times != 1 {
				t.Errorf("%s was sent %d times", key, times)
			}
		}
		c.same(t, x)
	})
}

// A patient bridge begins no second file before the run has been told to stop: one
// that is on its way then may have been sent already.
type patient struct{ bridge.Bridge }

func (p patient) CopyAll(ctx context.Context, jobs iter.Seq2[bridge.Job, error], done func(bridge.Job, *bridge.Result, error) error) error {
	return p.Bridge.CopyAll(ctx, func(yield func(bridge.Job, error) bool) {
		for job, err := range jobs {
			if !yield(job, err) {
				return
			}
			<-ctx.Done()
		}
	}, done)
}

// stopAfterFirstFile runs the pipeline and ends it as the first file is copied.
func stopAfterFirstFile(t *testing.T, config *pipeline.Config) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := *config
	stopped.Bridge = patient{config.Bridge}
	stopped.Trace = &pipeline.Trace{File: func(redferry.Table, bridge.Job, *bridge.Result, error) { cancel() }}
	if _, err := pipeline.Run(ctx, &stopped); !errors.Is(err, context.Canceled) {
		t.Fatalf("the run that was to be stopped: %v", err)
	}
}

// TestWeakerProofIsNotTakenOver: a file that an earlier run copied with less
// proof than is demanded now is copied again.
func TestWeakerProofIsNotTakenOver(t *testing.T) {
	inSmallWorld(t, onMem, func(t *testing.T, c *client, _, _ exec.Executor, config *pipeline.Config) {
		config.Bridge, config.MinLevel = weak{c.oneByOne()}, bridge.Unproven
		stopAfterFirstFile(t, config)
		config.Bridge, config.MinLevel = c.oneByOne(), bridge.Stored
		if _, err := pipeline.Run(t.Context(), config); err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, times := range c.sent() {
			total += times
		}
		if total != 3 {
			t.Errorf("%d files were sent, want 3: %v", total, c.sent())
		}
	})
}

// A weak bridge proves nothing beyond the wire.
type weak struct{ bridge.Bridge }

func (w weak) CopyAll(ctx context.Context, jobs iter.Seq2[bridge.Job, error], done func(bridge.Job, *bridge.Result, error) error) error {
	return w.Bridge.CopyAll(ctx, jobs, func(job bridge.Job, result *bridge.Result, err error) error {
		if err == nil {
			result.Level = bridge.Wire
		}
		return done(job, result, err)
	})
}
