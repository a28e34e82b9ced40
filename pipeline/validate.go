package pipeline

import (
	"context"
	"iter"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/validate"
)

// A Lister lists a bucket, as [bridge.Objects] does; *bridge.Lister is one. It is asked
// for all below a prefix: after is "".
type Lister interface {
	List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[bridge.Object, error]
}

var _ Lister = (*bridge.Lister)(nil)

// A listing is what package validate takes for files.
type listing struct{ lister Lister }

func (l listing) List(ctx context.Context, prefix redferry.URI) iter.Seq2[validate.File, error] {
	return func(yield func(validate.File, error) bool) {
		for object, err := range l.lister.List(ctx, prefix, "") {
			if !yield(validate.File{URI: object.URI, Size: object.Size}, err) {
				return
			}
		}
	}
}

func (j *journey) validate(ctx context.Context) error {
	var files validate.Lister
	if j.Files != nil {
		files = listing{j.Files}
	}
	report, err := validate.Compare(ctx, j.Target.DB, j.Source.DB, files, &validate.Move{
		Source: j.report.Source, Target: j.report.Target,
		Manifest: j.record.Manifest, From: j.folder(j.Source.Stage), To: j.folder(j.Target.Stage),
		Loaded: j.report.Loaded, Appended: j.Load == copyload.Append,
	})
	if err != nil {
		return err
	}
	j.report.Checks = report
	return report.Err()
}
