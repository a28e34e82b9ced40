package query

import (
	"errors"
	"strings"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// A function resolves a call of a function that this package has.
type function struct {
	least, most int // arguments; -1: any number
	bind        func(args []*node) (*node, error)
}

// functions are found by name; those of aggregates are in another table.
var functions = merged(generalFunctions, textFunctions, numberFunctions, timeFunctions)

// merged joins tables whose keys are one name or more.
func merged(tables ...map[string]function) map[string]function {
	all := map[string]function{}
	for _, table := range tables {
		for names, f := range table {
			for name := range strings.FieldsSeq(names) {
				all[name] = f
			}
		}
	}
	return all
}

// call resolves a call of a function or of an aggregate.
func (b *binder) call(x *callExpr) (*node, error) {
	if newAggregate, ok := aggregates[x.name]; ok {
		return b.aggregate(x, newAggregate)
	}
	if x.distinct || x.star || x.within != nil {
		return nil, refuse(stateSyntax, "%s(...) is no aggregate function", x.name)
	}
	args, err := b.bindAll(x.args)
	if err != nil {
		return nil, err
	}
	f, ok := functions[x.name]
	if !ok {
		for i, arg := range args {
			args[i] = typed(arg)
		}
		return b.session.call(x.name, args)
	}
	if len(args) < f.least || f.most >= 0 && len(args) > f.most {
		return nil, noFunction(x.name, args)
	}
	n, err := f.bind(args)
	if errors.Is(err, errArguments) {
		return nil, noFunction(x.name, args)
	}
	return n, err
}

// errArguments says that a function does not take arguments of these types.
var errArguments = errors.New("wrong types of arguments")

func noFunction(name string, args []*node) error {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = typeText(arg.typ)
	}
	e := refuse(stateNoFunction, "function %s(%s) does not exist", name, strings.Join(texts, ", "))
	e.Hint = "No function matches the given name and argument types. You may need to add explicit type casts."
	return e
}

// call calls a function of the Scope: at once if all arguments are constant, and
// else once with NULLs, to learn its type.
func (s session) call(name string, args []*node) (*node, error) {
	constant := true
	values := make([]Value, len(args))
	for i, arg := range args {
		constant = constant && arg.constant
		values[i] = arg.value
	}
	v, t, err := s.ask(name, values)
	if errors.Is(err, ErrNoFunction) {
		return nil, noFunction(name, args)
	}
	if err != nil {
		return nil, err
	}
	if constant {
		return constantly(v, t), nil
	}
	n := &node{typ: t, eval: func(f *frame) (Value, error) {
		values := make([]Value, len(args))
		for i, arg := range args {
			var err error
			if values[i], err = arg.eval(f); err != nil {
				return nil, err
			}
		}
		v, _, err := s.ask(name, values)
		return v, err
	}}
	for _, arg := range args {
		n.reads = n.reads.union(arg.reads)
	}
	return n, nil
}

func (s session) ask(name string, args []Value) (Value, fakeredshift.Type, error) {
	if s.scope == nil {
		return nil, fakeredshift.Type{}, ErrNoFunction
	}
	return s.scope.Function(name, args)
}

// generalFunctions take arguments of any type.
var generalFunctions = map[string]function{
	"coalesce nvl": {1, -1, coalesce},
	"nvl2":         {3, 3, nvl2},
	"nullif":       {2, 2, nullif},
	"greatest":     {1, -1, func(args []*node) (*node, error) { return extreme(1, args) }},
	"least":        {1, -1, func(args []*node) (*node, error) { return extreme(-1, args) }},
	"decode":       {3, -1, decode},
}

func coalesce(args []*node) (*node, error) {
	args, t, err := matched("COALESCE", args)
	if err != nil {
		return nil, err
	}
	return derived(t, func(f *frame) (Value, error) {
		for _, arg := range args {
			if v, err := arg.eval(f); v != nil || err != nil {
				return v, err
			}
		}
		return nil, nil
	}, args...), nil
}

// isNull is x IS NULL.
func isNull(x *node) *node {
	return derived(typeBool, func(f *frame) (Value, error) {
		v, err := x.eval(f)
		return v == nil, err
	}, x)
}

func nvl2(args []*node) (*node, error) {
	results, t, err := matched("NVL2", args[1:])
	if err != nil {
		return nil, err
	}
	return choice(t, []*node{isNull(args[0])}, []*node{results[1], results[0]}), nil
}

func nullif(args []*node) (*node, error) {
	equal, err := comparison("=", args[0], args[1])
	if err != nil {
		return nil, err
	}
	x := typed(args[0])
	return choice(x.typ, []*node{equal}, []*node{constantly(nil, x.typ), x}), nil
}

// extreme is GREATEST or LEAST, which skip NULLs.
func extreme(sign int, args []*node) (*node, error) {
	args, t, err := matched("GREATEST/LEAST", args)
	if err != nil {
		return nil, err
	}
	return derived(t, func(f *frame) (Value, error) {
		var best Value
		for _, arg := range args {
			v, err := arg.eval(f)
			if err != nil {
				return nil, err
			}
			if v != nil && (best == nil || sign*compare(v, best) > 0) {
				best = v
			}
		}
		return best, nil
	}, args...), nil
}

// decode is decode(x, a, 1, b, 2, otherwise). NULL is found.
func decode(args []*node) (*node, error) {
	var conditions, results []*node
	rest := args[1:]
	for ; len(rest) >= 2; rest = rest[2:] {
		same, err := notDistinct(args[0], rest[0])
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, same)
		results = append(results, rest[1])
	}
	if len(rest) == 1 {
		results = append(results, rest[0])
	} else {
		results = append(results, constantly(nil, typeUnknown))
	}
	results, t, err := matched("DECODE", results)
	if err != nil {
		return nil, err
	}
	return choice(t, conditions, results), nil
}
