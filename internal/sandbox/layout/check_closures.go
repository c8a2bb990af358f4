package layout

import (
	"fmt"
	"runtime"
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
	v, err := rt.RunString("(function(){}).bind(known, 1)")
	if err != nil {
		return err
	}
	call, _ := l.Callable(v.(*goja.Object))
	if err := l.checkClosure(*(*unsafe.Pointer)(unsafe.Pointer(call)), known, nil); err != nil {
		return err
	}
	v, err = rt.RunString("let resolve; const made = new Promise(r => resolve = r); [made, resolve]")
	if err != nil {
		return err
	}
	pair, _ := l.Dense(v.(*goja.Object))
	promise, _ := pair[0].Export().(*goja.Promise)
	call, _ = l.Callable(pair[1].(*goja.Object))
	if err := l.checkClosure(*(*unsafe.Pointer)(unsafe.Pointer(call)), known, promise); err != nil {
		return err
	}
	return l.checkJobs(rt, known)
}

// checkJobs looks at the jobs of promises, which are there only while a script runs.
func (l *Layout) checkJobs(rt *goja.Runtime, known *goja.Object) error {
	result := fmt.Errorf("no jobs of promises were seen")
	_ = rt.Set("look", func(made goja.Value) {
		promise, _ := made.Export().(*goja.Promise)
		jobs := *(*[]func())(unsafe.Add(unsafe.Pointer(rt), l.jobs))
		if len(jobs) != 2 {
			return
		}
		result = nil
		for _, job := range jobs {
			if err := l.checkClosure(*(*unsafe.Pointer)(unsafe.Pointer(&job)), known, promise); err != nil {
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

// checkClosure compares the words of a closure with the objects that it must hold. It reads words only, and follows none.
func (l *Layout) checkClosure(f unsafe.Pointer, known *goja.Object, promise *goja.Promise) error {
	name := closureName(*(*uintptr)(f))
	layout := capturesOf(name)
	if layout == "" {
		return fmt.Errorf("the closure %s is not known", name)
	}
	offset, held := uintptr(word), false
	for kind := range strings.FieldsSeq(layout) {
		at := unsafe.Add(f, offset) // never past the last word
		switch kind {
		case "v":
			if v := (*iface)(at); v.data == unsafe.Pointer(known) {
				held = true
			}
		case "s":
			if s := (*slice)(at); s.len < 0 || s.len > s.cap || s.cap > 64 {
				return fmt.Errorf("the closure %s has no slice where it had one", name)
			}
		case "Promise":
			if *(*unsafe.Pointer)(at) == unsafe.Pointer(promise) {
				held = true
			}
		}
		offset += captureSize(kind)
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

// closureName returns the name of the method that makes a closure, "" for code that is not goja's or that is not a closure
// itself but one inside of it. Go numbers closures within a function, and where the maker is inlined within its caller: as in
// newPromiseReactionJob.func1 and newPromiseResolveThenableJob.2.
func closureName(code uintptr) string {
	name, ok := strings.CutPrefix(runtime.FuncForPC(code).Name(), gojaPath+".(*")
	if !ok {
		return ""
	}
	maker, number, _ := strings.Cut(name[strings.LastIndex(name, ").")+2:], ".")
	if number = strings.TrimPrefix(number, "func"); number == "" || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return maker
}
