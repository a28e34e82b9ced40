package sim

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/crc64"
	"github.com/redferry/redferry/testkit/fakes3"
)

// A version is what an object in A is or was.
type version struct {
	etag    string
	content []byte
}

// Replace puts other bytes in the place of an object in A. What it was before
// counts as a version that it had.
func (w *World) Replace(uri redferry.URI, content []byte) error {
	if err := w.remember(uri); err != nil {
		return err
	}
	_, err := w.A.S3.Put(uri, bytes.NewReader(content), nil)
	return err
}

// Remove removes an object in A. What it was counts as a version that it had.
func (w *World) Remove(uri redferry.URI) error {
	if err := w.remember(uri); err != nil {
		return err
	}
	return w.A.S3.Delete(uri)
}

// remember keeps what an object in A is, because it is about to be something else.
func (w *World) remember(uri redferry.URI) error {
	before, err := w.now(uri)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.versions[uri] = append(w.versions[uri], before)
	return nil
}

// now is what an object in A is at this moment.
func (w *World) now(uri redferry.URI) (version, error) {
	object, _ := w.A.S3.Object(uri)
	content, err := w.A.S3.Content(uri)
	return version{object.ETag, content}, err
}

// versionsOf returns all that an object in A ever was, the present one last, if there
// is one.
func (w *World) versionsOf(uri redferry.URI) ([]version, error) {
	w.mu.Lock()
	versions := slices.Clone(w.versions[uri])
	w.mu.Unlock()
	now, err := w.now(uri)
	switch {
	case err == nil:
		versions = append(versions, now)
	case len(versions) == 0:
		return nil, err
	}
	return versions, nil
}

// source is the object in A that a request is about, or one of those that it lists:
// the keys of both sides are alike.
func (w *World) source(k *ticket) (fakes3.Object, bool) {
	r := k.about.(*request)
	if r.key != "" {
		return w.A.S3.Object(redferry.URI{Bucket: w.A.Stage.Bucket, Key: r.key})
	}
	listed := w.A.S3.Objects(redferry.URI{Bucket: w.A.Stage.Bucket, Key: r.prefix})
	if len(listed) == 0 {
		return fakes3.Object{}, false
	}
	return listed[w.pick("replaced "+k.at.String(), int64(len(listed)))], true
}

// replace puts other bytes of the same size, or again those before the present
// ones, in the place of a source object that is in use.
func (w *World) replace(k *ticket) {
	object, ok := w.source(k)
	if !ok {
		return
	}
	uri := object.URI
	name := fmt.Sprintf("object %d in this place ", w.pick("content "+k.at.String(), 1_000_000))
	other := bytes.Repeat([]byte(name), int(object.Size)/len(name)+1)[:object.Size]
	w.mu.Lock()
	if old := w.versions[uri]; len(old) > 0 && w.pick("restore "+k.at.String(), 2) == 1 {
		other = old[len(old)-1].content
	}
	if !w.scenario.Replaceable {
		w.damaged = "the source object " + uri.String() + " was replaced"
	}
	w.mu.Unlock()
	if err := w.Replace(uri, other); err != nil {
		panic(err) // the world is broken
	}
}

// sameFile checks that an object in B has the bytes that the one in A of the same
// name has or had.
func (w *World) sameFile(uri redferry.URI) error {
	from, _ := uri.Rebase(w.B.Stage, w.A.Stage)
	got, versions, err := w.compared(uri, from)
	if err == nil && !anyHas(versions, got) {
		err = errors.New("it has bytes that " + from.String() + " never had")
	}
	return err
}

// someVersion checks what may be at dst where other runners write and remove, too.
func (w *World) someVersion(dst redferry.URI) error {
	w.observer.mu.Lock()
	removed := w.observer.gone[dst.Key]
	w.observer.mu.Unlock()
	if _, ok := w.B.S3.Object(dst); removed && !ok {
		return nil
	}
	return w.sameFile(dst)
}

// compared returns the bytes of dst, and all that src ever was, the present one last.
func (w *World) compared(dst, src redferry.URI) (got []byte, versions []version, err error) {
	if got, err = w.B.S3.Content(dst); err != nil {
		return nil, nil, err
	}
	versions, err = w.versionsOf(src)
	return got, versions, err
}

func anyHas(versions []version, content []byte) bool {
	return slices.ContainsFunc(versions, func(v version) bool { return bytes.Equal(v.content, content) })
}

// copyHolds checks that dst is what result says, a copy of one version of src.
func (w *World) copyHolds(runner int, dst, src redferry.URI, result *bridge.Result) error {
	if w.overwritten(runner, dst) {
		return w.someVersion(dst)
	}
	object, _ := w.B.S3.Object(dst)
	content, err := w.B.S3.Content(dst)
	if err != nil {
		return err
	}
	sum := crc64.Encode(crc64.Checksum(content))
	switch {
	case object.ETag != result.ETag:
		return fmt.Errorf("its ETag is %s, not %s", object.ETag, result.ETag)
	case object.Size != result.Size || sum != result.Checksum:
		return fmt.Errorf("it has %d bytes with the checksum %s, not %d with %s", object.Size, sum, result.Size, result.Checksum)
	}
	return w.versionHolds(runner, dst, src, result.SourceETag)
}

// versionHolds checks that dst has the bytes of the version of src with an ETag.
func (w *World) versionHolds(runner int, dst, src redferry.URI, etag string) error {
	return w.since(runner, dst, src, etag, func(got []byte, since []version) error {
		if !bytes.Equal(since[0].content, got) {
			return fmt.Errorf("it has not the bytes of the version %s of %s", etag, src)
		}
		return nil
	})
}

// notOlder checks that dst has the bytes of the version of src with an ETag, or of
// one that came after it.
func (w *World) notOlder(runner int, dst, src redferry.URI, etag string) error {
	return w.since(runner, dst, src, etag, func(got []byte, since []version) error {
		if !anyHas(since, got) {
			return fmt.Errorf("%s has other bytes than %s had, when it was listed or later", dst, src)
		}
		return nil
	})
}

// since has check look at the bytes of dst, and at what src was from the version with
// an ETag on. Where another runner may have written dst, it may have those of any.
func (w *World) since(runner int, dst, src redferry.URI, etag string, check func(got []byte, since []version) error) error {
	if w.overwritten(runner, dst) {
		return w.someVersion(dst)
	}
	got, versions, err := w.compared(dst, src)
	if err != nil {
		return err
	}
	first := slices.IndexFunc(versions, func(v version) bool { return v.etag == etag })
	if first < 0 {
		return fmt.Errorf("%s never had the ETag %s", src, etag)
	}
	return check(got, versions[first:])
}
