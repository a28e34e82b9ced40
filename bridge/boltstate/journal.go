package boltstate

import (
	"context"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

type journal struct{ state *State }

// Load implements [bridge.Journal].
func (j journal) Load(ctx context.Context, dst redferry.URI) (bridge.Upload, bool, error) {
	var u bridge.Upload
	ok, err := j.state.find(ctx, uploads, dst, &u)
	return u, ok, err
}

// Save implements [bridge.Journal].
func (j journal) Save(_ context.Context, u bridge.Upload) error {
	return j.state.write(fmt.Sprintf("write %q to", u.Dst), func(tx *bolt.Tx) error {
		there, ok, err := uploadIn(tx, u.Dst)
		if err != nil {
			return err
		}
		if ok && there.UploadID != u.UploadID {
			return bridge.ErrOtherUpload
		}
		data, err := json.Marshal(u)
		if err != nil {
			return err
		}
		return tx.Bucket(uploads).Put(keyOf(u.Dst), data)
	})
}

// Delete implements [bridge.Journal].
func (j journal) Delete(_ context.Context, u bridge.Upload) error {
	return j.state.write(fmt.Sprintf("delete %q from", u.Dst), func(tx *bolt.Tx) error {
		there, ok, err := uploadIn(tx, u.Dst)
		if err != nil || !ok || there.UploadID != u.UploadID {
			return err
		}
		return tx.Bucket(uploads).Delete(keyOf(u.Dst))
	})
}

// uploadIn is the upload to dst as a transaction sees it.
func uploadIn(tx *bolt.Tx, dst redferry.URI) (u bridge.Upload, ok bool, err error) {
	data := tx.Bucket(uploads).Get(keyOf(dst))
	if data == nil {
		return u, false, nil
	}
	return u, true, json.Unmarshal(data, &u)
}
