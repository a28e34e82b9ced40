package memdisk

import (
	"maps"
	"slices"
)

// Crash is a loss of power: every process dies, and of what was not synced stays
// what choose says. Where n outcomes are possible, at least two, it calls choose,
// which returns one of 0 to n-1; 0 is what the processes saw, so that nothing is
// lost if choose always returns 0. The calls and their order depend on nothing
// but what was done on the disk. choose must not use the disk.
func (d *Disk) Crash(choose func(n int) int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.boots++
	d.tree().crash(choose, make(map[*node]bool))
}

// crash settles n and all below it, but for what was settled under another name.
func (n *node) crash(choose func(n int) int, settled map[*node]bool) {
	if settled[n] {
		return
	}
	settled[n] = true
	if !n.isDir() {
		n.crashContent(choose)
		return
	}
	n.crashNames(choose)
	for _, name := range n.list() {
		n.get(name).crash(choose, settled)
	}
}

// crashNames lets each name stand for one of those that it has stood for since
// the last sync.
func (n *node) crashNames(choose func(n int) int) {
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		outcomes := n.names[name].distinct()
		n.keep(name, outcomes[pick(choose, len(outcomes))])
	}
}

// distinct returns the nodes of a history, newest first, each once.
func (h history) distinct() []*node {
	var nodes []*node
	for _, n := range slices.Backward(h) {
		if !slices.Contains(nodes, n) {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// crashContent lets each write since the last sync be kept, torn or lost.
func (n *node) crashContent(choose func(n int) int) {
	content := n.synced
	for _, w := range n.pending {
		content = w.settle(content, pick(choose, w.outcomes(content)))
	}
	n.content = content
	n.syncContent()
}

// pick asks choose if there is a choice.
func pick(choose func(n int) int, n int) int {
	if n == 1 {
		return 0
	}
	return choose(n)
}

// outcomes counts what can become of a write to a file of that content: kept;
// torn after all but 1, 2, ... of its bytes; the same at full length, if the write
// makes the file longer; lost.
func (w write) outcomes(content []byte) int {
	switch n := len(w.data); {
	case n == 0 && len(content) == 0:
		return 1
	case n == 0:
		return 2
	case w.at+n > len(content):
		return 2*n + 1
	default:
		return n + 1
	}
}

// settle returns the content that outcome i of the write leaves.
func (w write) settle(content []byte, i int) []byte {
	n := len(w.data)
	switch {
	case i == w.outcomes(content)-1 && i > 0:
		return content
	case i < n || n == 0:
		return w.apply(content, n-i, false)
	default:
		return w.apply(content, 2*n-1-i, true)
	}
}

// apply returns content with the first n bytes of the write, and with zeros in
// place of what is not there and belongs to the file: what is before the write,
// and with long also what of the write comes after n.
func (w write) apply(content []byte, n int, long bool) []byte {
	if len(w.data) == 0 {
		return nil
	}
	size := w.at + n
	if long {
		size = w.at + len(w.data)
	}
	changed := make([]byte, max(size, len(content)))
	copy(changed, content)
	copy(changed[w.at:], w.data[:n])
	return changed
}
