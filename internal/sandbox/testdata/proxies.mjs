// Writes what Node's natives do with arrays behind a Proxy, trap by trap: node proxies.mjs > proxies.json
//
// [[program, value as JSON]]: a program is the body of a function.
const calls = {
	every: ["x => x > 0", "x => x > 2", "1"], some: ["x => x > 2"], forEach: ["() => 1", ""], find: ["x => x > 1"], findIndex: ["x => x > 1"],
	findLast: ["x => x > 1"], findLastIndex: ["x => x < 0"], reduce: ["(a, b) => a + b", "(a, b) => a + b, 10"],
	reduceRight: ["(a, b) => a + '-' + b", "(a, b) => a + b, undefined"], includes: ["3", "NaN", "3, -1", "2, 1"], indexOf: ["3", "3, -2", "9"],
	lastIndexOf: ["3", "3, undefined", "1, -3"], map: ["x => x * 2"], filter: ["x => x > 1"], slice: ["", "1", "-2", "1, -1", "2, 1", "0, undefined"],
	splice: ["", "1", "1, 1", "0, 1, 7, 8", "1, 0, 9", "1, 5, 'x'", "-1, 1", "0, undefined"], toSpliced: ["", "1", "1, 1, 5", "0, 2, 6, 7, 8"],
	shift: [""], unshift: ["", "5", "5, 6"], push: ["", "7, 8"], pop: [""], reverse: [""], toReversed: [""], with: ["1, 9", "-1, 7", "99, 1"],
	fill: ["7", "7, 1", "7, -2, -1"], copyWithin: ["0, 1", "1, 0", "0, 1, 2", "2, 0, 2"], sort: ["", "(a, b) => b - a", "1"],
	toSorted: ["", "(a, b) => b - a", "'x'"], join: ["", "'-'"], concat: ["", "1, [2]", "p"], flat: ["", "0"], flatMap: ["x => [x, x]"],
}
const targets = ["[3, 1, 2]", "[]", "[1, , 3, NaN]", "({ length: 3, 0: 3, 2: 1 })", "Object.freeze([3, 1])", "class extends Array {}.from([2, 3, 1])", "[3, undefined, 1, 'b']"]
const around = [
	"[...p]", "Array.from(p)", "Array.from(p, x => x + 1)", "Math.max(...p)", "Math.max.apply(null, p)", "Reflect.apply(Math.min, null, p)",
	"{ const [a, ...rest] = p; return [a, rest] }", "{ const all = []; for (const x of p) all.push(x); return all }", "[...p.entries()]", "[...p.keys()]",
	"Array.from(Uint8Array.from(p))", "Array.from(new Uint8Array(p))", "{ const u = new Uint8Array(8); u.set(p, 1); return Array.from(u) }", "new Set(p).size",
	"Object.fromEntries(p.entries())", "JSON.stringify(p)", "String(p)", "Array.isArray(p)", "[0].concat(p)", "String.raw({ raw: p }, 'x', 'y', 'z')", "Array.prototype.slice.call({ get length() { return 2 }, 0: 'a', 1: 'b' })",
]
const prelude = `const log = []
const note = (name, k) => { log.push(name + " " + String(k)) }
const traps = {
	get(o, k, r) { note("get", k); return Reflect.get(o, k, r) }, has(o, k) { note("has", k); return Reflect.has(o, k) },
	set(o, k, v) { note("set", k); return Reflect.set(o, k, v) }, deleteProperty(o, k) { note("delete", k); return Reflect.deleteProperty(o, k) },
}
const shown = (r, p) => r === p ? "itself" : r === undefined ? "undefined" : Object.is(r, NaN) ? "NaN" : r !== null && typeof r === "object" && Array.isArray(r) ? [r.constructor === Array, r.length, Object.entries(r).map(String)] : r
`
const program = (target, expression) => `const t = ${target}, p = new Proxy(t, traps); let r
try { r = (() => ${expression.startsWith("{") ? expression : "(" + expression + ")"})() } catch (e) { r = e.name }
return [shown(r, p), log, Object.entries(t).map(String)]`
const answer = code => [code, JSON.stringify(new Function(prelude + code)())]
const programs = targets.flatMap(t => [
	...Object.entries(calls).flatMap(([name, list]) => list.map(args => answer(program(t, `Array.prototype.${name}.call(p${args && ", " + args})`)))),
	...around.map(expression => answer(program(t, expression))).filter(([, value]) => !value.startsWith('["TypeError"')),
])
console.log(JSON.stringify({ prelude, programs }, null, "\t"))
