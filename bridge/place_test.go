package bridge_test

import (
	"testing"

	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/testkit/fakes3"
)

// TestInPlaceHasItsParts: an object that an earlier run has put together is told with the
// parts that it was put together of.
func TestInPlaceHasItsParts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		content, journal := random(5000), new(bridge.MemJournal)
		w.put(t, "k", content, nil)
		w.b.s3.Inject(fakes3.Fault{Op: "CompleteMultipartUpload", Drop: fakes3.AfterEffect})
		writer := w.client(t, w.b, all)
		_, err := bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal, Retries: -1}).Copy(t.Context(), dst("k"), unknown("k"))
		if !bridge.Resumable(err) {
			t.Fatal(err)
		}
		result := must(bridge.New(writer, w.reader, &bridge.Options{PartSize: 1 << 10, Journal: journal}).Copy(t.Context(), dst("k"), unknown("k")))(t)
		if result.Parts != 5 || result.Resumed != 5 || result.Attempts != 0 {
			t.Errorf("%+v: the object has 5 parts, which are in place", result)
		}
	})
}
