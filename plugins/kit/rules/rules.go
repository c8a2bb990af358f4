// Package rules is the family of plugins/kit for expressions kept as text: rules, rule_run and rule_add_fx. Of the other
// families it knows date.
package rules

import (
	"iter"
	"maps"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const (
	maxRule      = 16 << 10  // bytes of an expression or rule
	maxRuleNodes = 2000      // of a parsed expression
	maxRuleSteps = 2_000_000 // values that one evaluation touches
	maxRules     = 1000      // of one rule_run
	maxRuleFuncs = 200       // that rule_add_fx makes known
)

// ruleSet is what the functions share.
type ruleSet struct {
	functions *goja.Symbol // of the global object: what rule_add_fx was given
}

// Rows lists the globals of this package.
func Rows() []hostfn.Row {
	k := &ruleSet{goja.NewSymbol("nflow.rules")}
	return []hostfn.Row{k.rulesRow(), k.ruleAddRow(), k.ruleRunRow()}
}

func (k *ruleSet) rulesRow() hostfn.Row {
	return hostfn.Row{
		Name: "rules", Sig: "rules",
		Calls: []string{
			`rules.eval(expression, data)`,
		},
		Doc: `Expressions stored as text, such as in a database: eval(expression, data) returns their value. The keys of data are the variables; the language is Expr's (and, or, not, in, matches, ??, ?:, filter, map, sum, any, all, len …), ` +
			`with the functions that rule_add_fx added.`,
		Example: `payload.discount = rules.eval("total > 100 and customer.level in ['gold', 'silver'] ? 0.1 : 0", { total: 120, customer: { level: "gold" } })
payload.expensive = rules.eval("map(filter(items, .price > 10), .name)", { items: [{ name: "pen", price: 12 }] })`,
		Bind: arg.Object(arg.Method("eval", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			orders := keyOrders{}
			e := k.evaluator(r, "rules.eval", variables(r, "rules.eval", call.Argument(1), orders), orders)
			return e.value(hostfn.String(call, 0))
		})),
	}
}

func (k *ruleSet) ruleAddRow() hostfn.Row {
	return hostfn.Row{
		Name: "rule_add_fx", Sig: "rule_add_fx(name, fn)",
		Doc:     "Adds a function to the rules and expressions of this run.",
		Example: `rule_add_fx("vat", price => price * 1.21)`,
		Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			const fn = "rule_add_fx"
			name := hostfn.String(call, 0)
			if !isName(name) {
				arg.Fail(r, fn, "%.60q is not a name: use letters, digits and _", name)
			}
			if _, ok := goja.AssertFunction(call.Argument(1)); !ok {
				arg.Fail(r, fn, "argument 2 must be a function")
			}
			known := k.known(r)
			if len(known.Keys()) >= maxRuleFuncs {
				arg.Fail(r, fn, "there are more than %d functions", maxRuleFuncs)
			}
			hostfn.SetOwn(known, name, call.Argument(1))
			return goja.Undefined()
		}),
	}
}

func (k *ruleSet) ruleRunRow() hostfn.Row {
	return hostfn.Row{
		Name: "rule_run", Sig: "rule_run(input, output, ...rules)",
		Doc: `Runs rules over an input, in order, and returns the result of each. A rule is text: "when CONDITION then NAME = VALUE; NAME = VALUE" or "NAME = VALUE" writes to the output and returns whether it applied; ` +
			`an expression alone returns its value. The keys of the input are the variables; input and output are the objects themselves.`,
		Example: `const output = new_map()
const seen = rule_run({ age: 20, total: 120 }, output,
  "age >= 18",
  "when total > 100 then discount = 0.1; level = 'gold'",
  "when output.discount > 0 then price = total * (1 - output.discount)")
payload.price = output.price`,
		Bind: hostfn.Func(k.ruleRun),
	}
}

