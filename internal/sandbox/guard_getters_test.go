package sandbox

import (
	"math"
	"strings"
	"testing"
)

// prelude makes what natives read elements and properties from, each a text of a megabyte that is made when it is read.
const prelude = `
	const keys = Array.from({ length: 200 }, (x, i) => i), get = f => ({ get: f, set() {}, enumerable: true, configurable: true });
	const into = (o, f) => { for (const i of keys) Object.defineProperty(o, i, get(() => f(i))); return o };
	const list = f => into(Array(200), f), like = f => into({ length: 200 }, f), named = f => into({}, f), text = i => t + i;
	const below = f => Object.setPrototypeOf(Array(200), into(Object.create(Array.prototype), f));
	const object = f => { const o = {}; for (const i of keys) Object.defineProperty(o, "k" + i, get(() => f(i))); return o };
	const pair = i => ({ get 0() { return i }, get 1() { return t + i } }), key = i => ({ get 0() { return t + i } });
	const texts = Array.from(keys, i => ({ toString: () => t + i })), endless = f => ({ size: 1e9, has: () => true, keys: () => each(f) });
	const matched = f => { let n = 0; return { flags: "g", exec: () => n++ < 400 ? f(n) : null } };
`

// read are calls of natives that hold what getters, or other code of a script, make when they read it.
var read = []string{
	`Object.values(named(text))`, `Object.entries(object(text))`, `Object.values(list(text))`, `Object.entries(Object.assign(() => 1, { a: 1 }) && into(() => 1, text))`,
	`Object.values(new Proxy(named(() => 1), { get: (o, k) => t + k }))`, `Object.values(into(new Date(), text))`, `Object.values(into(new Map(), text))`,
	`Object.defineProperties({}, named(i => ({ value: t + i })))`, `Object.create(null, object(i => ({ value: t + i })))`, `Object.defineProperties({}, Object.fromEntries(keys.map(i => [i, { get value() { return t + i } }])))`,
	`Object.getOwnPropertyDescriptors(new Proxy(named(() => 1), { getOwnPropertyDescriptor: (o, k) => ({ value: t + k, configurable: true, enumerable: true }) }))`,
	`const from = object(text); Object.assign.apply(null, { length: 2, get 0() { return {} }, 1: from })`, `Math.max.apply(null, list(text))`, `Reflect.apply(Math.max, null, like(text))`, `Reflect.construct(Array, like(text))`, `((...x) => x).apply(null, below(text))`,
	`Array.prototype.slice.call(like(text))`, `below(text).slice()`, `Array.prototype.splice.call(like(text), 0, 200)`, `Array.prototype.filter.call(like(text), x => x)`, `Array.prototype.map.call(like(text), x => x)`,
	`Array.prototype.toSorted.call(like(text))`, `Array.prototype.sort.call(like(text))`, `Array.prototype.toReversed.call(like(text))`, `Array.prototype.with.call(like(text), 0, 1)`,
	`Array.prototype.toSpliced.call(like(text), 0, 1)`, `Array.prototype.flatMap.call(like(text), x => x)`, `Array.prototype.flat.call(like(i => [t + i]))`, `below(text).flat()`,
	`[].concat(Object.defineProperty(like(text), Symbol.isConcatSpreadable, { value: true }))`, `[].concat(below(text))`, `Array.prototype.slice.call(function () { return into(arguments, text) }(...keys))`,
	`Array.from(like(text))`, `Array.from(list(text))`, `Array.from(like(text), x => x)`, `Array.from.call(Object, like(text))`, `Array.from(below(text))`, `new Set(list(text))`,
	`new Uint8Array(list(text))`, `Uint8Array.from(list(text), x => 1)`,
	`new Map(each(pair))`, `new Map(each(key))`, `new Map(keys.map(pair))`, `new Map(keys.map(i => into([0, 0], () => t + i)))`, `Object.fromEntries(each(pair))`, `Object.fromEntries(list(pair))`, `Object.fromEntries(keys.map(pair))`,
	`new AggregateError(each(text))`, `AggregateError(each(text))`, `new AggregateError(list(text))`, `new (class extends AggregateError {})(each(text))`,
	`JSON.stringify({}, list(text))`, `JSON.stringify(object(i => ({ a: t + i })), keys.map(i => "k" + i).concat("a"))`, `JSON.stringify(keys.map(() => 1), list(i => new String(t + i)))`,
	`"".concat(...texts)`, `String.prototype.concat.apply("", texts)`, `String.raw({ raw: list(text) })`, `String.raw({ raw: keys }, ...texts)`, `list(text).join()`,
	`new Set([1]).union(endless(text))`, `new Set([1]).symmetricDifference(endless(text))`, `Set.prototype.union.call(new Set([1]), { size: 1, has() {}, keys: () => ({ next: () => ({ get value() { return t + Math.random() } }) }) })`,
	`RegExp.prototype[Symbol.match].call(matched(i => ({ 0: t + i })), "a")`, `RegExp.prototype[Symbol.replace].call(matched(i => ({ 0: t + i })), "a", "b")`,
	`RegExp.prototype[Symbol.replace].call(matched(i => ({ 0: "", b: t + i })), "a", "b")`, `RegExp.prototype[Symbol.replace].call(matched(i => i > 1 ? null : Object.defineProperty(list(text), 0, { value: "" })), "a", (...x) => 1)`,
	`class R { constructor() { return { lastIndex: 0, exec() { this.lastIndex++; return Object.defineProperty(list(text), 0, { value: "" }) } } } }; RegExp.prototype[Symbol.split].call({ flags: "", constructor: { [Symbol.species]: R } }, "aaaa")`,
	`class P extends Promise {}; const late = []; P.all(keys.map(() => new P(r => late.push(r)))); for (const i of keys) { late[i](t + i); await 1; await 1; await 1 }`,
	`const late = []; Promise.all(keys.map(() => ({ then: r => late.push(r) }))); await 1; await 1; for (const i of keys) late[i](t + i), await 1, await 1, await 1`,
	`class P extends Promise {}; const late = []; P.allSettled(keys.map(() => new P((r, no) => late.push(no)))); for (const i of keys) { late[i](t + i); await 1; await 1; await 1 }`,
	`class P extends Promise {}; const late = []; P.any(keys.map(() => new P((r, no) => late.push(no)))); for (const i of keys) { late[i](t + i); await 1; await 1; await 1 }`,
	`class P { constructor(f) { f(() => 1, () => 1) } static resolve(x) { return x } }; const late = []; Promise.all.call(P, keys.map(() => ({ then: r => late.push(r) }))); for (const i of keys) late[i](t + i), await 1`,
	`const open = new Promise(() => {}), all = []; for (const i of keys) { Promise.resolve(t + i).finally(() => open); await 1; await 1 }; globalThis.open = open; await 1; for (let i = 0; i < 1e6; i++);`,
	`const open = new Promise(() => {}); for (const i of keys) { Promise.reject(t + i).finally(() => open); await 1; await 1 }; globalThis.open = open; for (let i = 0; i < 1e6; i++);`,
	`const all = []; for (const i of keys) all.push(Proxy.revocable([t + i], {}).revoke); for (let i = 0; i < 1e6; i++);`,
	`const all = []; for (const i of keys) Promise.resolve.call(function (g) { all.push(g); const f = () => f.text; f.text = t + i; g(f, () => 1) })`,
	`const open = new Promise(() => {}); for (const i of keys) { const s = t + i; open.finally(() => s) }; globalThis.open = open; for (let i = 0; i < 1e6; i++);`,
	`Object.keys(new Proxy({}, { ownKeys: () => list(text) }))`, `Reflect.ownKeys(new Proxy({}, { ownKeys: () => like(text) }))`, `for (const k in new Proxy({}, { ownKeys: () => list(text) }));`,
	`({ ...Proxy.revocable({}, { ownKeys: () => list(text) }).proxy })`, `Object.assign({}, new Proxy({}, { ownKeys: () => new Proxy(list(text), {}) }))`,
	`JSON.stringify(new Proxy({}, { ownKeys: () => list(text) }))`, `Object.getOwnPropertySymbols(new Proxy({}, { ownKeys: () => list(text) }))`,
	`Object.freeze(new Proxy({}, { ownKeys: () => list(text) }))`, `const { a, ...b } = new Proxy({}, { get ownKeys() { return () => list(text) } })`,
}

// TestNativesReadInSight: it is the audits that see what natives hold, and not the look at the process.
func TestNativesReadInSight(t *testing.T) {
	t.Parallel()
	for _, code := range read {
		b := NewBudget(1 << 40)
		b.headroom.floor.Store(1 << 40) // it explains all that the process holds
		b.headroom.baseline.Store(1 << 40)
		b.headroom.learnFrom = math.MaxUint64
		vm := limitedVM(t.Context(), Limits{Memory: 32 << 20, Budget: b})
		_, err := vm.Run(program(t, "read", `async function main() {
			const t = "x".repeat(4e5);
			function* each(f) { for (let i = 0; i < 200; i++) yield f(i) }
			`+prelude+code+` }`))
		if err == nil || !strings.Contains(err.Error(), "max_memory_mb") {
			t.Errorf("%s: %v", code, err)
		}
		if n := len(vm.meter.inNatives) + vm.meter.guards.keepers; n > 0 {
			t.Errorf("%s: %d values or functions are kept", code, n)
		}
	}
}
