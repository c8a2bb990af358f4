package compile

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
)

// Absent is something of JavaScript that flows do not have.
type Absent struct {
	What  string // as the manual calls it
	Write string // what to write instead
	// Names are what code names it by: a global such as "WeakRef", a member of one such as "Math.f16round", or a method
	// of whatever object such as ".getOrInsert". "function.caller" is a member of a function that the code declares,
	// "ArrayBuffer.resize" one of what new ArrayBuffer made, "arguments.callee" one in strict code.
	Names []string
	Lint  string // what lint says of it where there are no names
}

// What lint says of code that has no names to warn of.
const (
	refused = "an error: the code does not compile"
	unseen  = "nothing: it cannot know"
)

// lint returns what lint says.
func (a Absent) lint() string {
	if len(a.Names) > 0 {
		return "a warning"
	}
	return a.Lint
}

// AbsentNames is the table of what flows do not have, for the manual and for lint.
func AbsentNames() []Absent {
	return []Absent{
		{What: "`eval`, `new Function` and other code from texts", Write: "a function, or a table of functions by name", Names: []string{"eval", "Function"}},
		{What: "`with`", Write: "the object's properties in full, or `const {a, b} = object`", Lint: refused},
		{
			What: "BigInt, until `[vm_pool] enable_bigint` is set", Write: "numbers up to 2^53, and texts beyond; or set it",
			Names: []string{bigIntName, "BigInt64Array", "BigUint64Array"},
		},
		{What: "`await` outside of a function", Write: "`async function main() { … }`, which is waited for", Lint: refused},
		{What: "`import.meta`, `import defer`, `import source`", Write: "`import x from \"name\"`; `import(\"name\")` also works", Lint: refused},
		{What: "`WeakRef`, `FinalizationRegistry`", Write: "`WeakMap`: a run ends soon, and all of its memory with it", Names: []string{"WeakRef", "FinalizationRegistry"}},
		{
			What: "`SharedArrayBuffer`, `Atomics`, `ShadowRealm`", Write: "nothing: a run has one thread and one realm",
			Names: []string{"SharedArrayBuffer", "Atomics", "ShadowRealm"},
		},
		{What: "`Temporal`", Write: "`Date`, the functions of `date`, or a package such as luxon", Names: []string{"Temporal"}},
		{What: "`DisposableStack`, `AsyncDisposableStack`, `SuppressedError`", Write: "`using` and `await using`, which work, or `try … finally`", Names: []string{"DisposableStack", "AsyncDisposableStack", "SuppressedError"}},
		{What: "`resize` of an ArrayBuffer, and its option `maxByteLength`, which has no effect", Write: "`buffer.transfer(size)`", Names: []string{"ArrayBuffer.resize", "ArrayBuffer.maxByteLength"}},
		{What: "`Float16Array`, `Math.f16round`, `Math.sumPrecise`", Write: "`Float32Array`, `Math.fround`, a sum with compensation", Names: []string{"Float16Array", "Math.f16round", "Math.sumPrecise", ".getFloat16", ".setFloat16"}},
		{What: "`Map.prototype.getOrInsert`, `Iterator.concat`, `Iterator.zip`, `Promise.allKeyed` and other proposals of 2026", Write: "`get`, `has` and `set`; a generator", Names: []string{".getOrInsert", ".getOrInsertComputed", "Iterator.concat", "Iterator.zip", "Iterator.zipKeyed", "Promise.allKeyed", "Promise.allSettledKeyed"}},
		{
			What: "`RegExp.$1`, `RegExp.lastMatch`, and the like", Write: "the array of `exec` or `match`",
			Names: []string{
				"RegExp.$1", "RegExp.$2", "RegExp.$3", "RegExp.$4", "RegExp.$5", "RegExp.$6",
				"RegExp.$7", "RegExp.$8", "RegExp.$9", "RegExp.input", "RegExp.lastMatch", "RegExp.lastParen",
				"RegExp.leftContext", "RegExp.rightContext",
			},
		},
		{What: "`Intl.DisplayNames`, `Intl.Segmenter`, `Intl.Locale`, `Intl.DurationFormat`", Write: "a table of names; `Array.from(text)`, which splits by code points", Names: []string{"Intl.DisplayNames", "Intl.Segmenter", "Intl.Locale", "Intl.DurationFormat"}},
		{What: "`f.caller` and `f.arguments` of a function; `arguments.callee` in strict code, as everywhere", Write: "a name for the function, and its parameters", Names: []string{"function.caller", "function.arguments", "arguments.callee"}},
		{
			What: "tail calls without a stack", Lint: unseen,
			Write: "a loop: calls are nested 5,500 deep at most, and 1,000 of constructors, async functions, getters and what built-in functions call: " +
				"to stop a run inside of so many takes a tenth of a second, inside of 5,000 two and a half, in which no limit holds",
		},
	}
}

// AbsentRows writes the rows of the table for the manual: what, what to write, and what lint says.
func AbsentRows() string {
	var b strings.Builder
	for _, a := range AbsentNames() {
		b.WriteString("| " + a.What + " | " + a.Write + " | " + a.lint() + " |\n")
	}
	return b.String()
}

const bigIntName = "BigInt"

// explained says what to write in place of syntax that neither goja nor esbuild takes, where that is why a source fails.
func explained(code string, p *Problem) *Problem {
	lines := strings.Split(code, "\n")
	if p.Line < 1 || p.Line > len(lines) || !unreadWords.MatchString(p.Text) {
		return p
	}
	line := []rune(lines[p.Line-1])
	at := min(max(p.Column-1, 0), len(line))
	before, after := strings.TrimSpace(string(line[:at])), string(line[at:])
	switch {
	case strings.HasSuffix(before, "await") || strings.HasPrefix(after, "await"):
		p.Text = "await stands outside of an async function: write async function main() { … }, which is waited for"
	case strings.HasPrefix(after, "import.meta"):
		p.Text = "there is no import.meta in a node"
	case strings.HasSuffix(before, "import") && (strings.HasPrefix(after, "defer") || strings.HasPrefix(after, "source")):
		p.Text = `there is no "import defer" and no "import source": write import x from "name", or import("name") where it is needed`
	}
	return p
}

