package sandbox

import (
	"errors"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// escapes each try to get from a string to code. None may answer "got through".
var escapes = []string{
	`eval(C)`, `(0,eval)(C)`, `globalThis.eval(C)`, `this.eval?.(C)`, `[eval][0](C)`, `eval.call(null,C)`, `eval.apply(null,[C])`, `eval.bind(null,C)()`, `Reflect.apply(eval,null,[C])`,
	`[C].map(eval)`, `[C].forEach(eval)`, `Array.from([C],eval)`, `Promise.resolve(C).then(eval)`, `C.replace(/[^]*/,eval)`, `JSON.parse('"'+C+'"',(k,v)=>eval(v))`, `new Proxy(eval,{})(C)`, `Object.getOwnPropertyDescriptor(globalThis,'eval').value(C)`,
	`Function(C)()`, `new Function(C)()`, `Function.call(null,C)()`, `Function.apply(null,[C])()`, `Function.bind(null,C)()()`, `Reflect.apply(Function,null,[C])()`, `Reflect.construct(Function,[C])()`, `Reflect.construct(Function,[C],Object)()`,
	`(()=>{}).constructor(C)()`, `(function(){}).constructor(C)()`, `(class{}).constructor(C)()`, `(async()=>{}).constructor(C)()`, `(async function(){}).constructor(C)()`, `(function*(){}).constructor(C)().next()`, `[].map.constructor(C)()`, `Math.max.constructor(C)()`,
	`eval.constructor(C)()`, `Object.constructor(C)()`, `({}).constructor.constructor(C)()`, `[].constructor.constructor(C)()`, `''.constructor.constructor(C)()`, `(1).constructor.constructor(C)()`, `true.constructor.constructor(C)()`, `/x/.constructor.constructor(C)()`,
	`Symbol().constructor.constructor(C)()`, `new Error().constructor.constructor(C)()`, `new Map().constructor.constructor(C)()`, `Promise.resolve().constructor.constructor(C)()`, `Object.getPrototypeOf(()=>{}).constructor(C)()`, `Object.getPrototypeOf(function*(){}).constructor(C)().next()`,
	`Object.getPrototypeOf(async()=>{}).constructor(C)()`, `Function.prototype.constructor(C)()`, `Reflect.get(()=>{},'constructor')(C)()`, `(()=>{})['con'+'structor'](C)()`, `const {constructor:F}=()=>{}; F(C)()`, `class F extends Function{}; new F(C)()`, `class F extends Function{constructor(){super(C)}}; new F()()`,
	`class F extends (()=>{}).constructor{}; Reflect.construct(F,[C])()`, `Object.create(Function.prototype).constructor(C)()`, `let f=()=>{}; f.__proto__.constructor(C)()`, `try{null.x}catch(e){e.constructor.constructor(C)()}`, `try{undefinedName}catch(e){e.__proto__.constructor.constructor(C)()}`,
	`function g(){ return arguments.constructor.constructor(C)() } g()`, `(function(){ return this })().constructor.constructor(C)()`, `globalThis.constructor.constructor(C)()`, `this.constructor?.constructor(C)()`, `new Proxy(Function,{})(C)()`, `new (new Proxy(Function,{}))(C)()`,
	`new Proxy({},{get:Function}).x`, `({get x(){ return Function(C)() }}).x`, `({toString:Function(C)})+''`, `({[Symbol.toPrimitive]:eval.bind(null,C)})+''`, `[...{[Symbol.iterator]:Function}]`, `Array.prototype.map.call([C],Function)[0]()`,
	`Object.defineProperty({},'x',{get:eval.bind(null,C)}).x`, `Reflect.construct(Function,[C],class{})()`, `Object.getOwnPropertyNames(globalThis).map(n=>globalThis[n]).filter(f=>typeof f=='function').forEach(f=>{try{f(C)()}catch{}})`,
	`Function.prototype.call.call(Function,null,C)()`, `Function.prototype.apply.call(eval,null,[C])`, `host.constructor.constructor(C)()`, `host.f.constructor(C)()`, `host.f().constructor.constructor(C)()`, `host.list.constructor.constructor(C)()`, `Object.getPrototypeOf(host.f).constructor(C)()`,
	`host.f.call.constructor(C)()`, `globalThis['%global'].eval(C)`, `globalThis['%meter'].constructor.constructor(C)()`, `Object.getPrototypeOf(globalThis).constructor.constructor(C)()`, `import(C)`, `setTimeout(C)`, `require('vm').runInThisContext(C)`, `new RegExp(C).constructor.constructor(C)()`,
	`Date.constructor(C)()`, `parseInt.constructor(C)()`, `JSON.parse.constructor(C)()`, `Symbol.constructor(C)()`, `Promise.constructor(C)()`, `Proxy.constructor(C)()`, `new WeakMap().get.constructor(C)()`, `Uint8Array.constructor(C)()`, `(function(){}).bind().constructor(C)()`,
}

func TestNoWayFromStringsToCode(t *testing.T) {
	t.Parallel()
	if len(escapes) < 60 {
		t.Fatalf("%d probes", len(escapes))
	}
	for _, probe := range escapes {
		code := `globalThis.through = false; var C = 'globalThis.through = true; return 1'; var D = 'globalThis.through = true'; ` + strings.ReplaceAll(probe, "(C)", "(probeText)")
		code = strings.ReplaceAll(code, "probeText", "C")
		for _, text := range []string{code, strings.ReplaceAll(code, "var C = 'globalThis.through = true; return 1'", "var C = 'globalThis.through = true'")} {
			p, err := compile.Compiler{}.Compile(compile.Source{Name: "probe", Code: text})
			if err != nil {
				continue
			}
			vm := testVM(t, map[string]any{"host": map[string]any{"f": func() map[string]any { return map[string]any{} }, "list": []int{1}}})
			_, err = vm.Run(p)
			if got := vm.Global("through"); got == nil || got.ToBoolean() {
				t.Errorf("%s: got through (%v)", probe, err)
			}
		}
	}
}

func TestFunctionStaysUseful(t *testing.T) {
	t.Parallel()
	if got := evaluate(t, `[(()=>1) instanceof Function, typeof Function, Function.prototype.call.call(x=>x,null,7), (class extends Function{}).name]`, Limits{}); got != "[boolean:true,string:function,number:7,string:," {
		if !strings.HasPrefix(got, "[boolean:true,string:function,number:7,") {
			t.Error(got)
		}
	}
	if got := evaluate(t, `Function('return 1')()`, Limits{}); !strings.Contains(got, "code from strings is not allowed") {
		t.Errorf("the error does not name the rule: %s", got)
	}
}

// TestNothingStaysBehind: what one run does to the language, the next does not see.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	spoil := `Array.prototype.join = () => 'spoilt'; String.prototype.repeat = null; Object.prototype.extra = 1; Math.max = () => 0; JSON.stringify = null;
		delete Array.prototype.map; globalThis.left = 1; Object.freeze(Function.prototype); RegExp.prototype.exec = () => null; Promise.prototype.then = null;
		function main() { const r = pattern(); r.lastIndex = 2; return r.lastIndex } function pattern() { return /a/g } Symbol.for('x').y; undefined_ = 1`
	check := `function main() { return [[1,2].join(), 'a'.repeat(2), ({}).extra, Math.max(1,2), JSON.stringify({}), typeof [].map, typeof left, /a/.test('a'), /a/g.lastIndex, typeof Promise.prototype.then, typeof undefined_].join() }`
	bad, good := program(t, "spoil", spoil), program(t, "check", check)
	for range 3 {
		_, _ = limitedVM(t.Context(), Limits{}).Run(bad)
		v, err := limitedVM(t.Context(), Limits{}).Run(good)
		if err != nil || v.String() != "1,2,aa,,2,{},function,undefined,true,0,function,undefined" {
			t.Fatalf("got %v, %v", v, err)
		}
	}
}

// TestTheMeterCannotBeReplaced: a script that finds it can do no more than count for itself.
func TestTheMeterCannotBeReplaced(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`globalThis['%meter'] = []`, `globalThis['%t'] = []; for(;;);`, `Object.defineProperty(globalThis,'%meter',{value:[]})`, `Object.setPrototypeOf(globalThis,{'%meter':[]})`, `globalThis['%meter'][-1e9]; for(;;);`,
		`Object.setPrototypeOf(globalThis['%meter'],{get 1(){}}); for(;;);`, `globalThis['%meter'][-2]=globalThis['%meter'][-2]; for(;;);`, `for(let i=0;i>-1e9;i--) globalThis['%meter'][i]`,
		`let n = 0; const own = globalThis['%meter']; Object.defineProperty(globalThis,'%meter',{configurable:true,get(){return n++%2?[]:own}})`,
		`let n = 0; const own = globalThis['%meter']; Object.defineProperty(globalThis,'%meter',{get(){return n++%2?[]:own}})`,
	} {
		vm := limitedVM(t.Context(), Limits{Operations: 1e5})
		_, _ = vm.Run(program(t, "first", code))
		if _, err := vm.Run(program(t, "second", "for(;;);")); err == nil {
			t.Errorf("%s: the next program was not counted", code)
		}
	}
}

// TestATickInTheHandsOfAScript: what %meter returns for a loop is no value of the language. Whatever a script does with one
// ends as it does with undefined or in an error of the language.
func TestATickInTheHandsOfAScript(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`typeof v`, `v + 1`, `v + 'a'`, `'a' + v`, "`${v}`", `-v`, `v == v`, `v === v`, `v < v`, `v in {}`, `'a' in v`, `v instanceof Object`, `({}) instanceof v`, `({})[v]`,
		`v.x`, `v.x = 1`, `v?.x`, `v ?? 1`, `v()`, `new v`, `[...v]`, `({...v})`, `const {x} = v`, `const [x] = v`, `delete v.x`, `for (const k in v) k`, `switch (v) { case v: 1 }`,
		`throw v`, `Promise.resolve(v).then(v, v)`, `(async () => await v)()`, `(function* () { yield* v })().next()`, `class A extends v {}`, `(function () { return this })().call(v)`,
		`v ** 2`, `v << 1`, `v++`, `let w = v; w += 1; w++`, `((a = 1) => a)(v)`, `Object(v)`, `new Proxy({}, v)`, `new Map([[v, v], [v, 1]]).get(v)`, `new Set([v, v]).has(v)`, `JSON.stringify({v, a: [v]})`,
		`walk()`,
	} {
		_, err := limitedVM(t.Context(), Limits{Operations: 1e7, Memory: 64 << 20}).Run(program(t, "tick", `const v = globalThis['%meter'][-1007]
function walk() {
	const seen = new Set()
	const attempt = (f) => { try { f() } catch (e) { String(e) } }
	const look = (o) => {
		if (Object(o) !== o || seen.has(o)) return
		seen.add(o)
		if (typeof o === 'function') {
			for (const args of [[v], [v, v], [[], v], [{v}, v, v], [[v, v]], [() => v, v], ['a', v, v], [1, v, v], [/a/g, v]]) {
				for (const self of [v, undefined, [v, v], 'text', new Map([[v, v]]), new Date, /a/, 5, Symbol.iterator, new Uint8Array(3), () => v]) attempt(() => Reflect.apply(o, self, args))
				attempt(() => Reflect.construct(o, args))
			}
		}
		for (const key of Reflect.ownKeys(o)) {
			if (String(key) === 'Object') continue
			const d = Object.getOwnPropertyDescriptor(o, key)
			if (d) { look(d.value); look(d.get); look(d.set) }
		}
		look(Object.getPrototypeOf(o))
	}
	const roots = [Object, Function, Array, String, Number, Boolean, Symbol, Date, RegExp, Math, JSON, Reflect, Proxy, Promise, Map, Set, WeakMap, WeakSet, ArrayBuffer, DataView, Uint8Array,
		Float64Array, BigInt64Array, Error, TypeError, AggregateError, Intl, parseInt, parseFloat, isNaN, encodeURIComponent, decodeURI, escape, BigInt, (function* () {})().__proto__]
	for (const root of roots) look(root)
	if (seen.size < 400) throw new Error('tried only ' + seen.size + ' objects')
}

`+code))
		var panicked *Panic
		if errors.As(err, &panicked) {
			t.Errorf("%s: %v", code, err)
		}
		if err != nil && strings.Contains(err.Error(), "tried only") {
			t.Error(err)
		}
	}
}
