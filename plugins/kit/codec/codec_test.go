package codec

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func newWorld(t testing.TB) *hosttest.World { return hosttest.NewWorld(t, Rows) }

func TestCSV(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`csv.parse("a,b\n1,\"x, \"\"y\"\"\"\n2")`:                                        `[{"a":"1","b":"x, \"y\""},{"a":"2","b":""}]`,
		`csv.parse("\uFEFFa;b\r\n1;2\r\n", {separator: ";"})`:                            `[{"a":"1","b":"2"}]`,
		`csv.parse("1,2\n3", {header: false})`:                                           `[["1","2"],["3"]]`,
		`csv.parse("1,2", {header: ["x", "y"]})`:                                         `[{"x":"1","y":"2"}]`,
		`csv.parse("# no\n a , b \n 1 ,\" 2\"", {comment: "#", trim: true, lazy: true})`: `[{"a":"1","b":"2"}]`,
		`csv.parse("")`:            `[]`,
		`csv.parse("a,b")`:         `[]`,
		`csv.parse("\"a\nb\"\n1")`: `[{"a\nb":"1"}]`,
		`(() => { const r = csv.parse("__proto__,constructor\nx,y")[0]; return [Object.keys(r), r.__proto__, ({}).x === undefined, Object.getPrototypeOf(r) === Object.prototype] })()`: `[["__proto__","constructor"],"x",true,true]`,
		`Object.keys(csv.parse("z,a,m\n1,2,3")[0])`: `["z","a","m"]`,

		`csv.format([{b: 1, a: "x,y"}, {a: null, c: new Date(0)}])`:                    `"b,a,c\n1,\"x,y\",\n,,1970-01-01T00:00:00.000Z\n"`,
		`csv.format([[1, "a\"b"], [true, undefined]])`:                                 `"1,\"a\"\"b\"\ntrue,\n"`,
		`csv.format([{a: 1, b: 2}], {columns: ["b"], header: false, newline: "\r\n"})`: `"2\r\n"`,
		`csv.format([{a: {x: [1]}}], {separator: ";", bom: true})`:                     `"` + "\uFEFF" + `a\n\"{\"\"x\"\":[1]}\"\n"`,
		`csv.format([{a: "=1+1"}, {a: "-5"}, {a: "ok"}], {formulas: false})`:           `"a\n'=1+1\n'-5\nok\n"`,
		`csv.format([])`: `""`,
		`JSON.stringify(csv.parse(csv.format([{a: "x\ny", b: "\"q\""}])))`: `"[{\"a\":\"x\\ny\",\"b\":\"\\\"q\\\"\"}]"`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`csv.parse("a,b\n1,2,3")`:                                  "csv.parse: line 2 has 3 fields, the header has 2",
		`csv.parse("a,a\n1,2")`:                                    `the header has "a" twice`,
		`csv.parse("a\n\"x")`:                                      "csv.parse: ",
		`csv.parse(7)`:                                             "argument 1 must be text",
		`csv.parse("a", {separator: ""})`:                          "option separator must be one character",
		`csv.parse("a", {separator: "\n"})`:                        "option separator must be one character",
		`csv.parse("a", {separator: ",", comment: ","})`:           "the same character",
		`csv.parse("a", 7)`:                                        "must be an object of options",
		`csv.parse("a,".repeat(600000), {header: false})`:          "more than 500000 values",
		`csv.parse("a\n".repeat(1) + ",\n".repeat(1) )`:            "line 2 has 2 fields",
		`csv.parse("x".repeat(9 << 20))`:                           "longer than 8 MiB",
		`csv.format({})`:                                           "must be an array",
		`csv.format([1])`:                                          "each row must be",
		`csv.format([{a: "x".repeat(9 << 20)}])`:                   "longer than 8 MiB",
		`csv.format({length: 1e9})`:                                "must be an array",
		`csv.format(new Array(1e9))`:                               "too long",
		`csv.format([{get a() { throw new RangeError("mine") }}])`: "RangeError: mine",
	} {
		w.Throws(script, text)
	}
	// Many names and many short rows make more values than the text has.
	w.Throws(`csv.parse(Array.from({length: 9000}, (_, i) => "n" + i).join() + "\nx".repeat(1000))`, "more than 500000 values")
}

