package layout

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/dop251/goja"
)

// planted is large beside what a VM holds anyway.
const planted = 1 << 14

// checkAudit plants data behind each kind of object that a script can hide data in, and fails when an audit does
// not see it.
func (l *Layout) checkAudit() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("audits fail: %v", x)
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a wrong pointer ends the check, not the process
	if err := l.checkClosures(); err != nil {
		return err
	}
	a := newAuditor()
	for _, hide := range []string{
		"s", "[s]", "{a: s}", "new Map([[1, s]])", "new Map([[s, 1]])", "new Set([s])", "() => s", "(function(){ return s })",
		"(function(){}).bind(null, s)", "(function(){}).bind(s)", "Promise.resolve(s)", "(() => { let p = new Promise(() => {}); p.then(() => s); return p })()",
		"(() => { let f, p = new Promise(r => f = r); p.then(() => s); return f })()", "new Proxy({}, {a: s})", "new Proxy({a: s}, {})", "Object.create({a: s})",
		"new (class { #a = s })()", "new (class { a = s })()", "new Error(s)", "Symbol(s)", "Object(s)", "new String(s)",
		"(function*(){ let t = s; yield 1; return t })()", "(() => { let g = (function*(){ let t = s; yield t; yield t })(); g.next(); return g })()",
		"{get a(){ return s }}", "[[[{a: [s]}]]]", "new Uint8Array(n)", "new ArrayBuffer(n)", "new Array(n / 32).fill(0.5)",
		"new WeakMap([[globalThis, s]])", "{[s]: 1}",
	} {
		if err := hidden(a, hide, 1); err != nil {
			return err
		}
	}
	return hidden(a, closuresOfPromises, 9) // and what they are made of
}

// closuresOfPromises are functions of goja's that hold a text each: those that Promise.all and others wait with, what finally makes, what
// the constructor of a promise was given, and what revokes a proxy.
const closuresOfPromises = `(() => {
	const held = i => s + i, waits = name => { let f; class P { constructor(f) { f(() => 1, () => 1) } static resolve(x) { return x } };
		Promise[name].call(P, [{then: (a, b) => f = name === 'any' ? b : a}, {then(){}}]); f(held(name)); return f };
	const open = [1, 2, 3].map(() => new Promise(() => {})), kept = held(1); let given; const text = held(2);
	open[0].finally(() => kept); Promise.resolve(held(3)).finally(() => open[1]); Promise.reject(held(4)).finally(() => open[2]);
	Promise.resolve.call(function (g) { given = g; g(() => text, () => 1) }, 1);
	return [waits('all'), waits('allSettled'), waits('any'), open, given, Proxy.revocable({a: held(5)}, {}).revoke] })()`

// hidden runs an expression in which a text hides so many times, and fails when an audit does not find as much.
func hidden(a *auditor, hide string, times int64) error {
	rt := goja.New()
	_ = rt.Set("make", strings.Repeat)
	_ = rt.Set("n", planted)
	before := a.measure(rt, nil, 0)
	if _, err := rt.RunString("var hidden = (function(){ let s = make('x', n) + make('y', 1); return (" + hide + ") })()"); err != nil {
		return fmt.Errorf("audit of %s: %w", hide, err)
	}
	if grown := a.measure(rt, nil, 0) - before; grown < times*planted*9/10 || grown > times*planted*3 {
		return fmt.Errorf("an audit found %d bytes of %d in %s", grown, times*planted, hide)
	}
	return nil
}
