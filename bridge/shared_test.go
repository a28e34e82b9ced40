package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
	"github.com/redferry/redferry/testkit/memdisk"
)

// A lateJournal calls meanwhile after its first Load, before the Copier hears of it.
type lateJournal struct {
	bridge.Journal
	meanwhile func()
}

func (j *lateJournal) Load(ctx context.Context, dst redferry.URI) (bridge.Upload, bool, error) {
	u, ok, err := j.Journal.Load(ctx, dst)
	j.meanwhile()
	return u, ok, err
}

// A lateTarget calls part before it sends a part, and complete before it completes.
type lateTarget struct {
	*s3.Client
	part, complete func()
}

func (l *lateTarget) UploadPart(ctx context.Context, in *s3.UploadPartInput, options ...func(*s3.Options)) (*s3.UploadPartOutput, error) {
	l.part()
	return l.Client.UploadPart(ctx, in, options...)
}

func (l *lateTarget) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, options ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	l.complete()
	return l.Client.CompleteMultipartUpload(ctx, in, options...)
}

func idle() {}

// inShared runs test with each kind of journal that two Copiers may share, over HTTP
// and over HTTPS, and then checks what they left: the object, and nothing that costs
// money or that the journal keeps.
func inShared(t *testing.T, test func(t *testing.T, w *world, journal bridge.Journal)) {
	content := random(5000)
	for name, open := range map[string]func(*testing.T) bridge.Journal{
		"memory": func(*testing.T) bridge.Journal { return new(bridge.MemJournal) },
		"files": func(t *testing.T) bridge.Journal {
			return bridge.NewFileJournal(must(new(memdisk.Disk).Start(nil).Files("journal"))(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.put(t, "k", content, nil)
				journal := open(t)
				test(t, w, journal)
				if !bytes.Equal(w.got(t, "k"), content) {
					t.Error("the target has other bytes")
				}
				if n := w.open(t); n != 0 {
					t.Errorf("%d uploads are open", n)
				}
				if u, ok, err := journal.Load(t.Context(), dst("k")); ok || err != nil {
					t.Errorf("the journal has %+v, %v, want nothing", u, err)
				}
			})
		})
	}
}

// copies copies with a journal and, if it is not nil, a target.
func (w *world) copies(t *testing.T, journal bridge.Journal, target bridge.Destination) *bridge.Result {
	t.Helper()
	if target == nil {
		target = w.writer
	}
	result, err := bridge.New(target, w.reader, &bridge.Options{PartSize: 1 << 10, Concurrency: 1, Journal: journal}).Copy(t.Context(), dst("k"), unknown("k"))
	if err != nil || result.Level != bridge.Stored {
		t.Errorf("Copy = %+v, %v", result, err)
		return new(bridge.Result)
	}
	return result
}

// TestSharedJournal: two copy to one destination with one journal. The second looks
// into it before the first saves its upload, and begins one of its own after that. It
// goes on with the first one's, whatever became of the first meanwhile.
func TestSharedJournal(t *testing.T) {
	for name, tt := range map[string]struct {
		first   func(t *testing.T, w *world, journal bridge.Journal) (end func())
		resumed int
	}{
		"the first has ended": {func(t *testing.T, w *world, journal bridge.Journal) func() {
			w.copies(t, journal, nil)
			return idle
		}, 0},
		"the first is about to complete": {aboutToComplete, 5},
		"the first stopped in the middle": {func(t *testing.T, w *world, journal bridge.Journal) func() {
			w.stopAfter(t, 2, journal)
			return idle
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			inShared(t, func(t *testing.T, w *world, journal bridge.Journal) {
				end := idle
				late := &lateJournal{journal, sync.OnceFunc(func() { end = tt.first(t, w, journal) })}
				if result := w.copies(t, late, nil); result.Resumed != tt.resumed {
					t.Errorf("%d parts of the first one's are used, want %d", result.Resumed, tt.resumed)
				}
				end()
			})
		})
	}
}