func TestXML(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`xml.parse('<?xml version="1.0"?><a x="1"><b>t</b><c/><b>u</b><!-- no --></a>')`:                                               `{"a":{"@x":"1","b":["t","u"],"c":""}}`,
		`xml.parse("<a> hi &lt;&amp;&#65; <b>1</b> there</a>")`:                                                                        `{"a":{"b":"1","#text":"hi <&A  there"}}`,
		`xml.parse('<?xml version="1.0" encoding="ISO-8859-1"?><a>ñ</a>')`:                                                             `{"a":"ñ"}`,
		`xml.parse("<a><![CDATA[<x>]]></a>")`:                                                                                          `{"a":"<x>"}`,
		`xml.parse('<s:E xmlns:s="urn:x"><s:B s:k="v"/></s:E>')`:                                                                       `{"s:E":{"@xmlns:s":"urn:x","s:B":{"@s:k":"v"}}}`,
		`(() => { const a = xml.parse("<a><__proto__><x>1</x></__proto__></a>").a; return [Object.keys(a), ({}).x === undefined] })()`: `[["__proto__"],true]`,
		`xml.format({a: {"@id": 7, b: ["x<", null, {c: true}], "#text": "t&"}}, {declaration: false})`:                                 `"<a id=\"7\">t&amp;<b>x&lt;</b><b/><b><c>true</c></b></a>"`,
		`xml.format({a: {b: [1, 2]}}, {indent: "  "})`:                                                                                 `"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b>1</b>\n  <b>2</b>\n</a>"`,
		`xml.format({a: {"@q": "\"'<\n"}}, {declaration: false})`:                                                                      `"<a q=\"&#34;&#39;&lt;&#xA;\"/>"`,
		`["ชื่อ", "नाम", "te\u0302n", "_a.b-1", "x:y", "a·b"].map(n => Object.keys(xml.parse(xml.format({ [n]: "x" })))[0] === n)`:     `[true,true,true,true,true,true]`,
		`xml.parse('\uFEFF<?xml version="1.0"?><!DOCTYPE a><a/>')`:                                                                     `{"a":""}`,
		`xml.parse(xml.format({a: {"@x": "1", b: ["t", "u & v"]}}))`:                                                                   `{"a":{"@x":"1","b":["t","u & v"]}}`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`xml.parse('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')`:   "document types are refused",
		`xml.parse("<a>&x;</a>")`:                                 "xml.parse: line 1",
		`xml.parse("<!DOCTYPE a><!DOCTYPE a><a/>")`:               "document types are refused",
		`xml.parse("<a/><!DOCTYPE a>")`:                           "document types are refused",
		`xml.parse("<!DOCTYPE a [<!ELEMENT a ANY>]><a/>")`:        "document types are refused",
		`xml.format({a: "x\u0001y"})`:                             "TypeError: xml.format: XML cannot hold the character U+0001",
		`xml.format({a: {"@b": "\uFFFF"}})`:                       "XML cannot hold the character U+FFFF",
		`xml.format({a: "\ud83d"})`:                               "XML cannot hold half a surrogate pair",
		`xml.format({"1a": 1})`:                                   "is not the name",
		`xml.format({"a:b:c": 1})`:                                "is not the name",
		`xml.format({"a:": 1})`:                                   "is not the name",
		`xml.parse("<a>&#0;</a>")`:                                "illegal character",
		`xml.parse("<a>&#55357;&#xDE00;</a>")`:                    "half a surrogate pair",
		`xml.parse("<a b=c/>")`:                                   "unquoted",
		`xml.parse("<a/>&#32;")`:                                  "text outside of the root",
		`xml.parse("<a/><![CDATA[]]>")`:                           "text outside of the root",
		`xml.parse("<!-- \f --><a/>")`:                            "cannot hold the character U+000C",
		`xml.parse("<a><?p \uffff?></a>")`:                        "cannot hold the character U+FFFF",
		`xml.parse("\n<?xml version='1.0'?><a/>")`:                "the declaration must be",
		`xml.parse("<a/><?xml version='1.0'?>")`:                  "the declaration must be",
		`xml.parse("<?XML version='1.0'?><a/>")`:                  "the declaration must be",
		`xml.parse("<?xml encoding='utf-8'?><a/>")`:               "the declaration must be",
		`xml.parse("<?xml version='1.0'encoding='utf-8'?><a/>")`:  "the declaration must be",
		`xml.parse("<?xml version='1.0' standalone='YES'?><a/>")`: "the declaration must be",
		`xml.parse("<a><b></a></b>")`:                             "</a> closes no open element",
		`xml.parse("<a>")`:                                        "<a> is not closed",
		`xml.parse("<a/><b/>")`:                                   "second root",
		`xml.parse("text")`:                                       "outside of the root",
		`xml.parse("")`:                                           "no root element",
		`xml.parse("<a x='1' x='2'/>")`:                           `attribute "x" is there twice`,
		`xml.parse("<a>".repeat(300) + "</a>".repeat(300))`:       "nested more than 200 deep",
		`xml.parse("<r>" + "<a/>".repeat(600000) + "</r>")`:       "more than 500000 values",
		`xml.format({a: 1, b: 2})`:                                "one key",
		`xml.format({"a b": 1})`:                                  `"a b" is not the name`,
		`xml.format({a: {"@x><script": 1}})`:                      "is not the name",
		`xml.format({a: [1, 2]})`:                                 "cannot be an array",
		`const o = {}; o.o = o; xml.format({o})`:                  "nested more than 200 deep",
	} {
		w.Throws(script, text)
	}
}

