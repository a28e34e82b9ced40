package canary

import (
	"bytes"
	"encoding/binary"
)

// An index finds many needles in one pass. It knows the first few blocks of four
// bytes of each needle and looks at every fifth place of a text: whichever way a
// needle of eight bytes or more lies, one of these blocks begins at such a place.
type index struct {
	needles []needle
	blocks  map[uint32][]block
	filter  [filterSize / 64]uint64 // most places of a text end here
}

const (
	blockSize  = 4
	stride     = minSecret - blockSize + 1
	filterSize = 1 << 16 // bits
)

// A block is where four bytes lie in a needle.
type block struct{ needle, offset int }

func newIndex(needles []needle) *index {
	x := &index{needles: needles, blocks: make(map[uint32][]block, stride*len(needles))}
	for i, n := range needles {
		for offset := range stride {
			four := binary.LittleEndian.Uint32(n.text[offset:])
			x.blocks[four] = append(x.blocks[four], block{i, offset})
			word, bit := slot(four)
			x.filter[word] |= bit
		}
	}
	return x
}

// slot returns the place of a block in the filter.
func slot(four uint32) (word uint32, bit uint64) {
	const multiplier = 0x9E3779B1 // 2^32 by the golden ratio
	hash := four * multiplier >> 16
	return hash / 64, 1 << (hash % 64)
}

// search calls found for each needle that begins in text.
func (x *index) search(text []byte, found func(n *needle, at int)) {
	for i := 0; i+blockSize <= len(text); i += stride {
		four := binary.LittleEndian.Uint32(text[i:])
		if word, bit := slot(four); x.filter[word]&bit == 0 {
			continue
		}
		for _, b := range x.blocks[four] {
			n, at := &x.needles[b.needle], i-b.offset
			if at >= 0 && bytes.HasPrefix(text[at:], n.text) {
				found(n, at)
			}
		}
	}
}
