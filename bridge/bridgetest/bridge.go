package bridgetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/internal/crc64"
)

// A Setup is what [TestBridge] works with: a Bridge and both of its ends.
type Setup struct {
	Bridge   bridge.Bridge
	Src, Dst redferry.URI // prefixes under which nothing lies
	// Put writes a source object and returns what a listing says of it.
	Put func(t *testing.T, src redferry.URI, content []byte) bridge.Object
	// Get reads a target object; it reports false if there is none.
	Get func(t *testing.T, dst redferry.URI) ([]byte, bool)
	// Sizes are the lengths of objects to copy, in bytes. They should take each
	// way that the Bridge has. The default is 0, 1, 1,000 and 1 MiB.
	Sizes []int
}

// TestBridge checks a [bridge.Bridge]. It calls open once per subtest.
func TestBridge(t *testing.T, open func(t *testing.T) Setup) {
	for _, test := range []struct {
		name string
		run  func(*Setup, *testing.T)
	}{
		{"a copy has the bytes and the checksum of the source", (*Setup).copies},
		{"a source that is not what was asked for is refused", (*Setup).pins},
		{"a source that is missing does not exist", (*Setup).missing},
		{"many copies are told one at a time", (*Setup).copiesAll},
		{"done can stop them", (*Setup).stops},
		{"an error of the jobs comes back", (*Setup).returnsErrors},
		{"small objects are read and written", (*Setup).small},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			if s.Sizes == nil {
				s.Sizes = []int{0, 1, 1000, 1 << 20}
			}
			test.run(&s, t)
		})
	}
}

func (s *Setup) copies(t *testing.T) {
	for _, size := range s.Sizes {
		name, content := fmt.Sprintf("object of %d", size), content(size)
		known := s.Put(t, s.Src.Join(name), content)
		for _, src := range []bridge.Object{known, {URI: known.URI, Size: -1}} {
			result, err := s.Bridge.Copy(t.Context(), s.Dst.Join(name), src)
			if err != nil {
				t.Fatalf("Copy of %d bytes: %v", size, err)
			}
			if sum := crc64.Encode(crc64.Checksum(content)); result.Size != int64(size) || result.Checksum != sum ||
				result.Level < bridge.Wire || result.Parts < 1 || result.ETag == "" || result.Resumed != 0 {
				t.Errorf("Copy of %d bytes = %+v, want checksum %s", size, result, sum)
			}
			s.holds(t, name, content)
		}
	}
}

func (s *Setup) pins(t *testing.T) {
	for _, size := range s.Sizes {
		name := fmt.Sprintf("object of %d", size)
		real := s.Put(t, s.Src.Join(name), content(size))
		for what, src := range map[string]bridge.Object{
			"ETag": {URI: real.URI, ETag: `"00000000000000000000000000000000"`, Size: real.Size},
			"size": {URI: real.URI, ETag: real.ETag, Size: real.Size + 1},
		} {
			result, err := s.Bridge.Copy(t.Context(), s.Dst.Join(name), src)
			if !errors.Is(err, bridge.ErrSourceChanged) || result != nil {
				t.Errorf("Copy with another %s = %+v, %v, want ErrSourceChanged", what, result, err)
			}
			s.lacks(t, name)
		}
	}
}

func (s *Setup) missing(t *testing.T) {
	for _, size := range []int64{-1, 0, 100, 1 << 40} {
		result, err := s.Bridge.Copy(t.Context(), s.Dst.Join("k"), bridge.Object{URI: s.Src.Join("missing"), Size: size})
		if !errors.Is(err, fs.ErrNotExist) || result != nil {
			t.Errorf("Copy of what is missing = %+v, %v, want fs.ErrNotExist", result, err)
		}
	}
	s.lacks(t, "k")
	if _, err := s.Bridge.ReadSource(t.Context(), s.Src.Join("missing"), 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadSource of what is missing = %v, want fs.ErrNotExist", err)
	}
}