func TestYAML(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`yaml.parse("a: 1\nb: [x, 2.5, true, null, ~, yes]\nc:\n  d: 'q'\n")`: `{"a":1,"b":["x",2.5,true,null,null,"yes"],"c":{"d":"q"}}`,
		`yaml.parse("base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3\n")`:         `{"base":{"x":1,"y":2},"d":{"x":1,"y":3}}`,
		`yaml.parse("d:\n  y: 3\n  <<: [{x: 1}, {x: 2, z: 3}]\n")`:            `{"d":{"x":1,"z":3,"y":3}}`,
		`yaml.parse("- 2026-01-02\n- 0x1F\n- .inf\n- 1e3\n- |\n  t\n  u\n")`:  `["2026-01-02",31,null,1000,"t\nu\n"]`,
		`yaml.parse("a: 1\n---\nb: 2\n", {all: true})`:                        `[{"a":1},{"b":2}]`,
		`yaml.parse("")`:                          `null`,
		`yaml.parse("7")`:                         `7`,
		`yaml.parse("- !!binary aGk=")[0].length`: `2`,
		`yaml.parse("a: !!python/object/apply:os.system ['ls']\nb: !mine x")`:                                                                                 `{"a":["ls"],"b":"x"}`,
		`yaml.parse("a: 0o17\nb: NO\nc: 1:30\n1: d\nnull: e")`:                                                                                                `{"1":"d","a":15,"b":"NO","c":"1:30","null":"e"}`,
		`(() => { const o = yaml.parse("__proto__: {x: 1}\nconstructor: 2"); return [Object.keys(o), ({}).x === undefined] })()`:                              `[["__proto__","constructor"],true]`,
		`(() => { const o = yaml.parse("b: &b {__proto__: {x: 1}}\na:\n  <<: *b"); return [Object.keys(o.a), o.a.x === undefined, ({}).x === undefined] })()`: `[["__proto__"],true,true]`,

		`yaml.format({z: 1, a: ["x", "1", "true", "null", "", "a: b", "l\nm\n", 1.5, null, true], o: {}, e: [], "<<": 1})`:                                                                                       `"z: 1\na:\n  - x\n  - \"1\"\n  - \"true\"\n  - \"null\"\n  - \"\"\n  - 'a: b'\n  - |\n    l\n    m\n  - 1.5\n  - null\n  - true\no: {}\ne: []\n\"<<\": 1\n"`,
		`(() => { const v = {d: "1970-01-01", n: 1e21, s: "\u0000\u2028😀 \t", big: 9007199254740991, "k: #": [[], {}], "1": -0.5}; return JSON.stringify(yaml.parse(yaml.format(v))) === JSON.stringify(v) })()`: `true`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`yaml.parse("a: [")`:                            "yaml.parse: line",
		`yaml.parse("a: 1\na: 2")`:                      `key "a" is there twice`,
		`yaml.parse("a: &a [*a]")`:                      "inside of what it names",
		`yaml.parse("a: &a\n  <<: *a")`:                 "inside of what it names",
		`yaml.parse("- *b")`:                            "unknown anchor",
		`yaml.parse("a: !!binary '%%'")`:                "invalid base64",
		`yaml.parse("? [a]\n: 1")`:                      "a key must be a plain value",
		`yaml.parse("a: 1\n---\nb: 2")`:                 "more than one document",
		`yaml.parse("[".repeat(300) + "]".repeat(300))`: "nested more than 200 deep",
		`yaml.parse("- a\n".repeat(600000))`:            "longer than 1 MiB",
		`yaml.parse("a: &a [x,x,x,x,x,x,x,x,x]\n" + "bcdefghi".split("").map((n, i) => n + ": &" + n + " [" + Array(9).fill("*" + "abcdefgh"[i]).join() + "]").join("\n"))`: "more than 500000 values",
		`const o = {}; o.o = o; yaml.format(o)`:                            "TypeError",
		`let o = 1; for (let i = 0; i < 300; i++) o = [o]; yaml.format(o)`: "nested more than 200 deep",
	} {
		w.Throws(script, text)
	}
}

