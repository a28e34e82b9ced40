package bridge

import (
	"context"
	"fmt"
	"sync"

	"github.com/redferry/redferry"
)

// A Journal remembers one [Upload] per destination, so that a later run finds
// the parts that an earlier one sent. It is safe for concurrent use. Package
// bridgetest checks implementations.
//
// A [Copier] calls Save before it sends the first part, and Delete when the
// object is complete or the upload aborted. An upload is never lost to another
// one: whose upload the Journal does not take, because there is another to the same
// destination, aborts it and goes on with that other.
//
// So Copiers that share a Journal may copy to the same destination, also at the
// same time. They may send the parts of one upload together, or one of them may find
// that the other has ended it, and begin anew. Each of them ends with a copy that is
// proven, or says what failed. It costs more than one after the other.
type Journal interface {
	// Load returns the Upload to dst, and false if there is none.
	Load(ctx context.Context, dst redferry.URI) (Upload, bool, error)
	// Save stores u under u.Dst, if there is no Upload or the one with the same
	// UploadID, in the place of which it comes. If there is another one, that stays,
	// and the error wraps [ErrOtherUpload]. Of those who save different Uploads to one
	// destination at the same time, whatever program they are in, one succeeds. When
	// Save returns without an error, u survives the end of the program, as far as the
	// Journal keeps anything beyond it.
	Save(ctx context.Context, u Upload) error
	// Delete forgets u, which is known by its Dst and UploadID. If there is another
	// Upload to u.Dst, that stays; this, or that there is none, is no error.
	Delete(ctx context.Context, u Upload) error
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
	if there, ok := j.uploads[u.Dst]; ok && there.UploadID != u.UploadID {
		return fmt.Errorf("bridge: save upload %s to %q: %w", u.UploadID, u.Dst, ErrOtherUpload)
	}
	j.uploads[u.Dst] = u
	return nil
}

// Delete implements [Journal].
func (j *MemJournal) Delete(_ context.Context, u Upload) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.uploads[u.Dst].UploadID == u.UploadID {
		delete(j.uploads, u.Dst)
	}
	return nil
}
