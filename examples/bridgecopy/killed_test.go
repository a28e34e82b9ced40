package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge/boltstate"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/testkit/fakeaws"
	"github.com/redferry/redferry/testkit/fakes3"
)

const (
	kills          = 50
	smallPart      = 4 << 10
	transfers      = 4   // at once: what may be in flight
	batchParts     = 60  // of the object in parts of each batch
	batchWholes    = 100 // objects of each batch that are sent whole
	mostUnrecorded = 3 * transfers
)

// TestKilled kills the program (SIGKILL) fifty times, each time when the servers have
// seen a random number of its requests, or have answered the last of them, and then lets
// it run to its end. Whenever it dies:
//
//   - what is at the target is whole, and what the ledger has is there;
//   - an object in the ledger is never sent again, nor is a part that the target has
//     acknowledged of an upload that goes on;
//   - what the target has not acknowledged was in flight: as many parts or objects as
//     there are transfers at most;
//   - objects that are complete but not in the ledger are sent again, those in parts,
//     too, because this key may not read what it wrote. They are [mostUnrecorded] at
//     most: those that the ledger was writing, as many as there are transfers, and while
//     it writes, each transfer may hand in one object and finish another.
//
// An upload that the target began and whose name the journal did not live to hear
// stays open, one per transfer at most. It has no parts, and so costs nothing.
func TestKilled(t *testing.T) {
	w := newKillers(t)
	t.Logf("seed %d: set BRIDGECOPY_TEST_SEED to draw the same moments again", w.seed)
	for range 4 {
		w.grow(t)
	}
	for w.killed < kills {
		most := []int{20, 60, 100, 150, 600}[w.rand.IntN(5)] // so that some do not get far and some do
		if !w.live(t, 1+w.rand.IntN(most)) {
			w.grow(t) // it was done before it was to die
		}
	}
	if w.live(t, 0) {
		t.Error("nobody killed it, and it died")
	}
	w.checkEnd(t)
}

// killers run the program again and again, and watch what it sends.
type killers struct {
	server  *fakes3.Server
	keys    creds.Keys
	state   string
	seed    uint64
	rand    *rand.Rand
	content map[string][]byte // by key below the prefix
	batches int

	// acked are the parts and objects that the target has, and that may not be sent
	// again; part 0 is an object sent whole.
	acked  map[piece]bool
	stray  map[string]bool // uploads by their id that no journal knows
	seen   int             // requests in the lives before
	killed int

	sent, again, lost, cut int // for the log
	sentBytes, againBytes  int

	mu     sync.Mutex // guards what follows
	victim *exec.Cmd
	left   int  // requests until it dies
	answer bool // and the last of them is answered before
}

type piece struct {
	key  string
	part int
}

