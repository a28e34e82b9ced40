package bridge

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/redferry/redferry/internal/crc64"
)

func testStream(t testing.TB, body io.Reader, size int64) *stream {
	timer := time.NewTimer(time.Hour)
	t.Cleanup(func() { timer.Stop() })
	return &stream{body: body, size: size, stall: timer, limit: time.Hour}
}

func TestStream(t *testing.T) {
	text := strings.Repeat("0123456789", 1000)
	good := &stored{crc: crc64.Checksum([]byte(text)), hasCRC: true}
	reset := errors.New("connection reset")
	tests := []struct {
		name    string
		body    io.Reader
		want    *stored
		wantErr error
	}{
		{"whole", strings.NewReader(text), good, nil},
		{"a byte at a time", iotest.OneByteReader(strings.NewReader(text)), good, nil},
		{"the end with the last bytes", iotest.DataErrReader(strings.NewReader(text)), good, nil},
		{"a part, nothing to compare with", strings.NewReader(text), nil, nil},
		{"short", strings.NewReader(text[1:]), good, io.ErrUnexpectedEOF},
		{"empty", strings.NewReader(""), nil, io.ErrUnexpectedEOF},
		{"reset", io.MultiReader(strings.NewReader(text[:500]), iotest.ErrReader(reset)), good, reset},
		{"corrupted", strings.NewReader(text[:999] + "x" + text[1000:]), good, ErrChecksum},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := testStream(t, tt.body, int64(len(text)))
			s.want = tt.want
			got, err := io.ReadAll(s)
			if !errors.Is(err, tt.wantErr) || (err == nil) != (tt.wantErr == nil) {
				t.Fatalf("error %v, want %v", err, tt.wantErr)
			}
			if !errors.Is(s.failure(), tt.wantErr) {
				t.Errorf("failure %v, want %v", s.failure(), tt.wantErr)
			}
			if err != nil {
				if len(got) == len(text) || s.result.Load() != nil {
					t.Errorf("%d bytes of %d were let through, with result %v", len(got), len(text), s.result.Load())
				}
				return
			}
			if string(got) != text || s.result.Load().crc != good.crc {
				t.Error("what came through differs")
			}
		})
	}
}

// TestStreamStandsStill: a read that brings no byte does not put off the stall; one
// that brings some does.
func TestStreamStandsStill(t *testing.T) {
	for text, stalls := range map[string]bool{"": true, "1": false} {
		synctest.Test(t, func(t *testing.T) {
			stalled := false
			timer := time.AfterFunc(time.Second, func() { stalled = true })
			defer timer.Stop()
			s := &stream{body: strings.NewReader(text), size: 9, stall: timer, limit: time.Second}
			time.Sleep(600 * time.Millisecond) // virtual
			_, _ = s.Read(make([]byte, 9))     // "" is short, too
			time.Sleep(600 * time.Millisecond)
			if synctest.Wait(); stalled != stalls {
				t.Errorf("after a read of %q it stalled: %t", text, stalled)
			}
		})
	}
}

func TestStreamRefusesMoreThanAnnounced(t *testing.T) {
	s := testStream(t, strings.NewReader("12345"), 4)
	if got, err := io.ReadAll(s); err == nil || len(got) > 0 {
		t.Errorf("read %q, %v, want an error", got, err)
	}
}

func TestChunked(t *testing.T) {
	text := []byte("123456789")
	c := newChunked(testStream(t, bytes.NewReader(text), int64(len(text))))
	got, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	const want = "9\r\n123456789\r\n0\r\nx-amz-checksum-crc64nvme:rosUhgp5mIg=\r\n\r\n"
	if string(got) != want || c.length != int64(len(want)) {
		t.Errorf("the body is %q of length %d, want %q of length %d", got, c.length, want, len(want))
	}
}

func TestChunkedHasNoTrailerAfterAShortBody(t *testing.T) {
	c := newChunked(testStream(t, strings.NewReader("1234"), 9))
	if got, err := io.ReadAll(c); err == nil {
		t.Errorf("a short body made %q", got)
	}
}

func BenchmarkStream(b *testing.B) {
	block := make([]byte, 32<<20)
	buffer := make([]byte, 32<<10)
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		s := testStream(b, bytes.NewReader(block), int64(len(block)))
		for {
			if _, err := s.Read(buffer); err == io.EOF {
				break
			}
		}
	}
}
