package rules

import (
	"errors"
	"math/bits"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/compiler"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// functions are those of Expr's that take longer, or make more, than what goes into them, in forms that count first; and
// those that the charger puts into an expression.
func (e *evaluator) functions() map[string]func(...any) (any, error) {
	return map[string]func(...any) (any, error){
		chargeName: func(args ...any) (any, error) { return e.charge(args[0]) },
		sortName:   e.sorted,
		matchName:  e.matches,
		objectName: e.object,
		"now":      func(...any) (any, error) { return e.r.Now().UTC(), nil },
		"replace":  e.replace, "join": e.join, "string": e.string, "uniq": e.uniq, "trim": e.trim, "fromJSON": e.fromJSON,
		"toJSON": e.toJSON, "keys": e.keys, "values": e.values, "toPairs": e.toPairs, "fromPairs": e.fromPairs,
		"split": e.splitter(strings.SplitN), "splitAfter": e.splitter(strings.SplitAfterN),
	}
}

// methods are those of times and durations that may be called.
func methods() []string {
	return []string{
		"Year", "Month", "Day", "Hour", "Minute", "Second", "Weekday", "YearDay", "Unix", "UnixMilli", "Format", "In", "UTC", "Before", "After", "Equal",
		"IsZero", "Add", "AddDate", "Sub", "Truncate", "Hours", "Minutes", "Seconds", "Milliseconds", "Round", "Abs",
	}
}

// compileRule compiles an expression whose operators and functions charge what they take.
func compileRule(code string, options []expr.Option) (*vm.Program, error) {
	config := conf.CreateNew()
	for _, set := range options {
		set(config)
	}
	for name := range config.Disabled {
		delete(config.Builtins, name)
	}
	config.Check()
	tree, err := parser.ParseWithConfig(code, config)
	if err != nil {
		return nil, err
	}
	c := &charger{}
	if ast.Walk(&tree.Node, c); c.err != nil {
		return nil, c.err
	}
	if _, err := checker.Check(tree, config); err != nil {
		return nil, err
	}
	return compiler.Compile(tree, config)
}

// shallow refuses what the parser would call itself for too often.
func shallow(code string) error {
	depth, signs := 0, 0
	for i, c := range unquoted(code) {
		switch {
		case isQuote(c):
			signs = 0
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		case c == '!' || c == '-' || c == '+' || c == '?' || c == ':' || strings.HasPrefix(code[i:], "not "):
			signs++
		}
		if depth > maxNested || signs > maxRuleNodes {
			return fault.New(fault.Script, "the expression is nested more than %d deep", maxNested)
		}
	}
	return nil
}

// charger puts charge around what operators and functions take and predicates return.
type charger struct{ err error }

// Visit is called for each node once, its children first.
func (c *charger) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		charged(&n.Left)
		charged(&n.Right)
		if n.Operator == "matches" {
			*node = call(matchName, n.Left, n.Right)
		}
	case *ast.MapNode:
		var parts []ast.Node
		for _, p := range n.Pairs {
			if pair, ok := p.(*ast.PairNode); ok {
				parts = append(parts, pair.Key, pair.Value)
			}
		}
		*node = call(objectName, parts...)
	case *ast.BuiltinNode:
		for i := range n.Arguments {
			charged(&n.Arguments[i])
		}
		if (n.Name == "sort" || n.Name == "sortBy" || n.Name == "median") && len(n.Arguments) > 0 {
			n.Arguments[0] = call(sortName, n.Arguments[0])
		}
	case *ast.CallNode:
		c.method(n.Callee)
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
	}
}

// method refuses calls of what is no function of the language, and of methods that are not about times.
func (c *charger) method(callee ast.Node) {
	m, ok := callee.(*ast.MemberNode)
	if !ok {
		return
	}
	name, ok := m.Property.(*ast.StringNode)
	if !ok || !slices.Contains(methods(), name.Value) {
		c.err = fault.New(fault.Script, "only functions of the language, those of rule_add_fx and the methods of dates can be called")
		return
	}
	charged(&m.Node)
}

func call(name string, args ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: args}
}

// charged wraps a node, unless it is plain.
func charged(node *ast.Node) {
	switch (*node).(type) {
	case *ast.NilNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.StringNode, *ast.PredicateNode, *ast.ConstantNode:
		return
	}
	*node = call(chargeName, *node)
}

// sorted counts the comparisons of a list that is about to be sorted.
func (e *evaluator) sorted(args ...any) (any, error) {
	if list := reflect.ValueOf(args[0]); list.Kind() == reflect.Slice {
		if err := e.use(list.Len() * bits.Len(uint(list.Len())) / 4); err != nil {
			return nil, err
		}
	}
	return args[0], nil
}

