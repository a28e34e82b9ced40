package fakeaws

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A condition is one key under one operator of a Condition element. All
// conditions of a statement must hold.
type condition struct {
	key      string // in lower case: keys have no case
	values   []string
	match    comparison
	negated  bool // holds if no value matches; and if the key is absent
	ifExists bool // holds if the key is absent
	null     bool // asks only whether the key is absent
}

// A comparison reports whether what the request has matches a value of the policy.
type comparison func(have, want string) bool

// comparisonOf finds an operator by its name without Not and IfExists.
func comparisonOf(name string) (comparison, bool) {
	switch name {
	case "StringEquals":
		return func(have, want string) bool { return have == want }, true
	case "StringEqualsIgnoreCase", "Bool":
		return strings.EqualFold, true
	case "StringLike":
		return func(have, want string) bool { return glob(want, have) }, true
	case "ArnEquals", "ArnLike":
		return arnLike, true
	case "NumericEquals":
		return numeric(func(have, want float64) bool { return have == want }), true
	case "NumericLessThan":
		return numeric(func(have, want float64) bool { return have < want }), true
	case "NumericLessThanEquals":
		return numeric(func(have, want float64) bool { return have <= want }), true
	case "NumericGreaterThan":
		return numeric(func(have, want float64) bool { return have > want }), true
	case "NumericGreaterThanEquals":
		return numeric(func(have, want float64) bool { return have >= want }), true
	}
	return nil, false
}

func numeric(compare func(have, want float64) bool) comparison {
	return func(have, want string) bool {
		h, err := strconv.ParseFloat(have, 64)
		w, errWant := strconv.ParseFloat(want, 64)
		return err == nil && errWant == nil && compare(h, w)
	}
}

// arnLike compares the six parts of an ARN one by one, so that no wildcard
// reaches over a colon of the first five.
func arnLike(have, want string) bool {
	h, w := strings.SplitN(have, ":", 6), strings.SplitN(want, ":", 6)
	if len(h) != 6 || len(w) != 6 {
		return false
	}
	for i := range h {
		if !glob(w[i], h[i]) {
			return false
		}
	}
	return true
}

// positive turns the negated operators into their opposites.
var positive = strings.NewReplacer("NotEquals", "Equals", "NotLike", "Like")

func parseConditions(raw []byte) ([]condition, error) {
	operators, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("in Condition: %w", err)
	}
	var conditions []condition
	for _, operator := range operators {
		keys, err := object(operator.value)
		if err != nil {
			return nil, fmt.Errorf("in Condition: %s: %w", operator.name, err)
		}
		for _, key := range keys {
			c, err := parseCondition(operator.name, key)
			if err != nil {
				return nil, fmt.Errorf("in Condition: %w", err)
			}
			conditions = append(conditions, c)
		}
	}
	return conditions, nil
}

func parseCondition(operator string, key element) (condition, error) {
	c := condition{key: strings.ToLower(key.name)}
	values, err := scalars(key)
	if err != nil {
		return c, err
	}
	c.values = values
	if !strings.Contains(c.key, ":") {
		return c, fmt.Errorf("%s: the key %q has no prefix, such as s3: in s3:prefix", operator, key.name)
	}
	for _, value := range values {
		if strings.Contains(value, "${") {
			return c, fmt.Errorf("%s: policy variables are not supported: %q", key.name, value)
		}
	}
	if operator == "Null" {
		c.null = true
		return c, c.checkBool(key.name)
	}
	name, ifExists := strings.CutSuffix(operator, "IfExists")
	opposite := positive.Replace(name)
	match, ok := comparisonOf(opposite)
	if !ok {
		return c, fmt.Errorf("unknown operator %q", operator)
	}
	c.match, c.ifExists, c.negated = match, ifExists, opposite != name
	if name == "Bool" {
		return c, c.checkBool(key.name)
	}
	return c, nil
}

func (c condition) checkBool(key string) error {
	for _, value := range c.values {
		if value != "true" && value != "false" {
			return fmt.Errorf("%s: %q is neither true nor false", key, value)
		}
	}
	return nil
}

// holds reports whether the condition holds for a request with these context
// keys, whose names are in lower case.
func (c condition) holds(context map[string][]string) bool {
	have, ok := context[c.key]
	ok = ok && len(have) > 0
	switch {
	case c.null:
		return slices.Contains(c.values, strconv.FormatBool(!ok))
	case !ok:
		return c.ifExists || c.negated
	}
	matched := slices.ContainsFunc(have, func(h string) bool {
		return slices.ContainsFunc(c.values, func(want string) bool { return c.match(h, want) })
	})
	return matched != c.negated
}
