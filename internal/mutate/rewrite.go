package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

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

// A rewriter makes the schema's text of a file.
type rewriter struct {
	*schema
	set        *token.FileSet
	name, text string
	done       int // how much of text is in b, as it is or rewritten
	b          strings.Builder
}

// rewrite puts each condition in the functions of a file beside all of its
// mutants, and a mark there and at the start of each function. It returns the
// name of the package, too.
func (s *schema) rewrite(name, text string) (rewritten, clause string, err error) {
	r := rewriter{schema: s, set: token.NewFileSet(), name: name, text: text}
	file, err := parser.ParseFile(r.set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return "", "", err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			r.function(f.Body)
		}
	}
	r.copyTo(len(text))
	return r.b.String(), file.Name.Name, nil
}

func (r *rewriter) offset(p token.Pos) int { return r.set.Position(p).Offset }

func (r *rewriter) copyTo(offset int) {
	r.b.WriteString(r.text[r.done:offset])
	r.done = offset
}

// mark puts in a new mark and returns its number.
func (r *rewriter) mark() int {
	r.Marks++
	fmt.Fprintf(&r.b, "%s(%d);", markFunction, r.Marks)
	return r.Marks
}

// function rewrites the body of one. Function literals in it have no mark of
// their own: they are reached after it.
func (r *rewriter) function(body *ast.BlockStmt) {
	r.copyTo(r.offset(body.Lbrace) + 1)
	r.Functions = append(r.Functions, function{r.name, r.offset(body.Lbrace), r.offset(body.End()), r.mark()})
	ast.Inspect(body, func(n ast.Node) bool {
		condition, ok := n.(*ast.BinaryExpr)
		if !ok || changes[condition.Op] == nil {
			return true
		}
		r.condition(condition)
		return false
	})
}

// condition rewrites one, with all conditions in it. A new operator has the
// operands of the old one, whatever binds them.
func (r *rewriter) condition(condition *ast.BinaryExpr) {
	start, end := r.offset(condition.Pos()), r.offset(condition.End())
	r.copyTo(start)
	r.b.WriteString("func() bool { ")
	mark := r.mark()
	r.b.WriteString(" switch " + mutantVariable + " {")
	ast.Inspect(condition, func(n ast.Node) bool {
		if n, ok := n.(*ast.BinaryExpr); ok {
			from, at, to := r.offset(n.Pos()), r.offset(n.OpPos), r.offset(n.End())
			for _, operator := range changes[n.Op] {
				v := variant{len(r.Mutants) + 1, mark}
				r.Mutants[key(r.name, at, operator)] = v
				fmt.Fprintf(&r.b, "case \"%d\": return %s((%s)%s(%s))%s;", v.Number,
					r.text[start:from], r.text[from:at], operator, r.text[at+len(n.Op.String()):to], r.text[to:end])
			}
		}
		return true
	})
	r.b.WriteString("}; return " + r.text[start:end] + " }()")
	r.done = end
}
