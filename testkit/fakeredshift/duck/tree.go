//go:build cgo

package duck

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A node is a node of the syntax tree that DuckDB's parser makes of a query.
type node map[string]any

// parse returns the tree of one query, which must be in DuckDB's dialect.
func (l *link) parse(ctx context.Context, query string) (node, error) {
	rows, err := l.rows(ctx, "SELECT json_serialize_sql("+quote(query)+")::VARCHAR")
	if err != nil {
		return nil, err
	}
	text, _ := rows[0][0].(string)
	var answer struct {
		Error      bool   `json:"error"`
		Type       string `json:"error_type"`
		Message    string `json:"error_message"`
		Statements []struct {
			Node node `json:"node"`
		} `json:"statements"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		return nil, refuse(stateInternal, "duck: tree of a query: %s", err)
	}
	switch {
	case answer.Error:
		message, _, _ := strings.Cut(answer.Message, "\n")
		return nil, refuse(stateSyntax, "%s", message)
	case len(answer.Statements) != 1:
		return nil, refuse(stateSyntax, "cannot insert multiple commands into a prepared statement")
	}
	return answer.Statements[0].Node, nil
}

func (n node) text(key string) string {
	s, _ := n[key].(string)
	return s
}

func (n node) child(key string) node {
	m, _ := n[key].(map[string]any)
	return m
}

func (n node) list(key string) []node {
	items, _ := n[key].([]any)
	nodes := make([]node, 0, len(items))
	for _, item := range items {
		m, _ := item.(map[string]any)
		nodes = append(nodes, m)
	}
	return nodes
}

func (n node) texts(key string) []string {
	items, _ := n[key].([]any)
	texts := make([]string, 0, len(items))
	for _, item := range items {
		s, _ := item.(string)
		texts = append(texts, s)
	}
	return texts
}

// position is where the node begins in the text, -1 if the parser did not say.
func (n node) position() int {
	number, _ := n["query_location"].(json.Number)
	at, err := number.Int64()
	if err != nil {
		return -1
	}
	return int(at)
}

// has reports whether a query ends in the given clause: LIMIT_MODIFIER,
// ORDER_MODIFIER.
func (n node) has(modifier string) bool {
	for _, m := range n.list("modifiers") {
		if m.text("type") == modifier {
			return true
		}
	}
	return false
}

// A field is one column of a query or a relation. Its type is only set where it
// says more than DuckDB's own.
type field struct {
	name string
	typ  *fakeredshift.Type
}
