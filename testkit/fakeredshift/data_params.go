package fakeredshift

import (
	"fmt"
	"strings"

	"github.com/redferry/redferry/internal/sqltext"
)

// bindNames puts $1, $2, ... in place of the placeholders :name in each
// statement. Text in quotes and comments stays as it is, and without parameters
// everything does. A placeholder without a parameter is refused, and so is a
// parameter that no statement has.
func bindNames(sqls []string, parameters []parameter) ([]part, error) {
	values := make(map[string]string, len(parameters))
	for _, p := range parameters {
		if _, ok := values[p.Name]; ok {
			return nil, invalid("Parameter is given twice: %s", p.Name)
		}
		values[p.Name] = p.Value
	}
	used := make(map[string]bool, len(values))
	parts := make([]part, len(sqls))
	for i, sql := range sqls {
		parts[i] = part{text: sql, sql: sql}
		if len(values) == 0 {
			continue
		}
		if err := parts[i].bind(values, used); err != nil {
			return nil, err
		}
	}
	for _, p := range parameters {
		if !used[p.Name] {
			return nil, invalid("Parameter is not in the SQL: %s", p.Name)
		}
	}
	return parts, nil
}

func (p *part) bind(values map[string]string, used map[string]bool) error {
	tokens := sqltext.Tokens(p.text)
	position := make(map[string]int)
	var b strings.Builder
	for i := 0; i < len(tokens); i++ {
		name, ok := placeholder(tokens[i:])
		if !ok {
			b.WriteString(tokens[i].Text)
			continue
		}
		value, ok := values[name]
		if !ok {
			return invalid("Cannot find parameter: %s", name)
		}
		if position[name] == 0 {
			p.args = append(p.args, &value)
			position[name] = len(p.args)
		}
		used[name] = true
		fmt.Fprintf(&b, " $%d ", position[name]) // apart from what stands beside it: "$:p" is no quote
		i++
	}
	p.sql = b.String()
	return nil
}

// placeholder reads ":name" at the head of tokens.
func placeholder(tokens []sqltext.Token) (name string, ok bool) {
	if len(tokens) < 2 || tokens[0].Text != ":" {
		return "", false
	}
	next := tokens[1]
	ok = (next.Kind == sqltext.Word || next.Kind == sqltext.Number) && parameterName.MatchString(next.Text)
	return next.Text, ok
}