// TestCSVOfSpreadsheets: what other programs write is read, and what cannot be read says where and why.
func TestCSVOfSpreadsheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		// Line ends, and those inside of cells.
		`csv.parse("a,b\rx,y\rz,w\r")`:                               `[{"a":"x","b":"y"},{"a":"z","b":"w"}]`,
		`csv.parse("a\r\n1\n2\r3\r\r\n4", {header: false})`:          `[["a"],["1"],["2"],["3"],["4"]]`,
		`csv.parse("a\n\n\r\n\r1")`:                                  `[{"a":"1"}]`,
		`csv.parse("\"a\r\nb\",\"c\rd\",\"e\nf\"", {header: false})`: `[["a\r\nb","c\rd","e\nf"]]`,
		`csv.format([["a\nb", "c\r\nd"]], {newline: "\r\n"})`:        `"\"a\nb\",\"c\r\nd\"\r\n"`,
		`csv.format([[1], [2]], {newline: "\r"})`:                    `"1\r2\r"`,

		// Columns without a name.
		`csv.parse("id,name,,\n1,Ana,,\n")`:     `[{"id":"1","name":"Ana","column_3":"","column_4":""}]`,
		`csv.parse(",\n1,2")`:                   `[{"column_1":"1","column_2":"2"}]`,
		`csv.parse("column_2,,\n1,2,3")`:        `[{"column_2":"1","column_2_":"2","column_3":"3"}]`,
		`csv.parse("1,2", {header: ["x", ""]})`: `[{"x":"1","column_2":"2"}]`,
		`csv.parse(" , b\n1,2", {trim: true})`:  `[{"column_1":"1","b":"2"}]`,

		// Blanks around quotes, quotes inside.
		`csv.parse("\"a\",\"b\"\n\"1\", \"2\" ", {trim: true})`:                           `[{"a":"1","b":"2"}]`,
		`csv.parse("a;b\n 1\t; \"x;y\"\t", {trim: true, separator: ";"})`:                 `[{"a":"1","b":"x;y"}]`,
		`csv.parse("a\tb\n \"1\" \t\t", {trim: true, separator: "\t", header: false})[1]`: `["1","",""]`,
		`csv.parse("a\n1\"2\n\"x\"y\"", {lazy: true})`:                                    `[{"a":"1\"2"},{"a":"x\"y"}]`,
		`csv.parse("size,n\n5\" pipe,1\n\\\"x\\\",O\"Neil\"")`:                            `[{"size":"5\" pipe","n":"1"},{"size":"\\\"x\\\"","n":"O\"Neil\""}]`,
		`csv.parse("\"a", {lazy: true, header: false})`:                                   `[["a"]]`,

		// The separator of the first line.
		`csv.parse("sep=;\na;b\n1;2")`:                   `[{"a":"1","b":"2"}]`,
		`csv.parse("\uFEFFSep=\t\r\na\tb\r\n1\t2")`:      `[{"a":"1","b":"2"}]`,
		`csv.parse("sep=;\na,b\n1,2", {separator: ","})`: `[{"a":"1","b":"2"}]`,
		`csv.parse("sep=,b\n1,2")`:                       `[{"sep=":"1","b":"2"}]`,
		`csv.parse("sep=")`:                              `[]`,

		// What format writes, parse reads.
		`csv.parse(csv.format([{ a: "" }, { a: "x" }]))`:                                                             `[{"a":""},{"a":"x"}]`,
		`csv.parse(csv.format([["", ""], [""], ["\uFEFF"], [" "], ["sep=;"]]), {header: false}).map(r => escape(r))`: `["%2C","","%uFEFF","%20","sep%3D%3B"]`,
		`csv.parse(csv.format([["\uFEFFx"]]), {header: false}).map(escape)`:                                          `["%uFEFFx"]`,
		`csv.parse(csv.format([["sep=;"]]), {header: false})`:                                                        `[["sep=;"]]`,
		`csv.format([{ total: -5.25, n: 3n, t: "-5", l: "\n=1" }], { formulas: false })`:                             `"total,n,t,l\n-5.25,3,'-5,\"'\n=1\"\n"`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`csv.parse("a\n \"2\"")`:              "line 2 has blanks before a quote",
		`csv.parse("a\nb\n\"x\n")`:            "the quote in line 3 is not closed",
		`csv.parse("a\n\"x\ny\"z\n")`:         "line 3 has text after a closing quote",
		`csv.parse("a, \"b\"")`:               "trim: true takes them off",
		`csv.format([[1]], {newline: "x"})`:   `newline must be "\n", "\r\n" or "\r"`,
		`csv.parse("a\n\"x\r\n\r\ny\"\n1,2")`: "line 5 has 2 fields",
	} {
		w.Throws(script, text)
	}
}

