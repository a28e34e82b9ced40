package main

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A schema is one test program that has all mutants of a package which change a
// comparison or a logical operator, for which gremlins would have go compile and
// link one each: which of them it is, it reads from the environment. They are
// two mutants in three, and each of them compiles.
type schema struct {
	Program string
	Package string         // the directory with the files as they are
	Mutants map[string]int // by file, offset and new operator; see key
}

// envMutant says which mutant a program is; without it, it is none.
const envMutant = "MUTATE_MUTANT"

// schemaVar is what the program calls it.
const schemaVar = "mutantOfThisRun"

func key(file string, offset int, operator token.Token) string {
	return fmt.Sprintf("%s:%d:%s", file, offset, operator)
}

// changes are the operators that gremlins puts in the place of one.
var changes = map[token.Token][]token.Token{
	token.LSS:  {token.LEQ, token.GEQ},
	token.LEQ:  {token.LSS, token.GTR},
	token.GTR:  {token.GEQ, token.LEQ},
	token.GEQ:  {token.GTR, token.LSS},
	token.EQL:  {token.NEQ},
	token.NEQ:  {token.EQL},
	token.LAND: {token.LOR},
	token.LOR:  {token.LAND},
}

// build compiles the schema of a package into dir, and writes it beside. While it
// is no mutant, the program must pass its tests but for those of the pattern skip.
func build(ctx context.Context, dir, root, pkg, skip string) (file string, err error) {
	sources, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
	if err != nil {
		return "", err
	}
	s := schema{Program: filepath.Join(dir, strings.ReplaceAll(pkg, "/", "-")+".test"), Package: filepath.Join(root, pkg), Mutants: make(map[string]int)}
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	for _, source := range sources {
		name := filepath.Base(source)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		text, err := s.rewrite(name, string(data), len(overlay.Replace) == 0)
		if err != nil {
			return "", err
		}
		overlay.Replace[source] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	if err := writeJSON(s.Program+".overlay", overlay); err != nil {
		return "", err
	}
	compile := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", s.Program+".overlay", "-o", s.Program, "./"+pkg)
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile all mutants of %s: %w\n%s", pkg, err, out)
	}
	try := exec.CommandContext(ctx, s.Program, "-test.skip="+skip)
	try.Dir = s.Package
	if out, err := try.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the tests of %s that is no mutant: %w\n%s", pkg, err, out)
	}
	return s.Program + ".json", writeJSON(s.Program+".json", s)
}

func writeJSON(file string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// rewrite puts each condition in the functions of a file beside all of its
// mutants. A new operator has the operands of the old one, whatever binds them.
func (s *schema) rewrite(name, text string, first bool) (string, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	done := 0
	copyTo := func(offset int) {
		b.WriteString(text[done:offset])
		done = offset
	}
	if first {
		copyTo(set.Position(file.Name.End()).Offset)
		b.WriteString("; import osOfTheMutants \"os\"")
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			condition, ok := n.(*ast.BinaryExpr)
			if !ok || changes[condition.Op] == nil {
				return true
			}
			start, end := set.Position(condition.Pos()).Offset, set.Position(condition.End()).Offset
			copyTo(start)
			b.WriteString("func() bool { switch " + schemaVar + " {")
			ast.Inspect(condition, func(n ast.Node) bool {
				if n, ok := n.(*ast.BinaryExpr); ok {
					from, at, to := set.Position(n.Pos()).Offset, set.Position(n.OpPos).Offset, set.Position(n.End()).Offset
					for _, operator := range changes[n.Op] {
						id := len(s.Mutants) + 1
						s.Mutants[key(name, at, operator)] = id
						fmt.Fprintf(&b, "case \"%d\": return %s((%s)%s(%s))%s;", id,
							text[start:from], text[from:at], operator, text[at+len(n.Op.String()):to], text[to:end])
					}
				}
				return true
			})
			b.WriteString("}; return " + text[start:end] + " }()")
			done = end
			return false
		})
	}
	copyTo(len(text))
	if first {
		fmt.Fprintf(&b, "\nvar %s = osOfTheMutants.Getenv(%q)\n", schemaVar, envMutant)
	}
	return b.String(), nil
}

// find returns the number of the mutant in the working directory, where gremlins
// has go run, and false if it is none of the schema's.
func (s *schema) find() (int, bool) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		return 0, false
	}
	for _, name := range sources {
		mutated, err := os.ReadFile(name)
		if err != nil {
			return 0, false
		}
		original, err := os.ReadFile(filepath.Join(s.Package, name))
		if err != nil {
			return 0, false
		}
		if offset, operator, ok := difference(original, mutated); ok {
			id, known := s.Mutants[key(name, offset, operator)]
			return id, known
		}
	}
	return 0, false
}

// difference is the first token of a that is another one in b: where it is in a,
// and what stands in its place. Semicolons come and go with the ends of lines, and
// gremlins puts parentheses around operands that would be bound differently.
func difference(a, b []byte) (offset int, operator token.Token, differ bool) {
	was, is := scan(a), scan(b)
	for {
		at, old, oldText := was()
		_, now, nowText := is()
		if old != now || oldText != nowText {
			return at, now, true
		}
		if old == token.EOF {
			return 0, token.ILLEGAL, false
		}
	}
}

// scan returns a function that returns the next token of text.
func scan(text []byte) func() (offset int, t token.Token, literal string) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, text, func(token.Position, string) {}, 0)
	return func() (int, token.Token, string) {
		for {
			p, t, literal := s.Scan()
			if t != token.SEMICOLON && t != token.LPAREN && t != token.RPAREN {
				return file.Offset(p), t, literal
			}
		}
	}
}
