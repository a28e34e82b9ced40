package canary

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// An Encoding says in which form a secret was found: one of those below, or
// several from the inside out, as in "base64 in json".
type Encoding string

// The forms of a secret.
const (
	Plain  Encoding = "plain"
	URL    Encoding = "url" // percent-encoded, or a form's plus for a blank
	Base64 Encoding = "base64"
	Hex    Encoding = "hex"
	Bytes  Encoding = "bytes" // the numbers of the bytes, as Go prints a slice
	JSON   Encoding = "json"  // or a string literal of Go
	HTML   Encoding = "html"  // or XML
)

// A needle is a text that gives a secret away. It has no line breaks and at least
// minSecret bytes.
type needle struct {
	kind     string
	encoding Encoding
	text     []byte
}

// needles are the texts that give a secret away, apart from the forms that
// readings undo.
func needles(kind, secret string) []needle {
	var all []needle
	add := func(encoding Encoding, text []byte) {
		for _, n := range all {
			if bytes.Equal(n.text, text) {
				return
			}
		}
		all = append(all, needle{kind, encoding, text})
	}
	add(Plain, withoutBreaks(secret))
	add(URL, bytes.ReplaceAll(withoutBreaks(secret), []byte(" "), []byte("+")))
	for place := range 3 {
		add(Base64, base64Core(base64.RawStdEncoding, secret, place))
		add(Base64, base64Core(base64.RawURLEncoding, secret, place))
	}
	add(Hex, []byte(hex.EncodeToString([]byte(secret))))
	add(Hex, []byte(strings.ToUpper(hex.EncodeToString([]byte(secret)))))
	for _, l := range lists {
		add(Bytes, l.write(secret))
	}
	return all
}

// A list is a way to write the numbers of bytes.
type list struct {
	before  string // each number
	base    int
	digits  string // two per number; empty for as many as it takes
	between string
}

const (
	lower = "0123456789abcdef"
	upper = "0123456789ABCDEF"
)

var lists = []list{
	{base: 10, between: " "},                // %v and %d
	{base: 10, between: ","},                // an array in JSON
	{base: 10, between: ", "},               // a literal
	{before: "0x", base: 16, between: ", "}, // %#v
	{before: "0x", base: 16, digits: lower, between: ", "},
	{base: 16, digits: lower, between: " "}, // % x
	{base: 16, digits: upper, between: " "}, // % X
	{base: 16, digits: lower, between: ":"},
}

func (l list) write(secret string) []byte {
	var text []byte
	for i := range len(secret) {
		if i > 0 {
			text = append(text, l.between...)
		}
		text = append(text, l.before...)
		if l.digits == "" {
			text = strconv.AppendUint(text, uint64(secret[i]), l.base)
			continue
		}
		text = append(text, l.digits[secret[i]>>4], l.digits[secret[i]&15])
	}
	return text
}

// base64Core returns the characters of base64 that hold nothing but bits of the
// secret, which begins at this place of a group of three bytes.
func base64Core(encoding *base64.Encoding, secret string, place int) []byte {
	text := encoding.AppendEncode(nil, []byte(strings.Repeat("\x00", place)+secret))
	from := (8*place + 5) / 6           // the first character without a bit of what is before
	to := 8 * (place + len(secret)) / 6 // behind the last without a bit of what follows
	return text[from:to]
}
