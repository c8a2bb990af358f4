package kit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// evaluator evaluates expressions for one call. All of them share one budget of steps.
//
// Expr bounds neither time nor the size of what it makes, and an expression that doubles a list thirty times is short.
// So each value that goes into an operator or a function, or comes out of a predicate, passes through charge, which
// counts all that is in it. What no step is counted for is linear in what was counted.
type evaluator struct {
	r     *hostfn.Run
	fn    string
	vars  map[string]any
	known *goja.Object
	ctx   context.Context
	steps int
}

func (k *kit) evaluator(r *hostfn.Run, fn string, vars map[string]any) *evaluator {
	return &evaluator{r: r, fn: fn, vars: vars, known: k.known(r), ctx: r.Ctx()}
}

const chargeName = "__charge" // no name that isName and a rule's author would use

// value evaluates and gives the result to the script.
func (e *evaluator) value(code string) goja.Value { return e.toJS(e.run(code)) }

// run evaluates an expression; what goes wrong is thrown.
func (e *evaluator) run(code string) any {
	if len(code) > maxRule {
		fail(e.r, e.fn, "the expression is longer than %d KiB", maxRule>>10)
	}
	v, err := e.eval(code)
	if err == nil {
		_, err = e.charge(v)
	}
	if err == nil {
		return v
	}
	if cause := context.Cause(e.ctx); cause != nil {
		e.r.Throw(cause)
	}
	if _, ok := errors.AsType[*goja.Exception](err); ok {
		e.r.Rethrow(err)
	}
	if i, ok := errors.AsType[*goja.InterruptedError](err); ok {
		e.r.Rethrow(i)
	}
	fail(e.r, e.fn, "%s: %s", short(code, 80), short(firstLine(err.Error()), 300))
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func (e *evaluator) eval(code string) (v any, err error) {
	defer func() {
		if x := recover(); x != nil {
			if thrown, ok := x.(error); ok {
				err = thrown
			} else {
				err = fmt.Errorf("%v", x)
			}
		}
	}()
	options := []expr.Option{
		expr.AllowUndefinedVariables(), expr.Optimize(false), expr.MaxNodes(maxRuleNodes), expr.Patch(&charger{}),
		expr.Function(chargeName, func(args ...any) (any, error) { return e.charge(args[0]) }),
		expr.Function("now", func(...any) (any, error) { return e.r.Now().UTC(), nil }),
		expr.Function("replace", e.replace), expr.Function("join", e.join),
		expr.DisableBuiltin("now"), expr.DisableBuiltin("repeat"), expr.DisableBuiltin("replace"), expr.DisableBuiltin("join"),
	}
	for _, name := range e.known.Keys() {
		if fn, ok := goja.AssertFunction(hostfn.Property(e.known, name)); ok {
			options = append(options, expr.DisableBuiltin(name), expr.Function(name, e.scripts(fn)))
		}
	}
	program, err := expr.Compile(code, options...)
	if err != nil {
		return nil, err
	}
	return expr.Run(program, e.vars)
}

// scripts makes a function of Expr's of one of the script's.
func (e *evaluator) scripts(fn goja.Callable) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		values := make([]goja.Value, len(args))
		for i := range args {
			values[i] = e.toJS(args[i])
		}
		v, err := fn(goja.Undefined(), values...)
		if err != nil {
			return nil, err
		}
		return e.r.FromJS(v)
	}
}

// charge counts a value and all that is in it, and answers it.
func (e *evaluator) charge(v any) (any, error) {
	if err := e.count(v, 0); err != nil {
		return nil, err
	}
	if e.ctx.Err() != nil {
		return nil, context.Cause(e.ctx)
	}
	return v, nil
}