func (k *ruleSet) ruleRun(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "rule_run"
	orders := keyOrders{}
	vars := variables(r, fn, call.Argument(0), orders)
	output, ok := call.Argument(1).(*goja.Object)
	if !ok {
		arg.Fail(r, fn, "argument 2 must be an object for the output")
	}
	if len(call.Arguments) > 2+maxRules {
		arg.Fail(r, fn, "there are more than %d rules", maxRules)
	}
	left, _ := orders.data(r, output).(map[string]any)
	if left == nil {
		left = map[string]any{}
	}
	input := maps.Clone(vars)
	e := k.evaluator(r, fn, vars, orders)
	vars["input"], vars["output"] = input, left
	var results []any
	for _, v := range call.Arguments[min(2, len(call.Arguments)):] {
		rule, err := parseRule(v.String())
		if err != nil {
			arg.Fail(r, fn, "%s", arg.Reason(err))
		}
		if rule.actions == nil {
			results = append(results, e.value(rule.when))
			continue
		}
		applies := rule.when == "" || truth(e.run(rule.when))
		if applies {
			for _, a := range rule.actions {
				value := e.run(a.value)
				left[a.name] = value
				e.r.SetWide(output, a.name, e.toJS(value))
			}
		}
		results = append(results, applies)
	}
	return r.VM.NewArray(results...)
}

func truth(v any) bool {
	b, ok := v.(bool)
	return ok && b
}

// variables reads the data of rules.
func variables(r *hostfn.Run, fn string, v goja.Value, orders keyOrders) map[string]any {
	switch d := orders.data(r, v).(type) {
	case nil:
		return map[string]any{}
	case map[string]any:
		return d
	}
	arg.Fail(r, fn, "the data must be an object")
	return nil
}

func isName(s string) bool {
	for i, c := range s {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) < 64
}

// rule is a parsed rule: an expression alone, or actions with or without a condition.
type rule struct {
	when    string
	actions []action
}

type action struct{ name, value string }

func parseRule(s string) (rule, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxRule {
		return rule{}, fault.New(fault.Script, "a rule is longer than %d KiB", maxRule>>10)
	}
	body, conditional := strings.CutPrefix(s, "when ")
	var parsed rule
	if conditional {
		at := outside(body, " then ")
		if at < 0 {
			return rule{}, fault.New(fault.Script, "rule %.80q has no then", s)
		}
		parsed.when, body = strings.TrimSpace(body[:at]), body[at+len(" then "):]
	} else if _, ok := assignment(s); !ok {
		return rule{when: s}, nil
	}
	for body != "" {
		part := body
		if at := outside(body, ";"); at >= 0 {
			part, body = body[:at], body[at+1:]
		} else {
			body = ""
		}
		if strings.TrimSpace(part) == "" {
			continue
		}
		a, ok := assignment(part)
		if !ok {
			return rule{}, fault.New(fault.Script, "rule %.80q: %.80q is no NAME = VALUE", s, strings.TrimSpace(part))
		}
		parsed.actions = append(parsed.actions, a)
	}
	if parsed.actions == nil {
		return rule{}, fault.New(fault.Script, "rule %.80q does nothing", s)
	}
	return parsed, nil
}

// assignment reads NAME = VALUE, also with output. before the name.
func assignment(s string) (action, bool) {
	name, value, ok := strings.Cut(s, "=")
	name = strings.TrimPrefix(strings.TrimSpace(name), "output.")
	if !ok || !isName(name) || strings.HasPrefix(value, "=") || strings.TrimSpace(value) == "" {
		return action{}, false
	}
	return action{name, strings.TrimSpace(value)}, true
}

// unquoted yields the bytes of an expression that are in no quotes, with their places; of what is quoted it yields the
// first quote.
func unquoted(s string) iter.Seq2[int, byte] {
	return func(yield func(int, byte) bool) {
		var quote byte
		for i := 0; i < len(s); i++ {
			c := s[i]
			switch {
			case quote == 0:
				if isQuote(c) {
					quote = c
				}
				if !yield(i, c) {
					return
				}
			case c == '\\' && quote != '`':
				i++
			case c == quote:
				quote = 0
			}
		}
	}
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// outside finds a word that is in no quotes and no brackets; -1 when there is none.
func outside(s, word string) int {
	depth := 0
	for i, c := range unquoted(s) {
		switch {
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case depth == 0 && strings.HasPrefix(s[i:], word):
			return i
		}
	}
	return -1
}

// known returns the object that holds what rule_add_fx was given. It hangs on the VM, so that the run's memory counts it;
// a script that finds it there finds its own functions.
func (k *ruleSet) known(r *hostfn.Run) *goja.Object {
	global := r.VM.GlobalObject()
	if o, ok := global.GetSymbol(k.functions).(*goja.Object); ok {
		return o
	}
	o := r.VM.CreateObject(nil)
	_ = global.DefineDataPropertySymbol(k.functions, o, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	return o
}