// matches is the operator matches.
func (e *evaluator) matches(args ...any) (any, error) {
	text, ok := args[0].(string)
	pattern, isText := args[1].(string)
	if args[0] == nil {
		return false, nil
	}
	if !ok || !isText {
		return nil, errors.New("matches takes two texts")
	}
	p := e.patterns[pattern]
	if p == nil {
		if err := e.use(1 + len(pattern)); err != nil {
			return nil, err
		}
		var err error
		if p, err = compilePattern(pattern); err != nil {
			return nil, err
		}
		if err := e.r.Charge(p.instructions*10, int64(p.instructions*heavyInstruction)); err != nil {
			return nil, err
		}
		if e.patterns == nil {
			e.patterns = map[string]*boundedPattern{}
		}
		e.patterns[pattern] = p
	}
	return p.matches(e.r, text)
}

// replace and join make texts that are longer than all that goes in: they charge before they do.
func (e *evaluator) replace(args ...any) (any, error) {
	if len(args) != 3 {
		return nil, errors.New("replace takes a text, what to look for and what to put there")
	}
	var texts [3]string
	for i := range texts {
		var err error
		if texts[i], err = e.text(args[i]); err != nil {
			return nil, err
		}
	}
	s, old, with := texts[0], texts[1], texts[2]
	if err := e.use(strings.Count(s, old) * (1 + len(with)/16)); err != nil {
		return nil, err
	}
	return strings.ReplaceAll(s, old, with), nil
}

func (e *evaluator) join(args ...any) (any, error) {
	if len(args) == 0 || len(args) > 2 {
		return nil, errors.New("join takes a list and what to put between")
	}
	between, err := "", error(nil)
	if len(args) == 2 {
		if between, err = e.text(args[1]); err != nil {
			return nil, err
		}
	}
	list := reflect.ValueOf(args[0])
	if list.Kind() != reflect.Slice {
		return nil, errors.New("join takes a list")
	}
	if err := e.use(list.Len() * (1 + len(between)/16)); err != nil {
		return nil, err
	}
	parts := make([]string, list.Len())
	for i := range parts {
		if parts[i], err = e.text(list.Index(i).Interface()); err != nil {
			return nil, err
		}
	}
	return strings.Join(parts, between), nil
}

// splitter makes split, or splitAfter: their lists are sixteen times as large as a text of many parts.
func (e *evaluator) splitter(split func(s, separator string, n int) []string) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if len(args) < 2 || len(args) > 3 {
			return nil, errors.New("split takes a text, what is between its parts, and how many parts there are at most")
		}
		s, ok := args[0].(string)
		separator, isText := args[1].(string)
		if !ok || !isText {
			return nil, errors.New("split takes texts")
		}
		most := -1
		if len(args) == 3 {
			n, ok := number(args[2])
			if !ok {
				return nil, errors.New("split takes a number third")
			}
			most = int(n)
		}
		if err := e.use(2 * (1 + strings.Count(s, separator))); err != nil {
			return nil, err
		}
		return split(s, separator, most), nil
	}
}

func number(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == float64(int64(v))
	}
	return 0, false
}

// trim looks for each character among those to take away, one by one.
func (e *evaluator) trim(args ...any) (any, error) {
	if len(args) == 0 || len(args) > 2 {
		return nil, errors.New("trim takes a text, and the characters to take away")
	}
	s, ok := args[0].(string)
	if !ok {
		return nil, errors.New("trim takes a text")
	}
	if len(args) == 1 {
		return strings.TrimSpace(s), nil
	}
	cut, ok := args[1].(string)
	if !ok || len(cut) > 1000 {
		return nil, errors.New("trim takes up to 1000 characters to take away")
	}
	if err := e.use(len(s) * (1 + len(cut)/64) / 16); err != nil {
		return nil, err
	}
	return strings.Trim(s, cut), nil
}

func (e *evaluator) fromJSON(args ...any) (any, error) {
	text, ok := "", len(args) == 1
	if ok {
		text, ok = args[0].(string)
	}
	if !ok {
		return nil, errors.New("fromJSON takes a text")
	}
	if err := e.r.Charge(len(text)>>3, 12*int64(len(text))); err != nil {
		return nil, err
	}
	v, err := ordered.Decode([]byte(text))
	if err != nil {
		return nil, errors.New("fromJSON takes JSON")
	}
	return e.order.plain(v), nil
}

// uniq keeps the first of the items that are equal, in one pass.
func (e *evaluator) uniq(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("uniq takes a list")
	}
	list := reflect.ValueOf(args[0])
	if list.Kind() != reflect.Slice {
		return nil, errors.New("uniq takes a list")
	}
	if err := e.use(4 * list.Len()); err != nil {
		return nil, err
	}
	known := map[any]bool{}
	out := []any{}
	for i := range list.Len() {
		item := list.Index(i).Interface()
		key := item
		if n, ok := number(item); ok {
			key = n
		} else if v := reflect.ValueOf(item); item != nil && !v.Comparable() {
			text, err := hostfn.Encode(item)
			if err != nil {
				return nil, err
			}
			if err := e.use(len(text) / 16); err != nil {
				return nil, err
			}
			key = [1]string{string(text)} // no text of the list is equal to it
		}
		if !known[key] {
			known[key] = true
			out = append(out, item)
		}
	}
	return out, nil
}
