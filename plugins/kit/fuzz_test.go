package kit

import (
	"testing"

	"github.com/dop251/goja"
)

// fuzzParser gives a parser any text. It may refuse, as an Error of the script's; it may not panic past it, touch
// Object.prototype, or answer what JSON cannot say.
func fuzzParser(f *testing.F, script string, seeds ...string) {
	for _, s := range append(seeds, "", "\x00", "\xff\xfe", "__proto__", "😀") {
		f.Add(s)
	}
	w := newWorld(f)
	v, err := w.try(`(text => { try { JSON.stringify((` + script + `)(text)); } catch (e) { if (!(e instanceof Error)) throw "no error: " + e }
		return Object.keys(Object.prototype).length + Object.keys({}).length + (({}).x === undefined ? 0 : 1) })`)
	if err != nil {
		f.Fatal(err)
	}
	parse, _ := goja.AssertFunction(v)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parse(goja.Undefined(), w.vm.ToValue(text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if v.ToInteger() != 0 {
			t.Fatalf("%q changed Object.prototype", text)
		}
	})
}

func FuzzCSV(f *testing.F) {
	fuzzParser(f, `t => [csv.parse(t), csv.parse(t, {header: false, lazy: true, trim: true})]`, "a,b\n1,2", "\"a\nb\",\"\"\"\"\n", "__proto__,x\n1,2", "a;b\r\n")
}

func FuzzCSVRoundTrip(f *testing.F) {
	for _, s := range []string{"a", "a,b", "\"", "\n", "=1", "'", "é", " "} {
		f.Add(s)
	}
	w := newWorld(f)
	v, err := w.try(`(t => { t = t.replace(/\r/g, ""); return t === "" || csv.parse(csv.format([["x", t]]), {header: false})[0][1] === t })`)
	if err != nil {
		f.Fatal(err)
	}
	round, _ := goja.AssertFunction(v)
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := round(goja.Undefined(), w.vm.ToValue(text)); err != nil || !v.ToBoolean() {
			t.Fatalf("%q: %v %v", text, v, err)
		}
	})
}

func FuzzXML(f *testing.F) {
	fuzzParser(f, `t => { const o = xml.parse(t); return xml.parse(xml.format(o)) }`, "<a/>", `<a b="c">d<e/>f</a>`, "<__proto__><x/></__proto__>", "<!DOCTYPE a><a/>", "<a>&lt;&#65;</a>", "<?xml version='1.0'?><a:b xmlns:a='x'/>")
}

func FuzzYAML(f *testing.F) {
	fuzzParser(f, `t => yaml.parse(yaml.format(yaml.parse(t, {all: true})))`, "a: 1", "- [x, {y: z}]", "a: &a [*a]", "b: &b {x: 1}\nc: {<<: *b}", "__proto__: {x: 1}", "? a\n: |\n  t", "--- 1\n--- 2", "!!binary aGk=", "%YAML 1.2\n---\n'q'")
}

func FuzzJWT(f *testing.F) {
	fuzzParser(f, `t => { try { jwt.decode(t) } catch (e) {} return jwt.verify(t, "a secret") }`, "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.x", "...", "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AA")
}

func FuzzKeys(f *testing.F) {
	fuzzParser(f, `t => { let k = t; try { k = JSON.parse(t) } catch (e) {} return jwt.verify("eyJhbGciOiJFUzI1NiJ9.e30.AAAA", k) }`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`, `{"keys":[{"kty":"RSA","n":"AQ","e":"AQAB"}]}`, "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", `{"kty":"OKP","crv":"Ed25519","x":""}`)
}

func FuzzRules(f *testing.F) {
	fuzzParser(f, `t => [rule_run({a: 1, b: [1, {c: "x"}]}, {}, t)]`, "a > 0", "when a > 0 then x = 1; y = [a]", "x = {'__proto__': 1}", "map(b, #)", "let q = b; q", "reduce(1..9, #acc + #)", "\"", "b[0:1]", "b?.c ?? 1", "a | string()")
}

func FuzzQuerystring(f *testing.F) {
	fuzzParser(f, `t => { const q = require("querystring"); return [q.parse(q.stringify(q.parse(t))), require("url").parse(t, true), require("path").normalize(t)] }`, "a=1&b=2", "%", "%ff=%", "__proto__=1&x=2", "http://a:b@c:1/d?e#f")
}
