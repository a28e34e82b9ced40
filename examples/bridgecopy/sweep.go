package main

import (
	"context"
	"errors"
	"time"

	"github.com/redferry/redferry/bridge"
)

// sweepUp aborts the uploads that -sweep means, and prints a line for each.
func (s *settings) sweepUp(ctx context.Context, copier *bridge.Copier, report *report) error {
	if s.sweep == 0 {
		return nil
	}
	var failed error
	err := copier.Sweep(ctx, bridge.Sweep{Prefix: s.dst, Age: s.sweep, DryRun: s.dryRun}, func(o bridge.Orphan) error {
		if o.Err != nil {
			failed = errors.Join(failed, o.Err)
			return nil
		}
		done := "aborted"
		if s.dryRun {
			done = "would be aborted"
		}
		return report.printf("%s: the upload of %s %s\n", o.Dst, o.Initiated.Format(time.RFC3339), done)
	})
	return errors.Join(err, failed)
}
