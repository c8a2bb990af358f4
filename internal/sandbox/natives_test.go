package sandbox

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

// evaluated returns what a program's main() returns, as text.
func evaluated(t *testing.T, code string) string {
	t.Helper()
	vm := New(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}, Limits: Limits{Operations: 3e5, Memory: 32 << 20}})
	v, err := vm.Run(program(t, "natives", code))
	if err != nil {
		return err.Error()
	}
	return v.String()
}

type nativeCase struct{ code, want string }

func (c nativeCase) check(t *testing.T) {
	t.Helper()
	code := c.code
	if !strings.Contains(code, "return ") {
		code = "return " + code
	}
	if got := evaluated(t, "async function main() { return JSON.stringify(await (async () => {"+code+"})()) }"); got != c.want {
		t.Errorf("%s\n got %s\nwant %s", c.code, got, c.want)
	}
}

func TestNatives(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`[typeof Symbol.asyncIterator, String(Symbol.dispose), typeof Symbol.keyFor(Symbol.asyncDispose), Object.keys(Symbol).length]`, `["symbol","Symbol(Symbol.dispose)","undefined",0]`},
		{`Object.groupBy("abca", (c, i) => c + (i > 2))`, `{"afalse":["a"],"bfalse":["b"],"cfalse":["c"],"atrue":["a"]}`},
		{`[Object.getPrototypeOf(Object.groupBy([], x => x)), Object.groupBy.length, Object.groupBy.name, Object.keys(Object).length]`, `[null,2,"groupBy",0]`},
		{`[...Map.groupBy([-0, 0, NaN, NaN], x => x)].map(([k, v]) => [String(k), Object.is(k, -0), v.length])`, `[["0",false,2],["NaN",false,2]]`},
		{
			`[await Promise.any([Promise.reject(1), 2]), await Promise.any([]).catch(e => e.message), await Promise.any([Promise.reject(1)]).catch(e => e.message)]`,
			`[2,"All promises were rejected","All promises were rejected"]`,
		},
		{`[await Promise.try((a, b) => a + b, 1, 2), await Promise.try(async () => { throw 7 }).catch(e => e)]`, `[3,7]`},
		{`(class P extends Promise {}).withResolvers().promise.constructor.name`, `"P"`},
		{
			`[await Array.fromAsync(new Set([1, 2]), async x => x * 2), await Array.fromAsync({length: 2, 0: 5, 1: Promise.resolve(6)}), await Array.fromAsync(1).then(l => l.length), await Array.fromAsync(null).catch(e => e.name)]`,
			`[[2,4],[5,6],0,"TypeError"]`,
		},
		{`const seen = []; const it = { [Symbol.asyncIterator]: () => ({ next: () => ({ value: 1 }), return() { seen.push("closed") } }) }; return [await Array.fromAsync(it, () => { throw 3 }).catch(e => e), seen]`, `[3,["closed"]]`},
		{`["\ud83d".isWellFormed(), "😀".isWellFormed(), "a\udc00b".toWellFormed(), [..."\ud800\ud800".toWellFormed()].length]`, `[false,true,"a�b",2]`},
		{
			`[RegExp.escape("foo bar"), RegExp.escape("1-a_\n\u2028é"), RegExp.escape(""), RegExp.escape("\ud800"), new RegExp("^" + RegExp.escape("(a+b)[c]{1}^$|/\\-,") + "$", "v").test("(a+b)[c]{1}^$|/\\-,")]`,
			`["\\x66oo\\x20bar","\\x31\\x2da_\\n\\u2028é","","\\ud800",true]`,
		},
		{`function outer() { const o = {name: "N", message: "m", toString: 0}; Error.captureStackTrace(o, outer); return o.stack } return [outer().split("\n")[0], outer().includes("outer")]`, `["N: m",false]`},
		{`const d = new Date(2024, 1, 28); d.setYear(99); return [d.getYear(), d.getFullYear(), new Date(NaN).getYear() + "", Number.isNaN(d.setYear("x"))]`, `[99,1999,"NaN",true]`},
		{
			`["a".anchor('"x"'), "a".big(), "a".blink(), "a".bold(), "a".fixed(), "a".fontcolor("red"), "a".fontsize(7), "a".italics(), "a".link("http://a/?\"b"), "a".small(), "a".strike(), "a".sub(), "a".sup()]`,
			`["<a name=\"&quot;x&quot;\">a</a>","<big>a</big>","<blink>a</blink>","<b>a</b>","<tt>a</tt>","<font color=\"red\">a</font>","<font size=\"7\">a</font>","<i>a</i>","<a href=\"http://a/?&quot;b\">a</a>",` +
				`"<small>a</small>","<strike>a</strike>","<sub>a</sub>","<sup>a</sup>"]`,
		},
		{`return [String.prototype.bold.length, String.prototype.link.length, Object.keys(String.prototype).length, (() => { try { String.prototype.bold.call(null) } catch (e) { return e.name } })(), "a"["bold"]()]`, `[0,1,0,"TypeError","<b>a</b>"]`},
		{
			`const o = {}, s = Symbol(); o.__defineGetter__("a", () => 5); o.__defineSetter__(s, function (v) { this.b = v }); o[s] = 6; const p = Object.create(o); return [o.a, o.b, p.__lookupGetter__("a")(), typeof p.__lookupSetter__(s), typeof p.__lookupGetter__("b"), Object.keys(o), Object.keys(Object.prototype)]`,
			`[5,6,5,"function","undefined",["a","b"],[]]`,
		},
		{`return [() => ({}).__defineGetter__("a", 1), () => Object.freeze({}).__defineGetter__("a", () => 1), () => Object.prototype.__lookupGetter__.call(null, "a")].map(f => { try { f() } catch (e) { return e.name } })`, `["TypeError","TypeError","TypeError"]`},
		{
			`const a = new Uint8Array([1, 2, 3]).buffer, b = a.transfer(), c = b.transfer(2), d = c.transferToFixedLength(4); return [a.byteLength, a.detached, c.detached, d.detached, [...new Uint8Array(d)], ArrayBuffer.prototype.transfer.length, "transfer" in {}]`,
			`[0,true,true,false,[1,2,0,0],0,false]`,
		},
		{`const a = new ArrayBuffer(8); a.transfer(); return [() => a.transfer(), () => ArrayBuffer.prototype.transfer.call({}), () => new ArrayBuffer(1).transfer(-1), () => new ArrayBuffer(1).transfer(2 ** 53)].map(f => { try { return f() && 0 } catch (e) { return e.name } })`, `["TypeError","TypeError","RangeError","RangeError"]`},
		{`const o = []; for await (const x of (async function* () { yield 1; yield 2 })()) o.push(x); return o`, `[1,2]`},
		{`const o = []; try { using a = { [Symbol.dispose]() { o.push("a") } }, b = { [Symbol.dispose]() { o.push("b") } }; throw 1 } catch (e) { o.push(e) } return o`, `["b","a",1]`},
		{`[Uint8Array.from("12").join(), Uint8Array.from(3).length, Float64Array.from(true).length]`, `["1,2",0,0]`},
		{
			`const d = new Date(0); d.setUTCFullYear(-271820); return [new Date(Date.UTC(12345, 0, 1)), new Date("-000001-02-03T00:00:00.000Z"), d, new Date(0), new Date(NaN)]`,
			`["+012345-01-01T00:00:00.000Z","-000001-02-03T00:00:00.000Z","-271820-01-01T00:00:00.000Z","1970-01-01T00:00:00.000Z",null]`,
		},
	} {
		c.check(t)
	}
}

