package pgstate

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

type ledger struct{ state *State }

const columns = `target, src_bucket, src_key, etag, size, checksum, level, copied`

// A row is an entry with its level as the database has it.
type row struct {
	bridge.Entry
	level string
}

// into are the places of columns.
func (r *row) into() []any {
	return []any{&r.Target, &r.Src.Bucket, &r.Src.Key, &r.ETag, &r.Size, &r.Checksum, &r.level, &r.Copied}
}

func (r *row) entry() (bridge.Entry, error) {
	r.Copied = r.Copied.UTC()
	err := r.Level.UnmarshalText([]byte(r.level))
	return r.Entry, err
}

// Lookup implements [bridge.Ledger].
func (l ledger) Lookup(ctx context.Context, dst redferry.URI) (bridge.Entry, bool, error) {
	r := row{Entry: bridge.Entry{Dst: dst}}
	ok, err := l.state.find(ctx, dst, `select `+columns+` from redferry.entry where dst_bucket = $1 and dst_key = $2`, r.into()...)
	if !ok {
		return bridge.Entry{}, false, err
	}
	e, err := r.entry()
	return e, err == nil, l.state.fail(ctx, fmt.Sprintf("read %q of", dst), err)
}

// page is how many entries are read at a time: no cursor and no snapshot stays open
// while they are used.
const page = 1000

// List implements [bridge.Ledger].
func (l ledger) List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[bridge.Entry, error] {
	return func(yield func(bridge.Entry, error) bool) {
		from, op := prefix.Key, ">="
		if after >= prefix.Key && after != "" {
			from, op = after, ">"
		}
		for ; ; op = ">" {
			list, err := l.page(ctx, prefix, op, from)
			for _, e := range list {
				if !strings.HasPrefix(e.Dst.Key, prefix.Key) || !yield(e, nil) {
					return
				}
				if ctx.Err() != nil {
					yield(bridge.Entry{}, context.Cause(ctx))
					return
				}
				from = e.Dst.Key
			}
			if err != nil {
				yield(bridge.Entry{}, l.state.fail(ctx, fmt.Sprintf("list %q of", prefix), err))
				return
			}
			if len(list) < page {
				return
			}
		}
	}
}

// page reads the entries from a key on.
func (l ledger) page(ctx context.Context, prefix redferry.URI, op, from string) (list []bridge.Entry, err error) {
	err = l.state.again(ctx, func() error {
		rows, err := l.state.pool.Query(ctx, `select dst_key, `+columns+` from redferry.entry where dst_bucket = $1 and dst_key `+op+` $2 order by dst_key limit $3`, prefix.Bucket, from, page)
		if err != nil {
			return err
		}
		list, err = pgx.AppendRows(list[:0], rows, func(in pgx.CollectableRow) (bridge.Entry, error) {
			r := row{Entry: bridge.Entry{Dst: redferry.URI{Bucket: prefix.Bucket}}}
			if err := in.Scan(append([]any{&r.Dst.Key}, r.into()...)...); err != nil {
				return bridge.Entry{}, err
			}
			return r.entry()
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

const record = `insert into redferry.entry
	select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::timestamptz[])
	on conflict (dst_bucket, dst_key) do update set target = excluded.target, src_bucket = excluded.src_bucket, src_key = excluded.src_key,
	etag = excluded.etag, size = excluded.size, checksum = excluded.checksum, level = excluded.level, copied = excluded.copied`

// Record implements [bridge.Ledger].
func (l ledger) Record(ctx context.Context, list ...bridge.Entry) error {
	if len(list) == 0 {
		return nil
	}
	n := len(list)
	var texts [8][]string
	sizes, times := make([]int64, 0, n), make([]time.Time, 0, n)
	for _, e := range unique(list) {
		for i, text := range []string{e.Dst.Bucket, e.Dst.Key, e.Target, e.Src.Bucket, e.Src.Key, e.ETag, e.Checksum, e.Level.String()} {
			texts[i] = append(texts[i], text)
		}
		sizes, times = append(sizes, e.Size), append(times, e.Copied)
	}
	_, err := l.state.write(ctx, "write entries to", record, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], sizes, texts[6], texts[7], times)
	return err
}

// unique returns the last entry of each destination, in an order that is always the
// same: two that write the same rows in different orders would wait for each other.
func unique(list []bridge.Entry) []bridge.Entry {
	list = slices.Clone(list)
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b bridge.Entry) int { return a.Dst.Compare(b.Dst) })
	return slices.CompactFunc(list, func(a, b bridge.Entry) bool { return a.Dst == b.Dst })
}

// Forget implements [bridge.Ledger].
func (l ledger) Forget(ctx context.Context, destinations ...redferry.URI) error {
	if len(destinations) == 0 {
		return nil
	}
	destinations = slices.Clone(destinations)
	slices.SortFunc(destinations, redferry.URI.Compare)
	var buckets, keys []string
	for _, dst := range destinations {
		buckets, keys = append(buckets, dst.Bucket), append(keys, dst.Key)
	}
	_, err := l.state.write(ctx, "forget entries in", `delete from redferry.entry where (dst_bucket, dst_key) in (select * from unnest($1::text[], $2::text[]))`, buckets, keys)
	return err
}
