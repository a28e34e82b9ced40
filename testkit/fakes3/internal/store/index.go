package store

import "slices"

// An index keeps keys in the order of their bytes, which is that of UTF-8.
// Writing is cheap, and the first look after a write sorts: buckets are filled
// and then listed, page after page. The zero index is empty.
type index struct {
	sorted  []string
	added   []string // since the last sort, in any order
	removed map[string]bool
}

func (x *index) add(key string) {
	if x.removed[key] { // it is still in sorted or added
		delete(x.removed, key)
		return
	}
	x.added = append(x.added, key)
}

func (x *index) remove(key string) {
	if x.removed == nil {
		x.removed = make(map[string]bool)
	}
	x.removed[key] = true
}

// from returns the keys from first on. The result is good until the next change.
func (x *index) from(first string) []string {
	x.settle()
	at, _ := slices.BinarySearch(x.sorted, first)
	return x.sorted[at:]
}

func (x *index) settle() {
	if len(x.added) == 0 && len(x.removed) == 0 {
		return
	}
	slices.Sort(x.added)
	merged := make([]string, 0, len(x.sorted)+len(x.added))
	a, b := x.sorted, x.added
	for len(a) > 0 || len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0] < a[0] {
			from = &b
		}
		key := (*from)[0]
		*from = (*from)[1:]
		if !x.removed[key] {
			merged = append(merged, key)
		}
	}
	x.sorted, x.added, x.removed = merged, nil, nil
}