func TestIteratorHelpers(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`[...[1, 2, 3].values().map((x, i) => x * i)]`, `[0,2,6]`},
		{`["abc"].keys().drop(0).toArray()`, `[0]`},
		{`new Map([[1, 2]]).entries().flatMap(e => e).toArray()`, `[1,2]`},
		{`[Iterator.from("ab").toArray(), Iterator.from({next: () => ({done: true})}).toArray(), Iterator.from([1]) instanceof Iterator]`, `[["a","b"],[],true]`},
		{`[[5].values().find(x => x > 1), [1, 2].values().every(x => x > 1), [].values().reduce((a, b) => a, 9), [].values().some(x => x)]`, `[5,false,9,false]`},
		{`try { [].values().reduce((a, b) => a) } catch (e) { return e.name }`, `"TypeError"`},
		{`try { new Iterator() } catch (e) { return [e.name, new (class X extends Iterator {})() instanceof Iterator] }`, `["TypeError",true]`},
		{`try { [1].values().take(-1) } catch (e) { return e.name }`, `"RangeError"`},
		{`try { [1].values().flatMap(x => "ab").toArray() } catch (e) { return e.name }`, `"TypeError"`},
		{`[String([].values().map(x => x)), Object.prototype.toString.call(Iterator.prototype), Object.keys(Iterator.prototype).length, "prototype" in Iterator.from]`, `["[object Iterator Helper]","[object Iterator]",0,false]`},
		{
			`const seen = []; function* g() { try { yield 1; yield 2 } finally { seen.push("closed") } } g().take(1).toArray(); try { g().map(() => { throw 3 }).next() } catch (e) { seen.push(e) } for (const x of g().map(x => x)) break; return seen`,
			`["closed","closed",3,"closed"]`,
		},
		{`const h = [1].values().map(() => h.next()); try { h.next() } catch (e) { return [e.name, h.next().done] }`, `["TypeError",true]`},
		{`for (const f of [1, null, {}]) try { [1].values().map(f); return "no" } catch (e) { if (e.name !== "TypeError") return e.name } return "thrown"`, `"thrown"`},
		{`const o = Object.create(Iterator.prototype); o[Symbol.toStringTag] = "x"; return [o[Symbol.toStringTag], Iterator.prototype[Symbol.toStringTag]]`, `["x","Iterator"]`},
	} {
		c.check(t)
	}
}

