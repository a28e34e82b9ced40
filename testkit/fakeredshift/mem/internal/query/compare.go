package query

import (
	"cmp"
	"hash/maphash"
	"math"
	"strings"
	"time"
)

// compare orders two values that are not NULL and of one Go type. Strings are
// compared by their bytes and without the blanks at their ends: Database
// Developer Guide, "Significance of trailing blanks". NaN is above all numbers.
func compare(a, b Value) int {
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(trimBlanks(a), trimBlanks(b))
		}
	case bool:
		if b, ok := b.(bool); ok {
			return compareBools(a, b)
		}
	case float64:
		if b, ok := b.(float64); ok {
			return compareFloats(a, b)
		}
	case Numeric:
		if b, ok := b.(Numeric); ok {
			return a.Cmp(b)
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b)
		}
	case []Value:
		if b, ok := b.([]Value); ok {
			return compareArrays(a, b)
		}
	}
	return cmp.Compare(rank(a), rank(b))
}

// rank orders values of different types, which only a wrong Relation has.
func rank(v Value) int {
	switch v.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case int64:
		return 2
	case Numeric:
		return 3
	case float64:
		return 4
	case string:
		return 5
	case time.Time:
		return 6
	}
	return 7
}

// trimBlanks is s without the blanks at its end.
func trimBlanks(s string) string {
	for len(s) > 0 && s[len(s)-1] == ' ' {
		s = s[:len(s)-1]
	}
	return s
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func compareFloats(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	case math.IsNaN(b):
		return -1
	}
	return cmp.Compare(a, b)
}

func compareArrays(a, b []Value) int {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == nil && b[i] == nil:
		case a[i] == nil:
			return 1
		case b[i] == nil:
			return -1
		default:
			if c := compare(a[i], b[i]); c != 0 {
				return c
			}
		}
	}
	return cmp.Compare(len(a), len(b))
}

var seed = maphash.MakeSeed()

// hash mixes a value into h. Values that compare as equal have equal hashes.
func hash(h uint64, v Value) uint64 {
	switch v := v.(type) {
	case nil:
		return mix(h, 0x9e37)
	case bool:
		if v {
			return mix(h, 2)
		}
		return mix(h, 1)
	case int64:
		return mix(h, uint64(v))
	case float64:
		if v == 0 {
			v = 0 // and not -0
		}
		if math.IsNaN(v) {
			v = math.NaN()
		}
		return mix(h, math.Float64bits(v))
	case string:
		return mix(h, maphash.String(seed, trimBlanks(v)))
	case Numeric:
		return mix(h, maphash.String(seed, v.reduced()))
	case time.Time:
		return mix(h, uint64(v.UnixMicro()))
	case []Value:
		for _, item := range v {
			h = hash(h, item)
		}
		return mix(h, uint64(len(v)))
	}
	return h
}

// mix is a step of a multiplicative hash.
func mix(h, x uint64) uint64 {
	h ^= x
	h *= 0xff51afd7ed558ccd
	return h ^ h>>32
}

// A rowIndex finds rows by their values; NULL equals NULL.
type rowIndex struct {
	heads map[uint64]int32
	next  []int32
	rows  [][]Value
}

// hashRow is the hash of a row.
func hashRow(row []Value) uint64 {
	h := uint64(len(row))
	for _, v := range row {
		h = hash(h, v)
	}
	return h
}

// find returns where row is, -1 if nowhere.
func (x *rowIndex) find(row []Value) int { return x.lookup(hashRow(row), row) }

func (x *rowIndex) lookup(h uint64, row []Value) int {
	at, ok := x.heads[h]
	for ; ok && at >= 0; at = x.next[at] {
		if equalRows(x.rows[at], row) {
			return int(at)
		}
	}
	return -1
}

// add keeps row, and reports whether it was not there before.
func (x *rowIndex) add(row []Value) bool {
	h := hashRow(row)
	if x.lookup(h, row) >= 0 {
		return false
	}
	if x.heads == nil {
		x.heads = make(map[uint64]int32)
	}
	head, ok := x.heads[h]
	if !ok {
		head = -1
	}
	x.heads[h] = int32(len(x.rows))
	x.next = append(x.next, head)
	x.rows = append(x.rows, row)
	return true
}

func equalRows(a, b []Value) bool {
	for i := range a {
		if a[i] == nil || b[i] == nil {
			if a[i] != nil || b[i] != nil {
				return false
			}
			continue
		}
		if compare(a[i], b[i]) != 0 {
			return false
		}
	}
	return true
}