// aboutToComplete lets a first Copier send all parts. Its completion waits for end,
// which returns when it is done.
func aboutToComplete(t *testing.T, w *world, journal bridge.Journal) (end func()) {
	sent, goOn, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		w.copies(t, journal, &lateTarget{w.writer, idle, sync.OnceFunc(func() { close(sent); <-goOn })})
	}()
	<-sent
	return func() { close(goOn); <-done }
}

// stopAfter lets a Copier end, resumable, when so many parts are sent.
func (w *world) stopAfter(t *testing.T, parts int, journal bridge.Journal) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	_, err := w.copier(func(o *bridge.Options) {
		o.Journal, o.Concurrency = journal, 1
		o.Trace.Part = func(_ redferry.URI, part int, _ int64) {
			if part == parts {
				stop()
			}
		}
	}).Copy(ctx, dst("k"), unknown("k"))
	if !bridge.Resumable(err) {
		t.Errorf("the first ended with %v", err)
	}
}

// TestSharedUpload: two go on with one upload, and the other one completes it before
// this one is done. This one ends with a proof: S3 gives it the same answer, or it sees
// that the object is in place, or copies it once more.
func TestSharedUpload(t *testing.T) {
	gone := fakes3.Fault{Op: "CompleteMultipartUpload", Status: 404, Code: "NoSuchUpload"}
	for _, tt := range []struct {
		name           string
		looks, sending bool
		gone           bool
		uploads        int
	}{
		{"S3 repeats its answer", false, false, false, 1},
		{"S3 has forgotten, this one may look", true, false, true, 1},
		{"S3 has forgotten, this one may not look", false, false, true, 2},
		{"this one was sending", true, true, false, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inShared(t, func(t *testing.T, w *world, journal bridge.Journal) {
				if tt.looks {
					w.writer = w.b.admin
				}
				w.stopAfter(t, 2, journal)
				other := sync.OnceFunc(func() {
					w.copies(t, journal, nil)
					if tt.gone {
						w.b.s3.Inject(gone)
					}
				})
				target := &lateTarget{w.writer, idle, other}
				if tt.sending {
					target = &lateTarget{w.writer, other, idle}
				}
				w.copies(t, journal, target)
				if n := acknowledged(w.b.s3, "CreateMultipartUpload"); n != tt.uploads {
					t.Errorf("%d uploads were begun, want %d", n, tt.uploads)
				}
			})
		})
	}
}

// A crowdedJournal shows no upload, and has another one whenever one is saved.
type crowdedJournal struct{ bridge.MemJournal }

func (j *crowdedJournal) Save(context.Context, bridge.Upload) error {
	return fmt.Errorf("crowded: %w", bridge.ErrOtherUpload)
}

// TestOtherUpload: whose upload comes too late again and again says so, and leaves
// nothing; nor does one who could not abort it begin more of them.
func TestOtherUpload(t *testing.T) {
	for name, tt := range map[string]struct {
		policy  string
		creates int
		want    error
	}{
		"each time":         {all, 3, bridge.ErrOtherUpload},
		"it is not aborted": {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::target/*"}]}`, 1, fs.ErrPermission},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.put(t, "k", random(5000), nil)
				w.writer = w.client(t, w.b, tt.policy)
				_, err := w.copier(func(o *bridge.Options) { o.Journal = new(crowdedJournal) }).Copy(t.Context(), dst("k"), unknown("k"))
				if !errors.Is(err, tt.want) || bridge.Resumable(err) {
					t.Errorf("Copy = %v, want %v", err, tt.want)
				}
				var e *bridge.Error
				if !errors.As(err, &e) || e.Advice == "" {
					t.Errorf("%v does not say what to do", err)
				}
				created, aborted := acknowledged(w.b.s3, "CreateMultipartUpload"), acknowledged(w.b.s3, "AbortMultipartUpload")
				if created != tt.creates || w.open(t) != created-aborted || tt.want == bridge.ErrOtherUpload && aborted != created {
					t.Errorf("%d uploads were begun and %d aborted, want %d begun", created, aborted, tt.creates)
				}
			})
		})
	}
}
