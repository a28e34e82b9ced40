package query

import (
	"strconv"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A selected is a column of a select list.
type selected struct {
	name string
	x    expr
	node *node // nil until it is resolved
}

func decimal(n int) string { return strconv.Itoa(n) }

// A coreRun is what runs a SELECT without its LIMIT.
type coreRun struct {
	session  session
	stages   []*stage
	before   []*node // conditions that read no row
	groups   *grouping
	having   *node
	items    []*node
	keys     []sortKey // of ORDER BY
	at       []int     // where in a row the keys are; behind the items if they are none of them
	extra    []*node   // keys that are no items
	distinct bool
	whole    bool // the items are all columns of the one stage
}

// core resolves a SELECT with its ORDER BY.
func (b *binder) core(c *selectCore, order []orderItem) (*plan, error) {
	r := &coreRun{session: b.session, distinct: c.distinct}
	b.inside = "FROM"
	var err error
	if r.stages, err = b.from(c.from); err != nil {
		return nil, err
	}
	where, err := b.conditions(c.where, "WHERE")
	if err != nil {
		return nil, err
	}
	r.before = b.filter(r.stages, where)
	items, err := b.expand(c.items)
	if err != nil {
		return nil, err
	}
	if err := b.group(c, items, order); err != nil {
		return nil, err
	}
	if err := b.items(items); err != nil {
		return nil, err
	}
	if err := b.having(r, c.having); err != nil {
		return nil, err
	}
	for i := range items {
		r.items = append(r.items, items[i].node)
	}
	if err := b.order(r, items, order); err != nil {
		return nil, err
	}
	return b.planOf(r, items), nil
}

func (b *binder) having(r *coreRun, x expr) (err error) {
	if x == nil {
		return nil
	}
	if r.having, err = b.condition(x, "HAVING"); err == nil {
		b.note(r.having)
	}
	return err
}

func (b *binder) planOf(r *coreRun, items []selected) *plan {
	r.groups = b.groups
	r.whole = b.isWhole(r)
	p := &plan{run: r.run, columns: make([]fakeredshift.Column, len(items))}
	for i, item := range items {
		p.columns[i] = fakeredshift.Column{Name: item.name, Type: item.node.typ}
	}
	if r.groups != nil {
		b.outer = b.outer.union(reads{outer: r.groups.reads.outer})
	}
	p.outer = b.outer.outer
	return p
}

// note keeps what a node reads of the queries around this one.
func (b *binder) note(n *node) { b.outer = b.outer.union(reads{outer: n.reads.outer}) }

// expand writes stars out.
func (b *binder) expand(list []selectItem) ([]selected, error) {
	items := make([]selected, 0, len(list))
	for _, item := range list {
		star, ok := item.x.(*starRef)
		if !ok {
			name := item.alias
			if name == "" {
				name, _ = nameOf(item.x)
			}
			items = append(items, selected{name: name, x: item.x})
			continue
		}
		places, err := b.star(star)
		if err != nil {
			return nil, err
		}
		for _, at := range places {
			x := &columnRef{[]string{b.sources[at.source].alias, at.is.Name}}
			items = append(items, selected{name: at.is.Name, x: x, node: columnNode(at)})
		}
	}
	return items, nil
}

// items resolves the select list.
func (b *binder) items(items []selected) error {
	b.inside = "SELECT"
	for i := range items {
		b.aliases = items[:i]
		if items[i].node != nil && b.groups == nil { // of a star
			continue
		}
		n, err := b.bind(items[i].x)
		if err != nil {
			return err
		}
		items[i].node = typed(n)
		b.note(n)
	}
	b.aliases = nil
	return nil
}

// group resolves GROUP BY, if the query has groups.
func (b *binder) group(c *selectCore, items []selected, order []orderItem) error {
	grouped := c.group != nil || c.having != nil
	for _, item := range items {
		grouped = grouped || hasAggregate(item.x)
	}
	for _, item := range order {
		grouped = grouped || hasAggregate(item.x)
	}
	if !grouped {
		return nil
	}
	g := &grouping{}
	b.inside = "GROUP BY"
	for _, x := range c.group {
		x, err := b.groupKey(x, items)
		if err != nil {
			return err
		}
		n, err := b.bind(x)
		if err != nil {
			return err
		}
		g.keys = append(g.keys, typed(n))
		g.texts = append(g.texts, b.canonical(x))
		g.reads = g.reads.union(n.reads)
	}
	b.groups = g
	return nil
}

// groupKey finds what a position or the name of an item means in GROUP BY. The
// name of a column goes before that of an item.
func (b *binder) groupKey(x expr, items []selected) (expr, error) {
	if at, ok, err := position("GROUP BY", x, len(items)); ok || err != nil {
		return items[max(at, 0)].x, err
	}
	key, ok := x.(*columnRef)
	if !ok || len(key.parts) > 1 {
		return x, nil
	}
	if _, ok, err := b.find(key); ok || err != nil {
		return x, err
	}
	for _, item := range items {
		if item.name == key.parts[0] {
			return item.x, nil
		}
	}
	return x, nil
}

// position reads x as the number of a column of the result, of which there are
// so many; it counts from 0. It reports whether x is a number at all.
func position(clause string, x expr, columns int) (at int, ok bool, err error) {
	sign := ""
	for minus, is := x.(*unaryExpr); is && minus.op == "-"; minus, is = x.(*unaryExpr) {
		sign, x = map[string]string{"": "-", "-": ""}[sign], minus.x
	}
	number, ok := x.(*numberLit)
	if !ok {
		return 0, false, nil
	}
	n, whole := parseInt(sign + number.text)
	if !whole || n < 1 || n > int64(columns) {
		return 0, true, refuse(stateBadReference, "%s position %s is not in select list", clause, sign+number.text)
	}
	return int(n) - 1, true, nil
}

// isWhole reports whether the rows of the one stage are those of the result.
func (b *binder) isWhole(r *coreRun) bool {
	if len(r.stages) != 1 || r.groups != nil || len(r.items) != len(b.sources[0].columns) || len(r.extra) > 0 {
		return false
	}
	for i, n := range r.items {
		if n.place == nil || n.place.column != i {
			return false
		}
	}
	return true
}

func (r *coreRun) run(outer *frame, emit emitter) error {
	into, finish := r.output(emit)
	if err := r.input(outer, into); err != nil {
		return err
	}
	return finish()
}

// input hands over the frames of rows, or of groups.
func (r *coreRun) input(outer *frame, sink func(f *frame) error) error {
	if r.groups == nil {
		return r.scan(outer, sink)
	}
	table := newGroupTable(r.groups)
	if err := r.scan(outer, table.add); err != nil {
		return err
	}
	return table.each(outer, func(f *frame) error {
		if r.having != nil {
			if ok, err := r.having.test(f); !ok || err != nil {
				return err
			}
		}
		return sink(f)
	})
}

func (r *coreRun) scan(outer *frame, sink func(f *frame) error) error {
	ok, err := testAll(r.before, &frame{outer: outer})
	if !ok || err != nil {
		return err
	}
	return r.session.joined(r.stages, outer, sink)
}

// output makes rows of frames: without double ones, and in order.
func (r *coreRun) output(emit emitter) (into func(f *frame) error, finish func() error) {
	finish = func() error { return nil }
	if len(r.keys) > 0 {
		s := &sorter{keys: r.keys, at: r.at, width: len(r.items)}
		last := emit
		emit = s.add
		finish = func() error { return s.each(last) }
	}
	if r.distinct {
		var seen rowIndex
		next := emit
		emit = func(row []Value) error {
			if !seen.add(row) {
				return nil
			}
			return next(row)
		}
	}
	return func(f *frame) error {
		row, err := r.row(f)
		if err != nil {
			return err
		}
		return emit(row)
	}, finish
}

// row evaluates the items, and behind them the keys that are none.
func (r *coreRun) row(f *frame) ([]Value, error) {
	if r.whole {
		return f.rows[0], nil
	}
	row := make([]Value, len(r.items)+len(r.extra))
	for i, n := range r.items {
		v, err := n.eval(f)
		if err != nil {
			return nil, err
		}
		row[i] = v
	}
	for i, n := range r.extra {
		v, err := n.eval(f)
		if err != nil {
			return nil, err
		}
		row[len(r.items)+i] = v
	}
	return row, nil
}
