package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// transfer copies the files of the manifest, but those that an earlier run has
// copied. It ends well only if each of them was copied, with the size that the
// manifest gives and the proof that is demanded.
func (j *journey) transfer(ctx context.Context) error {
	jobs, err := j.jobs()
	if err != nil {
		return err
	}
	c := &copies{journey: j, known: j.copied(jobs)}
	if err := c.make(ctx, jobs); err != nil {
		return err
	}
	files := slices.Clone(c.known)
	if len(files) != len(jobs) {
		return fmt.Errorf("the bridge reported %d files, the manifest has %d", len(files), len(jobs))
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Source.Key, b.Source.Key) })
	next := *j.record
	next.Files = files
	j.record, j.report.Files = &next, files
	return nil
}

// jobs are the files of the manifest, from one stage to the same place below
// the other.
func (j *journey) jobs() ([]bridge.Job, error) {
	moved, err := j.record.Manifest.Rebase(j.folder(j.Source.Stage), j.folder(j.Target.Stage))
	if err != nil {
		return nil, err
	}
	jobs := make([]bridge.Job, len(moved.Entries))
	for i, entry := range j.record.Manifest.Entries {
		jobs[i] = bridge.Job{Dst: moved.Entries[i].URL, Src: bridge.Object{URI: entry.URL, Size: entry.Size}}
	}
	return jobs, nil
}

// copied are the files that an earlier run remembers to have copied, as this one
// would.
func (j *journey) copied(jobs []bridge.Job) []File {
	wanted := make(map[redferry.URI]bridge.Job, len(jobs))
	for _, job := range jobs {
		wanted[job.Dst] = job
	}
	var files []File
	for _, f := range j.record.Files {
		job, ok := wanted[f.Target]
		if ok && job.Src.URI == f.Source && j.accept(job, f.Size, f.Level) == nil {
			files = append(files, f)
			delete(wanted, f.Target)
		}
	}
	return files
}

func (j *journey) accept(job bridge.Job, size int64, level bridge.Level) error {
	if size != job.Src.Size {
		return fmt.Errorf("%s has %d bytes, the manifest says %d", job.Src.URI, size, job.Src.Size)
	}
	if level < j.MinLevel {
		return fmt.Errorf("%s is proven to level %q only; %q is demanded", job.Dst, level, j.MinLevel)
	}
	return nil
}

// copies are those of one table's files.
type copies struct {
	*journey
	known  []File // made and proven; what was added is not changed again
	forgot int64  // bytes of those that the State does not have yet
}

// make copies the files that are not known.
func (c *copies) make(ctx context.Context, jobs []bridge.Job) error {
	var failed []error
	err := c.Bridge.CopyAll(ctx, c.missing(jobs), func(job bridge.Job, result *bridge.Result, err error) error {
		if err == nil {
			err = c.add(ctx, job, result)
		}
		c.Trace.file(c.report.Source, job, result, err)
		if err != nil {
			failed = append(failed, err)
		}
		return nil
	})
	return errors.Join(append(failed, err)...)
}

// missing are the jobs of the files that are not known as it begins.
func (c *copies) missing(jobs []bridge.Job) iter.Seq2[bridge.Job, error] {
	there := make(map[redferry.URI]bool, len(c.known))
	for _, f := range c.known {
		there[f.Target] = true
	}
	return func(yield func(bridge.Job, error) bool) {
		for _, job := range jobs {
			if !there[job.Dst] && !yield(job, nil) {
				return
			}
		}
	}
}

func (c *copies) add(ctx context.Context, job bridge.Job, result *bridge.Result) error {
	if err := c.accept(job, result.Size, result.Level); err != nil {
		return err
	}
	c.known = append(c.known, File{
		Source: job.Src.URI, Target: job.Dst, Size: result.Size, Level: result.Level, Checksum: result.Checksum,
		Parts: result.Parts, Resumed: result.Resumed,
	})
	c.forgot += result.Size
	return c.save(ctx)
}

// save has the State remember the copies, so that a run that is killed does not
// make them again.
func (c *copies) save(ctx context.Context) error {
	files := len(c.record.Manifest.Entries)
	if len(c.known) == files || !worthSaving(files, c.forgot) {
		return nil // the end of the step saves what is complete
	}
	next := *c.record
	next.Files = slices.Clip(c.known)
	if err := c.State.Write(ctx, &next); err != nil {
		return err
	}
	c.record, c.forgot = &next, 0
	return nil
}

const (
	fileRecord  = 700      // bytes, about, that each file takes of a Record
	smallRecord = 64 << 10 // bytes of a Record that may be written for each file
)

// worthSaving reports whether a record of so many files is saved when copies of
// forgot bytes are not in it. A large one waits until they have as many bytes as
// itself: thousands of small files would else cost more to remember than to copy
// again.
func worthSaving(files int, forgot int64) bool {
	size := int64(files) * fileRecord
	return size <= smallRecord || forgot >= size
}
