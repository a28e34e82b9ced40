package bridge

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A Filter chooses objects by their keys below a prefix. A nil Filter takes all.
type Filter struct {
	include, exclude []*regexp.Regexp
}

// NewFilter returns a Filter that takes what one of the patterns of include
// matches, or everything if there is none, but nothing that one of exclude
// matches.
//
// In a pattern * stands for any text without a slash, ** for any text, ? for one
// character but a slash, and [a-z] for one of several. A pattern that begins with
// a slash is held against the whole key below the prefix, any other against its
// end, from a slash on: *.parquet is every such object, /2026/** is all below 2026/.
func NewFilter(include, exclude []string) (*Filter, error) {
	var f Filter
	for _, list := range []struct {
		patterns []string
		compiled *[]*regexp.Regexp
	}{{include, &f.include}, {exclude, &f.exclude}} {
		for _, pattern := range list.patterns {
			compiled, err := compile(pattern)
			if err != nil {
				return nil, fmt.Errorf("bridge: pattern %q: %w", pattern, err)
			}
			*list.compiled = append(*list.compiled, compiled)
		}
	}
	return &f, nil
}

// excludes reports whether an exclude pattern matches a key.
func (f *Filter) excludes(key string) bool {
	return f != nil && matches(f.exclude, key)
}

// compile translates a pattern. What package path cannot read is no pattern.
func compile(pattern string) (*regexp.Regexp, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	if strings.Trim(pattern, "/") == "" {
		return nil, fmt.Errorf("it matches nothing")
	}
	var b strings.Builder
	b.WriteString(`(?s)(^|/)`)
	if anchored, ok := strings.CutPrefix(pattern, "/"); ok {
		b.Reset()
		b.WriteString(`(?s)^`)
		pattern = anchored
	}
	for pattern != "" {
		var expression string
		expression, pattern = translate(pattern)
		b.WriteString(expression)
	}
	return regexp.Compile(b.String() + `$`)
}

// translate translates the beginning of a pattern, of which package path has said
// that it is well-formed, and returns the rest of it.
func translate(pattern string) (expression, rest string) {
	switch c := pattern[0]; {
	case strings.HasPrefix(pattern, "**"):
		return `.*`, pattern[2:]
	case c == '*':
		return `[^/]*`, pattern[1:]
	case c == '?':
		return `[^/]`, pattern[1:]
	case c == '\\':
		return literal(pattern[1:])
	case c == '[':
		return class(pattern)
	}
	return literal(pattern)
}

// literal translates one character that stands for itself.
func literal(pattern string) (expression, rest string) {
	for i := range pattern {
		if i > 0 {
			return regexp.QuoteMeta(pattern[:i]), pattern[i:]
		}
	}
	return regexp.QuoteMeta(pattern), ""
}

// class translates [a-z] and [^a-z], of which package path has said that they are
// well-formed.
func class(pattern string) (expression, rest string) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if pattern[i] == '^' {
		b.WriteByte('^')
		i++
	}
	for pattern[i] != ']' {
		if pattern[i] == '\\' {
			i++
		} else if pattern[i] == '-' {
			b.WriteByte('-')
			i++
			continue
		}
		quoted, after := literal(pattern[i:])
		if quoted == "-" {
			quoted = `\-` // of all that means something in a class, package regexp does not quote this
		}
		b.WriteString(quoted)
		i = len(pattern) - len(after)
	}
	b.WriteByte(']')
	return b.String(), pattern[i+1:]
}

// Takes reports whether the object with this key below the prefix is one of the
// chosen.
func (f *Filter) Takes(key string) bool {
	if f == nil {
		return true
	}
	return (len(f.include) == 0 || matches(f.include, key)) && !matches(f.exclude, key)
}

func matches(patterns []*regexp.Regexp, key string) bool {
	for _, p := range patterns {
		if p.MatchString(key) {
			return true
		}
	}
	return false
}