// TestYAMLOfToday: texts are what YAML 1.2 says, and what is written is read as it was by readers of 1.1, too.
func TestYAMLOfToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`yaml.format({a: NaN, b: [Infinity, null, {c: -Infinity}], d: null})`, `"a: .nan\nb:\n  - .inf\n  - null\n  - c: -.inf\nd: null\n"`)
	w.Eq(`const v = yaml.parse(yaml.format([NaN, Infinity, -Infinity])); [Number.isNaN(v[0]), v[1] === Infinity, v[2] === -Infinity]`, `[true,true,true]`)
	for script, want := range map[string]string{
		`yaml.parse('{"page":"https:\\/\\/a.example"}').page`:                                                                                    `"https://a.example"`,
		`yaml.parse("%YAML 1.2\n---\nname: shop\n")`:                                                                                             `{"name":"shop"}`,
		`yaml.parse("# first\n%YAML 1.1\n%OWN x y\n---\na: 1\n...\n%YAML 1.3\n---\n- 50%\n", {all: true})`:                                       `[{"a":1},["50%"]]`,
		`yaml.parse("- \"a\n  %YAML 1.2\"\n- |\n  %YAML 1.2\n")`:                                                                                 `["a %YAML 1.2","%YAML 1.2\n"]`,
		`yaml.parse("-\tpen\n-\tink\n")`:                                                                                                         `["pen","ink"]`,
		`yaml.parse("a:\n  - x\n\t\n  - y\n")`:                                                                                                   `{"a":["x","y"]}`,
		`yaml.parse("[why ? because, R & D, a?, -1]")`:                                                                                           `["why ? because","R & D","a?",-1]`,
		`yaml.parse("- a & b\n- x?\n- ?x\n- a:b\n- b#c\n- &n d\n- *n")`:                                                                          `["a & b","x?","?x","a:b","b#c","d","d"]`,
		`yaml.parse("k: &a:b v").k`:                                                                                                              `"v"`,
		`["01234", "08", "00", "-07", "1_000", "0b11", "1:30", "0x", "1.2.3", "+-1", "e3", ".", "1e"].map(t => yaml.parse(t))`:                   `["01234","08","00","-07","1_000","0b11","1:30","0x","1.2.3","+-1","e3",".","1e"]`,
		`["0", "-12", "+12", "0o17", "0x1F", "1.", ".5", "-1.5e-3", "1e3", "12e03"].map(t => yaml.parse(t))`:                                     `[0,-12,12,15,31,1,0.5,-0.0015,1000,12000]`,
		`[yaml.parse("12345678901234567890"), yaml.parse("-9007199254740993"), yaml.parse("9007199254740991")]`:                                  `["12345678901234567890","-9007199254740993",9007199254740991]`,
		`[yaml.parse("1e999") === Infinity, yaml.parse("-.inf") === -Infinity, yaml.parse(".NaN"), Object.is(yaml.parse("-0"), -0)]`:             `[true,true,null,true]`,
		`yaml.parse("a: !!int '12'\nb: !!str 12\nc: !!float 3\nd: !!bool 'true'\ne: !!timestamp 2020-01-01\nf: !!null ''\ng: 'null'\nh: \"~\"")`: `{"a":12,"b":"12","c":3,"d":true,"e":"2020-01-01","f":null,"g":"null","h":"~"}`,

		`yaml.format({a: "yes", b: "no", c: "on", d: "OFF", e: "y", f: "12:30", g: "01234", h: "1_000", i: "0b1", j: "1.2.3", k: "2026-01-02T03:04:05Z", l: "=", m: "<<", n: "~", o: "+1", p: "1e3"})`: `"a: \"yes\"\nb: \"no\"\nc: \"on\"\nd: \"OFF\"\ne: \"y\"\nf: \"12:30\"\ng: \"01234\"\nh: \"1_000\"\ni: \"0b1\"\nj: \"1.2.3\"\nk: \"2026-01-02T03:04:05Z\"\nl: \"=\"\nm: \"<<\"\n\"n\": \"~\"\no: \"+1\"\np: \"1e3\"\n"`,
		`yaml.format({yes: "yesterday", No: "nothing", 1: "10 kg", on: "only"})`: `"\"1\": 10 kg\n\"yes\": yesterday\n\"No\": nothing\n\"on\": only\n"`,
		`yaml.format([1e21, 1e-7, 1.5e300, -2, 0.1])`:                            `"- 1.0e+21\n- 1.0e-7\n- 1.5e+300\n- -2\n- 0.1\n"`,
		`yaml.parse(yaml.format([1e21, 1e-7, 12345678901234567890]))`:            `[1e+21,1e-7,12345678901234567000]`,
		`yaml.format({a: {b: ["c"]}}, {indent: 4})`:                              `"a:\n    b:\n        - c\n"`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`yaml.parse("a: {b: c")`:          "yaml.parse: line 2: while parsing a flow mapping",
		`yaml.parse("a: 'x")`:             "yaml.parse: line 1: ",
		`yaml.parse("- 1\n- !!int x")`:    `yaml.parse: line 2: "x" is no !!int`,
		`yaml.parse("%YAML 2.0\n---\na")`: "yaml.parse: line 1: ",
		`yaml.format({}, {indent: 1})`:    "indent must be a whole number from 2 to 9",
		`yaml.format({}, {indent: "  "})`: "indent must be a whole number from 2 to 9",
	} {
		w.Throws(script, text)
	}
}

