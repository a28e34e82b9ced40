package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/redferry/redferry/internal/rival/hollow"
)

// A contest is programs that do the same in turn.
type contest struct {
	ends              *ends
	programs          []program
	rounds, uncounted int
	progress          io.Writer
}

// A result is what the rounds of a program took, in their order.
type result struct {
	program string
	costs   []cost
}

// run has each program copy the set in each round.
func (c *contest) run(ctx context.Context, set hollow.Set) ([]result, error) {
	results := make([]result, len(c.programs))
	for round := range c.uncounted + c.rounds {
		for i, p := range c.programs {
			took, err := c.copy(ctx, p, set)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", set.Name, p.name, err)
			}
			fmt.Fprintf(c.progress, "%s, %s: %v\n", set.Name, p.name, took)
			results[i].program = p.name
			if round >= c.uncounted {
				results[i].costs = append(results[i].costs, took)
			}
		}
	}
	return results, nil
}

// copy has one program copy the set, and looks whether it did.
func (c *contest) copy(ctx context.Context, p program, set hollow.Set) (cost, error) {
	bucket := "target"
	if set.Name == same {
		bucket = hollow.Made
	}
	if err := errors.Join(c.ends.source.forget(ctx), c.ends.target.forget(ctx)); err != nil {
		return cost{}, err
	}
	took, err := measure(ctx, p.path, p.arguments(c.ends, set, bucket), c.ends.environment())
	if err != nil {
		return cost{}, err
	}
	source, err := c.ends.source.report(ctx)
	if err != nil {
		return cost{}, err
	}
	target, err := c.ends.target.report(ctx)
	if err != nil {
		return cost{}, err
	}
	return took, check(set, source, target)
}

// check finds what the servers saw that is no copy of the set.
func check(set hollow.Set, source, target hollow.Report) error {
	var wrong []string
	expect := func(what string, got, want int64) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%d %s, want %d", got, what, want))
		}
	}
	objects, listed := int64(set.Count), int64(0)
	if set.Name == same {
		objects, listed = 0, int64(set.Count)
	}
	expect("objects at the target", int64(target.Objects), objects)
	expect("bytes at the target", target.Bytes, objects*set.Size)
	expect("open uploads", int64(target.Open), 0)
	expect("keys listed at the source", min(int64(source.Listed), int64(set.Count)), int64(set.Count))
	expect("keys listed at the target", min(int64(target.Listed), listed), listed)
	if len(target.Wrong) > 0 {
		wrong = append(wrong, "these differ from the source: "+strings.Join(target.Wrong, ", "))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("it is no copy: %s", strings.Join(wrong, "; "))
	}
	return nil
}