// TestNativesEnd: what never ends by itself ends within the run's limits, and what throws can be caught.
func TestNativesEnd(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`Object.groupBy((function* () { for (;;) yield 1 })(), x => x)`,
		`Iterator.from({ next: () => ({ value: 1 }) }).toArray()`,
		`Iterator.from({ next: () => ({ value: 1 }) }).filter(() => false).next()`,
		`Iterator.from({ next: () => ({ value: 1 }) }).drop(Infinity).next()`,
		`Iterator.from({ next: () => ({ value: [] }) }).flatMap(x => x).next()`,
		`const p = new Proxy(function () {}, { get: (o, k) => k === "done" ? false : p, apply: () => p }); Iterator.from(p).some(x => false)`,
		`RegExp.escape("-".repeat(1 << 23))`,
		`await Array.fromAsync({ length: 1e9 })`,
		`await Array.fromAsync({ [Symbol.asyncIterator]: () => ({ next: () => ({ value: 1 }) }) })`,
		`for (;;) 2.5 ** 3.5`,
	} {
		got := evaluated(t, "async function main() { for (let i = 0; i < 2; i++) try { "+code+" } catch (e) {} return 'ended' }")
		if !strings.Contains(got, "max_operations") && !strings.Contains(got, "max_memory_mb") {
			t.Errorf("%s\nended with %.200s", code, got)
		}
	}
	for _, code := range []string{
		`Object.freeze(Object); Object.groupBy`, `globalThis.Map = 1; Map.groupBy`, `Object.defineProperty(Array, "fromAsync", { get() { throw 1 } }); Array.fromAsync`,
		`Symbol.asyncIterator = 1; delete Promise.any; Promise.any`, `Iterator.prototype.next = 1; [].values().map(x => x).toArray()`,
		`[].values().map.call({ get next() { throw 1 } }, x => x)`, `Iterator.from({ [Symbol.iterator]: () => 1 })`, `RegExp.prototype.exec = 1; "a".toWellFormed()`,
		`Object.prototype.return = 5; [1].values().take(0).toArray()`, `({}) ** Symbol()`, `Math.pow({ valueOf() { throw 1 } }, 2)`, `Uint8Array.from(Symbol())`,
	} {
		if got := evaluated(t, "function main() { try { "+code+" } catch (e) {} return 'ended' }"); got != "ended" {
			t.Errorf("%s\nended with %.200s", code, got)
		}
	}
}

// TestNativesCostNothing: a program that names none has none.
func TestNativesCostNothing(t *testing.T) {
	t.Parallel()
	vm := New(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}})
	_, err := vm.Run(program(t, "plain", `function main() { try { return [...new Map([[1, 2]]).values()].map(x => x ** 2) } catch (any) { let escape = 1 } }`))
	for f, there := range vm.meter.families {
		if there || err != nil {
			t.Errorf("family %d is in place; %v", f, err)
		}
	}
	if vm.meter.power != nil {
		t.Error("a square takes the meter's power")
	}
}

func TestPower(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{
			`String([2 ** 10, 2 ** -1, (-2) ** 3, 0 ** 0, NaN ** 0, 1 ** Infinity, 0 ** -1, (-0) ** -3, (-8) ** (1 / 3), Infinity ** -1, 2 ** 1024, 2 ** -1075, 2 ** -1074, 10 ** 308])`,
			`"1024,0.5,-8,1,1,NaN,Infinity,-Infinity,NaN,0,Infinity,0,5e-324,1e+308"`,
		},
		{`let a = 3, o = { b: 2, c: { d: 2 } }; a **= 3; o.b **= 4; o.c.d **= 5; return String([a, o.b, o.c.d, 2 ** 3 ** 2, "3" ** [3], null ** 3, true ** undefined])`, `"27,16,32,512,27,0,NaN"`},
		{`const seen = []; const at = (n) => ({ valueOf() { seen.push(n); return n } }); at(2) ** at(3); return seen`, `[2,3]`},
		{`[Math.pow(1.07, 30), 2 ** 0.5, 0.1 ** 3]`, `[7.612255042662042,1.4142135623730951,0.0010000000000000002]`},
	} {
		c.check(t)
	}
	// Against exact arithmetic.
	for i := range 500 {
		x, n := 0.5+float64(i)*0.00537, 3+i%97
		want := new(big.Float).SetPrec(400).SetInt64(1)
		for range n {
			want.Mul(want, big.NewFloat(x))
		}
		exact, _ := want.Float64()
		if got := power(x, float64(n)); got != exact {
			t.Errorf("%v ** %d is %v, not %v", x, n, got, exact)
		}
		got := exponential(logarithm(x).times(double{float64(n), 0})) // the way of other exponents, on the same ones
		if math.Abs(got-exact) > math.Nextafter(exact, math.Inf(1))-exact {
			t.Errorf("%v ** %d is %v the general way, not %v", x, n, got, exact)
		}
	}
}
