package hollow

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/redferry/redferry/internal/crc64"
)

// A Set is Count objects of Size bytes each, with keys below the prefix Name/.
type Set struct {
	Name  string
	Count int
	Size  int64
}

// suffix follows the number in each key; digits is how many the number has.
const (
	suffix = ".parquet"
	digits = 8
	zeros  = "00000000"
)

// key is the name of the nth object. Keys are in the order of their numbers.
func (s Set) key(n int) string {
	number := strconv.Itoa(n)
	return s.Name + "/" + zeros[:digits-len(number)] + number + suffix
}

// number is that of the object of this key.
func (s Set) number(key string) (n int, ok bool) {
	number, ok := strings.CutPrefix(key, s.Name+"/")
	if !ok || len(number) != digits+len(suffix) || number[digits:] != suffix {
		return 0, false
	}
	n, err := strconv.Atoi(number[:digits])
	return n, err == nil && n >= 0 && n < s.Count
}

// inOrder sorts sets by the keys of their objects.
func inOrder(sets []Set) []Set {
	return slices.SortedFunc(slices.Values(sets), func(a, b Set) int { return cmp.Compare(a.Name+"/", b.Name+"/") })
}

// find returns the object of a key.
func (s *Server) find(key string) (made, bool) {
	for _, set := range s.sets {
		if _, ok := set.number(key); ok {
			return madeUp(key, set.Size), true
		}
	}
	return made{}, false
}

// blockLen is a prime: parts of an object, which are multiples of something round,
// never have the same bytes.
const blockLen = 1<<20 - 3

// block is random, and is there twice, so that blockLen bytes can be had from any
// offset below blockLen.
var (
	block   = newBlock()
	overOne = crc64.NewShift(blockLen)
)

func newBlock() []byte {
	b := make([]byte, blockLen, 2*blockLen)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // it cannot fail
	return append(b, b...)
}

// made is an object that is made up: the block over and over, from an offset on that
// its key chooses.
type made struct {
	start, size int64
}

func madeUp(key string, size int64) made {
	h := fnv.New32a()
	_, _ = io.WriteString(h, key) // it cannot fail
	return made{int64(h.Sum32() % blockLen), size}
}

// content is the length of the object and its checksum, which takes no more than two
// blocks to compute.
func (m made) content() content {
	var sum uint64
	if whole := m.size / blockLen; whole > 0 {
		one := crc64.Checksum(block[m.start : m.start+blockLen])
		for range whole {
			sum = overOne.Combine(sum, one)
		}
	}
	return content{m.size, crc64.Update(sum, block[m.start:m.start+m.size%blockLen])}
}

// writeTo writes n bytes from an offset on.
func (m made) writeTo(w io.Writer, offset, n int64) error {
	for n > 0 {
		at := (m.start + offset) % blockLen
		step := min(n, blockLen)
		if _, err := w.Write(block[at : at+step]); err != nil {
			return err
		}
		offset, n = offset+step, n-step
	}
	return nil
}

// content is what is known of bytes that nobody keeps.
type content struct {
	size int64
	sum  uint64 // CRC-64/NVME
}

// then is the content followed by another.
func (c content) then(next content) content {
	return content{c.size + next.size, crc64.Combine(c.sum, next.sum, next.size)}
}

// etag is the same for the same content, and has the form of an MD5.
func (c content) etag() string {
	both := binary.BigEndian.AppendUint64(nil, c.sum)
	return `"` + hex.EncodeToString(binary.BigEndian.AppendUint64(both, uint64(c.size))) + `"`
}
