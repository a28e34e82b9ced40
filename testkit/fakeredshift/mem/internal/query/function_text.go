package query

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// textFunctions work on texts. Positions and lengths count characters.
var textFunctions = map[string]function{
	"lower": {1, 1, onText(keep, func(s string) Value { return strings.ToLower(s) })},
	"upper": {1, 1, onText(keep, func(s string) Value { return strings.ToUpper(s) })},
	"length len char_length character_length textlen": {1, 1, onText(integer, func(s string) Value { return int64(utf8.RuneCountInString(s)) })},
	"octet_length":       {1, 1, octetLength},
	"md5":                {1, 1, onText(varchar, func(s string) Value { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) })},
	"sha sha1 func_sha1": {1, 1, onText(varchar, func(s string) Value { sum := sha1.Sum([]byte(s)); return hex.EncodeToString(sum[:]) })},
	"reverse":            {1, 1, onText(varchar, func(s string) Value { return reversed(s) })},
	"quote_ident":        {1, 1, onText(varchar, func(s string) Value { return quoteIdent(s) })},
	"quote_literal":      {1, 1, onText(varchar, func(s string) Value { return redferry.Literal(s) })},
	"ascii":              {1, 1, onText(integer, func(s string) Value { return firstRune(s) })},
	"initcap":            {1, 1, onText(varchar, func(s string) Value { return initcap(s) })},
	"btrim":              {1, 2, trimming(strings.Trim)},
	"ltrim":              {1, 2, trimming(strings.TrimLeft)},
	"rtrim":              {1, 2, trimming(strings.TrimRight)},
	"substring substr":   {2, 3, substring},
	"left":               {2, 2, onTextAndNumber(left)},
	"right":              {2, 2, onTextAndNumber(right)},
	"repeat replicate":   {2, 2, onTextAndNumber(repeated)},
	"replace":            {3, 3, onTexts(varchar, replaced)},
	"strpos":             {2, 2, onTexts(integer, func(s []string) (Value, error) { return placeOf(s[0], s[1]), nil })},
	"charindex":          {2, 2, onTexts(integer, func(s []string) (Value, error) { return placeOf(s[1], s[0]), nil })},
	"concat":             {2, 2, func(args []*node) (*node, error) { return concat(typed(args[0]), typed(args[1])) }},
	"regexp_replace":     {2, 3, regexpReplace},
	"split_part":         {3, 3, splitPart},
	"lpad":               {2, 3, padding(true)},
	"rpad":               {2, 3, padding(false)},
	"chr":                {1, 1, chr},
	"json_parse":         {1, 1, jsonParse},
	"json_serialize":     {1, 1, jsonSerialize},
	"is_valid_json":      {1, 1, onText(boolean, func(s string) Value { return json.Valid([]byte(s)) })},
	"from_hex":           {1, 1, fromHex},
	"to_hex":             {1, 1, toHex},
}

// A typing is the type of a result, by that of the first argument.
type typing func(arg fakeredshift.Type) fakeredshift.Type

func keep(t fakeredshift.Type) fakeredshift.Type {
	if t.OID == rsql.Bpchar {
		t.OID, t.Name = rsql.Varchar, "varchar"
	}
	return t
}

func varchar(fakeredshift.Type) fakeredshift.Type { return typeVarchar }
func integer(fakeredshift.Type) fakeredshift.Type { return typeInt4 }
func boolean(fakeredshift.Type) fakeredshift.Type { return typeBool }

// onText makes a function of one text.
func onText(t typing, call func(s string) Value) func(args []*node) (*node, error) {
	return onTexts(t, func(s []string) (Value, error) { return call(s[0]), nil })
}

// onTexts makes a function of texts.
func onTexts(t typing, call func(s []string) (Value, error)) func(args []*node) (*node, error) {
	return func(args []*node) (*node, error) {
		texts, err := allText(args)
		if err != nil {
			return nil, err
		}
		return strict(t(texts[0].typ), func(values []Value) (Value, error) {
			s := make([]string, len(values))
			for i, v := range values {
				s[i] = v.(string)
			}
			return call(s)
		}, texts...), nil
	}
}

