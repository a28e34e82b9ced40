package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// maxManifest bounds what is read into memory: some 200,000 files.
const maxManifest = 64 << 20

// A listed is a manifest whose files are copied, and which follows them.
type listed struct {
	copier *bridge.Copier
	dst    redferry.URI
	moved  *redferry.Manifest // as it belongs to the target
}

// useManifest has sync copy the files of the manifest that -manifest names. It returns
// nil if that names none.
func (s *settings) useManifest(ctx context.Context, copier *bridge.Copier, dst, src *s3.Client, sync *bridge.Sync) (*listed, error) {
	if s.manifest == (redferry.URI{}) {
		return nil, nil
	}
	content, err := copier.ReadSource(ctx, s.manifest, maxManifest)
	if err != nil {
		return nil, err
	}
	m, err := redferry.ParseManifest(content)
	if err != nil {
		return nil, fmt.Errorf("bridgecopy: %s: %w", s.manifest, err)
	}
	untold := s.options
	untold.Trace = bridge.Trace{} // nothing of this is progress
	l := &listed{copier: bridge.New(dst, src, &untold)}
	if l.moved, err = m.Rebase(s.src, s.dst); err != nil {
		return nil, fmt.Errorf("bridgecopy: %s: %w: give a -src above all of its files", s.manifest, err)
	}
	l.dst, _ = s.manifest.Rebase(s.src, s.dst) // parse has looked
	sync.Source = bridge.NewManifestLister(src, m, &s.options)
	return l, nil
}

// retract has COPY refuse the manifest of an earlier run before files are replaced that it
// names: what it finds until this run has come to its end, and if that fails, is of both.
// With a listing of the target it is known whether there are such files; without one each
// that is copied may be one.
func (l *listed) retract(ctx context.Context, sync *bridge.Sync) error {
	if l == nil || sync.DryRun {
		return nil
	}
	look, replaces := *sync, false
	look.DryRun = true
	_, err := l.copier.Sync(ctx, &look, func(e *bridge.Event) error {
		replaces = replaces || e.Change == bridge.Changed || e.Change == bridge.Added && sync.Target == nil
		return nil
	})
	if err != nil || !replaces {
		return err
	}
	nothing := redferry.URI{Bucket: l.dst.Bucket, Key: l.dst.Key + unfinished}
	content, err := json.Marshal(&redferry.Manifest{Entries: []redferry.Entry{{URL: nothing, Size: 1, Rows: -1, Mandatory: true}}, Rows: -1})
	if err != nil {
		return err
	}
	return l.copier.WriteTarget(ctx, l.dst, content)
}

// unfinished ends the name of the file, which does not exist, that a manifest names while
// its files are replaced.
const unfinished = ".its-files-are-being-replaced"

// finish writes the manifest at the target, after all of its files are there: whoever
// finds it there finds them.
func (l *listed) finish(ctx context.Context, summary *bridge.Summary, report *report) error {
	if l == nil || summary.Failed > 0 {
		return nil
	}
	content, err := json.Marshal(l.moved)
	if err != nil {
		return err
	}
	if err := l.copier.WriteTarget(ctx, l.dst, content); err != nil {
		return err
	}
	return report.printf("%s: the manifest of %d files is written\n", l.dst, len(l.moved.Entries))
}
