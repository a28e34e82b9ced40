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
func (s *settings) useManifest(ctx context.Context, copier *bridge.Copier, src *s3.Client, sync *bridge.Sync) (*listed, error) {
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
	l := &listed{copier: copier}
	if l.moved, err = m.Rebase(s.src, s.dst); err != nil {
		return nil, fmt.Errorf("bridgecopy: %s: %w: give a -src above all of its files", s.manifest, err)
	}
	l.dst, _ = s.manifest.Rebase(s.src, s.dst) // parse has looked
	sync.Source = bridge.NewManifestLister(src, m, &s.options)
	return l, nil
}

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
