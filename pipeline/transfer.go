package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/redferry/redferry/bridge"
)

// transfer copies the files of the manifest. It ends well only if each of them
// was copied, with the size that the manifest gives and the proof that is
// demanded.
func (j *journey) transfer(ctx context.Context) error {
	jobs, err := j.jobs()
	if err != nil {
		return err
	}
	var files []File
	var failed []error
	err = j.Bridge.CopyAll(ctx, jobs, func(job bridge.Job, result *bridge.Result, err error) error {
		if err == nil {
			err = j.accept(job, result)
		}
		j.Trace.file(j.report.Source, job, result, err)
		if err != nil {
			failed = append(failed, err)
			return nil
		}
		files = append(files, File{
			Source: job.Src.URI, Target: job.Dst, Size: result.Size, Level: result.Level, Checksum: result.Checksum,
			Parts: result.Parts, Resumed: result.Resumed,
		})
		return nil
	})
	if err := errors.Join(append(failed, err)...); err != nil {
		return err
	}
	if want := len(j.record.Manifest.Entries); len(files) != want {
		return fmt.Errorf("the bridge reported %d files, the manifest has %d", len(files), want)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Source.Key, b.Source.Key) })
	j.record.Files, j.report.Files = files, files
	return nil
}

// jobs are the files of the manifest, from one stage to the same place below
// the other.
func (j *journey) jobs() (iter.Seq2[bridge.Job, error], error) {
	moved, err := j.record.Manifest.Rebase(j.folder(j.Source.Stage), j.folder(j.Target.Stage))
	if err != nil {
		return nil, err
	}
	return func(yield func(bridge.Job, error) bool) {
		for i, entry := range j.record.Manifest.Entries {
			job := bridge.Job{Dst: moved.Entries[i].URL, Src: bridge.Object{URI: entry.URL, Size: entry.Size}}
			if !yield(job, nil) {
				return
			}
		}
	}, nil
}

func (j *journey) accept(job bridge.Job, result *bridge.Result) error {
	if result.Size != job.Src.Size {
		return fmt.Errorf("%s has %d bytes, the manifest says %d", job.Src.URI, result.Size, job.Src.Size)
	}
	if result.Level < j.MinLevel {
		return fmt.Errorf("%s is proven to level %q only; %q is demanded", job.Dst, result.Level, j.MinLevel)
	}
	return nil
}
