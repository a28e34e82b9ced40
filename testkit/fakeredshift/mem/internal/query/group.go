package query

import "strconv"

// A grouping is what GROUP BY and the aggregates of a query need. The columns of
// its frames are the keys and behind them the aggregates.
type grouping struct {
	keys       []*node
	texts      []string // of the keys, with their columns resolved
	aggregates []aggregation
	known      map[string]int // aggregates by their texts
	reads      reads          // of keys and arguments
}

// key returns the key that x is, nil if it is none.
func (g *grouping) key(b *binder, x expr) *node {
	if len(g.keys) == 0 {
		return nil
	}
	text := b.canonical(x)
	for i, known := range g.texts {
		if known == text {
			return g.slot(i, g.keys[i])
		}
	}
	return nil
}

// slot reads a value of the group. It reads what the key reads, too: so it is
// not taken for a constant, and its query is known to depend on outer ones.
func (g *grouping) slot(i int, n *node) *node {
	return &node{typ: n.typ, reads: n.reads, eval: func(f *frame) (Value, error) { return f.group[i], nil }}
}

// canonical is x as text; columns of the query are written by their places, so
// that t.a and a are the same.
func (b *binder) canonical(x expr) string {
	p := printer{column: func(c *columnRef) string {
		if at, ok, err := b.find(c); ok && err == nil {
			return "#" + strconv.Itoa(at.source) + "." + strconv.Itoa(at.column)
		}
		return quoteNames(c.parts)
	}}
	x.print(&p)
	return p.String()
}

// aggregate resolves a call of an aggregate function.
func (b *binder) aggregate(x *callExpr, define aggregateFunction) (*node, error) {
	switch {
	case b.inside == aggregateArguments:
		return nil, refuse(stateGrouping, "aggregate function calls may not be nested")
	case b.groups == nil:
		return nil, refuse(stateGrouping, "aggregates not allowed in %s clause", b.inside)
	}
	g := b.groups
	text := b.canonical(x)
	i, ok := g.known[text]
	if !ok {
		a, err := b.aggregation(x, define)
		if err != nil {
			return nil, err
		}
		i = len(g.aggregates)
		g.aggregates = append(g.aggregates, a)
		if g.known == nil {
			g.known = map[string]int{}
		}
		g.known[text] = i
	}
	at := len(g.keys) + i
	return &node{typ: g.aggregates[i].typ, eval: func(f *frame) (Value, error) { return f.group[at], nil }}, nil
}

// aggregateArguments is the clause within an aggregate's parentheses.
const aggregateArguments = "an aggregate"

// aggregation resolves the arguments of an aggregate, for single rows.
func (b *binder) aggregation(x *callExpr, define aggregateFunction) (aggregation, error) {
	groups, inside := b.groups, b.inside
	b.groups, b.inside = nil, aggregateArguments
	defer func() { b.groups, b.inside = groups, inside }()

	args, err := b.bindAll(x.args)
	if err != nil {
		return aggregation{}, err
	}
	a, err := define(x, args)
	if err != nil {
		return aggregation{}, err
	}
	a.distinct = x.distinct
	for _, item := range x.within {
		n, err := b.bind(item.x)
		if err != nil {
			return aggregation{}, err
		}
		a.order = append(a.order, sortKey{typed(n), item})
	}
	for _, n := range a.args {
		groups.reads = groups.reads.union(n.reads)
	}
	for _, key := range a.order {
		groups.reads = groups.reads.union(key.node.reads)
	}
	return a, nil
}

// A groupTable collects rows by their keys.
type groupTable struct {
	*grouping
	index  rowIndex
	groups [][]accumulator
	key    []Value // of the row at hand
}

func newGroupTable(g *grouping) *groupTable {
	t := &groupTable{grouping: g, key: make([]Value, len(g.keys))}
	if len(g.keys) == 0 {
		t.open(nil) // there is one group even of no rows
	}
	return t
}

func (t *groupTable) open(key []Value) {
	t.index.add(key)
	accumulators := make([]accumulator, len(t.aggregates))
	for i := range t.aggregates {
		accumulators[i] = t.aggregates[i].open()
	}
	t.groups = append(t.groups, accumulators)
}

// add counts a row in.
func (t *groupTable) add(f *frame) error {
	at := 0
	if len(t.keys) > 0 {
		for i, n := range t.keys {
			v, err := n.eval(f)
			if err != nil {
				return err
			}
			t.key[i] = v
		}
		if at = t.index.find(t.key); at < 0 {
			at = len(t.groups)
			t.open(append([]Value(nil), t.key...))
		}
	}
	for i := range t.aggregates {
		if err := t.aggregates[i].add(t.groups[at][i], f); err != nil {
			return err
		}
	}
	return nil
}

// each hands over the groups, in the order in which they were found.
func (t *groupTable) each(outer *frame, visit func(f *frame) error) error {
	for i, accumulators := range t.groups {
		values := make([]Value, 0, len(t.keys)+len(accumulators))
		values = append(values, t.index.rows[i]...)
		for _, a := range accumulators {
			v, err := a.result()
			if err != nil {
				return err
			}
			values = append(values, v)
		}
		if err := visit(&frame{group: values, outer: outer}); err != nil {
			return err
		}
	}
	return nil
}
