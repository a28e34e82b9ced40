package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// stopAfter copies the object k and has it cancelled when so many parts are done, as
// a program that is told to end. It returns the error.
func (g *gateways) stopAfter(t *testing.T, parts int, journal bridge.Journal) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := g.copier(func(o *bridge.Options) {
		o.Journal = journal
		o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
			if part == parts {
				cancel()
			}
		}
	}).Copy(ctx, g.dst("k"), g.unknown("k"))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the copy that was stopped ended with %v", err)
	}
	return err
}

func dirJournal(t *testing.T, dir string) bridge.Journal {
	t.Helper()
	return must(bridge.NewDirJournal(dir))(t)
}

// TestVersitygwResumes changes something between a run that ends in the middle and the
// next one, which has nothing of the first but the journal's directory.
func TestVersitygwResumes(t *testing.T) {
	content, other := random(3*smallest+1), random(3*smallest+2)
	abort := func(t *testing.T, g *gateways, j bridge.Journal) {
		u, _, _ := j.Load(t.Context(), g.dst("k"))
		_ = must(g.B.admin.AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &g.B.bucket, Key: &u.Dst.Key, UploadId: &u.UploadID}))(t)
	}
	replace := func(t *testing.T, g *gateways, j bridge.Journal) {
		u, _, _ := j.Load(t.Context(), g.dst("k"))
		_ = must(g.B.admin.UploadPart(t.Context(), &s3.UploadPartInput{
			Bucket: &g.B.bucket, Key: &u.Dst.Key, UploadId: &u.UploadID, PartNumber: aws.Int32(2),
			Body: bytes.NewReader(other[:smallest]), ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme,
		}))(t)
	}
	for _, tt := range []struct {
		name    string
		change  func(*testing.T, *gateways, bridge.Journal)
		want    []byte
		resumed int
		sent    int
	}{
		{"nothing", func(*testing.T, *gateways, bridge.Journal) {}, content, 2, 2},
		{"the source", func(t *testing.T, g *gateways, _ bridge.Journal) { g.put(t, "k", other, nil) }, other, 0, 4},
		{"what goes with the source", func(t *testing.T, g *gateways, _ bridge.Journal) {
			g.put(t, "k", content, func(in *s3.PutObjectInput) { in.ContentType = aws.String("text/csv") })
		}, content, 0, 4},
		{"the upload is gone", abort, content, 0, 4},
		{"a part has other bytes", replace, content, 0, 2 + 4}, // which is seen when all are there
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, dir := versitygw(t), t.TempDir()
			g.put(t, "k", content, nil)
			if err := g.stopAfter(t, 2, dirJournal(t, dir)); !bridge.Resumable(err) || g.open(t) != 1 {
				t.Fatalf("%d uploads are open after %v", g.open(t), err)
			}
			journal := dirJournal(t, dir)
			tt.change(t, g, journal)
			result, err := g.copier(func(o *bridge.Options) { o.Journal = journal }).Copy(t.Context(), g.dst("k"), g.unknown("k"))
			check(t, err)
			if result.Resumed != tt.resumed || result.Attempts != tt.sent || result.Level != bridge.Stored {
				t.Errorf("the result is %+v, want %d parts resumed and %d sent", result, tt.resumed, tt.sent)
			}
			g.holds(t, "k", tt.want)
			if _, ok, err := journal.Load(t.Context(), g.dst("k")); ok || err != nil {
				t.Errorf("the journal still has the upload: %t, %v", ok, err)
			}
		})
	}
}

// TestVersitygwAbort: an upload that is given up leaves nothing, whether a journal
// remembers it or none.
func TestVersitygwAbort(t *testing.T) {
	g := versitygw(t)
	g.put(t, "k", random(2*smallest), nil)
	if err := g.stopAfter(t, 1, nil); bridge.Resumable(err) {
		t.Errorf("without a journal: %v", err)
	}
	g.holds(t, "k", nil)

	journal := new(bridge.MemJournal)
	if err := g.stopAfter(t, 1, journal); !bridge.Resumable(err) || g.open(t) != 1 {
		t.Fatalf("%d uploads are open after %v", g.open(t), err)
	}
	c := g.copier(func(o *bridge.Options) { o.Journal = journal })
	check(t, c.Abort(t.Context(), g.dst("k")))
	check(t, c.Abort(t.Context(), g.dst("k")))
	g.holds(t, "k", nil)
}

