package pgstate

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

type journal struct{ state *State }

// Load implements [bridge.Journal].
func (j journal) Load(ctx context.Context, dst redferry.URI) (bridge.Upload, bool, error) {
	u := bridge.Upload{Dst: dst}
	ok, err := j.state.find(ctx, dst, `select src_bucket, src_key, etag, size, part_size, upload_id, meta from redferry.upload where dst_bucket = $1 and dst_key = $2`,
		&u.Src.Bucket, &u.Src.Key, &u.ETag, &u.Size, &u.PartSize, &u.UploadID, &u.Meta)
	if !ok {
		return bridge.Upload{}, false, err
	}
	return u, true, nil
}

// Save implements [bridge.Journal]. A statement that changes no row has met the row of
// another upload.
func (j journal) Save(ctx context.Context, u bridge.Upload) error {
	what := fmt.Sprintf("write %q to", u.Dst)
	rows, err := j.state.write(ctx, what, `insert into redferry.upload as there values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (dst_bucket, dst_key) do update set src_bucket = excluded.src_bucket, src_key = excluded.src_key, etag = excluded.etag,
		size = excluded.size, part_size = excluded.part_size, meta = excluded.meta where there.upload_id = excluded.upload_id`,
		u.Dst.Bucket, u.Dst.Key, u.Src.Bucket, u.Src.Key, u.ETag, u.Size, u.PartSize, u.UploadID, u.Meta)
	if err == nil && rows == 0 {
		return j.state.fail(ctx, what, bridge.ErrOtherUpload)
	}
	return err
}

// Delete implements [bridge.Journal].
func (j journal) Delete(ctx context.Context, u bridge.Upload) error {
	_, err := j.state.write(ctx, fmt.Sprintf("delete %q from", u.Dst), `delete from redferry.upload where dst_bucket = $1 and dst_key = $2 and upload_id = $3`,
		u.Dst.Bucket, u.Dst.Key, u.UploadID)
	return err
}

// write runs a statement, and returns how many rows it met.
func (s *State) write(ctx context.Context, what, sql string, args ...any) (rows int64, err error) {
	err = s.again(ctx, func() error {
		tag, err := s.pool.Exec(ctx, sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, s.fail(ctx, what, err)
}

// find reads the row of dst; it is not there if ok is false and err is nil.
func (s *State) find(ctx context.Context, dst redferry.URI, sql string, into ...any) (ok bool, err error) {
	err = s.again(ctx, func() error { return s.pool.QueryRow(ctx, sql, dst.Bucket, dst.Key).Scan(into...) })
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, s.fail(ctx, fmt.Sprintf("read %q of", dst), err)
}

// fail says what err happened to; the end of ctx goes before what it led to.
func (s *State) fail(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("pgstate: %s %s: %w", what, s, err)
}
