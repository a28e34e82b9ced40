package main

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// complete adds blocks to a coverage profile for code of pkg that runs, but lies
// in no block of the cover tool: the conditions of a switch's cases, which are
// looked at when the switch is reached, and the declarations of the package.
func complete(profile, pkg string) error {
	data, err := os.ReadFile(profile)
	if err != nil {
		return err
	}
	covered, err := parseProfile(string(data))
	if err != nil {
		return err
	}
	var added strings.Builder
	for name, blocks := range covered {
		file := filepath.Join(pkg, path.Base(name))
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		more, err := unseen(source, blocks)
		if err != nil {
			return err
		}
		for _, b := range more {
			fmt.Fprintf(&added, "%s:%s 1 1\n", name, b)
		}
	}
	return os.WriteFile(profile, append(data, added.String()...), 0o600)
}

// A place is a line and a column, from 1; a block lies between two.
type (
	place struct{ line, column int }
	block struct{ start, end place }
)

func (p place) before(q place) bool {
	return p.line < q.line || p.line == q.line && p.column < q.column
}

func (b block) contains(p place) bool { return !p.before(b.start) && p.before(b.end) }

func (b block) String() string {
	return fmt.Sprintf("%d.%d,%d.%d", b.start.line, b.start.column, b.end.line, b.end.column)
}

// parseProfile returns the blocks that ran, by file; files of which nothing ran
// are in it, too.
func parseProfile(profile string) (map[string][]block, error) {
	files := make(map[string][]block)
	lines := bufio.NewScanner(strings.NewReader(profile))
	for lines.Scan() {
		name, rest, ok := strings.Cut(lines.Text(), ".go:")
		if !ok {
			continue // the mode
		}
		name += ".go"
		var b block
		var statements, count int
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.start.line, &b.start.column, &b.end.line, &b.end.column, &statements, &count); err != nil {
			return nil, fmt.Errorf("mutate: coverage profile: %q: %w", lines.Text(), err)
		}
		files[name] = append(files[name], nil...)
		if count > 0 {
			files[name] = append(files[name], b)
		}
	}
	return files, lines.Err()
}

// unseen returns the blocks of source that run when covered do, but lie in none
// of them.
func unseen(source []byte, covered []block) ([]block, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", source, 0)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) place {
		position := set.Position(p)
		return place{position.Line, position.Column}
	}
	var found []block
	for _, d := range file.Decls {
		if d, ok := d.(*ast.GenDecl); ok && !hasFunction(d) {
			found = append(found, block{at(d.Pos()), at(d.End())})
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SwitchStmt)
		if !ok || !reached(covered, at(s.Switch)) {
			return true
		}
		for _, clause := range s.Body.List {
			clause := clause.(*ast.CaseClause)
			found = append(found, block{at(clause.Case), at(clause.Colon)})
		}
		return true
	})
	return found, nil
}

func reached(covered []block, p place) bool {
	for _, b := range covered {
		if b.contains(p) {
			return true
		}
	}
	return false
}

func hasFunction(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		_, function := n.(*ast.FuncLit)
		found = found || function
		return !found
	})
	return found
}