// jobs puts n objects and yields a job for each, one for a missing object in
// their middle, and last err if it is not nil.
func (s *Setup) jobs(t *testing.T, n int, err error) iter.Seq2[bridge.Job, error] {
	var all []bridge.Job
	for i := range n {
		name := fmt.Sprintf("k%03d", i)
		src := bridge.Object{URI: s.Src.Join(name), Size: -1}
		if i != n/2 {
			src = s.Put(t, src.URI, content(i))
		}
		all = append(all, bridge.Job{Dst: s.Dst.Join(name), Src: src})
	}
	return func(yield func(bridge.Job, error) bool) {
		for _, job := range all {
			if !yield(job, nil) {
				return
			}
		}
		if err != nil {
			yield(bridge.Job{}, err)
		}
	}
}

func (s *Setup) copiesAll(t *testing.T) {
	const n = 40
	var inside atomic.Int32
	told := make(map[redferry.URI]bool) // written without a lock: done is called one at a time
	err := s.Bridge.CopyAll(t.Context(), s.jobs(t, n, nil), func(job bridge.Job, result *bridge.Result, err error) error {
		if inside.Add(1) != 1 {
			t.Error("done was called while it ran")
		}
		defer inside.Add(-1)
		if told[job.Dst] {
			t.Errorf("%s was told twice", job.Dst)
		}
		told[job.Dst] = true
		if gone := job.Src.URI == s.Src.Join(fmt.Sprintf("k%03d", n/2)); (err != nil) != gone || (result == nil) != gone {
			t.Errorf("%s: %+v, %v", job.Dst, result, err)
		}
		return nil
	})
	if err != nil || len(told) != n {
		t.Errorf("CopyAll = %v, %d of %d jobs were told", err, len(told), n)
	}
	for i := range n {
		if i != n/2 {
			s.holds(t, fmt.Sprintf("k%03d", i), content(i))
		}
	}
}

func (s *Setup) stops(t *testing.T) {
	enough, calls := errors.New("enough"), 0
	err := s.Bridge.CopyAll(t.Context(), s.jobs(t, 40, nil), func(bridge.Job, *bridge.Result, error) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("CopyAll = %v after %d calls of done, want its error after one", err, calls)
	}
}

func (s *Setup) returnsErrors(t *testing.T) {
	broken, calls := errors.New("the listing broke"), 0
	err := s.Bridge.CopyAll(t.Context(), s.jobs(t, 5, broken), func(bridge.Job, *bridge.Result, error) error {
		calls++
		return nil
	})
	if !errors.Is(err, broken) || calls > 5 {
		t.Errorf("CopyAll = %v after %d calls of done, want %v", err, calls, broken)
	}
}

func (s *Setup) small(t *testing.T) {
	for _, size := range []int{0, 1, 1000} {
		want := content(size)
		s.Put(t, s.Src.Join("small"), want)
		got, err := s.Bridge.ReadSource(t.Context(), s.Src.Join("small"), int64(size))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("ReadSource of %d bytes = %d bytes, %v", size, len(got), err)
		}
		if got, err := s.Bridge.ReadSource(t.Context(), s.Src.Join("small"), int64(size-1)); err == nil {
			t.Errorf("ReadSource returned %d bytes, the limit was %d", len(got), size-1)
		}
		if err := s.Bridge.WriteTarget(t.Context(), s.Dst.Join("small"), want); err != nil {
			t.Errorf("WriteTarget of %d bytes: %v", size, err)
		}
		s.holds(t, "small", want)
	}
}

func (s *Setup) holds(t *testing.T, name string, want []byte) {
	t.Helper()
	if got, ok := s.Get(t, s.Dst.Join(name)); !ok || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes (there: %t), want the %d of the source", s.Dst.Join(name), len(got), ok, len(want))
	}
}

func (s *Setup) lacks(t *testing.T, name string) {
	t.Helper()
	if got, ok := s.Get(t, s.Dst.Join(name)); ok {
		t.Errorf("%s holds %d bytes, want nothing", s.Dst.Join(name), len(got))
	}
}

// content returns n bytes that differ from place to place and from size to size.
func content(n int) []byte {
	b, state := make([]byte, n), uint64(n)
	for i := range b {
		state = state*6364136223846793005 + 1442695040888963407
		b[i] = byte(state >> 56)
	}
	return slices.Clip(b)
}

// oneLine checks that an error, if there is one, is one line: a key that could begin
// another would forge it.
func oneLine(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("an error has more than one line: %v", err)
	}
}
