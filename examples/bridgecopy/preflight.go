package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/bridge"
)

// preflight tries the rights that a run with these flags needs, and prints one line
// for each.
func (s *settings) preflight(ctx context.Context, dst, src *s3.Client, out io.Writer) error {
	p := bridge.Preflight{Dst: s.dst, Src: s.src, Target: dst, Source: src, File: s.manifest, List: !s.writeOnly, Remove: s.remove}
	found, err := p.Run(ctx, &s.options)
	return errors.Join(err, printFindings(out, found))
}

func printFindings(out io.Writer, found *bridge.Findings) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range found.Rights {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Side, r.Action, r.Resource, verdict(&r))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, l := range found.Left {
		if _, err := fmt.Fprintln(out, l); err != nil {
			return err
		}
	}
	return nil
}

// verdict is what is known of a right, and what to do about it.
func verdict(r *bridge.Finding) string {
	switch {
	case r.Needed && r.Allowed == bridge.Denied:
		return "MISSING: " + r.Advice
	case r.Needed && r.Allowed == bridge.Unknown:
		return "UNKNOWN: " + r.Advice + ": " + r.Why
	case r.Needed:
		return "allowed"
	case r.Allowed == bridge.Allowed:
		return "allowed, and not needed: " + r.Advice
	case r.Allowed == bridge.Denied:
		return "not allowed, and not needed"
	}
	return "not needed; unknown: " + r.Why
}
