// Package toposort orders the nodes of a directed graph.
package toposort

import (
	"container/heap"
	"slices"
)

// Sort returns nodes so that each follows all of its dependencies. Among nodes
// that are free to go, the smallest goes first, so equal graphs give equal
// orders, however nodes and dependencies are listed. A dependency that is not
// in nodes is ignored, and so is a repeated node.
//
// If the graph has a cycle, order is nil and cycle is one of its cycles: each
// node depends on the next one, and the first, the smallest, stands at the end
// once more. A node that depends on itself is a cycle of its own.
func Sort[N comparable](nodes []N, dependencies func(N) []N, compare func(a, b N) int) (order, cycle []N) {
	g := newGraph(nodes, dependencies, compare)
	free := &queue[N]{compare: compare}
	waiting := make(map[N]int, len(g.nodes))
	for _, n := range g.nodes {
		waiting[n] = len(g.needs[n])
		if waiting[n] == 0 {
			free.nodes = append(free.nodes, n) // sorted, which is a heap
		}
	}
	for free.Len() > 0 {
		n := heap.Pop(free).(N)
		order = append(order, n)
		for _, m := range g.neededBy[n] {
			if waiting[m]--; waiting[m] == 0 {
				heap.Push(free, m)
			}
		}
	}
	if len(order) == len(g.nodes) {
		return order, nil
	}
	return nil, g.cycle(waiting)
}

// A graph holds each node and each edge once, sorted.
type graph[N comparable] struct {
	nodes    []N
	needs    map[N][]N
	neededBy map[N][]N
	compare  func(a, b N) int
}

func newGraph[N comparable](nodes []N, dependencies func(N) []N, compare func(a, b N) int) *graph[N] {
	g := &graph[N]{
		nodes:    slices.Clone(nodes),
		needs:    make(map[N][]N, len(nodes)),
		neededBy: make(map[N][]N, len(nodes)),
		compare:  compare,
	}
	slices.SortFunc(g.nodes, compare)
	g.nodes = slices.Compact(g.nodes)
	known := make(map[N]bool, len(g.nodes))
	for _, n := range g.nodes {
		known[n] = true
	}
	for _, n := range g.nodes {
		needs := slices.DeleteFunc(slices.Clone(dependencies(n)), func(m N) bool { return !known[m] })
		slices.SortFunc(needs, compare)
		g.needs[n] = slices.Compact(needs)
		for _, m := range g.needs[n] {
			g.neededBy[m] = append(g.neededBy[m], n)
		}
	}
	return g
}

// cycle walks from the smallest node that never became free along the smallest
// dependency that never became free either. Every such node has one, so the
// walk comes back to where it has been.
func (g *graph[N]) cycle(waiting map[N]int) []N {
	stuck := func(n N) bool { return waiting[n] > 0 }
	n := g.nodes[slices.IndexFunc(g.nodes, stuck)]
	seen := make(map[N]int)
	var path []N
	for {
		if start, ok := seen[n]; ok {
			return g.rotate(path[start:])
		}
		seen[n] = len(path)
		path = append(path, n)
		n = g.needs[n][slices.IndexFunc(g.needs[n], stuck)]
	}
}

// rotate puts the smallest node first and repeats it at the end.
func (g *graph[N]) rotate(cycle []N) []N {
	first := slices.Index(cycle, slices.MinFunc(cycle, g.compare))
	return slices.Concat(cycle[first:], cycle[:first], cycle[first:first+1])
}

// A queue is a heap of nodes, the smallest on top.
type queue[N any] struct {
	nodes   []N
	compare func(a, b N) int
}

func (q *queue[N]) Len() int           { return len(q.nodes) }
func (q *queue[N]) Less(i, j int) bool { return q.compare(q.nodes[i], q.nodes[j]) < 0 }
func (q *queue[N]) Swap(i, j int)      { q.nodes[i], q.nodes[j] = q.nodes[j], q.nodes[i] }
func (q *queue[N]) Push(n any)         { q.nodes = append(q.nodes, n.(N)) }

func (q *queue[N]) Pop() any {
	last := len(q.nodes) - 1
	n := q.nodes[last]
	q.nodes = q.nodes[:last]
	return n
}
