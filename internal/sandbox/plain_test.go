package sandbox

import (
	"testing"

	"github.com/dop251/goja"
)

// TestPlainJSON: what is written without the VM is what JSON.stringify writes, byte for byte; and it is only written so
// where the VM has no say.
func TestPlainJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code  string
		plain bool
	}{
		{`({})`, true},
		{`[]`, true},
		{`({a: 1, b: -0, c: 1.5, d: 1e21, e: 1e-7, f: 2**53, g: true, h: null, i: "x"})`, true},
		{`({z: 1, a: 2, m: {z: 1, a: [1, [2, []], {}]}})`, true},
		{`({t: "\u0000\b\t\n\f\r\"\\/\u001f\u007f<>&\u2028 é ñ 漢 😀 \ud800 \udc00x \ud83d\ud83d\ude00"})`, true},
		{`({"clé 😀 \ud800\n": "\ud800", "__proto__x": 1, "": 2})`, true},
		{`({n: NaN, i: Infinity, j: -Infinity, l: Array(60).fill("é")})`, true},
		{`(() => { let o = {}; o.b = 1; delete o.b; o.a = 2; o.b = 3; return o })()`, true},
		{`({b: 1, 2: 2, 1: 3})`, false},
		{`({"01": 1, a: 2})`, false},
		{`({u: undefined, f(){}, s: Symbol("x"), a: 1})`, false},
		{`[undefined, () => 1, Symbol("x")]`, false},
		{`[1,,2]`, false},
		{`({d: new Date(0)})`, false},
		{`({m: new Map([[1, 2]]), r: /x/})`, false},
		{`({get a(){ return 1 }})`, false},
		{`({toJSON(){ return 7 }})`, false},
		{`(() => { class P { constructor(){ this.x = 1 } }; return new P() })()`, false},
		{`(() => { let o = {}; Object.defineProperty(o, "h", {value: 1}); o.v = 2; return o })()`, false},
		{`Object.create({inherited: 1})`, false},
		{`new Number(5)`, false},
		{`({b: new String("x")})`, false},
		{`(() => { Object.prototype.toJSON = function(){ return "all" }; return {a: 1} })()`, false},
		{`(() => { let o = {}; for (let i = 0; i < 10001; i++) o["k" + i] = i; return o })()`, false},
		{`(() => { let o = {}; o["k".repeat(1e6)] = 1; return [o] })()`, false},
		{`({s: "x".repeat(1e6)})`, false},
		{`(() => { let o = {}; for (let i = 0, p = o; i < 30; i++) p = p.n = {}; return o })()`, false},
		{`new Proxy({a: 1}, {})`, false},
	} {
		vm := testVM(t, nil)
		v, err := vm.Run(program(t, "flow/node", "function main(){ return "+tt.code+" }"))
		if err != nil {
			t.Fatalf("%s: %v", tt.code, err)
		}
		o := v.(*goja.Object)
		want, err := o.MarshalJSON()
		if err != nil {
			t.Fatalf("%s: %v", tt.code, err)
		}
		text, plain := vm.meter.guards.appendPlain(nil, o)
		if plain != tt.plain {
			t.Errorf("%s: plain is %v", tt.code, plain)
		}
		if plain && string(text) != string(want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.code, text, want)
		}
		if got, err := vm.Stringify(o); err != nil || string(got) != string(want) {
			t.Errorf("%s: Stringify answers %s, %v\nwant %s", tt.code, got, err, want)
		}
	}
}
