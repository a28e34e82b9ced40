package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestPiecesAreCompared: bytes that were altered on their way from the source do not pass
// for what its checksum of checksums is of, be they sent in its parts or whole.
func TestPiecesAreCompared(t *testing.T) {
	for name, source := range map[string]func(*testing.T, *world, []byte){
		"SHA256": putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500),
		"CRC32":  putParts(types.ChecksumAlgorithmCrc32, types.ChecksumTypeComposite, 1500),
		"ETag":   putOld(1500),
	} {
		for _, partSize := range []int64{1 << 10, 1 << 20} {
			for _, times := range []int{1, -1} {
				t.Run(fmt.Sprintf("%s, parts of %d, %d times", name, partSize, times), func(t *testing.T) {
					inWorld(t, func(t *testing.T, w *world) {
						content := random(5000)
						source(t, w, content)
						w.a.s3.Inject(fakes3.Fault{Op: "GetObject", FlipResponse: 300, Times: times})
						result, err := w.copier(func(o *bridge.Options) { o.PartSize, o.MinLevel, o.Retries = partSize, bridge.Recomputed, 3 }).Copy(t.Context(), dst("k"), unknown("k"))
						if times < 0 {
							if !errors.Is(err, bridge.ErrChecksum) || w.got(t, "k") != nil || w.open(t) != 0 {
								t.Errorf("%+v, %v; the target has %d bytes, %d uploads are open", result, err, len(w.got(t, "k")), w.open(t))
							}
							return
						}
						if err != nil || result.Level != bridge.Recomputed || !bytes.Equal(w.got(t, "k"), content) {
							t.Errorf("%+v, %v", result, err)
						}
					})
				})
			}
		}
	}
}

// knowsNoParts is a source as some S3s are: it overlooks the number of a part, or refuses
// it.
type knowsNoParts struct {
	*s3.Client
	refuses bool
}

func (k knowsNoParts) HeadObject(ctx context.Context, in *s3.HeadObjectInput, opts ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return k.head(ctx, in, false, opts)
}

// head is the head of a part if that is known, and of the whole object if not.
func (k knowsNoParts) head(ctx context.Context, in *s3.HeadObjectInput, known bool, opts []func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	if known {
		return k.Client.HeadObject(ctx, in, opts...)
	}
	if in.PartNumber != nil && k.refuses {
		return nil, &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusNotImplemented}}, Err: errors.New("not implemented")}
	}
	overlooked := *in
	overlooked.PartNumber = nil
	return k.Client.HeadObject(ctx, &overlooked, opts...)
}

// TestSourceKnowsNoParts: then there is nothing to compare with; that is no error unless
// more is demanded.
func TestSourceKnowsNoParts(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		for _, partSize := range []int64{1 << 10, 1 << 20} {
			inWorld(t, func(t *testing.T, w *world) {
				content := random(5000)
				putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500)(t, w, content)
				for demanded, want := range map[bridge.Level]error{bridge.Wire: nil, bridge.Recomputed: bridge.ErrLevel} {
					c := bridge.New(w.writer, knowsNoParts{w.reader, refuses}, &bridge.Options{PartSize: partSize, MinLevel: demanded})
					result, err := c.Copy(t.Context(), dst("k"), unknown("k"))
					if !errors.Is(err, want) || err == nil && (result.Level != bridge.Wire || !bytes.Equal(w.got(t, "k"), content)) {
						t.Errorf("refuses %t, parts of %d, demanded %s: %+v, %v", refuses, partSize, demanded, result, err)
					}
				}
			})
		}
	}
}

// TestPiecesOfAnotherVersion: a source that is replaced before its parts are asked for is
// copied as what it is now.
func TestPiecesOfAnotherVersion(t *testing.T) {
	for _, partSize := range []int64{1 << 10, 1 << 20} {
		inWorld(t, func(t *testing.T, w *world) {
			putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500)(t, w, random(5000))
			w.a.s3.Inject(fakes3.Fault{Op: "HeadObject", Skip: 1, Replace: random(4000)})
			_, err := w.copier(func(o *bridge.Options) { o.PartSize = partSize }).Copy(t.Context(), dst("k"), unknown("k"))
			if err != nil || !bytes.Equal(w.got(t, "k"), random(4000)) {
				t.Errorf("parts of %d: %v, and the target has %d bytes", partSize, err, len(w.got(t, "k")))
			}
		})
	}
}

// TestSentWholeForAProof: a large object whose SHA-256 follows from no parts is sent with
// one request if that proof is demanded, and in parts if not.
func TestSentWholeForAProof(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		content := random(5000)
		putWith(types.ChecksumAlgorithmSha256)(t, w, content)
		for _, tt := range []struct {
			demanded bridge.Level
			parts    int
		}{{bridge.Wire, 5}, {bridge.Recomputed, 1}} {
			result, err := w.copier(func(o *bridge.Options) { o.MinLevel = tt.demanded }).Copy(t.Context(), dst("k"), unknown("k"))
			if err != nil || result.Parts != tt.parts || result.Level != tt.demanded || !bytes.Equal(w.got(t, "k"), content) {
				t.Errorf("demanded %s: %+v, %v", tt.demanded, result, err)
			}
		}
		if n := acknowledged(w.b.s3, "PutObject"); n != 1 {
			t.Errorf("%d requests sent it whole", n)
		}
	})
}

