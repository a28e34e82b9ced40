package query

import "math/bits"

// A joining runs the stages of FROM, one row after the other: there is one frame,
// and each stage in turn puts each of its rows into it.
type joining struct {
	session session
	stages  []*stage
	states  []stageState
	frame   *frame
	sink    func(f *frame) error
}

// A stageState is a stage within one run.
type stageState struct {
	rows    [][]Value
	index   joinIndex
	matched []bool  // by row, for RIGHT and FULL
	null    []Value // the row that is none
}

// A joinIndex finds rows by the hashes of their keys, in their own order. It may
// find others, too: what it finds is compared.
type joinIndex struct {
	heads []int32 // by hash: the first row of a chain, counted from 1; 0 is the end
	next  []int32
}

// chain returns where the rows of a hash begin.
func (x *joinIndex) chain(h uint64) *int32 { return &x.heads[(h^h>>29)&uint64(len(x.heads)-1)] }

// joined hands every row of FROM to sink.
func (s session) joined(stages []*stage, outer *frame, sink func(f *frame) error) error {
	j := &joining{
		session: s, stages: stages, states: make([]stageState, len(stages)), sink: sink,
		frame: &frame{rows: make([][]Value, len(stages)), outer: outer},
	}
	for i := range stages {
		if err := j.open(i); err != nil {
			return err
		}
	}
	if err := j.enter(0); err != nil {
		return err
	}
	for i, st := range stages {
		if st.kind == rightJoin || st.kind == fullJoin {
			if err := j.unmatched(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// open loads the rows of a stage.
func (j *joining) open(i int) error {
	st, state := j.stages[i], &j.states[i]
	rows, err := st.load(j.frame.outer)
	if err != nil {
		return err
	}
	if len(st.filter) > 0 && i > 0 { // the rows of the first stage are looked at only once
		if rows, err = j.filtered(i, rows); err != nil {
			return err
		}
	}
	state.rows = rows
	switch st.kind {
	case rightJoin, fullJoin:
		state.matched = make([]bool, len(rows))
	}
	state.null = make([]Value, st.width)
	return nil
}

func (j *joining) filtered(i int, rows [][]Value) ([][]Value, error) {
	var kept [][]Value
	for _, row := range rows {
		if err := j.session.tick(); err != nil {
			return nil, err
		}
		j.frame.rows[i] = row
		ok, err := testAll(j.stages[i].filter, j.frame)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// build indexes the rows of a stage, when they are first looked for. It goes from the last to the first, so that
// each chain begins with the first.
func (j *joining) build(i int) error {
	state := &j.states[i]
	size := 1 << bits.Len(uint(len(state.rows)))
	state.index = joinIndex{make([]int32, size), make([]int32, len(state.rows))}
	for at := len(state.rows) - 1; at >= 0; at-- {
		j.frame.rows[i] = state.rows[at]
		h, ok, err := hashNodes(j.stages[i].build, j.frame)
		if err != nil {
			return err
		}
		if ok {
			head := state.index.chain(h)
			state.index.next[at], *head = *head, int32(at)+1
		}
	}
	return nil
}

// hashNodes hashes values; false if one is NULL, which equals nothing.
func hashNodes(nodes []*node, f *frame) (h uint64, ok bool, err error) {
	for _, n := range nodes {
		v, err := n.eval(f)
		if v == nil || err != nil {
			return 0, false, err
		}
		h = hash(h, v)
	}
	return h, true, nil
}

// enter runs stage i for the rows that the frame has of the stages before.
func (j *joining) enter(i int) error {
	if i == len(j.stages) {
		return j.sink(j.frame)
	}
	st := j.stages[i]
	found, err := j.matches(i)
	if err != nil {
		return err
	}
	if !found && (st.kind == leftJoin || st.kind == fullJoin) {
		j.frame.rows[i] = j.states[i].null
		return j.leave(i)
	}
	return nil
}

// matches goes over the rows that may match, and reports whether one did.
func (j *joining) matches(i int) (found bool, err error) {
	st, state := j.stages[i], &j.states[i]
	if len(st.probe) == 0 {
		for at := range state.rows {
			ok, err := j.try(i, at)
			if err != nil {
				return false, err
			}
			found = found || ok
		}
		return found, nil
	}
	h, ok, err := hashNodes(st.probe, j.frame)
	if !ok || err != nil {
		return false, err
	}
	if state.index.heads == nil {
		if err := j.build(i); err != nil {
			return false, err
		}
	}
	for at := *state.index.chain(h); at > 0; at = state.index.next[at-1] {
		matched, err := j.try(i, int(at)-1)
		if err != nil {
			return false, err
		}
		found = found || matched
	}
	return found, nil
}

// try takes one row into the frame and goes on if it matches.
func (j *joining) try(i, at int) (matched bool, err error) {
	if err := j.session.tick(); err != nil {
		return false, err
	}
	state := &j.states[i]
	j.frame.rows[i] = state.rows[at]
	conditions := j.stages[i].on
	if i == 0 {
		conditions = j.stages[i].filter
	}
	ok, err := testAll(conditions, j.frame)
	if !ok || err != nil {
		return false, err
	}
	if state.matched != nil {
		state.matched[at] = true
	}
	return true, j.leave(i)
}

// leave goes on to the next stage if WHERE allows it.
func (j *joining) leave(i int) error {
	ok, err := testAll(j.stages[i].where, j.frame)
	if !ok || err != nil {
		return err
	}
	return j.enter(i + 1)
}

// unmatched hands on the rows of stage i that no row before it matched.
func (j *joining) unmatched(i int) error {
	state := &j.states[i]
	for at, matched := range state.matched {
		if matched {
			continue
		}
		for before := range i {
			j.frame.rows[before] = j.states[before].null
		}
		j.frame.rows[i] = state.rows[at]
		if err := j.leave(i); err != nil {
			return err
		}
	}
	return nil
}
