package bridge

import (
	"context"
	"sync"

	"github.com/redferry/redferry"
)

// A Journal remembers one [Upload] per destination, so that a later run finds
// the parts that an earlier one sent. It is safe for concurrent use. Package
// bridgetest checks implementations.
//
// A [Copier] calls Save before it sends the first part, and Delete when the
// object is complete or the upload aborted. Two Copiers that share a Journal
// must not copy to the same destination at the same time.
type Journal interface {
	// Load returns the Upload to dst, and false if there is none.
	Load(ctx context.Context, dst redferry.URI) (Upload, bool, error)
	// Save stores u under u.Dst, in place of what was there. When it returns
	// without an error, u survives the end of the program, as far as the Journal
	// keeps anything beyond it.
	Save(ctx context.Context, u Upload) error
	// Delete forgets the Upload to dst; that there is none is no error.
	Delete(ctx context.Context, dst redferry.URI) error
}

// An Upload is a multipart upload that has begun. What it has received is not
// part of it: S3 is asked.
type Upload struct {
	Dst      redferry.URI `json:"dst"`
	Src      redferry.URI `json:"src"`
	ETag     string       `json:"etag"`      // of the source object that it is bound to
	Size     int64        `json:"size"`      // of the source object, in bytes
	PartSize int64        `json:"part_size"` // in bytes; all parts but the last have it
	UploadID string       `json:"upload_id"`
	Meta     string       `json:"meta"` // tells apart what goes with the object beside its bytes
}

// A MemJournal keeps uploads for the life of the program: a second Copy in the
// same program resumes. The zero MemJournal is ready to use.
type MemJournal struct {
	mu      sync.Mutex // guards uploads
	uploads map[redferry.URI]Upload
}

var _ Journal = (*MemJournal)(nil)

// Load implements [Journal].
func (j *MemJournal) Load(_ context.Context, dst redferry.URI) (Upload, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	u, ok := j.uploads[dst]
	return u, ok, nil
}

// Save implements [Journal].
func (j *MemJournal) Save(_ context.Context, u Upload) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.uploads == nil {
		j.uploads = make(map[redferry.URI]Upload)
	}
	j.uploads[u.Dst] = u
	return nil
}

// Delete implements [Journal].
func (j *MemJournal) Delete(_ context.Context, dst redferry.URI) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.uploads, dst)
	return nil
}
