package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

const readObjects = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::source/*"}]}`

// TestManifest copies the files of a manifest, and no others, with a key that may not
// list.
func TestManifest(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		reader := w.client(t, w.a, readObjects)
		m := new(redferry.Manifest)
		want := make(map[string]string)
		for i := range 150 {
			key := fmt.Sprintf("run/%03d", 149-i)
			w.put(t, key, []byte(key), nil)
			m.Entries = append(m.Entries, redferry.Entry{URL: src(key), Size: int64(len(key)) - int64(i%2)*int64(len(key)+1)})
			want["copy/"+key[4:]] = key
		}
		w.put(t, "run/of another", []byte("x"), nil)
		w.a.s3.Inject(fakes3.Fault{Op: "HeadObject", Skip: 70, Status: 503, Code: "SlowDown"})
		s := &bridge.Sync{Dst: dst("copy/"), Src: src("run/"), Source: bridge.NewManifestLister(reader, m, nil), Ledger: new(bridge.MemLedger)}
		summary := must(bridge.New(w.writer, reader, nil).Sync(t.Context(), s, func(e *bridge.Event) error { return e.Err }))(t)
		got := make(map[string]string)
		for _, o := range w.b.s3.Objects(dst("")) {
			got[o.URI.Key] = string(w.got(t, o.URI.Key))
		}
		if diff := cmp.Diff(want, got); diff != "" || summary.Copied != 150 {
			t.Errorf("%d were copied (-want +got):\n%s", summary.Copied, diff)
		}
		summary = must(bridge.New(w.writer, reader, nil).Sync(t.Context(), s, func(e *bridge.Event) error { return e.Err }))(t)
		if summary.Unchanged != 150 || summary.Copied != 0 {
			t.Errorf("once more: %+v", summary)
		}
	})
}

// TestManifestBeginsBehind a key, and does not ask for what lies before it.
func TestManifestBeginsBehind(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		m := new(redferry.Manifest)
		for _, key := range []string{"run/c", "run/a", "run/b"} {
			w.put(t, key, nil, nil)
			m.Entries = append(m.Entries, redferry.Entry{URL: src(key), Size: 0})
		}
		l := bridge.NewManifestLister(w.reader, m, nil)
		for after, want := range map[string]string{
			"": "abc", "a": "abc", "run/": "abc", "run/a": "bc", "run/a\x00": "bc", "run/b": "c", "run/bb": "c", "run/c": "", "s": "",
		} {
			asked, got := acknowledged(w.a.s3, "HeadObject"), ""
			for o, err := range l.List(t.Context(), src("run/"), after) {
				check(t, err)
				got += strings.TrimPrefix(o.URI.Key, "run/")
			}
			if n := acknowledged(w.a.s3, "HeadObject") - asked; got != want || n != len(want) {
				t.Errorf("behind %q: %q with %d requests, want %q", after, got, n, want)
			}
		}
	})
}

// TestManifestThatLies: a file that is missing, of another size or elsewhere ends the
// listing, after those before it, with its name.
func TestManifestThatLies(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, key := range []string{"run/a", "run/b", "elsewhere/c"} {
			w.put(t, key, []byte("content"), nil)
		}
		good := redferry.Entry{URL: src("run/a"), Size: 7}
		for _, tt := range []struct {
			name  string
			entry redferry.Entry
			want  error
			says  string
			yield int
		}{
			{"it is missing", redferry.Entry{URL: src("run/none"), Size: 7}, fs.ErrNotExist, "s3://source/run/none", 1},
			{"its size is another", redferry.Entry{URL: src("run/b"), Size: 8}, redferry.ErrManifest, "it says 8 bytes, the object has 7", 1},
			{"it is not empty", redferry.Entry{URL: src("run/b"), Size: 0}, redferry.ErrManifest, "it says 0 bytes, the object has 7", 1},
			{"it lies elsewhere", redferry.Entry{URL: src("elsewhere/c"), Size: 7}, redferry.ErrManifest, `"s3://source/elsewhere/c" does not lie below s3://source/run/`, 0},
		} {
			l := bridge.NewManifestLister(w.reader, &redferry.Manifest{Entries: []redferry.Entry{tt.entry, good}}, nil)
			n, last := 0, error(nil)
			for _, err := range l.List(t.Context(), src("run/"), "") {
				if last = err; err == nil {
					n++
				}
			}
			if !errors.Is(last, tt.want) || !strings.Contains(last.Error(), tt.says) || n != tt.yield {
				t.Errorf("%s: %d objects and %v", tt.name, n, last)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range bridge.NewManifestLister(w.reader, &redferry.Manifest{Entries: []redferry.Entry{good}}, nil).List(ctx, src("run/"), "") {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("with an ended context: %v", err)
			}
		}
	})
}

// afterHead calls a function when an object was looked for.
type afterHead struct {
	*s3.Client
	then func()
}

func (a afterHead) HeadObject(ctx context.Context, in *s3.HeadObjectInput, o ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	defer a.then()
	return a.Client.HeadObject(ctx, in, o...)
}

// TestManifestFileReplaced: a file of a manifest that is replaced by one of another size
// is no copy of what the manifest promises.
func TestManifestFileReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", random(10), nil)
		m := &redferry.Manifest{Entries: []redferry.Entry{{URL: src("p/k"), Size: 10}}}
		s := w.writeOnly(new(bridge.MemLedger))
		s.Source = bridge.NewManifestLister(afterHead{w.reader, func() { w.put(t, "p/k", random(7), nil) }}, m, nil)
		summary, err := w.copier(nil).Sync(t.Context(), s, ignore)
		if got := w.got(t, "q/k"); err == nil && summary.Failed == 0 && len(got) != 10 {
			t.Errorf("success, %+v, and a file of which the manifest says that it has 10 bytes has %d", summary, len(got))
		}
	})
}

// TestManifestFileWithoutLength: a file that nobody says the length of is not one of no
// bytes, though the manifest does not say it either.
func TestManifestFileWithoutLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "https")
		w.put(t, "p/k", random(10), nil)
		m := &redferry.Manifest{Entries: []redferry.Entry{{URL: src("p/k"), Size: -1}}}
		objects, err := collect(t, bridge.NewManifestLister(lengthless{w.reader}, m, &bridge.Options{Retries: -1}), src("p/"))
		if err == nil || !strings.Contains(err.Error(), "does not say how many bytes") {
			t.Errorf("got %v, %v, want an error", objects, err)
		}
	})
}
