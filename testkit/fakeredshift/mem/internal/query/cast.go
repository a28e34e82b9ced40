package query

import (
	"strings"
	"unicode/utf8"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A converter makes a value of another type of one that is not NULL.
type converter func(v Value) (Value, error)

// Cast converts as CAST does: a text that is too long is cut. Refusals are 22P02
// and 22007 for text that is no such value, 22003 for a number out of range, 42846
// for types that do not convert.
func Cast(v Value, from, to fakeredshift.Type) (Value, error) {
	if v == nil {
		return nil, nil
	}
	convert, err := conversion(from, to)
	if err != nil || convert == nil {
		return v, err
	}
	return convert(v)
}

// conversion returns what CAST does between two types; nil for nothing.
func conversion(from, to fakeredshift.Type) (converter, error) {
	if from == to && to.OID != rsql.Bpchar {
		return nil, nil
	}
	var c converter
	switch classOf(to) {
	case textClass:
		c = toText(from, to)
	case intClass:
		return toInt(from, to)
	case numericClass:
		c = toNumeric(from, to)
	case floatClass:
		c = toFloat(from, to)
	case boolClass:
		c = toBool(from)
	case dateClass, stampClass:
		c = toTime(from, to)
	case clockClass:
		c = toClock(from, to)
	case bytesClass:
		c = toBytes(from, to)
	case superClass:
		c = toSuper(from)
	case unknownClass:
		return nil, nil
	}
	if c == nil {
		return nil, refuse(stateCannotCast, "cannot cast type %s to %s", typeText(from), typeText(to))
	}
	return c, nil
}

// same is the conversion between types whose values are the same.
func same(v Value) (Value, error) { return v, nil }

// toText cuts at the length of to. Redshift does not convert BOOLEAN to text.
func toText(from, to fakeredshift.Type) converter {
	length := rsql.Length(to)
	switch classOf(from) {
	case boolClass, superClass, otherClass:
		return nil
	case textClass, unknownClass:
		if to.OID != rsql.Bpchar && length < 0 {
			return same
		}
	}
	return func(v Value) (Value, error) {
		s := cut(printedValue(v, from), length)
		if to.OID == rsql.Bpchar {
			s = trimBlanks(s)
		}
		if !validText(s) { // VARBYTE holds anything
			return nil, badBytes()
		}
		return s, nil
	}
}

// cut returns at most n bytes of s, whole characters; all if n is negative.
func cut(s string, n int) string {
	if n < 0 || len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func toBool(from fakeredshift.Type) converter {
	switch classOf(from) {
	case boolClass:
		return same
	case intClass:
		return func(v Value) (Value, error) { return v.(int64) != 0, nil }
	case textClass, unknownClass:
		return func(v Value) (Value, error) { return parseBool(v.(string)) }
	}
	return nil
}

// parseBool reads the words of PostgreSQL, or a beginning of them.
func parseBool(text string) (Value, error) {
	s := strings.ToLower(strings.TrimSpace(text))
	is := func(words ...string) bool {
		for _, word := range words {
			if s != "" && strings.HasPrefix(word, s) {
				return true
			}
		}
		return false
	}
	switch {
	case is("true", "yes"), s == "1", s == "on":
		return true, nil
	case is("false", "no"), s == "0", s == "off", s == "of":
		return false, nil
	}
	return nil, refuse(stateBadText, "invalid input syntax for type boolean: %q", text)
}

// toBytes reads the bytes of a text, cut at the length of to.
func toBytes(from, to fakeredshift.Type) converter {
	switch classOf(from) {
	case textClass, unknownClass, bytesClass:
	default:
		return nil
	}
	length := rsql.Length(to)
	return func(v Value) (Value, error) {
		s := v.(string)
		if length >= 0 && len(s) > length {
			s = s[:length]
		}
		return s, nil
	}
}

// toSuper makes a JSON value of a scalar. A text becomes a string; JSON_PARSE is
// what reads one.
func toSuper(from fakeredshift.Type) converter {
	switch classOf(from) {
	case superClass:
		return same
	case textClass, unknownClass:
		return func(v Value) (Value, error) { return jsonString(v.(string)), nil }
	case boolClass, intClass, numericClass, floatClass:
		return func(v Value) (Value, error) { return printedValue(v, from), nil }
	}
	return nil
}

// Assign converts a value of type from as an INSERT, UPDATE or COPY into column
// does. A text that is too long is refused (22001), unless only blanks are too
// many. Text of no declared length (varchar with modifier -1, as literals have
// it) may go into a column of any type, if it is readable as one; text of a
// column only into a column of text (42804). Text becomes a string in a column of
// SUPER: JSON comes as SUPER. NULL goes everywhere: NOT NULL is the caller's.
func Assign(v Value, from fakeredshift.Type, column fakeredshift.Column) (Value, error) {
	if v == nil {
		return nil, nil
	}
	to := column.Type
	if !assignable(from, to) {
		return nil, refuse(stateMismatch, "column %q is of type %s but expression is of type %s", column.Name, typeText(to), typeText(from))
	}
	switch classOf(to) {
	case textClass, bytesClass:
		whole, err := Cast(v, from, plain(to))
		if err != nil {
			return nil, err
		}
		return fitted(whole.(string), to)
	}
	return Cast(v, from, to)
}

func assignable(from, to fakeredshift.Type) bool {
	a, b := classOf(from), classOf(to)
	literal := a == unknownClass || from.OID == rsql.Varchar && from.Modifier < 0
	switch {
	case a == b, literal, a.number() && b.number(), a.time() && b.time():
		return true
	case b == textClass: // everything that has an implicit cast to text
		return a != superClass && a != bytesClass && a != boolClass && a != otherClass
	case b == superClass:
		return a == textClass || a == boolClass || a.number()
	}
	return false
}

// fitted refuses what a column of type t cannot hold. Too many blanks are cut.
func fitted(s string, t fakeredshift.Type) (Value, error) {
	if t.OID == rsql.Bpchar {
		if utf8.RuneCountInString(s) != len(s) {
			return nil, tooLong("Multibyte character not supported for CHAR")
		}
		s = trimBlanks(s)
	}
	n := rsql.Length(t)
	if n < 0 || len(s) <= n {
		return s, nil
	}
	if classOf(t) == textClass && len(trimBlanks(s)) <= n {
		return s[:n], nil
	}
	return nil, tooLong("value too long for type " + declared(t))
}

// tooLong is a refusal of the compute nodes, with their number.
func tooLong(message string) error {
	e := refuse(stateTooLong, "%s", message)
	e.Code = 8001
	return e
}