// TestOptionsThatNobodyKnows: a misspelt option of the kit is a TypeError that lists the right ones.
// TestYAMLRoundTrip: what JSON cannot say comes back as what it was.
func TestYAMLRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`[9007199254740991, 9007199254740992, -9007199254740992, 123456789012345680000, 1e21, -0.5].map(n => yaml.parse(yaml.format({n})).n === n)`: `[true,true,true,true,true,true]`,
		`yaml.format({id: "9007199254740993", n: 2 ** 53})`:                                              `"id: \"9007199254740993\"\n\"n\": 9007199254740992.0\n"`,
		`yaml.format({u: new Uint8Array([0, 255]), a: [new Uint8Array(0), new Uint8Array([1]).buffer]})`: `"u: !!binary AP8=\na:\n  - !!binary\n  - !!binary AQ==\n"`,
		`Array.from(yaml.parse(yaml.format({u: new Uint8Array([0, 255])})).u)`:                           `[0,255]`,
		`(b => [b instanceof Uint8Array, b.length])(yaml.parse(yaml.format({u: new Uint8Array(0)})).u)`:  `[true,0]`,
		`Array.from(yaml.parse(yaml.format(new Uint8Array([7]))))`:                                       `[7]`,
	} {
		w.Eq(script, want)
	}
}