// allText requires texts, or literals.
func allText(args []*node) ([]*node, error) {
	texts := make([]*node, len(args))
	for i, arg := range args {
		if c := classOf(arg.typ); c != textClass && c != unknownClass {
			return nil, errArguments
		}
		texts[i] = typed(arg)
	}
	return texts, nil
}

// withNumbers requires a text and then integers.
func withNumbers(args []*node) ([]*node, error) {
	nodes, err := allText(args[:1])
	if err != nil {
		return nil, err
	}
	for _, arg := range args[1:] {
		if c := classOf(arg.typ); !c.number() && c != unknownClass {
			return nil, errArguments
		}
		n, err := convert(arg, typeInt4)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func onTextAndNumber(call func(s string, n int) (Value, error)) func(args []*node) (*node, error) {
	return func(args []*node) (*node, error) {
		nodes, err := withNumbers(args)
		if err != nil {
			return nil, err
		}
		return strict(typeVarchar, func(values []Value) (Value, error) {
			return call(values[0].(string), int(values[1].(int64)))
		}, nodes...), nil
	}
}

func octetLength(args []*node) (*node, error) {
	switch classOf(args[0].typ) {
	case textClass, unknownClass, bytesClass:
	default:
		return nil, errArguments
	}
	return strict(typeInt4, func(values []Value) (Value, error) { return int64(len(values[0].(string))), nil }, typed(args[0])), nil
}

func reversed(s string) string {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

// quoteIdent puts quotes around a name that needs them.
func quoteIdent(s string) string {
	if plainName(s) && !reserved(s) {
		return s
	}
	return redferry.Quote(s)
}

func firstRune(s string) int64 {
	for _, r := range s {
		return int64(r)
	}
	return 0
}

func initcap(s string) string {
	var b strings.Builder
	inside := false
	for _, r := range s {
		text := strings.ToLower(string(r))
		if !inside {
			text = strings.ToUpper(string(r))
		}
		inside = r >= '0' && r <= '9' || strings.ToLower(string(r)) != strings.ToUpper(string(r))
		b.WriteString(text)
	}
	return b.String()
}

// trimming makes BTRIM, LTRIM or RTRIM; blanks are what goes by default.
func trimming(trim func(s, cutset string) string) func(args []*node) (*node, error) {
	return func(args []*node) (*node, error) {
		if len(args) == 1 {
			return onText(keep, func(s string) Value { return trim(s, " ") })(args)
		}
		return onTexts(varchar, func(s []string) (Value, error) { return trim(s[0], s[1]), nil })(args)
	}
}

// substring counts from 1; what lies before the text takes from the length.
func substring(args []*node) (*node, error) {
	nodes, err := withNumbers(args)
	if err != nil {
		return nil, err
	}
	return strict(typeVarchar, func(values []Value) (Value, error) {
		runes := []rune(values[0].(string))
		start, end := values[1].(int64)-1, int64(len(runes))
		if len(values) > 2 {
			n := values[2].(int64)
			if n < 0 {
				return nil, refuse(stateSubstring, "negative substring length not allowed")
			}
			end = min(end, start+n)
		}
		start = max(start, 0)
		if start >= end {
			return "", nil
		}
		return string(runes[start:end]), nil
	}, nodes...), nil
}

// left takes n characters; all but the last -n if n is negative.
func left(s string, n int) (Value, error) {
	runes := []rune(s)
	if n < 0 {
		n = max(len(runes)+n, 0)
	}
	return string(runes[:min(n, len(runes))]), nil
}

func right(s string, n int) (Value, error) {
	runes := []rune(s)
	if n < 0 {
		n = max(len(runes)+n, 0)
	}
	return string(runes[len(runes)-min(n, len(runes)):]), nil
}

// maxText is the length of the longest text.
const maxText = 65535

func repeated(s string, n int) (Value, error) {
	if n <= 0 || s == "" {
		return "", nil
	}
	if n > maxText/len(s) {
		return nil, tooLong("value too long for type character varying(65535)")
	}
	return strings.Repeat(s, n), nil
}

// placeOf returns where part begins in s, from 1, and 0 if nowhere.
func placeOf(s, part string) int64 {
	i := strings.Index(s, part)
	if i < 0 {
		return 0
	}
	return int64(utf8.RuneCountInString(s[:i])) + 1
}

func replaced(s []string) (Value, error) {
	if s[1] == "" {
		return s[0], nil
	}
	return strings.ReplaceAll(s[0], s[1], s[2]), nil
}

func splitPart(args []*node) (*node, error) {
	texts, err := allText(args[:2])
	if err != nil {
		return nil, err
	}
	n, err := convert(args[2], typeInt4)
	if err != nil {
		return nil, err
	}
	return strict(typeVarchar, func(values []Value) (Value, error) {
		parts, n := strings.Split(values[0].(string), values[1].(string)), values[2].(int64)
		switch {
		case n < 1:
			return nil, refuse(stateBadParameter, "field position must be greater than zero")
		case values[1].(string) == "":
			parts = []string{values[0].(string)}
		}
		if n > int64(len(parts)) {
			return "", nil
		}
		return parts[n-1], nil
	}, append(texts, n)...), nil
}

func padding(before bool) func(args []*node) (*node, error) {
	return func(args []*node) (*node, error) {
		nodes, err := withNumbers(args[:2])
		if err != nil {
			return nil, err
		}
		with := []*node{constantly(" ", typeVarchar)}
		if len(args) > 2 {
			if with, err = allText(args[2:]); err != nil {
				return nil, err
			}
		}
		return strict(typeVarchar, func(values []Value) (Value, error) {
			return padded(values[0].(string), int(values[1].(int64)), values[2].(string), before)
		}, append(nodes, with...)...), nil
	}
}

func padded(s string, n int, with string, before bool) (Value, error) {
	have := utf8.RuneCountInString(s)
	if have >= n || with == "" {
		return left(s, max(n, 0))
	}
	if n > maxText {
		return nil, tooLong("value too long for type character varying(65535)")
	}
	fill, _ := left(strings.Repeat(with, n-have), n-have)
	if before {
		return fill.(string) + s, nil
	}
	return s + fill.(string), nil
}

func chr(args []*node) (*node, error) {
	n, err := convert(args[0], typeInt4)
	if err != nil {
		return nil, err
	}
	return strict(typeVarchar, func(values []Value) (Value, error) {
		r := rune(values[0].(int64))
		if r <= 0 || !utf8.ValidRune(r) {
			return nil, refuse(stateBadParameter, "requested character is not valid: %d", r)
		}
		return string(r), nil
	}, n), nil
}

// jsonParse makes SUPER of a text. Blanks between the values are lost.
func jsonParse(args []*node) (*node, error) {
	return onTexts(func(fakeredshift.Type) fakeredshift.Type { return typeSuper }, func(s []string) (Value, error) {
		text, ok := compactJSON(s[0])
		if !ok {
			e := refuse("XX000", "invalid json")
			e.Code = 1224
			return nil, e
		}
		return text, nil
	})(args)
}

func jsonSerialize(args []*node) (*node, error) {
	if classOf(args[0].typ) != superClass {
		return nil, errArguments
	}
	return strict(typeVarchar, func(values []Value) (Value, error) { return values[0], nil }, args[0]), nil
}

func fromHex(args []*node) (*node, error) {
	return onTexts(func(fakeredshift.Type) fakeredshift.Type { return typeVarbyte }, func(s []string) (Value, error) {
		bytes, err := hex.DecodeString(s[0])
		if err != nil {
			return nil, refuse(stateBadText, "invalid hexadecimal data: %q", s[0])
		}
		return string(bytes), nil
	})(args)
}

func toHex(args []*node) (*node, error) {
	if classOf(args[0].typ) != bytesClass {
		return nil, errArguments
	}
	return strict(typeVarchar, func(values []Value) (Value, error) { return hex.EncodeToString([]byte(values[0].(string))), nil }, args[0]), nil
}
