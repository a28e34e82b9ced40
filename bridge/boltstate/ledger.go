package boltstate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	bolt "go.etcd.io/bbolt"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

type ledger struct{ state *State }

// Lookup implements [bridge.Ledger].
func (l ledger) Lookup(ctx context.Context, dst redferry.URI) (bridge.Entry, bool, error) {
	var e bridge.Entry
	ok, err := l.state.find(ctx, entries, dst, &e)
	return e, ok, err
}

// page is how many entries are read in one transaction: one that stays open keeps
// the file from being used again where it was freed, and holds up who makes it grow.
const page = 1000

// List implements [bridge.Ledger].
func (l ledger) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[bridge.Entry, error] {
	return func(yield func(bridge.Entry, error) bool) {
		for from := begin(prefix, after); from != nil; {
			if ctx.Err() != nil {
				yield(bridge.Entry{}, context.Cause(ctx))
				return
			}
			list, next, err := l.page(from, keyOf(prefix))
			if err != nil {
				yield(bridge.Entry{}, fmt.Errorf("boltstate: list %q of %s: %w", prefix, l.state.path, err))
				return
			}
			for _, e := range list {
				if !yield(e, nil) {
					return
				}
				if ctx.Err() != nil {
					yield(bridge.Entry{}, context.Cause(ctx))
					return
				}
			}
			from = next
		}
	}
}

// begin is the first key in the file that may be below prefix and behind after.
func begin(prefix redferry.URI, after string) []byte {
	if after == "" || after < prefix.Key {
		return keyOf(prefix)
	}
	return append(keyOf(redferry.URI{Bucket: prefix.Bucket, Key: after}), 0)
}

// page reads some entries with a prefix, from a key on, and returns where to go on;
// nil if those were the last.
func (l ledger) page(from, prefix []byte) (list []bridge.Entry, next []byte, err error) {
	err = l.state.view(func(tx *bolt.Tx) error {
		cursor := tx.Bucket(entries).Cursor()
		for key, data := cursor.Seek(from); key != nil && bytes.HasPrefix(key, prefix); key, data = cursor.Next() {
			if len(list) == page {
				next = bytes.Clone(key) // what lies in the file is valid in the transaction only
				return nil
			}
			var e bridge.Entry
			if err := json.Unmarshal(data, &e); err != nil {
				return fmt.Errorf("%q: %w", key, err)
			}
			list = append(list, e)
		}
		return nil
	})
	return list, next, err
}

// Record implements [bridge.Ledger].
func (l ledger) Record(_ context.Context, list ...bridge.Entry) error {
	if len(list) == 0 {
		return nil
	}
	return l.state.write(fmt.Sprintf("write %d entries to", len(list)), func(tx *bolt.Tx) error {
		for _, e := range list {
			data, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if err := tx.Bucket(entries).Put(keyOf(e.Dst), data); err != nil {
				return err
			}
		}
		return nil
	})
}

// Forget implements [bridge.Ledger].
func (l ledger) Forget(_ context.Context, destinations ...redferry.URI) error {
	if len(destinations) == 0 {
		return nil
	}
	return l.state.write(fmt.Sprintf("forget %d entries in", len(destinations)), func(tx *bolt.Tx) error {
		for _, dst := range destinations {
			if err := tx.Bucket(entries).Delete(keyOf(dst)); err != nil {
				return err
			}
		}
		return nil
	})
}
