package toposort

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// edges reads "a:b,c d:a": a depends on b and c, d on a.
func edges(text string) (nodes []string, dependencies func(string) []string) {
	needs := make(map[string][]string)
	for _, field := range strings.Fields(text) {
		n, list, _ := strings.Cut(field, ":")
		nodes = append(nodes, n)
		if list != "" {
			needs[n] = strings.Split(list, ",")
		}
	}
	return nodes, func(n string) []string { return needs[n] }
}

func TestSort(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, graph string
		order       string
		cycle       string
	}{
		{name: "empty"},
		{name: "smallest first", graph: "c a b", order: "a b c"},
		{name: "dependency first", graph: "a:z b z", order: "b z a"},
		{name: "freed node goes before larger free ones", graph: "a:b b c d", order: "b a c d"},
		{name: "diamond", graph: "a:b,c b:d c:d d", order: "d b c a"},
		{name: "dependency outside is ignored", graph: "a:x b", order: "a b"},
		{name: "repeated node and edge", graph: "a:b,b b a:b,b", order: "b a"},
		{name: "self", graph: "a b:b", cycle: "b b"},
		{name: "two", graph: "b:a a:b", cycle: "a b a"},
		{name: "smallest node of the cycle first", graph: "c:a a:b b:c", cycle: "a b c a"},
		{name: "node behind a cycle is not part of it", graph: "a:b b:c c:b", cycle: "b c b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			nodes, dependencies := edges(tt.graph)
			order, cycle := Sort(nodes, dependencies, strings.Compare)
			if diff := cmp.Diff(tt.order, strings.Join(order, " ")); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.cycle, strings.Join(cycle, " ")); diff != "" {
				t.Errorf("cycle (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzSort builds a graph of up to 16 nodes from pairs of bytes and checks that
// every edge is respected, that a reported cycle exists, and that the outcome
// does not depend on how the graph is listed.
func FuzzSort(f *testing.F) {
	f.Add([]byte{}, uint64(0))
	f.Add([]byte{0x01, 0x12, 0x23}, uint64(1))
	f.Add([]byte{0x01, 0x12, 0x20}, uint64(2))
	f.Add([]byte{0x00, 0x11}, uint64(3))
	f.Add([]byte{0xf0, 0xe0, 0xd0, 0x0c, 0xcb, 0xba}, uint64(4))
	f.Fuzz(func(t *testing.T, pairs []byte, seed uint64) {
		nodes, needs := graphOf(pairs)
		compare := func(a, b byte) int { return int(a) - int(b) }
		order, cycle := Sort(nodes, func(n byte) []byte { return needs[n] }, compare)

		if (order == nil) == (cycle == nil) && len(nodes) > 0 {
			t.Fatalf("order %v and cycle %v: want exactly one", order, cycle)
		}
		checkOrder(t, nodes, needs, order)
		checkCycle(t, needs, cycle)

		shuffle := rand.New(rand.NewPCG(seed, 1))
		shuffle.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		for _, list := range needs {
			shuffle.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		order2, cycle2 := Sort(nodes, func(n byte) []byte { return needs[n] }, compare)
		if !slices.Equal(order, order2) || !slices.Equal(cycle, cycle2) {
			t.Fatalf("shuffled input gives %v, %v; want %v, %v", order2, cycle2, order, cycle)
		}
	})
}

// graphOf reads each byte as an edge from its high to its low half.
func graphOf(pairs []byte) (nodes []byte, needs map[byte][]byte) {
	needs = make(map[byte][]byte)
	for _, p := range pairs {
		from, to := p>>4, p&15
		nodes = append(nodes, from, to)
		needs[from] = append(needs[from], to)
	}
	return nodes, needs
}

func checkOrder(t *testing.T, nodes []byte, needs map[byte][]byte, order []byte) {
	t.Helper()
	if order == nil {
		return
	}
	position := make(map[byte]int)
	for i, n := range order {
		position[n] = i
	}
	if len(position) != len(order) {
		t.Fatalf("order %v repeats a node", order)
	}
	for _, n := range nodes {
		if _, ok := position[n]; !ok {
			t.Fatalf("order %v lacks %d", order, n)
		}
		for _, m := range needs[n] {
			if position[m] >= position[n] {
				t.Fatalf("order %v: %d depends on %d", order, n, m)
			}
		}
	}
}

func checkCycle(t *testing.T, needs map[byte][]byte, cycle []byte) {
	t.Helper()
	if cycle == nil {
		return
	}
	if len(cycle) < 2 || cycle[0] != cycle[len(cycle)-1] {
		t.Fatalf("cycle %v is not closed", cycle)
	}
	for i, n := range cycle[:len(cycle)-1] {
		if !slices.Contains(needs[n], cycle[i+1]) {
			t.Fatalf("cycle %v: %d does not depend on %d", cycle, n, cycle[i+1])
		}
	}
}

func BenchmarkSort(b *testing.B) {
	const n = 10_000
	nodes := make([]int, n)
	for i := range nodes {
		nodes[i] = n - i
	}
	dependencies := func(i int) []int { return []int{i / 2, i / 3} }
	compare := func(a, b int) int { return a - b }
	b.ReportAllocs()
	for b.Loop() {
		if order, _ := Sort(nodes, dependencies, compare); len(order) != n {
			b.Fatal("not sorted")
		}
	}
}