// TestVersitygwSourceReplaced replaces the source while it is read: the target never
// holds a mixture.
func TestVersitygwSourceReplaced(t *testing.T) {
	first, second := random(3*smallest), random(3*smallest + 1)[:3*smallest]
	for name, known := range map[string]bool{"of an ETag that the caller named": true, "of no particular ETag": false} {
		t.Run(name, func(t *testing.T) {
			g := versitygw(t)
			object := g.put(t, "k", first, nil)
			if !known {
				object = g.unknown("k")
			}
			replaced := false
			_, err := g.copier(func(o *bridge.Options) {
				o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
					if part == 2 && !replaced {
						replaced = true
						g.put(t, "k", second, nil)
					}
				}
			}).Copy(t.Context(), g.dst("k"), object)
			if known {
				if !errors.Is(err, bridge.ErrSourceChanged) {
					t.Errorf("Copy = %v, want ErrSourceChanged", err)
				}
				g.holds(t, "k", nil)
				return
			}
			check(t, err)
			g.holds(t, "k", second)
		})
	}
}

// TestVersitygwCutConnection closes a connection to one side in the middle of a part.
// The part is sent again, on a new connection.
func TestVersitygwCutConnection(t *testing.T) {
	content := random(3 * smallest)
	for name, side := range map[string]func(*gateways) *gateway{
		"source": func(g *gateways) *gateway { return g.A },
		"target": func(g *gateways) *gateway { return g.B },
	} {
		t.Run(name, func(t *testing.T) {
			g := versitygw(t)
			g.put(t, "k", content, nil)
			side(g).network.cutAfter(3 * smallest / 2)
			var retried []int
			result, err := g.copier(func(o *bridge.Options) {
				o.Trace.Retry = func(_ redferry.URI, part int, _ error, _ time.Duration) { retried = append(retried, part) }
			}).Copy(t.Context(), g.dst("k"), g.unknown("k"))
			check(t, err)
			if !slices.Equal(retried, []int{2}) || result.Level != bridge.Stored {
				t.Errorf("the parts %v were repeated, want the second: %+v", retried, result)
			}
			g.holds(t, "k", content)
		})
	}
}

// TestVersitygwSmallParts: the target refuses parts below 5 MiB when it is to put them
// together, and nothing stays of them.
func TestVersitygwSmallParts(t *testing.T) {
	g := versitygw(t)
	g.put(t, "k", random(3<<20), nil)
	_, err := g.copier(func(o *bridge.Options) { o.PartSize = 1 << 20 }).Copy(t.Context(), g.dst("k"), g.unknown("k"))
	var e *bridge.Error
	if !errors.As(err, &e) || e.Side != bridge.SideTarget || !strings.Contains(e.Advice, "at least 5 MiB") {
		t.Errorf("Copy = %v, want the advice to use larger parts", err)
	}
	g.holds(t, "k", nil)
}

// A deafWriter does not hear the answer to the first completion.
type deafWriter struct {
	*s3.Client
	completions int
}

func (w *deafWriter) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, options ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	out, err := w.Client.CompleteMultipartUpload(ctx, in, options...)
	if w.completions++; w.completions == 1 && err == nil {
		return nil, io.ErrUnexpectedEOF
	}
	return out, err
}

// TestVersitygwLostAnswer: a completion is asked for once more when its answer is lost.
// versitygw v1.8.0 answers that the object is there, as AWS does, but no longer with its
// checksum. So the object is looked at, or sent again by a writer who may not look.
func TestVersitygwLostAnswer(t *testing.T) {
	content := random(2 * smallest)
	for name, sent := range map[string]int{"and the writer may look": 2, "and the writer may not look": 4} {
		t.Run(name, func(t *testing.T) {
			g := versitygw(t)
			if sent == 2 {
				g.B.allow(t, append([]string{"s3:GetObject"}, writerActions...)...)
			}
			g.put(t, "k", content, nil)
			result, err := bridge.New(&deafWriter{Client: g.writer}, g.reader, &bridge.Options{PartSize: smallest}).Copy(t.Context(), g.dst("k"), g.unknown("k"))
			check(t, err)
			if result.Attempts != sent || result.Level != bridge.Stored {
				t.Errorf("the result is %+v, want %d parts sent", result, sent)
			}
			g.holds(t, "k", content)
		})
	}
}
