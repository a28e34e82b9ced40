package fakeaws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// An element is a member of a JSON object in a policy.
type element struct {
	name  string
	value json.RawMessage
}

// object reads one JSON object and nothing after it. Unlike encoding/json it
// compares names exactly, keeps their order and refuses one that stands twice.
func object(raw []byte) ([]element, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, fmt.Errorf("want a JSON object, have %.40s", bytes.TrimSpace(raw))
	}
	var elements []element
	seen := make(map[string]bool)
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		e := element{name: fmt.Sprint(t)}
		if seen[e.name] {
			return nil, fmt.Errorf("%q stands twice", e.name)
		}
		seen[e.name] = true
		if err := dec.Decode(&e.value); err != nil {
			return nil, err
		}
		elements = append(elements, e)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows its JSON")
	}
	return elements, nil
}

// text reads an element that is a string.
func text(e element) (string, error) {
	var s *string
	if err := json.Unmarshal(e.value, &s); err != nil || s == nil {
		return "", fmt.Errorf("%s: want a string, have %.40s", e.name, e.value)
	}
	return *s, nil
}

// texts reads an element that is a string or a list of strings, at least one.
func texts(e element) ([]string, error) {
	return list(e, text)
}

// scalars is texts for the values of a condition, which may also be bools and
// numbers.
func scalars(e element) ([]string, error) {
	return list(e, func(one element) (string, error) {
		var v any
		dec := json.NewDecoder(bytes.NewReader(one.value))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			return "", err
		}
		switch v := v.(type) {
		case string:
			return v, nil
		case bool, json.Number:
			return fmt.Sprint(v), nil
		}
		return "", fmt.Errorf("%s: want a string, a number or a bool, have %.40s", one.name, one.value)
	})
}

func list(e element, read func(element) (string, error)) ([]string, error) {
	raw := []json.RawMessage{e.value}
	if e.value[0] == '[' {
		if err := json.Unmarshal(e.value, &raw); err != nil {
			return nil, err
		}
	}
	if len(raw) == 0 {
		return nil, fmt.Errorf("%s: the list is empty", e.name)
	}
	values := make([]string, len(raw))
	for i, one := range raw {
		value, err := read(element{name: e.name, value: one})
		if err != nil {
			return nil, err
		}
		values[i] = value
	}
	return values, nil
}
