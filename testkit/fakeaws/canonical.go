package fakeaws

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest spells a request as both sides do before they sign it. S3
// takes the path as it was sent; other services escape it once more.
// Source: IAM User Guide, "Create a signed AWS API request".
func canonicalRequest(r *http.Request, c *claim, s3 bool) string {
	path := r.URL.EscapedPath()
	switch {
	case path == "":
		path = "/"
	case !s3:
		path = escape(path, true)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, path, canonicalQuery(r.URL.RawQuery))
	for _, name := range c.headers {
		fmt.Fprintf(&b, "%s:%s\n", name, headerValue(r, name))
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(c.headers, ";"), c.payload)
	return b.String()
}

// canonicalQuery sorts the parameters and escapes them one way. The signature
// itself is left out.
func canonicalQuery(raw string) string {
	var pairs []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if pair == "" || name == "X-Amz-Signature" {
			continue
		}
		pairs = append(pairs, escape(name, false)+"="+escape(value, false))
	}
	slices.SortFunc(pairs, comparePairs)
	return strings.Join(pairs, "&")
}

// comparePairs sorts by name, then by value; sorting the pairs as they stand
// would sort "a-b=" before "a=".
func comparePairs(a, b string) int {
	nameA, valueA, _ := strings.Cut(a, "=")
	nameB, valueB, _ := strings.Cut(b, "=")
	if c := strings.Compare(nameA, nameB); c != 0 {
		return c
	}
	return strings.Compare(valueA, valueB)
}

// headerValue returns a header with its blanks reduced. What net/http moves out
// of the header is put back.
func headerValue(r *http.Request, name string) string {
	values := slices.Clone(r.Header.Values(name))
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.FormatInt(max(r.ContentLength, 0), 10)}
	case name == "transfer-encoding" && len(values) == 0:
		values = r.TransferEncoding
	}
	for i, value := range values {
		values[i] = reduce(value)
	}
	return strings.Join(values, ",")
}

// reduce cuts the blanks at both ends and makes one of several in between.
func reduce(value string) string {
	words := strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == '\t' })
	return strings.Join(words, " ")
}

// escape is the URI encoding of Signature Version 4: all but the unreserved
// characters, slashes if asked.
func escape(s string, keepSlash bool) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		unreserved := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
		if unreserved || keepSlash && c == '/' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// unescape decodes a part of a query; what is no escape stays as it stands. A
// plus is a blank, as the servers of AWS read it.
func unescape(s string) string {
	decoded, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return decoded
}
