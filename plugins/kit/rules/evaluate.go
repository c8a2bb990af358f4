package rules

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/expr-lang/expr"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/date"
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
	order keyOrders
	known *goja.Object
	ctx   context.Context
	steps int

	patterns map[string]*boundedPattern // that matches has used
}

func (k *ruleSet) evaluator(r *hostfn.Run, fn string, vars map[string]any, order keyOrders) *evaluator {
	return &evaluator{r: r, fn: fn, vars: vars, order: order, known: k.known(r), ctx: r.Ctx()}
}

const (
	heavyStep  = 8          // bytes that one step makes
	maxNested  = 100        // brackets in one another, and signs before a value, of one expression
	chargeName = "__charge" // no name that a rule's author would use; sorting and matching have ones of their own
	sortName   = "__charge_sort"
	matchName  = "__matches"
	objectName = "__object"
)

// value evaluates and returns the result to the script.
func (e *evaluator) value(code string) goja.Value { return e.toJS(e.run(code)) }

// run evaluates an expression; what goes wrong is thrown.
func (e *evaluator) run(code string) any {
	if len(code) > maxRule {
		arg.Fail(e.r, e.fn, "the expression is longer than %d KiB", maxRule>>10)
	}
	v, err := e.eval(code)
	if err == nil {
		_, err = e.charge(v)
	}
	if err == nil {
		err = e.r.Stopped()
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
	arg.Fail(e.r, e.fn, "%s: %s", clip.Text(code, 80), clip.Text(plainWords(firstLine(err.Error())), 300))
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
	if err := shallow(code); err != nil {
		return nil, err
	}
	options := []expr.Option{
		expr.AllowUndefinedVariables(), expr.Optimize(false), expr.MaxNodes(maxRuleNodes), expr.DisableBuiltin("repeat"),
	}
	for name, f := range e.functions() {
		options = append(options, expr.DisableBuiltin(name), expr.Function(name, f))
	}
	for _, name := range e.known.Keys() {
		if fn, ok := goja.AssertFunction(hostfn.Property(e.known, name)); ok {
			options = append(options, expr.DisableBuiltin(name), expr.Function(name, e.scripts(fn)))
		}
	}
	program, err := compileRule(code, options)
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
			if _, err := e.charge(args[i]); err != nil {
				return nil, err
			}
			values[i] = e.toJS(args[i])
		}
		v, err := fn(goja.Undefined(), values...)
		if err != nil {
			return nil, err
		}
		return e.order.read(e.r, v)
	}
}

// charge counts a value and all that is in it, and returns it.
func (e *evaluator) charge(v any) (any, error) {
	before := e.steps
	if err := e.count(v, 0); err != nil {
		return nil, err
	}
	return v, e.pay(e.steps - before)
}

// pay charges steps that were counted to the run, with what is made of each.
func (e *evaluator) pay(steps int) error { return e.r.Charge(steps, heavyStep*int64(steps)) }

// use counts steps that a function is about to do.
func (e *evaluator) use(steps int) error {
	if e.steps += steps; steps > maxRuleSteps || e.steps > maxRuleSteps {
		return tooManySteps()
	}
	return e.pay(steps)
}

func tooManySteps() error {
	return fault.New(fault.Script, "it takes more than %d steps", maxRuleSteps)
}

func (e *evaluator) count(v any, depth int) error {
	e.steps++
	switch v := v.(type) {
	case nil, bool, int, int64, float64, time.Time, time.Duration, *time.Location:
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
		return tooManySteps()
	}
	if depth > arg.MaxDepth {
		return fault.New(fault.Script, "a value is nested more than %d deep", arg.MaxDepth)
	}
	return nil
}

// countOther counts what Expr's own functions make: lists of ints, maps of lists. A function is no value: what is not data
// must not be shown.
func (e *evaluator) countOther(v reflect.Value, depth int) error {
	switch v.Kind() {
	case reflect.Func, reflect.Pointer, reflect.Struct, reflect.Chan, reflect.UnsafePointer:
		return fault.New(fault.Script, "a function is not a value here: call it, as in now()")
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

// toJS makes a JavaScript value of what an expression came to.
func (e *evaluator) toJS(v any) goja.Value {
	switch v := v.(type) {
	case nil, bool, string, int, int64, float64:
		return e.r.ToJS(v)
	case goja.Value:
		return v
	case time.Time:
		return date.Value(e.r, "rules", v)
	case time.Duration:
		return e.r.VM.ToValue(v.Milliseconds())
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Slice, reflect.Array:
		e.r.Spend(rv.Len(), 48*int64(rv.Len()))
		items := make([]any, rv.Len())
		for i := range items {
			items[i] = e.toJS(rv.Index(i).Interface())
		}
		return e.r.VM.NewArray(items...)
	case reflect.Map:
		e.r.Spend(2*rv.Len(), int64(arg.HeavyObject+arg.HeavyEntry*rv.Len()))
		o := e.r.VM.NewObject()
		keys := map[string]reflect.Value{}
		for it := rv.MapRange(); it.Next(); {
			key, err := e.text(it.Key().Interface())
			if err != nil {
				e.r.Throw(err)
			}
			keys[key] = it.Value()
		}
		for _, key := range e.order.keys(rv, keys) {
			e.r.SetWide(o, key, e.toJS(keys[key].Interface()))
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
