package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/atomicfile"
)

// A DirJournal keeps each upload in a small file of its own in one directory. A
// file appears whole or not at all, and is on the disk when Save returns, so the
// journal survives a kill at any point. It holds no secrets.
type DirJournal struct {
	dir string
}

var _ Journal = (*DirJournal)(nil)

// NewDirJournal returns the Journal in dir, which it creates if need be, and
// from which it removes what killed runs were still writing.
func NewDirJournal(dir string) (*DirJournal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("bridge: make journal directory: %w", err)
	}
	if err := atomicfile.Sweep(dir); err != nil {
		return nil, fmt.Errorf("bridge: sweep journal directory: %w", err)
	}
	return &DirJournal{dir: dir}, nil
}

// path names the file by a hash, because a key may be longer than a file name
// and two keys may differ in case alone.
func (j *DirJournal) path(dst redferry.URI) string {
	sum := sha256.Sum256([]byte(dst.String()))
	return filepath.Join(j.dir, hex.EncodeToString(sum[:16])+".json")
}

// Load implements [Journal].
func (j *DirJournal) Load(_ context.Context, dst redferry.URI) (Upload, bool, error) {
	path := j.path(dst)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Upload{}, false, nil
	}
	if err != nil {
		return Upload{}, false, fmt.Errorf("bridge: read journal: %w", err)
	}
	var u Upload
	if err := json.Unmarshal(data, &u); err != nil {
		return Upload{}, false, fmt.Errorf("bridge: read journal %s: %w", path, err)
	}
	if u.Dst != dst || u.UploadID == "" {
		return Upload{}, false, fmt.Errorf("bridge: journal %s is about %q, not about %s: remove it if nothing else wrote it", path, u.Dst, dst)
	}
	return u, true, nil
}

// Save implements [Journal].
func (j *DirJournal) Save(_ context.Context, u Upload) error {
	data, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("bridge: write journal: %w", err)
	}
	if err := atomicfile.Write(j.path(u.Dst), append(data, '\n')); err != nil {
		return fmt.Errorf("bridge: write journal: %w", err)
	}
	return nil
}

// Delete implements [Journal].
func (j *DirJournal) Delete(_ context.Context, dst redferry.URI) error {
	if err := atomicfile.Remove(j.path(dst)); err != nil {
		return fmt.Errorf("bridge: delete from journal: %w", err)
	}
	return nil
}
