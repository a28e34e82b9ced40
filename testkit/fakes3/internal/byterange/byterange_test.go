package byterange_test

import (
	"errors"
	"testing"

	"github.com/redferry/redferry/testkit/fakes3/internal/byterange"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, header   string
		size           int64
		offset, length int64
		ok             bool
		err            error
	}{
		{name: "first and last", header: "bytes=2-4", size: 10, offset: 2, length: 3, ok: true},
		{name: "one byte", header: "bytes=0-0", size: 10, offset: 0, length: 1, ok: true},
		{name: "open end", header: "bytes=7-", size: 10, offset: 7, length: 3, ok: true},
		{name: "end beyond the object", header: "bytes=7-100", size: 10, offset: 7, length: 3, ok: true},
		{name: "end that no number holds", header: "bytes=7-99999999999999999999", size: 10, offset: 7, length: 3, ok: true},
		{name: "suffix", header: "bytes=-3", size: 10, offset: 7, length: 3, ok: true},
		{name: "suffix longer than the object", header: "bytes=-30", size: 10, offset: 0, length: 10, ok: true},
		{name: "empty suffix", header: "bytes=-0", size: 10, err: byterange.ErrUnsatisfiable},
		{name: "start at the end", header: "bytes=10-", size: 10, err: byterange.ErrUnsatisfiable},
		{name: "empty object", header: "bytes=0-0", size: 0, err: byterange.ErrUnsatisfiable},
		{name: "suffix of an empty object", header: "bytes=-1", size: 0, err: byterange.ErrUnsatisfiable},
		{name: "none", header: "", size: 10},
		{name: "another unit", header: "lines=1-2", size: 10},
		{name: "several ranges", header: "bytes=0-1,3-4", size: 10},
		{name: "backwards", header: "bytes=4-2", size: 10},
		{name: "no dash", header: "bytes=4", size: 10},
		{name: "nothing", header: "bytes=-", size: 10},
		{name: "signs", header: "bytes=+1-+2", size: 10},
		{name: "words", header: "bytes=a-b", size: 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok, err := byterange.Parse(test.header, test.size)
			want := byterange.Range{Offset: test.offset, Length: test.length}
			if got != want || ok != test.ok || !errors.Is(err, test.err) {
				t.Errorf("got %v, %t, %v, want %v, %t, %v", got, ok, err, want, test.ok, test.err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, header := range []string{"bytes=0-1", "bytes=-5", "bytes=5-", "bytes=1-0", "bytes=-", "bytes=9223372036854775807-9223372036854775808", "BYTES=0-0"} {
		f.Add(header, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		r, ok, err := byterange.Parse(header, size)
		switch {
		case ok && err != nil:
			t.Errorf("%q of %d: a range and an error: %v, %v", header, size, r, err)
		case ok && (r.Offset < 0 || r.Length < 1 || r.Length > size-r.Offset):
			t.Errorf("%q of %d: %v lies outside", header, size, r)
		case !ok && r != byterange.Range{}:
			t.Errorf("%q of %d: %v although it is none", header, size, r)
		}
	})
}