// unreadWords are those that goja and esbuild say of a word that they did not expect.
var unreadWords = regexp.MustCompile(`^(Unexpected|Top-level await|Source phase|Deferred imports)`)

// Use is a place where code names what flows do not have.
type Use struct {
	Name         string // as the code has it
	Absent       Absent
	Line, Column int
}

// mentioned returns the names of the table that stand somewhere in a text; most texts have none.
func (c Compiler) mentioned(text string) map[string]Absent {
	var found map[string]Absent
	for _, a := range AbsentNames() {
		if c.BigInt && slices.Contains(a.Names, bigIntName) {
			continue
		}
		for _, name := range a.Names {
			if strings.Contains(text, name[strings.IndexByte(name, '.')+1:]) {
				if found == nil {
					found = map[string]Absent{}
				}
				found[name] = a
			}
		}
	}
	return found
}

// uses returns where a tree names what flows do not have, each name once. Names that the code declares or assigns to, and
// those that it looks for before it uses them, are its own affair.
func uses(tree *ast.Program, found map[string]Absent) (list []Use) {
	if found == nil {
		return nil
	}
	s := &seeker{found: found, own: map[string]bool{}, called: map[ast.Expression]bool{}, at: map[string]file.Idx{}, strict: isStrict(tree.Body)}
	s.made = map[string]made{}
	s.seek(reflect.ValueOf(tree.Body))
	s.members()
	for name, at := range s.at {
		if !s.own[name] {
			p := tree.File.Position(int(at) - tree.File.Base())
			list = append(list, Use{Name: strings.TrimPrefix(name, "."), Absent: found[name], Line: p.Line, Column: p.Column})
		}
	}
	slices.SortFunc(list, func(a, b Use) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// seeker looks for the names of the table in a tree.
type seeker struct {
	found  map[string]Absent
	own    map[string]bool // names that the code gives a meaning, or asks for
	called map[ast.Expression]bool
	at     map[string]file.Idx

	strict bool // around what is looked at
	made   map[string]made
	held   []held
}

func (s *seeker) seek(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*file.File]() {
			return
		}
		strict := s.strict
		if v.Kind() == reflect.Pointer {
			s.node(v.Interface())
		}
		s.seek(v.Elem())
		s.strict = strict
	case reflect.Slice:
		for i := range v.Len() {
			s.seek(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				s.seek(v.Field(i))
			}
		}
	}
}

func (s *seeker) node(node any) {
	switch x := node.(type) {
	case *ast.Binding:
		s.declared(x.Target)
		s.makes(x.Target, x.Initializer)
	case *ast.CatchStatement:
		s.declared(x.Parameter)
	case *ast.AssignExpression:
		s.declared(x.Left)
		s.asked(x.Left)
		s.makes(x.Left, x.Right)
	case *ast.FunctionLiteral:
		if x.Name != nil {
			s.declared(x.Name)
			s.makes(x.Name, x)
		}
		s.strict = s.strict || isStrict(x.Body.List)
	case *ast.ClassLiteral:
		s.strict = true
		if x.Name != nil {
			s.declared(x.Name)
		}
	case *ast.UnaryExpression:
		if x.Operator == token.TYPEOF {
			s.asked(x.Operand)
		}
	case *ast.CallExpression:
		s.called[x.Callee] = true
	case *ast.NewExpression:
		s.called[x.Callee] = true
		s.grows(x)
	case *ast.PropertyKeyed:
		if name, ok := literalText(x.Key); ok {
			s.own["."+name] = true
		}
	case *ast.MethodDefinition:
		if name, ok := literalText(x.Key); ok {
			s.own["."+name] = true
		}
	case *ast.DotExpression:
		s.member(x)
	case *ast.Identifier:
		if name := x.Name.String(); name != "Function" || s.called[x] { // f instanceof Function is right
			s.use(name, x.Idx)
		}
	}
}

func (s *seeker) declared(target ast.Expression) {
	for _, name := range boundNames(target) {
		s.own[name] = true
	}
}

// asked notes a name that code looks for before it uses it, or gives a value.
func (s *seeker) asked(e ast.Expression) {
	switch x := e.(type) {
	case *ast.Identifier:
		s.own[x.Name.String()] = true
	case *ast.DotExpression:
		if of, ok := x.Left.(*ast.Identifier); ok {
			s.own[of.Name.String()+"."+x.Identifier.Name.String()] = true
		}
		s.own["."+x.Identifier.Name.String()] = true
	}
}

// member notes x.y. Whoever reads one without calling it looks whether it is there, but for those of RegExp.
func (s *seeker) member(x *ast.DotExpression) {
	name := x.Identifier.Name.String()
	if s.holds(x, name) {
		return
	}
	var full string
	if of, ok := x.Left.(*ast.Identifier); ok {
		full = of.Name.String() + "." + name
	}
	if !s.called[x] && !strings.HasPrefix(full, "RegExp.") {
		s.asked(x)
		return
	}
	s.use("."+name, x.Identifier.Idx)
	s.use(full, x.Identifier.Idx)
}

func (s *seeker) use(name string, at file.Idx) {
	if _, known := s.found[name]; !known {
		return
	}
	if before, ok := s.at[name]; !ok || at < before {
		s.at[name] = at
	}
}
