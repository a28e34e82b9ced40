package main

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

const conditions = `package p

import "fmt"

const limit = 2

func f(a, b int, words ...string) string {
	if both := a < b && // a comment
		b >= limit || len(words) == 0; both {
		return "yes"
	}
	for i := 0; i < a+b; i++ {
		if func() bool { return i > 0 }() {
			return fmt.Sprint(i != 1, (a == b) != (b <= a))
		}
	}
	switch {
	case a > b:
		return "more"
	}
	return "no"
}
`

// inputs are what f is called with.
const inputs = `f(1, 2, "x") + f(1, 1, "x") + f(0, 0) + f(2, 1, "x") + f(0, 0, "x") + f(3, 2)`

// TestSchema: each mutant of the schema does what it does when it is compiled
// apart, and is found by its file.
func TestSchema(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	write(t, "go.mod", "module example.com/p\n")
	write(t, "p/a.go", conditions)
	write(t, "p/p_test.go", "package p\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) {\n\tprintln("+inputs+")\n}\n\nfunc TestOfAnother(t *testing.T) { t.Fail() }\n")
	s, err := build(t.Context(), t.TempDir(), root, "p", "^TestOfAnother$")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("p")
	if v := s.find(); v != (variant{}) {
		t.Errorf("what is not mutated is %v in the schema", v)
	}
	mutants := []string{conditions}
	numbers := []int{0}
	t.Chdir(t.TempDir())
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, "", conditions, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		condition, ok := n.(*ast.BinaryExpr)
		if !ok {
			return true
		}
		old := condition.Op
		for _, operator := range changes[old] {
			condition.Op = operator // as gremlins does
			var b strings.Builder
			if err := printer.Fprint(&b, set, parsed); err != nil {
				t.Fatal(err)
			}
			write(t, "a.go", b.String())
			v := s.find()
			if v.Number == 0 {
				t.Errorf("%s in the place of %s at %s is not in the schema", operator, old, set.Position(condition.OpPos))
			}
			mutants, numbers = append(mutants, b.String()), append(numbers, v.Number)
		}
		condition.Op = old
		return true
	})
	if len(mutants) != 19 {
		t.Errorf("%d mutants, want 18", len(mutants)-1)
	}
	for i, want := range apart(t, mutants) {
		cmd := exec.Command(s.Program, "-test.run=^TestF$")
		cmd.Env = append(os.Environ(), envMutant+"="+strconv.Itoa(numbers[i]))
		out, err := cmd.CombinedOutput()
		if got, _, _ := strings.Cut(string(out), "\n"); err != nil || got != want {
			t.Errorf("mutant %d: got %s, %v, want %s", i, got, err, want)
		}
	}
}

// apart returns what the f of each mutant makes of the inputs: it is compiled
// under another name.
func apart(t *testing.T, mutants []string) []string {
	t.Helper()
	var functions, calls strings.Builder
	for i, mutant := range mutants {
		f := "f" + strconv.Itoa(i) + "("
		functions.WriteString(strings.ReplaceAll(mutant[strings.Index(mutant, "func f("):], "f(a, b", f+"a, b"))
		calls.WriteString("\tfmt.Println(" + strings.ReplaceAll(inputs, "f(", f) + ")\n")
	}
	write(t, "main.go", "package main\n\nimport \"fmt\"\n\nconst limit = 2\n\nfunc main() {\n"+calls.String()+"}\n\n"+functions.String())
	out, err := exec.Command("go", "run", "main.go").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// TestDifference: what gremlins prints anew is the same but for the mutant.
func TestDifference(t *testing.T) {
	const original = "package p\n\nfunc f(a int) bool { return a < 1 }\n"
	for mutated, want := range map[string]token.Token{
		"package p\n\nfunc f(a int) bool { return a <= 1 }\n":  token.LEQ,
		"package p\nfunc f(a int) bool {\n\treturn a > 1\n}\n": token.GTR,
		"package p\n\nfunc f(a int) bool {\n\treturn a < 1\n}": token.ILLEGAL,
	} {
		offset, operator, ok := difference([]byte(original), []byte(mutated))
		if ok != (want != token.ILLEGAL) || ok && (operator != want || original[offset] != '<') {
			t.Errorf("%q: %s at %d, %t", mutated, operator, offset, ok)
		}
	}
}
