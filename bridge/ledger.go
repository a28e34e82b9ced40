package bridge

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redferry/redferry"
)

// A Ledger remembers what was copied, so that [Copier.Sync] need not copy it
// again: it stands for a listing of the target, where that is not allowed, and
// knows what no listing tells, the version of the source that each object is a
// proven copy of. It is safe for concurrent use. Package bridgetest checks
// implementations.
//
// Programs may share a Ledger, but no two at a time may copy to one destination: of
// two versions the older may come last to the target, and the Ledger keep the newer
// one. Packages boltstate and pgstate have locks against that.
type Ledger interface {
	// Lookup returns the Entry of dst, and false if there is none.
	Lookup(ctx context.Context, dst redferry.URI) (Entry, bool, error)
	// List yields the entries whose Dst begins with prefix and whose key, the whole
	// one, lies behind after, which need not be a key; "" is before all. It does so as
	// S3 lists: in the order of their keys, byte by byte. Entries that are recorded or
	// forgotten while it goes on are listed or not. After an error it ends.
	List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[Entry, error]
	// Record stores entries, each in place of the one with the same Dst: all of
	// them or none. When it returns without an error they survive the end of the
	// program, as far as the Ledger keeps anything beyond it.
	Record(ctx context.Context, entries ...Entry) error
	// Forget removes the entries of these destinations; that there is none is no
	// error.
	Forget(ctx context.Context, destinations ...redferry.URI) error
}

// An Entry says that an object at the target was a proven copy of one version of
// an object at the source when the copy ended.
type Entry struct {
	Dst      redferry.URI `json:"dst"`
	Target   string       `json:"target"` // the ETag of the object at the target, in quotes
	Src      redferry.URI `json:"src"`
	ETag     string       `json:"etag"`     // of the source object, as S3 gives it, in quotes
	Size     int64        `json:"size"`     // in bytes
	Checksum string       `json:"checksum"` // the CRC-64/NVME, in base64
	Level    Level        `json:"level"`    // how well the copy is proven
	Copied   time.Time    `json:"copied"`   // when the copy ended, in UTC, to the microsecond
}

// is reports whether the entry is a copy of what object is now, proven at least
// as well as demanded.
func (e *Entry) is(object Object, demanded Level) bool {
	return e.Src == object.URI && e.ETag == object.ETag && e.ETag != "" && e.Size == object.Size && e.Level >= demanded
}

// made reports whether object is what the copy made, and nothing that somebody has
// put in its place since.
func (e *Entry) made(object Object) bool { return e.Target == object.ETag && e.Size == object.Size }

// A MemLedger keeps entries for the life of the program. The zero MemLedger is
// ready to use.
type MemLedger struct {
	mu      sync.Mutex // guards entries
	entries []Entry    // in the order of Dst
}

var _ Ledger = (*MemLedger)(nil)

// find returns where dst is or belongs. The caller holds the lock.
func (l *MemLedger) find(dst redferry.URI) (int, bool) {
	return slices.BinarySearchFunc(l.entries, dst, func(e Entry, dst redferry.URI) int { return e.Dst.Compare(dst) })
}

// Lookup implements [Ledger].
func (l *MemLedger) Lookup(_ context.Context, dst redferry.URI) (Entry, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, ok := l.find(dst)
	if !ok {
		return Entry{}, false, nil
	}
	return l.entries[i], true, nil
}

// List implements [Ledger].
func (l *MemLedger) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		next, ok := l.from(prefix)
		if after >= prefix.Key && after != "" {
			next, ok = l.after(redferry.URI{Bucket: prefix.Bucket, Key: after})
		}
		for ; ok; next, ok = l.after(next.Dst) {
			if ctx.Err() != nil {
				yield(Entry{}, context.Cause(ctx))
				return
			}
			if next.Dst.Bucket != prefix.Bucket || !strings.HasPrefix(next.Dst.Key, prefix.Key) || !yield(next, nil) {
				return
			}
		}
	}
}

// from returns the first entry that is not before dst.
func (l *MemLedger) from(dst redferry.URI) (Entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, _ := l.find(dst)
	return l.at(i)
}

// after returns the first entry behind dst.
func (l *MemLedger) after(dst redferry.URI) (Entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, ok := l.find(dst)
	if ok {
		i++
	}
	return l.at(i)
}

func (l *MemLedger) at(i int) (Entry, bool) {
	if i == len(l.entries) {
		return Entry{}, false
	}
	return l.entries[i], true
}

// Record implements [Ledger].
func (l *MemLedger) Record(_ context.Context, entries ...Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range entries {
		if i, ok := l.find(e.Dst); ok {
			l.entries[i] = e
		} else {
			l.entries = slices.Insert(l.entries, i, e)
		}
	}
	return nil
}

// Forget implements [Ledger].
func (l *MemLedger) Forget(_ context.Context, destinations ...redferry.URI) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, dst := range destinations {
		if i, ok := l.find(dst); ok {
			l.entries = slices.Delete(l.entries, i, i+1)
		}
	}
	return nil
}
