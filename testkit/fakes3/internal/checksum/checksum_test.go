package checksum_test

import (
	"bytes"
	"testing"

	"github.com/redferry/redferry/testkit/fakes3/internal/checksum"
)

func sum(a checksum.Algorithm, content []byte) []byte {
	hash := a.New()
	hash.Write(content)
	return hash.Sum(nil)
}

// The check values are those of the catalogue of CRCs and of the RFCs for "123456789".
func TestAlgorithms(t *testing.T) {
	tests := map[checksum.Algorithm]string{
		checksum.CRC32:     "y/Q5Jg==",
		checksum.CRC32C:    "4waSgw==",
		checksum.CRC64NVME: "rosUhgp5mIg=",
		checksum.SHA1:      "98O8HYCOBHMq32eZZczDTKeuNEE=",
		checksum.SHA256:    "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
		checksum.MD5:       "JfnnlDI7RTiF9RgfG2JNCw==",
	}
	for a, want := range tests {
		got := checksum.Encode(sum(a, []byte("123456789")))
		if got != want {
			t.Errorf("%s: got %s, want %s", a, got, want)
		}
		if !a.Valid(got) {
			t.Errorf("%s: %s is not valid", a, got)
		}
	}
}

func TestWholeFullObjectIsTheChecksumOfTheContent(t *testing.T) {
	content := bytes.Repeat([]byte("the bytes of an object, in parts "), 1000)
	for _, a := range checksum.Algorithms() {
		if !a.Linear() {
			continue
		}
		for _, cuts := range [][]int{{}, {1}, {7, 7}, {0, 100, 20000}, {len(content)}} {
			var parts []checksum.Part
			from := 0
			for _, cut := range append(cuts, len(content)) {
				parts = append(parts, checksum.Part{Sum: sum(a, content[from:cut]), Size: int64(cut - from)})
				from = cut
			}
			got := checksum.Whole(a, checksum.FullObject, parts)
			want := checksum.Value{Algorithm: a, Type: checksum.FullObject, Text: checksum.Encode(sum(a, content))}
			if got != want {
				t.Errorf("%s cut at %v: got %v, want %v", a, cuts, got, want)
			}
		}
	}
}

// The value is that of the example in the S3 User Guide's terms: the checksum of
// the parts' checksums, with the number of parts.
func TestWholeComposite(t *testing.T) {
	a, b := sum(checksum.SHA256, []byte("a")), sum(checksum.SHA256, []byte("b"))
	got := checksum.Whole(checksum.SHA256, checksum.Composite, []checksum.Part{{Sum: a, Size: 1}, {Sum: b, Size: 1}})
	want := checksum.Encode(sum(checksum.SHA256, append(a, b...))) + "-2"
	if got.Text != want {
		t.Errorf("got %s, want %s", got.Text, want)
	}
}

func TestTypesOfMultipartUploads(t *testing.T) {
	tests := []struct {
		algorithm           checksum.Algorithm
		full, composite     bool
		defaultsToComposite bool
	}{
		{checksum.CRC32, true, true, true},
		{checksum.CRC32C, true, true, true},
		{checksum.CRC64NVME, true, false, false},
		{checksum.SHA1, false, true, true},
		{checksum.SHA256, false, true, true},
	}
	for _, test := range tests {
		a := test.algorithm
		if got := a.Allows(checksum.FullObject); got != test.full {
			t.Errorf("%s allows FULL_OBJECT: got %t, want %t", a, got, test.full)
		}
		if got := a.Allows(checksum.Composite); got != test.composite {
			t.Errorf("%s allows COMPOSITE: got %t, want %t", a, got, test.composite)
		}
		if got := a.DefaultType() == checksum.Composite; got != test.defaultsToComposite {
			t.Errorf("%s defaults to %s", a, a.DefaultType())
		}
	}
}

func TestFromHeader(t *testing.T) {
	tests := []struct {
		header, name string
		ok           bool
	}{
		{"X-Amz-Checksum-Crc32", "CRC32", true},
		{"x-amz-checksum-crc64nvme", "CRC64NVME", true},
		{"X-Amz-Checksum-Xxhash3", "XXHASH3", true},
		{"X-Amz-Checksum-Mode", "", false},
		{"X-Amz-Checksum-Type", "", false},
		{"Content-Md5", "", false},
	}
	for _, test := range tests {
		name, ok := checksum.FromHeader(test.header)
		if name != test.name || ok != test.ok {
			t.Errorf("%s: got %q, %t, want %q, %t", test.header, name, ok, test.name, test.ok)
		}
	}
}

func FuzzValid(f *testing.F) {
	f.Add("rosUhgp5mIg=")
	f.Add("")
	f.Add("====")
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range checksum.Algorithms() {
			if a.Valid(text) && len(text) != len(checksum.Encode(make([]byte, a.New().Size()))) {
				t.Errorf("%s: %q is valid", a, text)
			}
		}
	})
}
