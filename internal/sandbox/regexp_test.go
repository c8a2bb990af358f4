package sandbox

import "testing"

// TestRegExp: regular expressions mean what ECMAScript says, through literals, the constructor and methods of strings.
func TestRegExp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, want string }{
		{`q = /^\p{L}+$/u.test("é日")`, "true"},
		{`q = "aXbX".replace(/x/gi, "-")`, "a-b-"},
		{`q = "a,b , c".split(/\s*,\s*/).join("|")`, "a|b|c"},
		{`q = JSON.stringify("2020-01-02".match(/(?<y>\d+)-(?<m>\d+)/).groups)`, `{"y":"2020","m":"01"}`},
		{`q = [..."a1b22".matchAll(/\d+/g)].map(m => m[0] + m.index).join()`, "11,223"},
		{`q = "abc".search(/c/)`, "2"},
		{`q = "abc".search("b")`, "1"},
		{`q = "a.b".match(".")[0]`, "a"},
		{`q = new RegExp("a/b\n", "gd").toString()`, `/a\/b\n/dg`},
		{`q = /[/]a/.source`, `[/]a`},
		{`q = /a(?<n>b)/d.exec("xab").indices.groups.n.join()`, "2,3"},
		{`q = "x".replace(/(x)/, "$1$1$&$$$2")`, "xxx$$2"},
		{`q = "abc".replace(/b/, (m, i, s) => m + i + s)`, "ab1abcc"},
		{`q = /[\p{L}--[a-z]]/v.test("a")`, "false"},
		{`let r = /a/y; r.lastIndex = 1; q = r.test("ba") + "" + r.lastIndex`, "true2"},
		{`q = RegExp("a", "g").flags + new RegExp(/b/i, "g").flags + RegExp(/x/u).source`, "ggx"},
		{`q = Object.prototype.toString.call(/a/)`, "[object RegExp]"},
		{`class R extends RegExp { exec(s) { return super.exec(s.toUpperCase ? s : s) } }; q = "aba".replace(new R("a", "g"), "x")`, "xbx"},
		{`let r2 = /a/; r2.compile("b", "g"); q = r2.source + r2.flags + r2.test("b")`, "bgtrue"},
		{`q = "𐐀a".split(/(?:)/u).length`, "2"},
		{`q = "ab".split(/(?:)/).join("-")`, "a-b"},
		{`q = "A<B>bold</B>and<CODE>coded</CODE>".split(/<(\/)?([^<>]+)>/).length`, "13"},
		{`try { new RegExp("[") } catch (e) { q = e.name + e.message }`, "SyntaxErrorInvalid regular expression: /[/: it has a [ that is not closed"},
		{`q = RegExp.prototype.source + RegExp.prototype.flags + RegExp.prototype.hasIndices`, "(?:)undefined"},
		{`RegExp = null; q = /a+/.test("aaa") + "" + /^a+$/.source`, "true^a+$"},
		{`try { "a".matchAll(/a/) } catch (e) { q = e.name }`, "TypeError"},
		{`q = "aaa".replaceAll(/a/g, "b")`, "bbb"},
		{`let z = /a/g; q = "banana".replace(z, () => "o") + z.lastIndex`, "bonono0"},
		{`q = "aé".replace(/(?<x>é)/, "[$<x>]")`, "a[é]"},
		{`q = Object.getOwnPropertyNames(RegExp.prototype).sort().join()`, "compile,constructor,dotAll,exec,flags,global,hasIndices,ignoreCase,multiline,source,sticky,test,toString,unicode,unicodeSets"},
		{`q = "aab".replace(/(?<x>z)?a/g, "[$<x>$1]") + JSON.stringify(/(z)((a+)?(b+)?(c))*/.exec("zaacbbbcac"))`, `[][]b["zaacbbbcac","z","ac","a",null,"c"]`},
		{`q = "2024-12".match(/(?<y>\d{4})-\d+|(?<y>x)/).groups.y + /(?i:a)b/.test("Ab") + /(?i:a)b/.test("AB")`, "2024truefalse"},
		{`q = "é1".replace(/é/, "") === "1" && "é1".replace(/(\D)(\d)/, "$2") === "1"`, "true"},
		{`let r3 = /b/g; r3.lastIndex = {valueOf() { return 0 }}; r3.test("a"); q = r3.lastIndex === 0`, "true"},
		{`let r4 = Object.freeze(/a/g); try { r4.test("b") } catch (e) { q = e.name }`, "TypeError"},
		{`q = [..."a𐐀".matchAll(/(?:)/gv)].map(m => m.index).join()`, "0,1,3"},
		{`let r5 = /./g; r5.exec = () => null; q = "ab".replace(r5, "x") + "ab".match(r5)`, "abnull"},
		{`Object.defineProperty(RegExp.prototype, "flags", {get() { return "" }}); q = "aa".replace(/a/g, "b")`, "ba"},
		{"class A { x = /a./s; static y = /b/.source; [/c/.source]() { return /d/ } } const f = (x = /e/, {y = /f/} = {}) => x.source + y.source; q = new A().x.test('a\\n') + A.y + new A().c().source + f() + `${/g/.source}` + [.../h/.source] + (/i/?.source) + new String(/j/.source)", "truebdefghij"},
	} {
		v, err := limitedVM(t.Context(), Limits{Operations: 1e7, Memory: 1 << 26}).Run(program(t, "pattern", "function main() { let q; "+c.code+"; return q }"))
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
		} else if v.String() != c.want {
			t.Errorf("%s: %s, want %s", c.code, v, c.want)
		}
	}
}
