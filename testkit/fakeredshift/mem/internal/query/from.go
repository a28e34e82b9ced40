package query

import (
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// maxSources is how many items FROM may have: reads are sets of 64 bits.
const maxSources = 64

// A stage is one item of FROM: how its rows are found for the rows of the stages
// before it.
type stage struct {
	kind   joinKind
	load   func(outer *frame) ([][]Value, error)
	width  int
	filter []*node // on its rows alone
	on     []*node // for a match
	where  []*node // of WHERE: decided once this stage has its row
	// probe and build are pairs that must be equal: of the stages before, and of
	// this one. What they compare is in on or where, too.
	probe, build []*node
}

// A condition is one of several joined with AND.
type condition struct {
	*node
	left, right *node // of an equality
}

// from resolves FROM.
func (b *binder) from(items []fromItem) ([]*stage, error) {
	var stages []*stage
	for _, item := range items {
		if len(b.sources) == maxSources {
			return nil, unsupported("a query of more than 64 tables")
		}
		if item.comma {
			b.first = len(b.sources)
		}
		st, err := b.item(item)
		if err != nil {
			return nil, err
		}
		st.kind = item.kind
		stages = append(stages, st)
		if err := b.join(st, item); err != nil {
			return nil, err
		}
	}
	b.first = 0
	return stages, nil
}

// item resolves a table, a function or a query, and adds its source.
func (b *binder) item(item fromItem) (*stage, error) {
	var st *stage
	var s source
	var err error
	switch {
	case item.query != nil:
		st, s, err = b.derived(item.query)
	case item.call != nil:
		st, s, err = b.series(item.call)
	default:
		st, s, err = b.table(item.table)
	}
	if err != nil {
		return nil, err
	}
	if item.alias != "" {
		s.schema, s.alias = "", item.alias
		if item.call != nil {
			s.columns[0].Name = item.alias
		}
	}
	if err := s.rename(item.columns); err != nil {
		return nil, err
	}
	for _, other := range b.sources {
		if other.alias == s.alias && other.schema == s.schema {
			return nil, refuse(stateDoubleAlias, "table name %q specified more than once", s.alias)
		}
	}
	b.sources = append(b.sources, s)
	st.width = len(s.columns)
	return st, nil
}

func (s *source) rename(names []string) error {
	if len(names) > len(s.columns) {
		return refuse(stateBadReference, "table %q has %d columns available but %d columns specified", s.alias, len(s.columns), len(names))
	}
	if len(names) > 0 {
		s.columns = append([]fakeredshift.Column(nil), s.columns...)
	}
	for i, name := range names {
		s.columns[i].Name = name
	}
	return nil
}

// table finds a query of WITH or a relation.
func (b *binder) table(name rsql.Name) (*stage, source, error) {
	if name.Schema == "" {
		if t, scope := b.with.find(name.Name); t != nil {
			p, err := b.session.plan(t.query, nil, scope)
			if err != nil {
				return nil, source{}, err
			}
			s := source{alias: name.Name, columns: p.columns}
			return b.planned(p), s, s.rename(t.columns)
		}
	}
	if err := b.checkDatabase(name.Database); err != nil {
		return nil, source{}, err
	}
	if b.scope == nil {
		return nil, source{}, refuse(stateNoTable, "relation %q does not exist", name.Name)
	}
	r, err := b.scope.Relation(name.Schema, name.Name)
	if err != nil {
		return nil, source{}, err
	}
	st := &stage{load: func(*frame) ([][]Value, error) { return r.Rows, nil }}
	return st, source{schema: name.Schema, alias: name.Name, columns: r.Columns}, nil
}

// checkDatabase refuses every database but the session's own.
func (b *binder) checkDatabase(name string) error {
	if name == "" {
		return nil
	}
	if own, _, err := b.ask("current_database", nil); err == nil && own == Value(name) {
		return nil
	}
	return refuse(stateNoDatabase, "database %q does not exist", name)
}

// derived is a query in FROM: it sees what is around the query, not beside it.
func (b *binder) derived(q *selectStatement) (*stage, source, error) {
	p, err := b.session.plan(q, b.parent, b.with)
	if err != nil {
		return nil, source{}, err
	}
	return b.planned(p), source{columns: p.columns}, nil
}

func (b *binder) planned(p *plan) *stage {
	b.outer = b.outer.union(reads{outer: p.outer})
	return &stage{load: p.rows}
}

// series is generate_series(first, last [, step]), the one function in FROM.
func (b *binder) series(x *callExpr) (*stage, source, error) {
	if x.name != "generate_series" {
		return nil, source{}, unsupported("the function " + x.name + " in FROM")
	}
	around := &binder{session: b.session, parent: b.parent, with: b.with, inside: "FROM"}
	args, err := around.bindAll(x.args)
	if err != nil {
		return nil, source{}, err
	}
	if len(args) < 2 || len(args) > 3 {
		return nil, source{}, noFunction(x.name, args)
	}
	t, ok := common(args...)
	if !ok || classOf(t) != intClass {
		return nil, source{}, noFunction(x.name, args)
	}
	for i, arg := range args {
		if args[i], err = convert(arg, t); err != nil {
			return nil, source{}, err
		}
		b.outer = b.outer.union(reads{outer: arg.reads.outer})
	}
	st := &stage{load: func(outer *frame) ([][]Value, error) { return count(args, &frame{outer: outer}) }}
	return st, source{alias: x.name, columns: []fakeredshift.Column{{Name: x.name, Type: t}}}, nil
}

// count makes the rows of a series.
func count(args []*node, f *frame) ([][]Value, error) {
	numbers := []int64{0, 0, 1}
	for i, arg := range args {
		v, err := arg.eval(f)
		if v == nil || err != nil {
			return nil, err
		}
		numbers[i] = v.(int64)
	}
	first, last, step := numbers[0], numbers[1], numbers[2]
	if step == 0 {
		return nil, refuse(stateBadParameter, "step size cannot equal zero")
	}
	const most = 1_000_000
	var rows [][]Value
	for n := first; step > 0 && n <= last || step < 0 && n >= last; n += step {
		if len(rows) == most {
			return nil, unsupported("a series of more than a million rows")
		}
		rows = append(rows, []Value{n})
		if next := n + step; (next > n) != (step > 0) {
			break
		}
	}
	return rows, nil
}

// join resolves ON and USING of the stage that was added last.
func (b *binder) join(st *stage, item fromItem) error {
	conditions, err := b.conditions(item.on, "JOIN/ON")
	if err != nil {
		return err
	}
	this := len(b.sources) - 1
	for _, name := range item.using {
		c, err := b.using(name)
		if err != nil {
			return err
		}
		conditions = append(conditions, c)
	}
	self := uint64(1) << this
	for _, c := range conditions {
		b.outer = b.outer.union(reads{outer: c.reads.outer})
		inner := st.kind == innerJoin || st.kind == leftJoin
		if inner && c.reads.own == self {
			st.filter = append(st.filter, c.node)
			continue
		}
		st.on = append(st.on, c.node)
		st.pair(c, self)
	}
	return nil
}

// pair keeps an equality of earlier stages with this one.
func (st *stage) pair(c condition, self uint64) {
	if c.left == nil {
		return
	}
	probe, build := c.left, c.right
	if probe.reads.own == self {
		probe, build = build, probe
	}
	if build.reads.own == self && probe.reads.own&self == 0 {
		st.probe, st.build = append(st.probe, probe), append(st.build, build)
	}
}

// using compares the columns of one name, and hides the right one.
func (b *binder) using(name string) (condition, error) {
	this := len(b.sources) - 1
	s := &b.sources[this]
	column := -1
	for j, c := range s.columns {
		if c.Name == name {
			column = j
		}
	}
	right := place{source: this, column: column}
	b.sources = b.sources[:this]
	left, ok, err := b.find(&columnRef{[]string{name}})
	b.sources = b.sources[:this+1]
	switch {
	case err != nil:
		return condition{}, err
	case !ok || column < 0:
		return condition{}, refuse(stateNoColumn, "column %q specified in USING clause does not exist in both tables", name)
	}
	right.is = s.columns[column]
	if s.hidden == nil {
		s.hidden = make([]bool, len(s.columns))
	}
	s.hidden[column] = true
	b.merged = append([]place{left}, without(b.merged, left)...)
	return equality(columnNode(left), columnNode(right))
}

func without(places []place, p place) []place {
	var rest []place
	for _, other := range places {
		if other.source != p.source || other.column != p.column {
			rest = append(rest, other)
		}
	}
	return rest
}

func equality(x, y *node) (condition, error) {
	x, y, err := unify("=", x, y)
	if err != nil {
		return condition{}, err
	}
	n, err := comparison("=", x, y)
	return condition{n, x, y}, err
}

// conditions resolves x, cut at its ANDs.
func (b *binder) conditions(x expr, clause string) ([]condition, error) {
	if x == nil {
		return nil, nil
	}
	inside := b.inside
	b.inside = clause
	defer func() { b.inside = inside }()
	var list []condition
	for _, part := range conjuncts(nil, x) {
		c, err := b.conjunct(part, clause)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func (b *binder) conjunct(x expr, clause string) (condition, error) {
	if equal, ok := x.(*binaryExpr); ok && equal.op == "=" {
		if _, row := equal.x.(*rowExpr); !row {
			nodes, err := b.bindAll([]expr{equal.x, equal.y})
			if err != nil {
				return condition{}, err
			}
			return equality(nodes[0], nodes[1])
		}
	}
	n, err := b.condition(x, clause)
	return condition{node: n}, err
}

func conjuncts(list []expr, x expr) []expr {
	if and, ok := x.(*binaryExpr); ok {
		if and.op == "and" {
			return conjuncts(conjuncts(list, and.x), and.y)
		}
		if x, ok := and.x.(*rowExpr); ok && and.op == "=" {
			if y, ok := and.y.(*rowExpr); ok && len(x.items) == len(y.items) {
				for i := range x.items {
					list = append(list, &binaryExpr{"=", x.items[i], y.items[i]})
				}
				return list
			}
		}
	}
	return append(list, x)
}

// filter places the conditions of WHERE: each where all it reads is decided.
// What reads no source is returned.
func (b *binder) filter(stages []*stage, conditions []condition) (before []*node) {
	for _, c := range conditions {
		b.outer = b.outer.union(reads{outer: c.reads.outer})
		if c.reads.own == 0 {
			before = append(before, c.node)
			continue
		}
		at := settled(stages, c.reads.own)
		st := stages[at]
		inner := st.kind == innerJoin || st.kind == crossJoin
		self := uint64(1) << at
		if inner && c.reads.own == self {
			st.filter = append(st.filter, c.node)
			continue
		}
		st.where = append(st.where, c.node)
		if inner {
			st.pair(c, self)
		}
	}
	return before
}

// settled is the stage from which on no row of the sources can become NULL.
func settled(stages []*stage, sources uint64) int {
	at := 0
	for i, st := range stages {
		outer := st.kind == rightJoin || st.kind == fullJoin
		if sources&(1<<i) != 0 || outer && sources&(1<<i-1) != 0 {
			at = i
		}
	}
	return at
}
