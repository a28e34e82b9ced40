package query

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// concat is ||. A side that is no text is converted, if the other is text.
func concat(x, y *node) (*node, error) {
	cx, cy := classOf(x.typ), classOf(y.typ)
	text := func(c class) bool { return c == textClass || c == unknownClass }
	if !text(cx) && !text(cy) || cx == boolClass || cy == boolClass || cx == superClass || cy == superClass {
		return nil, noOperator("||", x, y)
	}
	var err error
	for _, side := range []**node{&x, &y} {
		if *side, err = convert(*side, typeVarchar); err != nil {
			return nil, err
		}
	}
	return strict(typeVarchar, func(args []Value) (Value, error) {
		return args[0].(string) + args[1].(string), nil
	}, x, y), nil
}

// asText is for arguments that must be text.
func asText(n *node) (*node, error) {
	switch classOf(n.typ) {
	case textClass:
		return n, nil
	case unknownClass:
		return typed(n), nil
	}
	return convert(n, typeVarchar)
}

// like is [I]LIKE. Its escape is a backslash unless another is written.
func (b *binder) like(x *likeExpr) (*node, error) {
	escape := x.escape
	if escape == nil {
		escape = &stringLit{`\`}
	}
	nodes, err := b.bindAll([]expr{x.x, x.pattern, escape})
	if err != nil {
		return nil, err
	}
	for i, n := range nodes {
		if c := classOf(n.typ); c != textClass && c != unknownClass {
			return nil, noOperator("~~", nodes[0], nodes[1])
		}
		nodes[i] = typed(n)
	}
	fold, negated := x.fold, x.not
	var last pattern // of the pattern before: most are constant
	return strict(typeBool, func(args []Value) (Value, error) {
		text, source, sign := args[0].(string), args[1].(string), args[2].(string)
		if last.parts == nil || last.source != source || last.escape != sign {
			if last, err = newPattern(source, sign, fold); err != nil {
				return nil, err
			}
		}
		return last.match(text) != negated, nil
	}, nodes...), nil
}

// A pattern is a LIKE pattern, taken apart.
type pattern struct {
	source, escape string
	fold           bool
	parts          []patternPart
}

// A patternPart is one character, any one character, or any number of them.
type patternPart struct {
	kind byte // 'c', '_' or '%'
	char rune
}

func newPattern(source, escape string, fold bool) (pattern, error) {
	p := pattern{source: source, escape: escape, fold: fold, parts: []patternPart{}}
	if utf8.RuneCountInString(escape) > 1 {
		return pattern{}, refuse(stateBadEscape, "invalid escape string")
	}
	sign, _ := utf8.DecodeRuneInString(escape)
	if fold {
		source = strings.ToLower(source)
	}
	escaped := false
	for _, char := range source {
		switch {
		case escaped:
			p.parts = append(p.parts, patternPart{'c', char})
			escaped = false
		case escape != "" && char == sign:
			escaped = true
		case char == '%' || char == '_':
			p.parts = append(p.parts, patternPart{byte(char), 0})
		default:
			p.parts = append(p.parts, patternPart{'c', char})
		}
	}
	if escaped {
		return pattern{}, refuse(stateBadEscape, "LIKE pattern must not end with escape character")
	}
	return p, nil
}

// match walks over text and goes back to the last % when it is stuck.
func (p *pattern) match(text string) bool {
	if p.fold {
		text = strings.ToLower(text)
	}
	at, part := 0, 0
	star, starAt := -1, 0
	for at < len(text) {
		char, size := utf8.DecodeRuneInString(text[at:])
		switch {
		case part < len(p.parts) && p.parts[part].kind == '%':
			star, starAt = part, at
			part++
		case part < len(p.parts) && (p.parts[part].kind == '_' || p.parts[part].char == char):
			part++
			at += size
		case star >= 0:
			_, size := utf8.DecodeRuneInString(text[starAt:])
			starAt += size
			part, at = star+1, starAt
		default:
			return false
		}
	}
	for part < len(p.parts) && p.parts[part].kind == '%' {
		part++
	}
	return part == len(p.parts)
}

// match is ~ and its like: whether a regular expression is found in a text.
func match(op string, x, y *node) (*node, error) {
	nodes := []*node{x, y}
	for i, n := range nodes {
		if c := classOf(n.typ); c != textClass && c != unknownClass {
			return nil, noOperator(op, x, y)
		}
		nodes[i] = typed(n)
	}
	prefix, negated := "", strings.HasPrefix(op, "!")
	if strings.HasSuffix(op, "*") {
		prefix = "(?i)"
	}
	var source string
	var last *regexp.Regexp
	return strict(typeBool, func(args []Value) (Value, error) {
		if text := args[1].(string); last == nil || text != source {
			compiled, err := compileRegexp(prefix, text)
			if err != nil {
				return nil, err
			}
			source, last = text, compiled
		}
		return last.MatchString(args[0].(string)) != negated, nil
	}, nodes...), nil
}

func compileRegexp(prefix, text string) (*regexp.Regexp, error) {
	compiled, err := regexp.Compile(prefix + text)
	if err != nil {
		return nil, refuse(stateRegexp, "invalid regular expression: %q", text)
	}
	return compiled, nil
}

// regexpReplace replaces all that a regular expression finds, with nothing if
// there is no third argument.
func regexpReplace(args []*node) (*node, error) {
	if len(args) == 2 {
		args = append(args, constantly("", typeVarchar))
	}
	return onTexts(varchar, func(s []string) (Value, error) {
		compiled, err := compileRegexp("", s[1])
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(s[2], `$\`) {
			return nil, unsupported("a reference to a group in REGEXP_REPLACE")
		}
		return compiled.ReplaceAllLiteralString(s[0], s[2]), nil
	})(args)
}
