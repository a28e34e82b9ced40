package main

import (
	"strings"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A statement is one of those that a run is not to repeat, as a warehouse has it
// in its history.
type statement struct {
	verb  string // CREATE TABLE, UNLOAD or COPY
	table redferry.Table
	to    redferry.URI // of UNLOAD: the prefix of the files
	done  bool         // it had an effect that stays
}

// statements finds them. A COPY is done when its transaction is committed.
func statements(history []fakeredshift.Query) []statement {
	var list []statement
	open := make(map[int32][]int) // by session: the statements of its transaction
	inside := make(map[int32]bool)
	for _, q := range history {
		code := sqltext.Code(q.SQL)
		if len(code) == 0 {
			continue
		}
		ok := q.Status == fakeredshift.QuerySuccess
		switch {
		case code[0].Is("BEGIN"), code[0].Is("START"):
			inside[q.PID] = ok
		case code[0].Is("COMMIT"), code[0].Is("END"), code[0].Is("ROLLBACK"), code[0].Is("ABORT"):
			for _, i := range open[q.PID] {
				list[i].done = list[i].done && ok && (code[0].Is("COMMIT") || code[0].Is("END"))
			}
			delete(open, q.PID)
			delete(inside, q.PID)
		}
		s, found := read(code)
		if !found {
			continue
		}
		s.done = ok
		if inside[q.PID] {
			open[q.PID] = append(open[q.PID], len(list))
		}
		list = append(list, s)
	}
	for _, left := range open { // transactions that nobody has committed
		for _, i := range left {
			list[i].done = false
		}
	}
	return list
}

// read reads CREATE TABLE, UNLOAD of a table and COPY.
func read(code []sqltext.Token) (s statement, ok bool) {
	switch {
	case code[0].Is("CREATE") && len(code) > 1 && code[1].Is("TABLE"):
		at := 2
		if len(code) > 2 && code[2].Is("IF") { // NOT EXISTS
			at = 5
		}
		s.verb = "CREATE TABLE"
		s.table, ok = tableAt(code, at)
	case code[0].Is("COPY"):
		s.verb = "COPY"
		s.table, ok = tableAt(code, 1)
	case code[0].Is("UNLOAD") && len(code) > 5: // ('SELECT ... FROM table') TO 'prefix'
		s.verb = "UNLOAD"
		query, _ := code[2].Value()
		inner := sqltext.Code(query)
		s.table, ok = tableAt(inner, len(inner)-3)
		to, _ := code[5].Value()
		if err := s.to.UnmarshalText([]byte(to)); err != nil {
			return s, false
		}
	}
	return s, ok
}

func tableAt(code []sqltext.Token, i int) (t redferry.Table, ok bool) {
	if i < 0 || len(code) < i+3 || code[i+1].Text != "." {
		return t, false
	}
	var schema, name bool
	t.Schema, schema = code[i].Identifier(true)
	t.Name, name = code[i+2].Identifier(true)
	return t, schema && name
}

// A prefix is where one UNLOAD puts the files of a table.
type prefix struct {
	table redferry.Table
	at    redferry.URI
}

// prefixes are those of all UNLOADs in a history.
func prefixes(history []fakeredshift.Query) []prefix {
	var list []prefix
	for _, s := range statements(history) {
		if s.verb == "UNLOAD" {
			list = append(list, prefix{s.table, s.to})
		}
	}
	return list
}

// moved are the prefixes at the target.
func moved(list []prefix, source, target redferry.URI) []prefix {
	var there []prefix
	for _, p := range list {
		if at, ok := p.at.Rebase(source, target); ok {
			there = append(there, prefix{p.table, at})
		}
	}
	return there
}

// owner finds the table of an object that lies below one of the prefixes, or
// beside it with the prefix as the beginning of its name, as manifests for COPY do.
func owner(list []prefix, key string) (redferry.Table, bool) {
	for _, p := range list {
		rest, ok := strings.CutPrefix(key, strings.TrimSuffix(p.at.Key, "/"))
		if ok && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, ".")) {
			return p.table, true
		}
	}
	return redferry.Table{}, false
}
