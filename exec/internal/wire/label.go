package wire

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLabel is how much of a label is kept, in bytes. It is the width of the
// label column of STL_QUERY. Source: Database Developer Guide, "STL_QUERY".
const maxLabel = 320

// Label makes a label fit to stand in a comment and in the name of a statement:
// valid UTF-8 on one line, without the asterisk that opens and closes comments.
func Label(label string) string {
	label = strings.Map(func(r rune) rune {
		switch {
		case r == '*' || r == utf8.RuneError:
			return '_'
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, label)
	if len(label) <= maxLabel {
		return label
	}
	end := maxLabel
	for !utf8.RuneStart(label[end]) {
		end--
	}
	return label[:end]
}
