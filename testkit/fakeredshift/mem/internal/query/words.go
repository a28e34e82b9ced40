package query

import "strings"

// A wordSet is a set of words in lower case.
type wordSet map[string]struct{}

func words(list string) wordSet {
	set := wordSet{}
	for word := range strings.FieldsSeq(list) {
		set[word] = struct{}{}
	}
	return set
}

func (s wordSet) has(word string) bool {
	_, ok := s[word]
	return ok
}
