package canary

import (
	"bytes"
	"html"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// A reading is a text in which some escapes were replaced by what they stand for.
type reading struct {
	text   []byte
	jumps  []jump
	parent *reading // what it was made from; nil for the data itself
	undone Encoding // empty for line breaks
	depth  int      // how many encodings were undone
}

// A jump is an escape that was replaced.
type jump struct {
	in, width int // of the escape, in the parent
	out, size int // of what stands in its place
}

// origin returns where a byte of the reading comes from in the data.
func (r *reading) origin(at int) int {
	for ; r != nil; r = r.parent {
		next := sort.Search(len(r.jumps), func(i int) bool { return r.jumps[i].out > at })
		if next == 0 {
			continue
		}
		switch j := r.jumps[next-1]; {
		case at < j.out+j.size:
			at = j.in
		default:
			at += j.in + j.width - j.out - j.size
		}
	}
	return at
}

// encoding is the form of a needle that was found in the reading.
func (r *reading) encoding(n *needle) Encoding {
	var forms []string
	if n.encoding != Plain {
		forms = append(forms, string(n.encoding))
	}
	for inner := n.encoding; r != nil; r = r.parent {
		if r.undone != "" && (r.undone != URL || inner != URL) { // a blank's plus goes with the percents
			forms = append(forms, string(r.undone))
		}
		inner = r.undone
	}
	if len(forms) == 0 {
		return Plain
	}
	return Encoding(strings.Join(forms, " in "))
}

// maxDepth is how many encodings may lie around each other.
const maxDepth = 2

// An unescape reads the escape at the beginning of text, which begins with the
// mark. It appends what it stands for to out, and returns the length of the
// escape; 0 if there is none.
type unescape func(out, text []byte) (all []byte, width int)

var decoders = []struct {
	encoding Encoding
	mark     byte
	unescape unescape
}{
	{URL, '%', percent},
	{JSON, '\\', backslash},
	{HTML, '&', entity},
}

// readings calls visit with the data, without its line breaks, and then with
// each reading that differs from what it was made from: the less was undone, the
// earlier. They are good until readings returns.
func readings(data []byte, visit func(*reading)) {
	top := &reading{text: data}
	queue := make([]*reading, 0, 8)
	for _, mark := range []byte("\r\n") {
		if r := top.decode("", mark, lineBreak); r != nil {
			r.depth = 0
			defer r.release()
			top = r
		}
	}
	queue = append(queue, top)
	for i := 0; i < len(queue); i++ {
		r := queue[i]
		visit(r)
		if r.depth == maxDepth {
			continue
		}
		for _, d := range decoders {
			if next := r.decode(d.encoding, d.mark, d.unescape); next != nil {
				queue = append(queue, next)
			}
		}
	}
	for _, r := range queue[1:] {
		r.release()
	}
}

// pool keeps readings, with their memory, for the next scan.
var pool = sync.Pool{New: func() any { return new(reading) }}

func (r *reading) release() {
	*r = reading{text: r.text[:0], jumps: r.jumps[:0]}
	pool.Put(r)
}

// decode returns a reading without the escapes that begin with mark, nil if there
// are none. What would stand for a line break is left out: needles have none.
func (r *reading) decode(encoding Encoding, mark byte, one unescape) *reading {
	var next *reading
	scratch := make([]byte, 0, 8)
	done := 0 // what is in next, of r
	for at := 0; ; {
		step := bytes.IndexByte(r.text[at:], mark)
		if step < 0 {
			break
		}
		at += step
		decoded, width := one(scratch, r.text[at:])
		if width == 0 {
			at++
			continue
		}
		if len(decoded) == 1 && (decoded[0] == '\n' || decoded[0] == '\r') {
			decoded = nil
		}
		if next == nil {
			next = pool.Get().(*reading)
			next.parent, next.undone, next.depth = r, encoding, r.depth+1
		}
		next.text = append(next.text, r.text[done:at]...)
		next.jumps = append(next.jumps, jump{in: at, width: width, out: len(next.text), size: len(decoded)})
		next.text = append(next.text, decoded...)
		at += width
		done = at
	}
	if next == nil {
		return nil
	}
	next.text = append(next.text, r.text[done:]...)
	return next
}

// withoutBreaks returns a text as it is in a reading without line breaks.
func withoutBreaks(text string) []byte {
	return slices.DeleteFunc([]byte(text), func(c byte) bool { return c == '\n' || c == '\r' })
}

// lineBreak reads a line break, or half of one.
func lineBreak(out, _ []byte) ([]byte, int) { return append(out, '\n'), 1 }

func percent(out, text []byte) ([]byte, int) {
	c, ok := hexadecimal(text, 1, 2)
	if !ok {
		return out, 0
	}
	return append(out, byte(c)), 3
}

// hexadecimal reads n digits from text[from:].
func hexadecimal(text []byte, from, n int) (value rune, ok bool) {
	if len(text) < from+n {
		return 0, false
	}
	for _, c := range text[from : from+n] {
		digit := rune(0)
		switch {
		case '0' <= c && c <= '9':
			digit = rune(c - '0')
		case 'a' <= c && c <= 'f':
			digit = rune(c-'a') + 10
		case 'A' <= c && c <= 'F':
			digit = rune(c-'A') + 10
		default:
			return 0, false
		}
		value = value<<4 | digit
	}
	return value, true
}

// backslash reads the escapes of JSON and those of Go's literals.
func backslash(out, text []byte) ([]byte, int) {
	if len(text) < 2 {
		return out, 0
	}
	switch c := text[1]; c {
	case '"', '\'', '\\', '/':
		return append(out, c), 2
	case 'a', 'b', 't', 'n', 'v', 'f', 'r':
		return append(out, "\a\b\t\n\v\f\r"[strings.IndexByte("abtnvfr", c)]), 2
	case 'x':
		if b, ok := hexadecimal(text, 2, 2); ok {
			return append(out, byte(b)), 4
		}
	case 'u':
		return unicode4(out, text)
	case 'U':
		if r, ok := hexadecimal(text, 2, 8); ok {
			return utf8.AppendRune(out, r), 10
		}
	}
	return out, 0
}

// unicode4 reads \uXXXX, and two of them that make one character.
func unicode4(out, text []byte) ([]byte, int) {
	r, ok := hexadecimal(text, 2, 4)
	if !ok {
		return out, 0
	}
	if utf16.IsSurrogate(r) && len(text) >= 8 && text[6] == '\\' && text[7] == 'u' {
		if low, ok := hexadecimal(text, 8, 4); ok {
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				return utf8.AppendRune(out, both), 12
			}
		}
	}
	return utf8.AppendRune(out, r), 6
}

// maxEntity bounds a character reference: "&#x10FFFF;" and the names that
// encoders write.
const maxEntity = 10

func entity(out, text []byte) ([]byte, int) {
	end := 1
	for end < min(len(text), maxEntity) && (text[end] == '#' || isAlphanumeric(text[end])) {
		end++
	}
	if end == len(text) || text[end] != ';' {
		return out, 0
	}
	width := end + 1
	if end > 2 && text[1] == '#' {
		digits, base := string(text[2:end]), 10
		if digits != "" && (digits[0] == 'x' || digits[0] == 'X') {
			digits, base = digits[1:], 16
		}
		r, err := strconv.ParseUint(digits, base, 21)
		if err != nil {
			return out, 0
		}
		return utf8.AppendRune(out, rune(r)), width
	}
	name := string(text[:width])
	if meaning := html.UnescapeString(name); meaning != name {
		return append(out, meaning...), width
	}
	return out, 0
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