// TestXMLKeepsBlanks: an element without children keeps its text as it stands, with attributes and without.
func TestXMLKeepsBlanks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`xml.parse('<a b="1"> x </a>')`:                                `{"a":{"@b":"1","#text":" x "}}`,
		`xml.parse('<a xml:space="preserve"> </a>')`:                   `{"a":{"@xml:space":"preserve","#text":" "}}`,
		`xml.parse('<a b="1"></a>')`:                                   `{"a":{"@b":"1"}}`,
		`xml.parse('<a b="1">\n <c/>\n</a>')`:                          `{"a":{"@b":"1","c":""}}`,
		`xml.parse("<a> <b/> x <b/> </a>")`:                            `{"a":{"b":["",""],"#text":"x"}}`,
		`xml.parse(xml.format({a: {"@b": " 1 ", "#text": "\n x\t"}}))`: `{"a":{"@b":" 1 ","#text":"\n x\t"}}`,

		`xml.parse('<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd"><cXML/>')`: `{"cXML":""}`,

		`xml.parse('<?xml version="1.0"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist/>')`: `{"plist":""}`,

		`xml.parse("<!DOCTYPE a SYSTEM 'x>y \"'><a/>")`:      `{"a":""}`,
		`xml.parse("<!DOCTYPE año\nPUBLIC 'p' 's' ><año/>")`: `{"año":""}`,
	} {
		w.Eq(script, want)
	}
	for script, text := range map[string]string{
		`xml.parse('<!DOCTYPE a SYSTEM "a.dtd" [<!ENTITY x "y">]><a/>')`:  "document types are refused",
		`xml.parse('<!DOCTYPE a PUBLIC "p"><a/>')`:                        "document types are refused",
		`xml.parse('<!DOCTYPE a PUBLIC "p<" "s"><a/>')`:                   "document types are refused",
		`xml.parse('<!DOCTYPE a SYSTEM a.dtd><a/>')`:                      "document types are refused",
		`xml.parse('<!DOCTYPE a SYSTEM "x" SYSTEM "y"><a/>')`:             "document types are refused",
		`xml.parse('<a><!DOCTYPE a SYSTEM "x"></a>')`:                     "document types are refused",
		`xml.parse('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>&x;</a>')`: "entity",
	} {
		w.Throws(script, text)
	}
}

func TestOptionsThatNobodyKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, text := range map[string]string{
		`xml.parse("<a/>", {ignoreAttributes: true})`: `xml.parse takes no options: "ignoreAttributes" is unknown`,
		`csv.parse("a", {quotes: "'"})`:               `csv.parse: unknown option "quotes"; the options are header, separator, comment, trim, lazy`,
		`csv.format([], {seperator: ";"})`:            `csv.format: unknown option "seperator"; the options are columns, header, separator, newline, bom, formulas`,
		`csv.format([], {formulas() {}})`:             "",
		`xml.format({a: 1}, {pretty: true})`:          `xml.format: unknown option "pretty"; the options are indent, declaration`,
		`yaml.parse("a: 1", {multi: true})`:           `yaml.parse: unknown option "multi"; the options are all`,
		`yaml.format({a: 1}, {indents: 2})`:           `yaml.format: unknown option "indents"; the options are indent`,
		`csv.parse("a", {["x".repeat(9999)]: 1})`:     "unknown option",
		`csv.parse("a", {get quotes() { return 1 }})`: `unknown option "quotes"`,
	} {
		if text != "" {
			w.Throws(script, "TypeError: "+text[:0]+"")
			w.Throws(script, text)
		}
	}
	w.Eq(`csv.parse("a\n1", {quotes: undefined})`, `[{"a":"1"}]`)
}

// A block that is a whole document may begin without indentation; it ends with the document.
func TestYAMLBlocksOfDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`yaml.parse("%YAML 1.2\n--- |\n%!PS-Adobe-2.0\n...\n---\n# Empty\n...\n", { all: true })`: `["%!PS-Adobe-2.0\n",null]`,
		`yaml.parse("--- >-\nfolded\ntext\n\n  more\n--- |\na\n b\n\nc\n", { all: true })`:        `["folded text\n\n  more","a\n b\n\nc\n"]`,
		`yaml.parse("|\n a\n ...\n")`:                                            `"a\n...\n"`,
		`yaml.parse("- ! 12\n- ! true\n- ! a\n- ! \"5\"\n- 12")`:                 `["12","true","a","5",12]`,
		`yaml.parse("--- |\n...\n")`:                                             `""`,
		`yaml.parse("a: |\n  x\n  ---\nb: >\n  |\n  y\n")`:                       `{"a":"x\n---\n","b":"| y\n"}`,
		`yaml.parse("--- | # why\na\n| \nb\n... # end\n--- 5\n", { all: true })`: `["a\n| \nb\n",5]`,
	} {
		w.Eq(script, want)
	}
}

