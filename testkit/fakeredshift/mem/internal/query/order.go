package query

import (
	"slices"
)

// A sortKey is an item of ORDER BY.
type sortKey struct {
	node *node // nil if the key is a column of the result
	orderItem
}

// compareKeys compares the keys of two rows.
func compareKeys(keys []sortKey, a, b []Value) int {
	for i := range keys {
		if c := keys[i].compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (k *sortKey) compare(a, b Value) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil || b == nil:
		if (a == nil) == k.nullsFirst {
			return -1
		}
		return 1
	case k.descending:
		return compare(b, a)
	}
	return compare(a, b)
}

// A sorter keeps rows until they can be sorted.
type sorter struct {
	keys  []sortKey
	at    []int // the places of the keys
	width int   // of the rows that are handed on
	rows  [][]Value
}

func (s *sorter) add(row []Value) error {
	s.rows = append(s.rows, row)
	return nil
}

// each sorts, and rows that are equal keep their order.
func (s *sorter) each(emit emitter) error {
	slices.SortStableFunc(s.rows, func(a, b []Value) int {
		for i := range s.keys {
			if c := s.keys[i].compare(a[s.at[i]], b[s.at[i]]); c != 0 {
				return c
			}
		}
		return 0
	})
	for _, row := range s.rows {
		if err := emit(row[:s.width:s.width]); err != nil {
			return err
		}
	}
	return nil
}

// order resolves ORDER BY of a SELECT.
func (b *binder) order(r *coreRun, items []selected, order []orderItem) error {
	b.inside = "ORDER BY"
	var texts []string
	for _, item := range order {
		at, err := resultColumn(item.x, items)
		if err != nil {
			return err
		}
		if at < 0 {
			if texts == nil {
				texts = b.itemTexts(items)
			}
			at = slices.Index(texts, b.canonical(item.x))
		}
		if at < 0 {
			if at, err = b.extraKey(r, item.x); err != nil {
				return err
			}
		}
		r.keys = append(r.keys, sortKey{orderItem: item})
		r.at = append(r.at, at)
	}
	return nil
}

func (b *binder) itemTexts(items []selected) []string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = b.canonical(item.x)
	}
	return texts
}

// extraKey adds a key that is no item, and returns its place.
func (b *binder) extraKey(r *coreRun, x expr) (int, error) {
	n, err := b.bind(x)
	if err != nil {
		return 0, err
	}
	if r.distinct {
		return 0, refuse(stateBadReference, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
	}
	if n.isUnknown() {
		return 0, refuse(stateSyntax, "non-integer constant in ORDER BY")
	}
	b.note(n)
	r.extra = append(r.extra, n)
	return len(r.items) + len(r.extra) - 1, nil
}

// resultColumn finds the column that a position or a name in ORDER BY means, -1
// if it is neither.
func resultColumn(x expr, items []selected) (int, error) {
	if at, ok, err := position("ORDER BY", x, len(items)); ok || err != nil {
		return at, err
	}
	key, ok := x.(*columnRef)
	if !ok || len(key.parts) > 1 {
		return -1, nil
	}
	found := -1
	for i, item := range items {
		switch {
		case item.name != key.parts[0]:
		case found < 0:
			found = i
		case item.x == nil || items[found].x == nil || printed(item.x) != printed(items[found].x):
			return 0, refuse(stateAmbiguous, "ORDER BY %q is ambiguous", item.name)
		}
	}
	return found, nil
}

// sorted adds ORDER BY to a plan whose columns are all that it can name.
func sorted(p *plan, order []orderItem) (*plan, error) {
	if len(order) == 0 {
		return p, nil
	}
	items := make([]selected, len(p.columns))
	for i, c := range p.columns {
		items[i].name = c.Name
	}
	var keys []sortKey
	var places []int
	for _, item := range order {
		at, err := resultColumn(item.x, items)
		switch {
		case err != nil:
			return nil, err
		case at < 0:
			if c, ok := item.x.(*columnRef); ok {
				return nil, refuse(stateNoColumn, "column %q does not exist", c.parts[len(c.parts)-1])
			}
			return nil, unsupported("ORDER BY of an expression on the result of UNION, INTERSECT, EXCEPT or VALUES")
		}
		keys, places = append(keys, sortKey{orderItem: item}), append(places, at)
	}
	all := *p
	all.run = func(outer *frame, emit emitter) error {
		s := &sorter{keys: keys, at: places, width: len(p.columns)}
		if err := p.run(outer, s.add); err != nil {
			return err
		}
		return s.each(emit)
	}
	return &all, nil
}
