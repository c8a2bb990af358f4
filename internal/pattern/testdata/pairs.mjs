// Writes random patterns and texts with what Node answers: node pairs.mjs [COUNT [SEED]] > pairs.txt
//
// A line is source, flags, text, lastIndex and answer, apart by tabs; other units than those of printable ASCII are \uXXXX, a
// backslash is two. The answer is E for a SyntaxError, - for no match, or the places of all groups, _ for one that took nothing.
//
// Left out is what V8 11.3 is known to answer wrongly: places inside of a surrogate pair with flags u and v, and operations of
// classes and [^] with flags i and v.
const count = +(process.argv[2] ?? 4000)
let state = +(process.argv[3] ?? 1)
const random = n => {
	state = state + 0x6D2B79F5 | 0
	let t = Math.imul(state ^ state >>> 15, 1 | state)
	t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
	return ((t ^ t >>> 14) >>> 0) % n
}
const pick = list => list[random(list.length)]

const characters = ["a", "b", "c", "A", "B", "k", "s", "x", "1", "_", "-", " ", "\n", "\r", "\u2028", "é", "É", "ſ", "\u212a", "ᾳ", "ᾼ", "σ", "ς", "Σ", "ß", "ẞ", "\u0130", "ı", "\ud801\udc00", "\ud801\udc28", "\ud83d\ude00", "\ud801", "\udc00", "\u1e9e", "ǆ", "ǅ", "\u0345", "ι"]
const text = () => Array.from({ length: random(9) }, () => random(3) ? pick(characters) : pick(["a", "b", "c"])).join("")

let groups, named
const classEscapes = ["\\d", "\\D", "\\s", "\\S", "\\w", "\\W"]
const properties = ["\\p{L}", "\\P{L}", "\\p{Lu}", "\\P{Ll}", "\\p{Script=Greek}", "\\p{ASCII}", "\\p{Alphabetic}", "\\p{scx=Latn}", "\\p{Nd}", "\\p{Emoji}"]
const literal = f => {
	const c = pick(characters)
	switch (random(9)) {
		case 0: return "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0")
		case 1: return f.whole ? "\\u{" + c.codePointAt(0).toString(16) + "}" : "\\x" + (c.charCodeAt(0) & 255).toString(16).padStart(2, "0")
		case 2: return pick(["\\n", "\\t", "\\cA", "\\0", "\\/", "\\.", "\\-", "\\$", "\\1", "\\2", "\\8", "\\07", "\\c", "\\a", "\\u12", "]", "}", "{", "{1"])
		default: return c
	}
}
const member = f => {
	switch (random(8)) {
		case 0: return pick(classEscapes)
		case 1: return f.whole ? pick(properties) : pick(["\\b", "\\c1", "\\c", "\\12", "-", "^"])
		case 2: return pick(["a-c", "A-C", "a-z", "é-ſ", "\\u0000-\\uffff", "x-", "Α-ω", "\\d-x", "k-s", "ǅ-ǆ"])
		default: return pick(characters)
	}
}
const setClass = (f, depth) => {
	const operand = () => random(3) || depth > 2 ? pick([...classEscapes, ...properties, "a", "b", "é", "σ", "\\q{ab|c|}", "\\q{a|ſk}", "[a-c]", "[^a]", "\ud83d\ude00"]) : setClass(f, depth + 1)
	const many = f.flags.includes("i") ? 1 : random(4)
	let s
	if (many === 2) s = operand() + "--" + operand() + (random(2) ? "--" + operand() : "")
	else if (many === 3) s = operand() + "&&" + operand()
	else s = Array.from({ length: random(4) }, () => random(3) ? operand() : pick(["a-c", "x", "A-z", "&", "1-9"])).join("")
	return "[" + (random(5) ? "" : "^") + s + "]"
}
const atom = (f, depth) => {
	const kind = random(depth > 3 ? 5 : 13)
	if (kind < 3) return literal(f)
	if (kind === 3) return f.flags.includes("v") ? setClass(f, 0) : "[" + (random(3) ? "" : "^") + Array.from({ length: random(4) }, () => member(f)).join("") + "]"
	if (kind === 4) return pick([".", ".", ...classEscapes, f.whole ? pick(properties) : "."])
	if (kind === 5) return pick(["^", "$", "\\b", "\\B"])
	if (kind === 6) {
		groups++
		if (random(4)) return "(" + choice(f, depth + 1) + ")"
		named++
		return `(?<n${named}>${choice(f, depth + 1)})`
	}
	if (kind === 7) return `(?:${choice(f, depth + 1)})`
	if (kind === 8) return `(?${pick(["=", "!", "<=", "<!"])}${choice(f, depth + 1)})`
	if (kind === 9 && groups) return "\\" + (1 + random(groups))
	if (kind === 10 && named) return `\\k<n${1 + random(named)}>`
	return literal(f)
}
const term = (f, depth) => atom(f, depth) + (random(3) ? "" : pick(["*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "{0}", "*?", "+?", "??", "{1,2}?", "{2,}?"]))
const row = (f, depth) => Array.from({ length: random(depth ? 3 : 4) + (depth ? 0 : 1) }, () => term(f, depth)).join("")
const choice = (f, depth) => Array.from({ length: random(4) ? 1 : 2 + random(2) }, () => row(f, depth)).join("|")

const written = s => Array.from({ length: s.length }, (_, i) => {
	const c = s[i]
	return c === "\\" ? "\\\\" : c >= " " && c <= "~" ? c : "\\u" + s.charCodeAt(i).toString(16).padStart(4, "0")
}).join("")
const isInside = (s, i) => i > 0 && i < s.length && /[\udc00-\udfff]/.test(s[i]) && /[\ud800-\udbff]/.test(s[i - 1])

for (let n = 0; n < count;) {
	const flags = ["i", "m", "s"].filter(() => !random(3)).join("") + pick(["", "", "u", "v"])
	const f = { flags, whole: /[uv]/.test(flags) }
	groups = named = 0
	const source = choice(f, 0), s = text()
	const last = random(4) ? 0 : random(s.length + 1)
	const sticky = last > 0 && random(2) ? "y" : "g"
	let answer, re
	try {
		re = new RegExp(source, flags + "d" + sticky)
	} catch {
		answer = "E"
	}
	if (answer === "E" && random(4)) continue // too many of them
	if (/v/.test(flags) && /\[\^\[?\]/.test(source)) continue
	if (re) {
		re.lastIndex = last
		const m = re.exec(s)
		if (f.whole && (isInside(s, last) || m && m.indices.some(x => x && (isInside(s, x[0]) || isInside(s, x[1]))))) continue
		if (f.whole && /[\ud800-\udbff][\udc00-\udfff]/.test(s) && /\\[bB]|\(\?<?[=!]|\$|\^/.test(source)) continue
		answer = m ? m.indices.map(x => x ? x.join(",") : "_").join(";") : "-"
	}
	console.log([written(source), flags + sticky, written(s), last, answer].join("\t"))
	n++
}
