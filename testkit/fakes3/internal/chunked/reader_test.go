package chunked_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakes3/internal/chunked"
	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
)

// example is the key of the worked example in the S3 API Reference, "Signature
// calculations for the authorization header: transferring payload in multiple
// chunks (chunked upload)": 66,560 letters a in three chunks.
func example(t *testing.T) *chunked.Key {
	t.Helper()
	key, err := hex.DecodeString("dbb893acc010964918f1fd433add87c70e8b0db6be30c1fbeafefa5ec6ba8378")
	if err != nil {
		t.Fatal(err)
	}
	return &chunked.Key{
		SigningKey: key,
		Scope:      "20130524/us-east-1/s3/aws4_request",
		Date:       time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC),
		Seed:       "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
	}
}

func exampleBody(content string) string {
	return "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" + content[:65536] +
		"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" + content[65536:] +
		"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
}

func TestSignedExampleOfTheReference(t *testing.T) {
	content := strings.Repeat("a", 66560)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with its end": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(chunked.NewReader(wrap(strings.NewReader(exampleBody(content))), example(t), false))
			if err != nil || string(got) != content {
				t.Errorf("got %d bytes, %v, want %d bytes", len(got), err, len(content))
			}
		})
	}
}

func TestSignedChunkWithOneBitFlipped(t *testing.T) {
	body := []byte(exampleBody(strings.Repeat("a", 66560)))
	body[1000] ^= 1
	_, err := io.ReadAll(chunked.NewReader(bytes.NewReader(body), example(t), false))
	expect(t, err, "SignatureDoesNotMatch")
}

func expect(t *testing.T, err error, code string) {
	t.Helper()
	var r *refusal.Refusal
	switch {
	case code == "" && err != nil:
		t.Errorf("got %v, want no error", err)
	case code != "" && (!errors.As(err, &r) || r.Code != code):
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestUnsigned(t *testing.T) {
	big := strings.Repeat("x", 8192)
	tests := []struct {
		name, body string
		trailers   bool
		content    string
		found      map[string]string
		code       string
	}{
		{name: "empty", body: "0\r\n\r\n", trailers: true},
		{name: "a trailer", body: "5\r\nhello\r\n0\r\nX-Amz-Checksum-Crc32: NhCmhg== \r\n\r\n", trailers: true, content: "hello", found: map[string]string{"x-amz-checksum-crc32": "NhCmhg=="}},
		{name: "two chunks", body: "2000\r\n" + big + "\r\n5\r\nhello\r\n0\r\n\r\n", trailers: true, content: big + "hello"},
		{name: "capital digits", body: "A\r\n0123456789\r\n0\r\n\r\n", content: "0123456789"},
		{name: "a small chunk that is not the last", body: "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", code: "InvalidChunkSizeError"},
		{name: "no last chunk", body: "5\r\nhello\r\n", code: "IncompleteBody"},
		{name: "cut within a chunk", body: "5\r\nhel", code: "IncompleteBody"},
		{name: "cut after the last chunk", body: "5\r\nhello\r\n0\r\n", code: "IncompleteBody"},
		{name: "nothing", body: "", code: "IncompleteBody"},
		{name: "longer than its size", body: "5\r\nhello world\r\n0\r\n\r\n", code: "IncompleteBody"},
		{name: "not chunked", body: "hello world, this is no chunk\r\n", code: "IncompleteBody"},
		{name: "negative size", body: "-5\r\nhello\r\n0\r\n\r\n", code: "IncompleteBody"},
		{name: "enormous size", body: "7fffffffffffffff\r\nhello\r\n0\r\n\r\n", code: "IncompleteBody"},
		{name: "bare newlines", body: "5\nhello\n0\n\n", code: "IncompleteBody"},
		{name: "endless line", body: strings.Repeat("0", 1<<20), code: "IncompleteBody"},
		{name: "more behind the end", body: "0\r\n\r\nmore", code: "IncompleteBody"},
		{name: "a trailer not announced", body: "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", code: "MalformedTrailerError"},
		{name: "a trailer without a colon", body: "0\r\nx-amz-checksum-crc32\r\n\r\n", trailers: true, code: "MalformedTrailerError"},
		{name: "a trailer twice", body: "0\r\na:1\r\na:2\r\n\r\n", trailers: true, code: "MalformedTrailerError"},
		{name: "too many trailers", body: "0\r\n" + trailers(17) + "\r\n", trailers: true, code: "MalformedTrailerError"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := chunked.NewReader(strings.NewReader(test.body), nil, test.trailers)
			content, err := io.ReadAll(r)
			expect(t, err, test.code)
			if test.code != "" {
				return
			}
			if string(content) != test.content {
				t.Errorf("got content %.20q, want %.20q", content, test.content)
			}
			want := test.found
			if want == nil {
				want = map[string]string{}
			}
			if diff := cmp.Diff(want, r.Trailers()); diff != "" {
				t.Errorf("trailers (-want +got):\n%s", diff)
			}
		})
	}
}

func trailers(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("a", i+1) + ":1\r\n")
	}
	return b.String()
}

func TestErrorOfTheConnectionStaysWhatItIs(t *testing.T) {
	broken := errors.New("broken")
	_, err := io.ReadAll(chunked.NewReader(io.MultiReader(strings.NewReader("5\r\nhe"), iotest.ErrReader(broken)), nil, false))
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

// A body that decodes at all decodes to what its own chunks say, however it
// arrives.
func FuzzReader(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), false)
	f.Add([]byte("0\r\n\r\n"), false)
	f.Add([]byte("5;chunk-signature=00\r\nhello\r\n0;chunk-signature=00\r\n\r\n"), true)
	f.Add([]byte("fffffffff\r\n"), false)
	key := &chunked.Key{SigningKey: []byte("key"), Scope: "scope", Seed: "seed"}
	f.Fuzz(func(t *testing.T, body []byte, signed bool) {
		k := key
		if !signed {
			k = nil
		}
		whole := chunked.NewReader(bytes.NewReader(body), k, true)
		slow := chunked.NewReader(iotest.OneByteReader(bytes.NewReader(body)), k, true)
		content, err := io.ReadAll(whole)
		again, err2 := io.ReadAll(slow)
		if !bytes.Equal(content, again) || (err == nil) != (err2 == nil) {
			t.Errorf("got %q, %v at once and %q, %v byte by byte", content, err, again, err2)
		}
		if len(content) > len(body) {
			t.Errorf("%d bytes came out of %d", len(content), len(body))
		}
	})
}