func (e *evaluator) count(v any, depth int) error {
	e.steps++
	switch v := v.(type) {
	case nil, bool, int, int64, float64:
	case string:
		e.steps += len(v) / 16
	case []any:
		for _, item := range v {
			if err := e.count(item, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, item := range v {
			if err := e.count(item, depth+1); err != nil {
				return err
			}
		}
	default:
		if err := e.countOther(reflect.ValueOf(v), depth); err != nil {
			return err
		}
	}
	if e.steps > maxRuleSteps {
		return fault.New(fault.Script, "it takes more than %d steps", maxRuleSteps)
	}
	if depth > maxDepth {
		return fault.New(fault.Script, "a value is nested more than %d deep", maxDepth)
	}
	return nil
}

// countOther counts what Expr's own functions make: lists of ints, maps of lists.
func (e *evaluator) countOther(v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := e.count(v.Index(i).Interface(), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := e.count(it.Value().Interface(), depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// replace and join make texts that are longer than all that goes in: they charge before they do.
func (e *evaluator) replace(args ...any) (any, error) {
	if len(args) != 3 {
		return nil, errors.New("replace takes a text, what to look for and what to put there")
	}
	s, old, with := fmt.Sprint(args[0]), fmt.Sprint(args[1]), fmt.Sprint(args[2])
	if e.steps += strings.Count(s, old) * (1 + len(with)/16); e.steps > maxRuleSteps {
		return nil, fmt.Errorf("it takes more than %d steps", maxRuleSteps)
	}
	return strings.ReplaceAll(s, old, with), nil
}

func (e *evaluator) join(args ...any) (any, error) {
	if len(args) == 0 || len(args) > 2 {
		return nil, errors.New("join takes a list and what to put between")
	}
	between := ""
	if len(args) == 2 {
		between = fmt.Sprint(args[1])
	}
	list := reflect.ValueOf(args[0])
	if list.Kind() != reflect.Slice {
		return nil, errors.New("join takes a list")
	}
	if e.steps += list.Len() * (1 + len(between)/16); e.steps > maxRuleSteps {
		return nil, fmt.Errorf("it takes more than %d steps", maxRuleSteps)
	}
	parts := make([]string, list.Len())
	for i := range parts {
		parts[i] = fmt.Sprint(list.Index(i).Interface())
	}
	return strings.Join(parts, between), nil
}

// toJS makes a JavaScript value of what an expression came to.
func (e *evaluator) toJS(v any) goja.Value {
	switch v := v.(type) {
	case nil, bool, string, int, int64, float64:
		return hostfn.ToJS(e.r.VM, v)
	case goja.Value:
		return v
	case time.Time:
		return jsDate(e.r, v)
	case time.Duration:
		return e.r.VM.ToValue(v.Milliseconds())
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice, reflect.Array:
		items := make([]any, rv.Len())
		for i := range items {
			items[i] = e.toJS(rv.Index(i).Interface())
		}
		return e.r.VM.NewArray(items...)
	case reflect.Map:
		o := e.r.VM.NewObject()
		keys := map[string]reflect.Value{}
		for it := rv.MapRange(); it.Next(); {
			keys[fmt.Sprint(it.Key().Interface())] = it.Value()
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			hostfn.SetOwn(o, key, e.toJS(keys[key].Interface()))
		}
		return o
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return e.r.VM.ToValue(rv.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return e.r.VM.ToValue(rv.Uint())
	case reflect.Float32:
		return e.r.VM.ToValue(rv.Float())
	}
	return e.r.VM.ToValue(fmt.Sprint(v)) // no Go value reaches a script
}

// charger puts charge around what operators and functions take and predicates answer.
type charger struct{}

// Visit is called for each node, its children first.
func (c *charger) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		charged(&n.Left)
		charged(&n.Right)
	case *ast.BuiltinNode:
		for i := range n.Arguments {
			charged(&n.Arguments[i])
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == chargeName {
			return
		}
		for i := range n.Arguments {
			charged(&n.Arguments[i])
		}
	case *ast.PredicateNode:
		charged(&n.Node)
	case *ast.ArrayNode:
		for i := range n.Nodes {
			charged(&n.Nodes[i])
		}
	case *ast.PairNode:
		charged(&n.Value)
	case *ast.VariableDeclaratorNode:
		charged(&n.Value)
	case *ast.MemberNode:
		if n.Method {
			charged(&n.Node)
		}
	}
}

// charged wraps a node, unless it is plain or wrapped already: the tree is visited more than once.
func charged(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.PredicateNode, *ast.ConstantNode:
		return
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && callee.Value == chargeName {
			return
		}
	}
	*node = &ast.CallNode{Callee: &ast.IdentifierNode{Value: chargeName}, Arguments: []ast.Node{*node}}
}