func newKillers(t *testing.T) *killers {
	t.Helper()
	w := &killers{
		state: filepath.Join(t.TempDir(), "state"), seed: rand.Uint64(),
		content: make(map[string][]byte), acked: make(map[piece]bool), stray: make(map[string]bool),
	}
	if given := os.Getenv("BRIDGECOPY_TEST_SEED"); given != "" {
		var err error
		if w.seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	w.rand = rand.New(rand.NewPCG(w.seed, 0))
	w.server, w.keys = startS3(t, &fakes3.Options{Dir: t.TempDir()})
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::target/*"},` +
		`{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::target"}]}`
	if err := w.server.SetBucketPolicy("target", fakeaws.MustParsePolicy(policy)); err != nil {
		t.Fatal(err)
	}
	return w
}

// grow puts one more batch of objects at the source.
func (w *killers) grow(t *testing.T) {
	t.Helper()
	put := func(name string, size int) {
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(w.rand.Uint32())
		}
		key := fmt.Sprintf("%03d/%s", w.batches, name)
		w.content[key] = content
		if _, err := w.server.Put(redferry.URI{Bucket: "source", Key: "p/" + key}, bytes.NewReader(content), nil); err != nil {
			t.Fatal(err)
		}
	}
	put("in parts", batchParts*smallPart-w.rand.IntN(smallPart))
	for n := range batchWholes {
		put(fmt.Sprintf("whole %02d", n), w.rand.IntN(smallPart+1))
	}
	w.batches++
}

// ServeHTTP kills the program when its time has come. What it asked for last happens
// at the server as if the answer had been lost, or is answered.
func (w *killers) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.left--
	last, answer := w.left == 0, w.answer
	w.mu.Unlock()
	if last && !answer {
		w.kill()
	}
	w.server.ServeHTTP(out, r)
	if last && answer {
		_ = http.NewResponseController(out).Flush() // who is not there any more needs no answer
		w.kill()
	}
}

func (w *killers) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.victim.Process.Kill() // it fails if the program has just ended
}

// live runs the program until it has sent so many requests, or to its end if they are
// 0. It returns whether it was killed.
func (w *killers) live(t *testing.T, requests int) bool {
	t.Helper()
	front := &http.Server{Handler: w, ErrorLog: log.New(io.Discard, "", 0)} // of connections that died
	url, ca := serve(t, func(l net.Listener, config *tls.Config) {
		front.TLSConfig = config
		go func() { _ = front.ServeTLS(l, "", "") }() // it ends when front does
	})
	var out bytes.Buffer
	w.mu.Lock()
	w.left, w.answer = requests, w.rand.IntN(2) == 0
	w.victim = child(t, w.keys.AccessKeyID, w.keys.SecretAccessKey.Reveal(),
		"-src", "s3://source/p/", "-dst", "s3://target/q/", "-src-endpoint", url, "-dst-endpoint", url, "-ca", ca,
		"-state", w.state, "-write-only", "-part-size", strconv.Itoa(smallPart), "-concurrency", strconv.Itoa(transfers), "-verify", "stored")
	w.victim.Stdout, w.victim.Stderr = &out, &out
	err := w.victim.Start()
	w.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	died := w.victim.Wait() != nil
	if died && w.victim.ProcessState.ExitCode() != -1 {
		t.Fatalf("the program ended with %v:\n%s", w.victim.ProcessState, &out)
	}
	if died {
		w.killed++
	}
	// What the dead have sent still reaches the server; it belongs to this life.
	if err := front.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.check(t)
	if t.Failed() {
		t.Fatalf("after %d requests, kill %d:\n%s", requests, w.killed, &out)
	}
	return died
}

// check looks at what a life has left.
func (w *killers) check(t *testing.T) {
	t.Helper()
	requests := w.server.Requests()[w.seen:]
	w.seen += len(requests)
	state, err := boltstate.Open(w.state)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	}()
	recorded := make(map[string]bool)
	for e, err := range state.Ledger().List(t.Context(), redferry.URI{Bucket: "target", Key: "q/"}, "") {
		if err != nil {
			t.Fatal(err)
		}
		recorded[below(e.Dst.Key)] = true
	}
	w.checkTarget(t, recorded)
	w.checkUploads(t, state)
	w.checkSent(t, requests)
	w.lose(t, requests, recorded)
}

// checkTarget compares what is at the target with the source.
func (w *killers) checkTarget(t *testing.T, recorded map[string]bool) {
	t.Helper()
	there := make(map[string]bool)
	for _, o := range w.server.Objects(redferry.URI{Bucket: "target"}) {
		key := below(o.URI.Key)
		there[key] = true
		if got, err := w.server.Content(o.URI); err != nil || !bytes.Equal(got, w.content[key]) {
			t.Errorf("%s has %d bytes, %v, want the %d of the source", o.URI, len(got), err, len(w.content[key]))
		}
	}
	for key := range recorded {
		if !there[key] {
			t.Errorf("the ledger has %s, the target has not", key)
		}
	}
}

// checkUploads looks for uploads that the journal does not know.
func (w *killers) checkUploads(t *testing.T, state *boltstate.State) {
	t.Helper()
	before := len(w.stray)
	for _, u := range w.server.OpenUploads(redferry.URI{Bucket: "target"}) {
		known, _, err := state.Journal().Load(t.Context(), u.URI)
		if err != nil {
			t.Fatal(err)
		}
		if known.UploadID == u.ID {
			continue
		}
		w.stray[u.ID] = true
		if len(u.Parts) > 0 {
			t.Errorf("nobody knows upload %s to %s any more, and it has parts %v", u.ID, u.URI, u.Parts)
		}
	}
	if more := len(w.stray) - before; more > transfers {
		t.Errorf("one kill left %d uploads open that nobody knows", more)
	}
}

// checkSent compares what was sent in a life with what was not to be sent again.
func (w *killers) checkSent(t *testing.T, requests []fakes3.Request) {
	t.Helper()
	cut := 0
	for _, r := range requests {
		if r.Op != "UploadPart" && r.Op != "PutObject" {
			continue
		}
		p := piece{below(r.Key), r.Part}
		if r.Status/100 != 2 {
			cut++
			continue
		}
		if w.acked[p] {
			t.Errorf("%s, part %d, was sent again", p.key, p.part)
		}
		w.acked[p] = true
		w.sent++
		w.sentBytes += w.length(p)
	}
	w.cut += cut
	if cut > transfers {
		t.Errorf("%d parts and objects were in flight, want %d at most", cut, transfers)
	}
}

// lose notes which objects may be sent again: those that are complete, and that the
// ledger does not have.
func (w *killers) lose(t *testing.T, requests []fakes3.Request, recorded map[string]bool) {
	t.Helper()
	lost := make(map[string]bool)
	for _, r := range requests {
		complete := r.Op == "PutObject" || r.Op == "CompleteMultipartUpload"
		if key := below(r.Key); complete && r.Status/100 == 2 && !recorded[key] {
			lost[key] = true
		}
	}
	for p := range w.acked {
		if lost[p.key] {
			delete(w.acked, p)
			w.again++
			w.againBytes += w.length(p)
		}
	}
	w.lost += len(lost)
	if len(lost) > mostUnrecorded {
		t.Errorf("%d objects are complete and not in the ledger, want %d at most", len(lost), mostUnrecorded)
	}
}

// checkEnd looks at what the last life has left: everything.
func (w *killers) checkEnd(t *testing.T) {
	t.Helper()
	if n := len(w.server.Objects(redferry.URI{Bucket: "target"})); n != len(w.content) {
		t.Errorf("%d objects are at the target, want %d", n, len(w.content))
	}
	total := 0
	for _, content := range w.content {
		total += len(content)
	}
	for _, u := range w.server.OpenUploads(redferry.URI{Bucket: "target"}) {
		if !w.stray[u.ID] {
			t.Errorf("upload %s to %s is open", u.ID, u.URI)
		}
	}
	// The kills have cost what they cut off, which is not among what was acknowledged,
	// and what they kept from the ledger, but not a byte more.
	if w.sentBytes != total+w.againBytes {
		t.Errorf("%d bytes were acknowledged, want those of the source, %d, and %d again", w.sentBytes, total, w.againBytes)
	}
	t.Logf("%d kills, %d requests, %d objects of %d bytes; acknowledged: %d parts and objects, %d bytes; cut off in flight: %d; "+
		"complete but not in the ledger: %d objects, %d parts and objects of %d bytes; uploads without parts and journal: %d",
		w.killed, w.seen, len(w.content), total, w.sent, w.sentBytes, w.cut, w.lost, w.again, w.againBytes, len(w.stray))
}

// length is how many bytes a part or an object has.
func (w *killers) length(p piece) int {
	size := len(w.content[p.key])
	if p.part == 0 {
		return size
	}
	return min(smallPart, size-(p.part-1)*smallPart)
}

// below is a key without the prefix of the target.
func below(key string) string { return strings.TrimPrefix(key, "q/") }
