package crc64

import (
	"testing"
)

// check is the sum that the catalogue of CRCs gives for CRC-64/NVME over
// "123456789".
const check = 0xae8b14860a799888

func TestChecksum(t *testing.T) {
	tests := []struct {
		name, in string
		want     uint64
		encoded  string
	}{
		{"empty", "", 0, "AAAAAAAAAAA="},
		{"check value", "123456789", check, "rosUhgp5mIg="},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sum := Checksum([]byte(tt.in))
			if sum != tt.want {
				t.Errorf("Checksum(%q) = %#x, want %#x", tt.in, sum, tt.want)
			}
			if got := Encode(sum); got != tt.encoded {
				t.Errorf("Encode = %q, want %q", got, tt.encoded)
			}
			if got, err := Decode(tt.encoded); err != nil || got != tt.want {
				t.Errorf("Decode = %#x, %v, want %#x", got, err, tt.want)
			}
		})
	}
}

func TestUpdateInPieces(t *testing.T) {
	in := []byte("123456789")
	var sum uint64
	for i := range in {
		sum = Update(sum, in[i:i+1])
	}
	if sum != check {
		t.Errorf("Update byte by byte = %#x, want %#x", sum, uint64(check))
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"", "AAAA", "not base64!!", "rosUhgp5mIg", "rosUhgp5mIh=", "rosUhgp5mIiI", "rosUhgp5mIg=\n"} {
		if sum, err := Decode(text); err == nil {
			t.Errorf("Decode(%q) = %#x, want an error", text, sum)
		}
	}
}

func TestCombineLongTail(t *testing.T) {
	// A gibibyte of zeros in one step equals 1,024 steps of a mebibyte each.
	mebibyte := make([]byte, 1<<20)
	part, shift := Checksum(mebibyte), NewShift(1<<20)
	sum := uint64(check)
	whole := part
	for i := range 1024 {
		sum = shift.Combine(sum, part)
		if i > 0 {
			whole = shift.Combine(whole, part)
		}
	}
	if got := Combine(check, whole, 1<<30); got != sum {
		t.Errorf("Combine over a gibibyte = %#x, want %#x", got, sum)
	}
}

func FuzzCombine(f *testing.F) {
	f.Add([]byte("12345"), []byte("6789"))
	f.Add([]byte(""), []byte("x"))
	f.Add([]byte("x"), []byte(""))
	f.Add(make([]byte, 1000), make([]byte, 129))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		want := Checksum(append(append([]byte(nil), x...), y...))
		if got := Combine(Checksum(x), Checksum(y), int64(len(y))); got != want {
			t.Errorf("Combine = %#x, the checksum of both is %#x", got, want)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("rosUhgp5mIg=")
	f.Add("rosUhgp5mIh=")
	f.Add("AAAAAAAAAAA=-3")
	f.Fuzz(func(t *testing.T, text string) {
		sum, err := Decode(text)
		if err == nil && Encode(sum) != text {
			t.Errorf("Decode(%q) = %#x, which is written %q", text, sum, Encode(sum))
		}
	})
}

func BenchmarkUpdate(b *testing.B) {
	block := make([]byte, 1<<20)
	b.SetBytes(int64(len(block)))
	var sum uint64
	for b.Loop() {
		sum = Update(sum, block)
	}
}

func BenchmarkCombine(b *testing.B) {
	for b.Loop() {
		Combine(check, check, 32<<20+1)
	}
}

func BenchmarkShiftCombine(b *testing.B) {
	shift := NewShift(32<<20 + 1)
	for b.Loop() {
		shift.Combine(check, check)
	}
}
