package main

import (
	"context"
	"encoding/json"
	"fmt"
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
//
// It also has a mark at each condition and each function, and knows which tests
// reach it: no other test can kill a mutant there. See reach.go.
type schema struct {
	Program   string
	Package   string             // the directory with the files as they are
	Mutants   map[string]variant // by file, offset and new operator; see key
	Functions []function
	Marks     int // how many; they are numbered from 1
	Tests     []test
}

// A variant is a mutant as the schema knows it: its number there, 0 if the
// schema does not have it, and the mark that is reached before it is, 0 if all
// tests may reach it.
type variant struct{ Number, Mark int }

// A function has its body in a file, from one offset to another, and a mark there.
type function struct {
	File       string
	Start, End int
	Mark       int
}

// envMutant says which mutant a program is; without it, it is none.
const envMutant = "MUTATE_MUTANT"

func key(file string, offset int, operator token.Token) string {
	return fmt.Sprintf("%s:%d:%s", file, offset, operator)
}

// build compiles the schema of a package into dir, records which tests reach
// what, and writes it beside. While it is no mutant, the program must pass each
// of its tests but those whose names match never, which it does not have.
func build(ctx context.Context, dir, root, pkg, never string) (*schema, error) {
	s := &schema{
		Program: filepath.Join(dir, strings.ReplaceAll(pkg, "/", "-")+".test"),
		Package: filepath.Join(root, pkg),
		Mutants: make(map[string]variant),
	}
	overlay, err := s.overlay(dir)
	if err != nil {
		return nil, err
	}
	compile := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", s.Program, "./"+pkg)
	compile.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile all mutants of %s: %w\n%s", pkg, err, out)
	}
	if err := s.record(ctx, never); err != nil {
		return nil, err
	}
	return s, writeJSON(s.file(), s)
}

// file is where the schema is written.
func (s *schema) file() string { return s.Program + ".json" }

// overlay writes the package's files into dir, rewritten, and one for go that
// says what stands in place of what; it returns the name of that one.
func (s *schema) overlay(dir string) (string, error) {
	sources, err := filepath.Glob(filepath.Join(s.Package, "*.go"))
	if err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{make(map[string]string)}
	write := func(name, text string) error {
		overlay.Replace[filepath.Join(s.Package, name)] = filepath.Join(dir, name)
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
	}
	var clause string
	for _, source := range sources {
		name := filepath.Base(source)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		var text string
		if text, clause, err = s.rewrite(name, string(data)); err != nil {
			return "", err
		}
		if err := write(name, text); err != nil {
			return "", err
		}
	}
	if err := write(helperFile, helper(clause, s.Marks)); err != nil {
		return "", err
	}
	return s.Program + ".overlay", writeJSON(s.Program+".overlay", overlay)
}

func writeJSON(file string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// readSchema reads what build has written.
func readSchema(file string) (*schema, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	s := new(schema)
	return s, json.Unmarshal(data, s)
}

// find returns the mutant in the working directory, where gremlins has go run.
func (s *schema) find() variant {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		return variant{}
	}
	for _, name := range sources {
		mutated, err := os.ReadFile(name)
		if err != nil {
			return variant{}
		}
		original, err := os.ReadFile(filepath.Join(s.Package, name))
		if err != nil {
			return variant{}
		}
		if offset, operator, ok := difference(original, mutated); ok {
			return s.at(name, offset, operator)
		}
	}
	return variant{}
}

// at returns the mutant that has the operator at an offset of a file: the
// schema's, or one that is reached when the function around it is.
func (s *schema) at(file string, offset int, operator token.Token) variant {
	if v, ok := s.Mutants[key(file, offset, operator)]; ok {
		return v
	}
	for _, f := range s.Functions {
		if f.File == file && f.Start <= offset && offset < f.End {
			return variant{Mark: f.Mark}
		}
	}
	return variant{}
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