// TestMismatchIsNotTalkedAway: after what was read has come out wrong, nothing but the
// lengths of the parts makes it right: not that they cannot be asked for.
func TestMismatchIsNotTalkedAway(t *testing.T) {
	for _, status := range []int{400, 403, 500, 501} {
		for _, partSize := range []int64{1 << 10, 1 << 11, 1 << 20} {
			t.Run(fmt.Sprintf("%d, parts of %d", status, partSize), func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					content := random(5000)
					pieces := 1500
					if partSize == 1<<11 {
						pieces = 2500 // of two no one can be longer than the first
					}
					putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, pieces)(t, w, content)
					w.a.s3.Inject(
						fakes3.Fault{Op: "GetObject", FlipResponse: 300, Times: -1},
						fakes3.Fault{Op: "HeadObject", Skip: 2, Status: status, Code: "ExpiredToken", Times: -1})
					result, err := w.copier(func(o *bridge.Options) { o.PartSize, o.Retries = partSize, 1 }).Copy(t.Context(), dst("k"), unknown("k"))
					if err == nil || w.got(t, "k") != nil || w.open(t) != 0 {
						t.Errorf("%+v, %v; the target has %d bytes", result, err, len(w.got(t, "k")))
					}
				})
			})
		}
	}
}

// forgetsParts is a source that knows the parts of its objects when it is asked for the
// first time.
type forgetsParts struct {
	*s3.Client
	asked int
}

func (f *forgetsParts) HeadObject(ctx context.Context, in *s3.HeadObjectInput, opts ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	if in.PartNumber != nil {
		f.asked++
	}
	return knowsNoParts{f.Client, f.asked > 1}.head(ctx, in, f.asked == 1, opts)
}

// TestPartsAreForgotten: after what was read has come out wrong, a source that does not know
// its parts any more is not one with nothing to compare with, however many they are.
func TestPartsAreForgotten(t *testing.T) {
	for _, pieces := range []int{1500, 2500} {
		for _, partSize := range []int64{1 << 10, 1 << 20} {
			inWorld(t, func(t *testing.T, w *world) {
				putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, pieces)(t, w, random(5000))
				w.a.s3.Inject(fakes3.Fault{Op: "GetObject", FlipResponse: 300, Times: -1})
				c := bridge.New(w.writer, &forgetsParts{Client: w.reader}, &bridge.Options{PartSize: partSize, Retries: 1})
				if result, err := c.Copy(t.Context(), dst("k"), unknown("k")); !errors.Is(err, bridge.ErrChecksum) || w.got(t, "k") != nil {
					t.Errorf("parts of %d, sent in parts of %d: %+v, %v", pieces, partSize, result, err)
				}
			})
		}
	}
}

// TestPartsCannotBeAskedFor: that is no reason to fail a copy of which nothing is demanded.
func TestPartsCannotBeAskedFor(t *testing.T) {
	for _, status := range []int{400, 403, 405, 416, 500} {
		for _, partSize := range []int64{1 << 10, 1 << 20} {
			for _, retries := range []int{-1, 1, 10} {
				t.Run(fmt.Sprintf("%d, parts of %d, %d retries", status, partSize, retries), func(t *testing.T) {
					inWorld(t, func(t *testing.T, w *world) { partsUnasked(t, w, status, partSize, retries) })
				})
			}
		}
	}
}

func partsUnasked(t *testing.T, w *world, status int, partSize int64, retries int) {
	t.Helper()
	content := random(5000)
	putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500)(t, w, content)
	w.a.s3.Inject(fakes3.Fault{Op: "HeadObject", Skip: 1, Status: status, Code: "Strange", Times: -1})
	result, err := w.copier(func(o *bridge.Options) { o.PartSize, o.Retries = partSize, retries }).Copy(t.Context(), dst("k"), unknown("k"))
	if err != nil || result.Level != bridge.Wire || !bytes.Equal(w.got(t, "k"), content) {
		t.Errorf("%+v, %v", result, err)
	}
	want := 1 + 1 // of the object, and of its first part
	if status >= 500 {
		want = 1 + min(3, max(retries, 0)+1)
	}
	if asked := requested(w.a.s3, "HeadObject"); asked != want {
		t.Errorf("%d heads were asked for, want %d", asked, want)
	}
}

// TestUnevenIsNotResumable: a copy that cannot be proven as demanded leaves no upload that
// nobody would go on with.
func TestUnevenIsNotResumable(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500, 1400, 1500, 600)(t, w, random(5000))
		c := w.copier(func(o *bridge.Options) { o.Journal, o.MinLevel = new(bridge.MemJournal), bridge.Recomputed })
		if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); !errors.Is(err, bridge.ErrLevel) || bridge.Resumable(err) || w.open(t) != 0 {
			t.Errorf("%v; %d uploads are open", err, w.open(t))
		}
		putWith(types.ChecksumAlgorithmCrc32)(t, w, random(5000))
		w.b.s3.Inject(fakes3.Fault{Op: "UploadPart", Part: 3, Status: 403, Code: "AccessDenied"})
		if _, err := c.Copy(t.Context(), dst("k"), unknown("k")); err == nil || bridge.Resumable(err) || w.open(t) != 0 {
			t.Errorf("what is proven by CRC-32 alone: %v; %d uploads are open", err, w.open(t))
		}
	})
}

// TestReadSourceOfPieces: a small object that is read has nothing to compare with if it
// would take asking how it was cut.
func TestReadSourceOfPieces(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		content := random(5000)
		putParts(types.ChecksumAlgorithmSha256, types.ChecksumTypeComposite, 1500)(t, w, content)
		if got, err := w.copier(nil).ReadSource(t.Context(), src("k"), 1<<20); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
}
