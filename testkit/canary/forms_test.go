package canary_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/redferry/redferry/testkit/canary"
)

// A form is a way in which a text may get out.
type form struct {
	name     string
	encoding canary.Encoding
	encode   func(string) string
	exact    bool // a hit is at the first byte; else somewhere in it
}

// simple are the forms with one encoding.
var simple = []form{
	{"plain", canary.Plain, func(s string) string { return s }, true},
	{"query", canary.URL, url.QueryEscape, true},
	{"path", canary.URL, url.PathEscape, true},
	{"every byte percent-encoded", canary.URL, allPercent, true},
	{"base64", canary.Base64, in64(base64.StdEncoding), true},
	{"base64, raw", canary.Base64, in64(base64.RawStdEncoding), true},
	{"base64, URL-safe", canary.Base64, in64(base64.URLEncoding), true},
	{"base64, URL-safe and raw", canary.Base64, in64(base64.RawURLEncoding), true},
	{"base64 behind one byte", canary.Base64, func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x" + s + "yz")) }, false},
	{"base64 behind two bytes", canary.Base64, func(s string) string { return base64.URLEncoding.EncodeToString([]byte("xx" + s + "yz")) }, false},
	{"basic authentication", canary.Base64, func(s string) string { return base64.StdEncoding.EncodeToString([]byte("ferry:" + s)) }, false},
	{"hex", canary.Hex, func(s string) string { return hex.EncodeToString([]byte(s)) }, true},
	{"hex, upper case", canary.Hex, func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }, true},
	{"bytes as %v", canary.Bytes, func(s string) string { return fmt.Sprintf("%v", []byte(s)) }, false},
	{"bytes as %#v", canary.Bytes, func(s string) string { return fmt.Sprintf("%#v", []byte(s)) }, false},
	{"bytes as % x", canary.Bytes, func(s string) string { return fmt.Sprintf("% x", s) }, true},
	{"bytes as % X", canary.Bytes, func(s string) string { return fmt.Sprintf("% X", s) }, true},
	{"bytes in JSON", canary.Bytes, arrayJSON, false},
	{"JSON", canary.JSON, quotedJSON, false},
	{"JSON, all of it \\uXXXX", canary.JSON, func(s string) string { return allUnicode(s, `\u%04x`) }, true},
	{"JSON, all of it \\uXXXX, upper case", canary.JSON, func(s string) string { return allUnicode(s, `\u%04X`) }, true},
	{"JSON with slashes escaped", canary.JSON, func(s string) string { return strings.ReplaceAll(quotedJSON(s), "/", `\/`) }, false},
	{"Go literal", canary.JSON, strconv.QuoteToASCII, false},
	{"Go literal of bytes", canary.JSON, func(s string) string { return allBytes(s, `\x%02x`) }, true},
	{"HTML", canary.HTML, func(s string) string { return strings.ReplaceAll(html.EscapeString(s), "+", "&#43;") }, true},
	{"HTML, all of it", canary.HTML, func(s string) string { return allRunes(s, "&#x%X;") }, true},
}

// nested are forms with one encoding around another.
var nested = []form{
	{"base64 in a query", "base64 in url", func(s string) string { return allPercent(base64.StdEncoding.EncodeToString([]byte(s))) }, true},
	{"hex in JSON", "hex in json", func(s string) string { return allUnicode(hex.EncodeToString([]byte(s)), `\u%04x`) }, true},
	{"JSON in JSON", "json in json", func(s string) string { return strings.ReplaceAll(allUnicode(s, `\u%04x`), `\`, `\\`) }, true},
	{"JSON in a query", "json in url", func(s string) string { return allPercent(allUnicode(s, `\u%04x`)) }, true},
	{"a query in JSON", "url in json", func(s string) string { return strings.ReplaceAll(allPercent(s), "%", `\u0025`) }, true},
	{"a query in HTML", "url in html", func(s string) string { return strings.ReplaceAll(allPercent(s), "%", "&#37;") }, true},
	{"base64 in a query in JSON", "base64 in url in json", func(s string) string {
		return strings.ReplaceAll(allPercent(base64.StdEncoding.EncodeToString([]byte(s))), "%", `\u0025`)
	}, true},
}

func allPercent(s string) string { return allBytes(s, "%%%02x") }

func allBytes(s, each string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, each, s[i])
	}
	return b.String()
}

func allRunes(s, each string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, each, r)
	}
	return b.String()
}

func allUnicode(s, each string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, each, unit)
	}
	return b.String()
}

func quotedJSON(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(quoted)
}

func arrayJSON(s string) string {
	numbers := make([]int, len(s))
	for i := range len(s) {
		numbers[i] = int(s[i])
	}
	array, err := json.Marshal(numbers)
	if err != nil {
		panic(err) // numbers always marshal
	}
	return string(array)
}

func in64(encoding *base64.Encoding) func(string) string {
	return func(s string) string { return encoding.EncodeToString([]byte(s)) }
}
