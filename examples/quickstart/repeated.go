package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redferry/redferry"
)

// A comparison holds what two runs did for one table against each other.
type comparison struct {
	table         redferry.Table
	first, second *tally
	rowsA, rowsB  int64
}

// again are the pieces that bucket B had acknowledged in the first run and that
// the second sent all the same, acknowledged or not.
func (c *comparison) again() []piece {
	var list []piece
	for p, s := range c.second.sent {
		if before := c.first.sent[p]; before != nil && before.done > 0 && s.begun > 0 {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b piece) int {
		if a.key != b.key {
			return strings.Compare(a.key, b.key)
		}
		return a.part - b.part
	})
	return list
}

// check returns an error if a finished step was repeated, an acknowledged piece
// sent again, or the table did not arrive once.
func (c *comparison) check() error {
	var wrong []error
	for _, step := range []struct {
		name          string
		first, second count
	}{
		{"CREATE TABLE", c.first.create, c.second.create},
		{"UNLOAD", c.first.unload, c.second.unload},
		{"COPY", c.first.load, c.second.load},
	} {
		if step.first.done > 0 && step.second.begun > 0 {
			wrong = append(wrong, fmt.Errorf("%s: the second run repeated %s, which the first had finished", c.table, step.name))
		}
	}
	for _, p := range c.again() {
		wrong = append(wrong, fmt.Errorf("%s: part %d of %s was acknowledged, and sent again", c.table, p.part, p.key))
	}
	if loads := c.first.load.done + c.second.load.done; c.rowsA > 0 && loads != 1 {
		wrong = append(wrong, fmt.Errorf("%s: it was loaded %d times", c.table, loads))
	}
	if c.rowsA != c.rowsB {
		wrong = append(wrong, fmt.Errorf("%s: A has %d rows, B has %d", c.table, c.rowsA, c.rowsB))
	}
	return errors.Join(wrong...)
}

// Savings are what the second run did not do again.
type savings struct {
	creates, unloads, loads, parts int
	bytes                          int64
	manifests                      int // that it did
}

func (s *savings) add(c *comparison) {
	s.creates += saved(c.first.create, c.second.create)
	s.unloads += saved(c.first.unload, c.second.unload)
	s.loads += saved(c.first.load, c.second.load)
	for p, sent := range c.first.sent {
		if after := c.second.sent[p]; after == nil {
			s.parts += sent.done
			s.bytes += sent.bytes
		}
	}
	if c.first.manifest.done > 0 {
		s.manifests += c.second.manifest.begun
	}
}

func saved(first, second count) int {
	if second.begun > 0 {
		return 0
	}
	return first.done
}
