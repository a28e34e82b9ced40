// Package byterange reads the Range header as S3 does.
package byterange

import (
	"errors"
	"strconv"
	"strings"
)

// ErrUnsatisfiable says that a range holds no byte of the object.
var ErrUnsatisfiable = errors.New("byterange: the range holds no byte of the object")

// A Range is a piece of an object, from Offset on.
type Range struct{ Offset, Length int64 }

// Parse reads a Range header for an object of size bytes. S3 serves one range per
// request and ignores a header that it does not understand: ok is then false.
// The error is ErrUnsatisfiable or nil.
//
// Source: RFC 9110, section 14.2; S3 API Reference, "GetObject".
func Parse(header string, size int64) (r Range, ok bool, err error) {
	spec, ok := strings.CutPrefix(header, "bytes=")
	if !ok || strings.Contains(spec, ",") {
		return Range{}, false, nil
	}
	first, last, ok := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok {
		return Range{}, false, nil
	}
	if first == "" {
		return suffix(last, size)
	}
	from, ok := number(first)
	if !ok {
		return Range{}, false, nil
	}
	to := size - 1
	if last != "" {
		given, ok := number(last)
		if !ok || given < from {
			return Range{}, false, nil
		}
		to = min(to, given)
	}
	if from >= size {
		return Range{}, false, ErrUnsatisfiable
	}
	return Range{Offset: from, Length: to - from + 1}, true, nil
}

func suffix(last string, size int64) (Range, bool, error) {
	n, ok := number(last)
	if !ok {
		return Range{}, false, nil
	}
	if n == 0 || size == 0 {
		return Range{}, false, ErrUnsatisfiable
	}
	n = min(n, size)
	return Range{Offset: size - n, Length: n}, true, nil
}

// number reads digits. What does not fit is taken as the largest number.
func number(digits string) (n int64, ok bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, _ = strconv.ParseInt(digits, 10, 64) // the largest number if it does not fit
	return n, true
}
