package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/redferry/redferry"
)

// Files keeps small files by name. Names are of lower-case letters, digits and
// dots, and up to 40 bytes long. It is safe for concurrent use for different
// names.
type Files interface {
	// Read returns the content of a file, or an error that wraps fs.ErrNotExist.
	Read(name string) ([]byte, error)
	// Write stores a file in place of the one before. It is there whole or not at
	// all; when Write returns without an error, it survives a crash.
	Write(name string, data []byte) error
	// Create is Write for a file that is not there. If there is one, it stays, and the
	// error wraps fs.ErrExist. Of those who create a file at the same time, whatever
	// program they are in, one succeeds.
	Create(name string, data []byte) error
	// Remove removes a file, for good when it returns without an error. That there
	// is none is no error.
	Remove(name string) error
}

// A FileJournal keeps each upload in a small file of its own. It outlives what
// its [Files] outlive. It holds no secrets.
type FileJournal struct {
	files Files
}

var _ Journal = (*FileJournal)(nil)

// NewFileJournal returns the Journal in files. If files also has a method
// Path(name string) string, errors name a file by its path.
func NewFileJournal(files Files) *FileJournal { return &FileJournal{files} }

// name is a hash, because a key may be longer than a file name and two keys may
// differ in case alone.
func (j *FileJournal) name(dst redferry.URI) string {
	sum := sha256.Sum256([]byte(dst.String()))
	return hex.EncodeToString(sum[:16]) + ".json"
}

// path is the file of dst as people find it.
func (j *FileJournal) path(dst redferry.URI) string {
	if files, ok := j.files.(interface{ Path(name string) string }); ok {
		return files.Path(j.name(dst))
	}
	return j.name(dst)
}

// Load implements [Journal].
func (j *FileJournal) Load(_ context.Context, dst redferry.URI) (Upload, bool, error) {
	data, err := j.files.Read(j.name(dst))
	if errors.Is(err, fs.ErrNotExist) {
		return Upload{}, false, nil
	}
	if err != nil {
		return Upload{}, false, fmt.Errorf("bridge: read journal: %w", err)
	}
	var u Upload
	if err := json.Unmarshal(data, &u); err != nil {
		return Upload{}, false, fmt.Errorf("bridge: read journal %s: %w", j.path(dst), err)
	}
	if u.Dst != dst || u.UploadID == "" {
		return Upload{}, false, fmt.Errorf("bridge: journal %s is about %q, not about %q: remove it if nothing else wrote it", j.path(dst), u.Dst, dst)
	}
	return u, true, nil
}

// Save implements [Journal].
func (j *FileJournal) Save(ctx context.Context, u Upload) error {
	data, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("bridge: write journal: %w", err)
	}
	data = append(data, '\n')
	for {
		err := j.files.Create(j.name(u.Dst), data)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("bridge: write journal: %w", err)
		}
		there, ok, err := j.Load(ctx, u.Dst)
		switch {
		case err != nil:
			return err
		case ok && there.UploadID != u.UploadID:
			return fmt.Errorf("bridge: write journal %s: %w", j.path(u.Dst), ErrOtherUpload)
		case ok:
			return j.replace(u.Dst, data)
		case ctx.Err() != nil: // it was removed meanwhile
			return context.Cause(ctx)
		}
	}
}

// replace writes an upload over itself. It is not atomic: who in between ends the
// very upload that is saved here again, and begins another, loses the entry of that.
func (j *FileJournal) replace(dst redferry.URI, data []byte) error {
	if err := j.files.Write(j.name(dst), data); err != nil {
		return fmt.Errorf("bridge: write journal: %w", err)
	}
	return nil
}

// Delete implements [Journal]. It reads, compares and removes, and is not atomic: if
// between these another program deletes the same upload, because it gave up what this
// one completed, and saves another one, the entry of that is lost. That moment is as
// short as the file is; and that copy needs its entry only if it does not end well.
func (j *FileJournal) Delete(ctx context.Context, u Upload) error {
	there, ok, err := j.Load(ctx, u.Dst)
	if err != nil {
		return err
	}
	if !ok || there.UploadID != u.UploadID {
		return nil
	}
	if err := j.files.Remove(j.name(u.Dst)); err != nil {
		return fmt.Errorf("bridge: delete from journal: %w", err)
	}
	return nil
}
