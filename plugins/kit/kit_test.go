package kit

import (
	"strings"
	"testing"
)

func TestRowsAreDocumentedAndTheirExamplesRun(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, row := range New(Options{}).Functions() {
		names[row.Name] = true
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			if !strings.HasPrefix(row.Sig, row.Name) || !strings.HasSuffix(row.Doc, ".") || !strings.Contains(row.Example, row.Name) {
				t.Fatalf("signature %q, doc %q or example %q", row.Sig, row.Doc, row.Example)
			}
			w := newWorld(t)
			w.database()
			w.js(`var payload = {id: 7, email: "ada@example.com"}, next = "output_1", wid = "w", new_map = () => ({}), c = {JSON() { throw new Error("answered") }};
` + row.Example)
			if row.Name == "rule_run" {
				w.eq(`[payload.price, output.level, seen]`, `[108,"gold",[true,true,true]]`)
			}
		})
	}
	for _, name := range strings.Fields("crypto jwt csv xml yaml date validate kv secrets log logger flow rules rule_add_fx rule_run require") {
		if !names[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestWhatIsNotConfiguredSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opts = Options{}
	w.throws(`kv.get("a")`, "kv.get: this runtime keeps no values")
	w.throws(`flow.call("/x")`, "flow.call: this runtime cannot call flows")
	w.throws(`secrets.get("api-key")`, `there is no secret "api-key"; set NFLOW_SECRET_API_KEY in the environment`)
	w.throws(`require("fs")`, `there is no module "fs"; there are assert, buffer, console`)
	w.throws(`require("fs")`, `[vm_pool] allowed_modules`)
	w.throws(`jwt.verify("a.b.c", {jwks: "http://localhost/keys"})`, "set [vm_pool] enable_network = true")
	w.network = true
	w.throws(`jwt.verify("a.b.c", {jwks: "http://localhost/keys"})`, "this runtime cannot fetch keys")
}

func TestCrypto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.eq(`[crypto.sha256("abc"), crypto.sha1("abc"), crypto.hash("md5", "abc"), crypto.hash("SHA-224", "abc").length, crypto.sha384("").slice(0, 8), crypto.sha512("", "base64").slice(0, 8)]`,
		`["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","a9993e364706816aba3e25717850c26c9cd0d89d","900150983cd24fb0d6963f7d28e17f72",56,"38b060a7","z4PhNX7v"]`)
	w.eq(`crypto.hmac("sha256", "key", "The quick brown fox jumps over the lazy dog")`, `"f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"`)
	w.eq(`[crypto.sha256(new Uint8Array([97, 98, 99])) === crypto.sha256("abc"), crypto.sha256("abc", "bytes") instanceof Uint8Array, crypto.randomBytes(16).length, crypto.randomBytes(16, "hex").length]`,
		`[true,true,16,32]`)
	w.eq(`[crypto.timingSafeEqual("a", "a"), crypto.timingSafeEqual("a", "b"), crypto.timingSafeEqual("a", "aa"), crypto.randomUUID()]`,
		`[true,false,false,"11111111-2222-4333-8444-555555555555"]`)
	w.eq(`const key = crypto.randomBytes(32), s = crypto.encrypt(key, "ñ secret", {aad: "order 7"});
		[crypto.decrypt(key, s, {aad: "order 7"}), s === crypto.encrypt(key, "ñ secret", {aad: "order 7"}), s.includes("secret"), crypto.decrypt(key, s, {aad: "order 7", as: "bytes"}).length]`,
		`["ñ secret",false,false,9]`)
	w.eq(`[16, 24, 32].map(n => { const k = crypto.randomBytes(n, "hex"); return crypto.decrypt(k, crypto.encrypt(k, "x")) })`, `["x","x","x"]`)
	for script, text := range map[string]string{
		`crypto.decrypt(key, s)`:                                              "was changed, or made with another key",
		`crypto.decrypt(crypto.randomBytes(32), s)`:                           "was changed, or made with another key",
		`crypto.decrypt(key, "AA" + s.slice(2))`:                              "was changed",
		`crypto.decrypt(key, "%%")`:                                           "no base64",
		`crypto.decrypt(key, "")`:                                             "was changed",
		`crypto.encrypt("short", "x")`:                                        "16, 24 or 32 bytes",
		`crypto.hash("sha3", "x")`:                                            `no algorithm "sha3"`,
		`crypto.hash("sha256", {})`:                                           "takes text",
		`crypto.hmac("sha256", undefined, "x")`:                               "and got undefined",
		`crypto.hmac("sha256", "k", null)`:                                    "and got null",
		`crypto.timingSafeEqual(undefined, undefined)`:                        "and got undefined",
		`crypto.timingSafeEqual("")`:                                          "and got undefined",
		`crypto.encrypt(key)`:                                                 "and got undefined",
		`crypto.sha256()`:                                                     "and got undefined",
		`crypto.hash("__proto__", "x")`:                                       `no algorithm "__proto__"`,
		`crypto.randomBytes(1e9)`:                                             "between 0 and",
		`crypto.randomBytes(-1)`:                                              "between 0 and",
		`crypto.sha256("x", "rot13")`:                                         "the form must be",
		`crypto.hmac("sha256", "k", Array(1 << 25).fill ? {length: 1e9} : 0)`: "takes text",
	} {
		w.throws(script, text)
	}
}

func TestGetRandomValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.eq(`const a = new Uint8Array(64), same = crypto.getRandomValues(a) === a; [same, a.some(b => b > 0)]`, `[true,true]`)
	w.eq(`const b = new Uint8Array(64); crypto.getRandomValues(b.subarray(8, 16)); [b.slice(0, 8).some(x => x), b.slice(8, 16).some(x => x), b.slice(16).some(x => x)]`, `[false,true,false]`)
	w.eq(`crypto.getRandomValues(new Uint32Array(4)).length`, `4`)
	for _, bad := range []string{``, `1`, `{}`, `[1, 2]`, `{buffer: 1}`, `new Uint8Array(65537)`, `{buffer: new ArrayBuffer(4), byteOffset: 2, byteLength: 4}`, `{buffer: new ArrayBuffer(4), byteOffset: -1, byteLength: 1}`, `{buffer: new ArrayBuffer(4), byteOffset: 9007199254740991, byteLength: 9}`} {
		w.throws(`crypto.getRandomValues(`+bad+`)`, "crypto.getRandomValues")
	}
}

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
		w.eq(script, want)
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
		`csv.parse("a,".repeat(300000), {header: false})`:          "more than 500000 values",
		`csv.parse("a\n".repeat(1) + ",\n".repeat(1) )`:            "line 2 has 2 fields",
		`csv.parse("x".repeat(9 << 20))`:                           "longer than 8 MiB",
		`csv.format({})`:                                           "must be an array",
		`csv.format([1])`:                                          "each row must be",
		`csv.format([{a: "x".repeat(9 << 20)}])`:                   "longer than 8 MiB",
		`csv.format({length: 1e9})`:                                "must be an array",
		`csv.format(new Array(1e9))`:                               "too long",
		`csv.format([{get a() { throw new RangeError("mine") }}])`: "RangeError: mine",
	} {
		script = strings.Replace(script, "300000", "600000", 1)
		w.throws(script, text)
	}
	// Many names and many short rows make more values than the text has.
	w.throws(`csv.parse(Array.from({length: 9000}, (_, i) => "n" + i).join() + "\nx".repeat(1000))`, "more than 500000 values")
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

		`xml.format({a: {"@id": 7, b: ["x<", null, {c: true}], "#text": "t&"}}, {declaration: false})`: `"<a id=\"7\">t&amp;<b>x&lt;</b><b/><b><c>true</c></b></a>"`,
		`xml.format({a: {b: [1, 2]}}, {indent: "  "})`:                                                 `"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n  <b>1</b>\n  <b>2</b>\n</a>"`,
		`xml.format({a: {"@q": "\"'<\n"}}, {declaration: false})`:                                      `"<a q=\"&#34;&#39;&lt;&#xA;\"/>"`,
		`xml.parse(xml.format({a: {"@x": "1", b: ["t", "u & v"]}}))`:                                   `{"a":{"@x":"1","b":["t","u & v"]}}`,
	} {
		w.eq(script, want)
	}
	for script, text := range map[string]string{
		`xml.parse('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')`:     "document types are refused",
		`xml.parse("<a>&x;</a>")`:                                   "xml.parse: line 1",
		`xml.parse('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>')`: "document types are refused",
		`xml.parse("<a>&#0;</a>")`:                                  "illegal character",
		`xml.parse("<a b=c/>")`:                                     "unquoted",
		`xml.parse("<a><b></a></b>")`:                               "</a> closes no open element",
		`xml.parse("<a>")`:                                          "<a> is not closed",
		`xml.parse("<a/><b/>")`:                                     "second root",
		`xml.parse("text")`:                                         "outside of the root",
		`xml.parse("")`:                                             "no root element",
		`xml.parse("<a x='1' x='2'/>")`:                             `attribute "x" is there twice`,
		`xml.parse("<a>".repeat(300) + "</a>".repeat(300))`:         "nested more than 200 deep",
		`xml.parse("<r>" + "<a/>".repeat(600000) + "</r>")`:         "more than 500000 values",
		`xml.format({a: 1, b: 2})`:                                  "one key",
		`xml.format({"a b": 1})`:                                    `"a b" is no name`,
		`xml.format({a: {"@x><script": 1}})`:                        "is no name",
		`xml.format({a: [1, 2]})`:                                   "cannot be an array",
		`const o = {}; o.o = o; xml.format({o})`:                    "nested more than 200 deep",
	} {
		w.throws(script, text)
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
		w.eq(script, want)
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
		w.throws(script, text)
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`date.format(date.now())`: `"2026-03-04T05:06:07.008Z"`,
		`date.format(0, "YYYY-MM-DD HH:mm:ss.SSS Z ZZ [at] dddd D MMMM YY h A", "Europe/Madrid")`:            `"1970-01-01 01:00:00.000 +01:00 +0100 at Thursday 1 January 70 1 AM"`,
		`date.format("2026-07-01T12:00:00Z", "H:mm ddd MMM M d DDDD X x hh a s m", "America/New_York")`:      `"8:00 Wed Jul 7 3 182 1782907200 1782907200000 08 am 0 0"`,
		`date.parse("24/12/2026 18:30", "DD/MM/YYYY HH:mm", "Europe/Madrid").toISOString()`:                  `"2026-12-24T17:30:00.000Z"`,
		`date.parse("Jul 4, 2026 9:05 PM", "MMM D, YYYY h:mm A").toISOString()`:                              `"2026-07-04T21:05:00.000Z"`,
		`date.parse("20260102T030405.678+02:00", "YYYYMMDD[T]HHmmss.SSSZ").toISOString()`:                    `"2026-01-02T01:04:05.678Z"`,
		`date.parse("2026-01-02").toISOString()`:                                                             `"2026-01-02T00:00:00.000Z"`,
		`date.parse("2026-01-02 10:00", null, "+05:30").toISOString()`:                                       `"2026-01-02T04:30:00.000Z"`,
		`date.parse("1700000000", "X").getTime()`:                                                            `1700000000000`,
		`date.format(date.add("2026-01-31", 1, "month"), "YYYY-MM-DD")`:                                      `"2026-02-28"`,
		`date.format(date.add("2024-02-29", -1, "years"), "YYYY-MM-DD")`:                                     `"2023-02-28"`,
		`date.format(date.add("2026-03-28T12:00:00Z", 1, "day", "Europe/Madrid"), "HH:mm", "Europe/Madrid")`: `"13:00"`,
		`date.format(date.add(0, 1.5, "hours"), "HH:mm")`:                                                    `"01:30"`,
		`[date.diff("2026-03-01", "2026-02-01", "month"), date.diff("2026-02-28", "2026-01-31", "months"), date.diff("2020-01-01", "2026-01-02", "year"), date.diff(10, 5), date.diff("2026-01-02", "2026-01-01", "hours")]`: `[1,1,-6,5,24]`,
		`date.now() instanceof Date`: `true`,
		// Clocks that go forward leave an hour out, clocks that go back have one twice.
		`date.parse("2026-03-29 02:30", "YYYY-MM-DD HH:mm", "Europe/Madrid").toISOString()`:                                  `"2026-03-29T01:30:00.000Z"`,
		`date.parse("2026-10-25 02:30", "YYYY-MM-DD HH:mm", "Europe/Madrid").toISOString()`:                                  `"2026-10-25T01:30:00.000Z"`,
		`date.format(date.add("2026-03-29T00:30:00Z", 1, "hour", "Europe/Madrid"), "HH:mm Z", "Europe/Madrid")`:              `"03:30 +02:00"`,
		`date.diff("2026-03-29T22:00:00Z", "2026-03-27T23:00:00Z", "days", "Europe/Madrid")`:                                 `1`,
		`[date.format(0, "Z", "Asia/Kathmandu"), date.format(0, "HH:mm", "+14:00"), date.format(new Date(8.64e15), "YYYY")]`: `["+05:30","14:00","275760"]`,
	} {
		w.eq(script, want)
	}
	for script, text := range map[string]string{
		`date.format("soon")`:                        "argument 1 must be a Date",
		`date.format(new Date(NaN))`:                 "argument 1 must be a Date",
		`date.format(1e300)`:                         "argument 1 must be a Date",
		`date.format(0, "YYYY", "Mars/Olympus")`:     `no time zone "Mars/Olympus"`,
		`date.format(0, "YYYY", "../../etc/passwd")`: "no time zone",
		`date.format(0, "YYYY", "Local")`:            "no time zone",
		`date.format(0, "YYYY", "+99:00")`:           "no time zone",
		`date.parse("29/02/2025", "DD/MM/YYYY")`:     "is no date of pattern",
		`date.parse("24:00", "HH:mm")`:               "is no date of pattern",
		`date.format(0, "Y".repeat(300))`:            "longer than 256",
		`date.parse("2026-13-01")`:                   "is no date",
		`date.parse("31/02/2026", "DD/MM/YYYY")`:     "is no date of pattern",
		`date.parse("2026x", "YYYY")`:                "is no date of pattern",
		`date.add(0, 1, "fortnight")`:                `no unit "fortnight"`,
		`date.add(0, NaN, "day")`:                    "must be a number",
		`date.add(0, 1e9, "year")`:                   "too many",
	} {
		w.throws(script, text)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`log.info("placed", {id: 7, total: 1.5, ok: true, name: "a b", tags: ["x"], level: "FATAL"})`: `level=INFO msg=placed fields.id=7 fields.total=1.5 fields.ok=true fields.name="a b" fields.tags="[ 'x' ]" fields.level=FATAL line=1`,
		`logger.error("bad", "why")`:  `level=ERROR msg=bad fields=why line=1`,
		"\n" + `log.warn({a: 1})`:     `level=WARN msg="{ a: 1 }" line=2`,
		`log.debug("x\nlevel=ERROR")`: `level=DEBUG msg="x\nlevel=ERROR"`,
	} {
		w := newWorld(t)
		w.js(script)
		if !strings.Contains(w.log.String(), want) || strings.Count(w.log.String(), "\n") != 1 {
			t.Errorf("%s\nlogged %s\nwant   %s", script, w.log.String(), want)
		}
	}
	w := newWorld(t)
	w.js(`log.info("x".repeat(1e6), Object.fromEntries(Array.from({length: 1000}, (_, i) => ["k" + i, "y".repeat(1000)])))`)
	if w.log.Len() > 100<<10 {
		t.Errorf("%d bytes were logged", w.log.Len())
	}
	w.eq(`const o = {}; o.o = o; log.info("x", o); log.info(new Proxy({}, {ownKeys() { throw new Error("trap") }})); log.info(Symbol("x"), 10n); log.info()`, `undefined`)
	w.throws(`log.info("x", {get a() { throw new RangeError("mine") }})`, "RangeError: mine")
	own := newWorld(t)
	own.eq(`function log(x) { return "mine " + x }; [log("a"), typeof logger.info]`, `["mine a","function"]`)
}

func TestFlowCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.eq(`flow.call("/prices", {a: [1, {b: null}]})`, `{"got":{"a":[1,{"b":null}]},"target":"/prices","total":7}`)
	w.eq(`flow.call("prices").got`, `{}`)
	w.throws(`flow.call("/none")`, "there is no flow at /none")
	w.throws(`flow.call()`, "path or the name")
	w.throws(`flow.call("/x", [1])`, "must be an object")
	w.throws(`flow.call("/x", "text")`, "must be an object")
	w.throws(`const o = {}; o.o = o; flow.call("/x", o)`, "circular")
	w.eq(`flow.call("/x", {d: new Date(0), u: undefined, n: NaN, f() {}}).got`, `{"d":"1970-01-01T00:00:00.000Z","n":null}`)
}
