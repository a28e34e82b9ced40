package memdisk

import (
	"maps"
	"path"
	"slices"
	"time"
)

// A node is a file or a directory, whatever its name.
type node struct {
	names map[string]history // of a directory; nil for a file

	content []byte  // of a file, as processes see it
	synced  []byte  // of a file, as it surely survives
	pending []write // from synced to content
	modTime time.Time
}

// A history is what a name has stood for since its directory was synced, oldest
// first: nil for nothing. The last is what it stands for now.
type history []*node

// A write is one that was not synced. One without data cuts the file to nothing.
type write struct {
	at   int
	data []byte
}

func newDir() *node         { return &node{names: make(map[string]history), modTime: time.Now()} }
func newFile() *node        { return &node{modTime: time.Now()} }
func (n *node) isDir() bool { return n.names != nil }

// get returns what name stands for now, or nil.
func (n *node) get(name string) *node {
	if h := n.names[name]; len(h) > 0 {
		return h[len(h)-1]
	}
	return nil
}

// set lets name stand for child, or for nothing.
func (n *node) set(name string, child *node) {
	h := n.names[name]
	if len(h) == 0 {
		h = history{nil}
	}
	n.names[name] = append(h, child)
}

// list returns the names that stand for something now, sorted.
func (n *node) list() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		if n.get(name) != nil {
			names = append(names, name)
		}
	}
	return names
}

// syncNames makes the names of a directory durable.
func (n *node) syncNames() {
	for name, h := range n.names {
		n.keep(name, h[len(h)-1])
	}
}

// keep lets name stand for child, durably.
func (n *node) keep(name string, child *node) {
	if child == nil {
		delete(n.names, name)
		return
	}
	n.names[name] = history{child}
}

// write changes the content of a file.
func (n *node) write(w write) {
	n.content = w.apply(n.content, len(w.data), false)
	n.pending = append(n.pending, w)
	n.modTime = time.Now()
}

// syncContent makes the content of a file durable.
func (n *node) syncContent() {
	n.synced, n.pending = n.content, nil
}

// walk calls visit for all that n leads to now, in the order of names.
func (n *node) walk(at string, visit func(at string, n *node)) {
	for _, name := range n.list() {
		child := n.get(name)
		below := path.Join(at, name)
		visit(below, child)
		child.walk(below, visit)
	}
}

// clone copies n and all that it leads to or has led to. Nodes that have several
// names stay one node; copies has those that were copied.
func (n *node) clone(copies map[*node]*node) *node {
	if n == nil {
		return nil
	}
	if c, ok := copies[n]; ok {
		return c
	}
	c := new(node)
	*c = *n // contents are replaced, never changed: copies may share them
	c.pending = slices.Clone(n.pending)
	copies[n] = c
	if n.isDir() {
		c.names = make(map[string]history, len(n.names))
		for name, h := range n.names {
			for _, child := range h {
				c.names[name] = append(c.names[name], child.clone(copies))
			}
		}
	}
	return c
}