// Lines of quoted texts, flow collections and block scalars stand where YAML 1.2 lets them (6.1, 8.1.1.1), and no further out.
func TestYAMLIndentation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, text := range []string{
		`---\nflow: [a,\nb,\nc]\n`, `k: {a: 1,\nb: 2}`, `k: [a\nb]`, `k: [a\n,b]`, `- k: [a,\n  b]`, `- - [a,\n  b]`, `k: &x [a,\nb]`, `k: !!seq [a,\nb]`, `k: [\"]\",\nb]`,
		`k: [it's, 'a''b',\nb]`, `k: [a, # why ]\nb]`, `k: [a:b, {\"c\":1},\nd]`, `k: [a,\r\nb]`, `k: [a, \"b\nc\"]`, `k: [[a],\n[b]]`, `k:\n  - [a,\n  b]`,
		`foo: \"bar\n\tbaz\"\n`, `---\nquoted: \"a\nb\nc\"\n`, `k: 'a\nb'`, `- 'a\n\nb'`, `k:\n  j: \"a\n  b\"`, `a: &x !!str \"b\nc\"`,
		`empty block scalar: >\n \n  \n   \n # comment\n`, `- [\n\tfoo,\n foo\n ]\n`, `k: {\n\ta: 1\n}`,
	} {
		w.Throws(`yaml.parse("`+text+`")`, "yaml.parse: line ")
	}
	for _, ok := range [][2]string{
		{`k: [\n  a,\n  b\n]\nl: {\n a: 1\n}`, `{"k":["a","b"],"l":{"a":1}}`},
		{`k: [a,\n# why\n b,\n\n\t\n c]\nl: 1`, `{"k":["a","b","c"],"l":1}`},
		{`[a,\nb,\n\tc]`, `["a","b","c"]`},
		{`\"a\nb\"`, `"a b"`},
		{`k: \"a\n\n b\\\n  c\"\nl: 1`, `{"k":"a\nbc","l":1}`},
		{`k: [it's, a \"b, c]\nl: 1`, `{"k":["it's","a \"b","c"],"l":1}`},
		{`k: [a#b, \"c]\", 'd'']', {e: f}]\nl: 1`, `{"k":["a#b","c]","d']",{"e":"f"}],"l":1}`},
		{`? k\n: [a,\n b]\nl: 1`, `{"k":["a","b"],"l":1}`},
		{`- &x\n  k: [a,\n   b]\n- !!map\n  k: 'a\n   b'`, `[{"k":["a","b"]},{"k":"a b"}]`},
		{`k:\n- [a,\n b]\n- 'a\n b'`, `{"k":[["a","b"],"a b"]}`},
		{`k: |\n \n  a\nl: |2\n    \n  b\nm: 1`, `{"k":"\na\n","l":"  \nb\n","m":1}`},
		{`k: |\n\n  \n  a\nl: >\n   \n# c\nm: 1`, `{"k":"\n\na\n","l":"","m":1}`},
		{`é: {\"ñ\": \"a\n b\"}\nl: 1`, `{"é":{"ñ":"a b"},"l":1}`},
		{`a: &x b\nk: [!<tag:yaml.org,2002:str> c, *x ,\n d]`, `{"a":"b","k":["c","b","d"]}`},
	} {
		w.Eq(`yaml.parse("`+ok[0]+`")`, ok[1])
	}
}

// Names may have characters beyond U+FFFF, as the fifth edition of XML 1.0 says.
func TestXMLNamesBeyondFFFF(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range [][2]string{
		{`xml.parse("<𐐀 𠀀='a😀'>b😀<x-𐐀>&#x9000;&#36865;退</x-𐐀><![CDATA[😀]]><!-- 😀 --></𐐀>")`, `{"𐐀":{"@𠀀":"a😀","x-𐐀":"退送退","#text":"b😀😀"}}`},
		{`xml.parse("<!DOCTYPE 𐐀><𐐀/>")`, `{"𐐀":""}`},
		{`xml.parse("<p:𐐀>󯿿󰀀</p:𐐀>")`, "{\"p:𐐀\":\"󯿿󰀀\"}"},
		{`xml.parse("<a>😀<b c='😀'/></a>")`, `{"a":{"b":{"@c":"😀"},"#text":"😀"}}`},
		{`xml.parse(xml.format({ "𐐀": { "@𠀀": "<😀>" } }))`, `{"𐐀":{"@𠀀":"<😀>"}}`},
	} {
		w.Eq(c[0], c[1])
	}
	w.Throws(`xml.parse("<󰀀/>")`, "xml.parse: line 1")
	w.Throws(`xml.parse("<𐐀></𠀀>")`, "</𠀀> closes no open element")
}
