package layout

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/dop251/goja"
)

// checkClosures looks at the words of goja's closures that audits follow, before the first audit does: nothing tells the
// types of what a closure has captured. For each it knows one object, and where that must stand.
func (l *Layout) checkClosures() error {
	rt := goja.New()
	known := rt.NewObject()
	_ = rt.Set("known", known)
	if _, err := rt.RunString(closures); err != nil {
		return err
	}
	for _, code := range []string{
		"[(function(){}).bind(known, 1), known]", "[resolve, made]", "[joined('all'), known]", "[joined('allSettled'), promise]", "[joined('any'), known]",
		"[last('resolve', () => 1)[0], Promise]", "[last('reject', () => 1)[1], Promise]", "[thunk('resolve', 0), known]", "[thunk('reject', 1), known]",
		"[capability(known, () => 1), known]", "[capability(() => 1, known), known]", "(r => [r.revoke, r.proxy])(Proxy.revocable(known, {}))",
	} {
		v, err := rt.RunString(code)
		if err != nil {
			return err
		}
		pair, _ := l.Dense(v.(*goja.Object))
		call, _ := l.Callable(pair[0].(*goja.Object))
		if err := l.checkClosure(*(*unsafe.Pointer)(unsafe.Pointer(call)), pair[1].(*goja.Object)); err != nil {
			return err
		}
	}
	return l.checkJobs(rt, known)
}

// closures makes functions of goja's that hold an object: those that Promise.all and others wait with, that finally hands to then, and
// that a constructor of promises is given.
const closures = `let resolve; const made = new Promise(r => resolve = r);
	class Kept { constructor(f) { f(() => 1, () => 1) } static resolve(x) { return x } }
	let promise; const joined = name => { let f; const first = { then: (a, b) => f = name === "any" ? b : a };
		promise = Promise[name].call(Kept, [first, { then() {} }]); f(known); return f };
	const last = (how, f) => { let handlers; const p = Promise[how](known);
		p.catch(() => 1); p.then = (...list) => handlers = list; p.finally(f); return handlers };
	const thunk = (how, i) => { let f; const p = Promise.resolve(); p.then = g => { f = g }; last(how, () => p)[i](known); return f };
	const capability = (resolve, reject) => { let f; for (const g of [resolve, reject]) g.call ??= () => 1
		try { Promise.resolve.call(function (g) { f = g; g(resolve, reject) }, 1) } catch {} return f };`

// checkJobs looks at the jobs of promises, which are there only while a script runs.
func (l *Layout) checkJobs(rt *goja.Runtime, known *goja.Object) error {
	result := fmt.Errorf("no jobs of promises were seen")
	_ = rt.Set("look", func(made *goja.Object) {
		jobs := *(*[]func())(unsafe.Add(unsafe.Pointer(rt), l.jobs))
		if len(jobs) != 2 {
			return
		}
		result = nil
		for _, job := range jobs {
			if err := l.checkClosure(*(*unsafe.Pointer)(unsafe.Pointer(&job)), known, made); err != nil {
				result = err
			}
		}
	})
	_, err := rt.RunString("Promise.resolve(known).then(() => {}); known.then = () => {}; const later = new Promise(r => r(known)); look(later)")
	if err != nil {
		return err
	}
	return result
}

// checkClosure compares the words of a closure with the objects of which it must hold one. It follows only what must point to a value
// or a slice of them.
func (l *Layout) checkClosure(f unsafe.Pointer, known ...*goja.Object) error {
	name := closureName(*(*uintptr)(f))
	layout := capturesOf(name)
	if layout == "" {
		return fmt.Errorf("the closure %s is not known", name)
	}
	held := false
	is := func(p unsafe.Pointer) {
		held = held || slices.ContainsFunc(known, func(o *goja.Object) bool { return p == unsafe.Pointer(o) || p == l.implAt(o).data })
	}
	offset := uintptr(word)
	for kind := range strings.FieldsSeq(layout) {
		at := unsafe.Add(f, offset) // never past the last word
		offset += captureSize(kind)
		if strings.HasPrefix(kind, "&") {
			at = *(*unsafe.Pointer)(at)
		}
		switch kind {
		case ".", "f":
		case "promiseCapability": // which begins with its promise
			is(**(**unsafe.Pointer)(at))
		case "v", "&v":
			is((*iface)(at).data)
		case "s", "&s":
			s := (*slice)(at)
			if s.len < 0 || s.len > s.cap || s.cap > 64 {
				return fmt.Errorf("the closure %s has no slice where it had one", name)
			}
			if s.len > 0 {
				is((*iface)(s.data).data)
			}
		default:
			is(*(*unsafe.Pointer)(at))
		}
	}
	if !held {
		return fmt.Errorf("the closure %s does not hold what it held", name)
	}
	return nil
}

// captureSize returns the bytes that a captured variable takes: see capturesOf.
func captureSize(kind string) uintptr {
	switch kind {
	case "v":
		return 2 * word
	case "s":
		return 3 * word
	}
	return word
}

// closureName returns the name of the method that makes a closure, "" for code that is not goja's or no closure. One inside of others
// has a + for each. Go numbers closures within a function, and where the maker is inlined within its caller: as in
// newPromiseReactionJob.func1, newPromiseResolveThenableJob.2 and promise_all.func1.1.1.
func closureName(code uintptr) string {
	name, ok := strings.CutPrefix(runtime.FuncForPC(code).Name(), gojaPath+".(*")
	if !ok {
		return ""
	}
	maker, number, _ := strings.Cut(name[strings.LastIndex(name, ").")+2:], ".")
	if number = strings.TrimPrefix(number, "func"); number == "" || strings.Trim(number, "0123456789.") != "" {
		return ""
	}
	return maker + strings.Repeat("+", strings.Count(number, "."))
}
