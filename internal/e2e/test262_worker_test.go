//go:build unix

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// Limits of a node, but for RegExp files, some of which walk all of Unicode.
const (
	nodeOperations   = 10_000_000
	regExpOperations = 25_000_000
	nodeMemory       = 128 << 20
	nodeTime         = 5 * time.Second
)

// workerEnv says which engine a process of its own runs files in: bare goja, or the sandbox, for what the sandbox learns about goja
// changes the whole process.
const workerEnv = "NFLOW_TEST262_WORKER"

// TestTest262Worker is no test: it is what those processes do.
func TestTest262Worker(t *testing.T) {
	var run runner
	switch os.Getenv(workerEnv) {
	case "":
		t.Skip("run by TestTest262")
	case "bare":
		run = (&bareEngine{programs: map[string]*goja.Program{}}).run
	default:
		run = (&nodeEngine{programs: map[string]*compile.Program{}, budget: sandbox.NewBudget(4 << 30)}).run
	}
	out := os.NewFile(3, "answers")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		answer, err := json.Marshal(answerOf(in.Text(), run))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(append(answer, '\n')); err != nil {
			break // the test has ended
		}
	}
	os.Exit(0) // a worker leaves no leaks to look for
}

// answer is what became of a file.
type answer struct {
	Skipped bool   // it is no script
	Failed  string // what was wrong, "" where nothing was
	Closed  string // what of that is closed on purpose: eval or with
	Panic   bool
}

// runner runs the code of a file. It returns what was wrong, and what is closed that the code used.
type runner func(f test262, code string) (failed, closed string)

func answerOf(path string, run runner) answer {
	f, err := readTest262(os.Getenv("TEST262"), path)
	if err != nil {
		return answer{Failed: err.Error()}
	}
	if f.is("module") || f.needs("Temporal", "Atomics", "ShadowRealm") {
		return answer{Skipped: true}
	}
	for _, strict := range f.variants() {
		code := f.text
		if strict {
			code = "\"use strict\";\n" + code
		}
		if failed, closed := guarded(run, f, code); failed != "" {
			return answer{Failed: failed, Closed: closed, Panic: strings.HasPrefix(failed, "panic")}
		}
	}
	return answer{}
}

func guarded(run runner, f test262, code string) (failed, closed string) {
	defer func() {
		if x := recover(); x != nil {
			failed = fmt.Sprint("panic: ", x)
		}
	}()
	return run(f, code)
}

// afterWork calls f when the process has worked for so long: a busy machine must not fail files. stop ends the watch.
func afterWork(limit time.Duration, f func()) (stop func()) {
	began, over := worked(), make(chan struct{})
	go func() {
		for left := limit; left > 0; left = limit - (worked() - began) {
			select {
			case <-time.After(left):
			case <-over:
				return
			}
		}
		f()
	}()
	return func() { close(over) }
}

// worked returns the time that processors have spent on the process.
func worked() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// host262 makes $262 of the suite's INTERPRETING.md.
func host262(rt *goja.Runtime) *goja.Object {
	o := rt.NewObject()
	set := func(name string, v any) { _ = o.Set(name, v) }
	set("detachArrayBuffer", func(c goja.FunctionCall) goja.Value {
		b, ok := c.Argument(0).Export().(goja.ArrayBuffer)
		if !ok {
			panic(rt.NewTypeError("not an ArrayBuffer"))
		}
		b.Detach()
		return goja.Null()
	})
	set("gc", func() {})
	set("global", rt.GlobalObject())
	set("createRealm", func() { panic(rt.NewTypeError("there is one realm")) })
	set("evalScript", func(c goja.FunctionCall) goja.Value {
		v, err := rt.RunString(c.Argument(0).String()) // which a node refuses, as it does eval
		if err != nil {
			panic(err)
		}
		return v
	})
	return o
}

// buildString is that of the suite's harness/regExpUtils.js: the text of single code points and of ranges of them. A third of the time
// of the whole suite went into making it in JavaScript, of all of Unicode in each of 469 files, and no file tests it.
func buildString(rt *goja.Runtime) func(goja.FunctionCall) goja.Value {
	return func(c goja.FunctionCall) goja.Value {
		var args struct {
			LoneCodePoints []uint32
			Ranges         [][2]uint32
		}
		text, err := json.Marshal(c.Argument(0).Export())
		if err == nil {
			err = json.Unmarshal(text, &args)
		}
		if err != nil {
			panic(rt.NewTypeError("buildString: %v", err))
		}
		var units []uint16
		add := func(point uint32) {
			if point >= 0x10000 {
				units = append(units, uint16(0xd800+(point-0x10000)>>10), uint16(0xdc00+(point-0x10000)&0x3ff))
			} else {
				units = append(units, uint16(point))
			}
		}
		for _, point := range args.LoneCodePoints {
			add(point)
		}
		for _, r := range args.Ranges {
			for point := r[0]; point <= r[1]; point++ {
				add(point)
			}
		}
		return goja.StringFromUTF16(units)
	}
}

// ---- bare goja

type bareEngine struct{ programs map[string]*goja.Program }

func (e *bareEngine) compile(name, code string) (p *goja.Program, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("the parser panics: %v", x)
		}
	}()
	tree, err := parser.ParseFile(nil, name, code, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, err
	}
	return goja.CompileAST(tree, false)
}

func (e *bareEngine) run(f test262, code string) (failed, closed string) {
	rt := goja.New()
	rt.SetMaxCallStackSize(1024)
	rt.SetParserOptions(parser.WithDisableSourceMaps)
	var printed []string
	_ = rt.Set("print", func(text string) { printed = append(printed, text) })
	_ = rt.Set("$262", host262(rt))
	for _, name := range f.harness() {
		p := e.programs[name]
		if p == nil {
			text, err := os.ReadFile(filepath.Join(f.root, "harness", name))
			if err == nil {
				p, err = e.compile(name, string(text))
			}
			if err != nil {
				return "harness: " + err.Error(), ""
			}
			e.programs[name] = p
		}
		if _, err := rt.RunProgram(p); err != nil {
			return "harness: " + err.Error(), ""
		}
		if name == "regExpUtils.js" {
			_ = rt.Set("buildString", buildString(rt))
		}
	}
	p, err := e.compile(f.path, code)
	if err != nil {
		kind := "SyntaxError"
		if _, ok := errors.AsType[*goja.CompilerReferenceError](err); ok {
			kind = "ReferenceError"
		}
		return f.outcome("parse", kind, err.Error(), nil), ""
	}
	defer afterWork(2*nodeTime, func() { rt.Interrupt("too long") })()
	_, err = rt.RunProgram(p)
	kind, text := thrown262(err)
	return f.outcome("runtime", kind, text, printed), ""
}

// thrown262 returns the constructor's name of what was thrown, "" where nothing was, and a description.
func thrown262(err error) (kind, text string) {
	if err == nil {
		return "", ""
	}
	if p, ok := errors.AsType[*sandbox.Panic](err); ok {
		return "panic", fmt.Sprint("panic: ", p.Value)
	}
	if ex, ok := err.(*goja.Exception); ok {
		o, ok := ex.Value().(*goja.Object)
		if !ok {
			return "value", "threw " + ex.Value().String()
		}
		defer func() {
			if x := recover(); x != nil {
				kind, text = "value", fmt.Sprint(x)
			}
		}()
		if c, ok := o.Get("constructor").(*goja.Object); ok {
			kind = c.Get("name").String()
		}
		return kind, kind + ": " + fmt.Sprint(o.Get("message"))
	}
	text, _, _ = strings.Cut(err.Error(), "\n")
	kind, _, _ = strings.Cut(text, ":")
	return kind, text
}

// ---- a node

type nodeEngine struct {
	programs map[string]*compile.Program
	budget   *sandbox.Budget
}

// nodeHost is the run around the VM.
type nodeHost struct {
	names map[string]goja.Value
	owned []string
	ctx   context.Context
}

func (h *nodeHost) Get(name string) goja.Value { return h.names[name] }
func (h *nodeHost) Has(name string) bool {
	_, ok := h.names[name]
	if ok {
		h.owned = append(h.owned, name)
	}
	return ok
}

func (h *nodeHost) Own(name string) (goja.Value, bool) {
	v, ok := h.names[name]
	if !ok || slices.Contains(h.owned, name) {
		return nil, false
	}
	h.owned = append(h.owned, name)
	return v, true
}
func (h *nodeHost) Context() context.Context     { return h.ctx }
func (h *nodeHost) Idle(wait func() error) error { return wait() }
func (h *nodeHost) Turn()                        {}
func (h *nodeHost) HostMemory() int64            { return 0 }
func (h *nodeHost) Rejected(error) error         { return nil }
func (h *nodeHost) Roots() []goja.Value          { return nil }

func (e *nodeEngine) run(f test262, code string) (failed, closed string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	host := &nodeHost{names: map[string]goja.Value{}, ctx: ctx}
	limits := sandbox.Limits{Operations: nodeOperations, Memory: nodeMemory, BigInt: true, Budget: e.budget}
	if strings.HasPrefix(f.path, "test/built-ins/RegExp/") {
		limits.Operations = regExpOperations
	}
	vm := sandbox.New(sandbox.Options{Host: host, Error: hostfn.NewError, Limits: limits})
	rt := vm.Runtime()
	var printed []string
	host.names["print"] = rt.ToValue(func(text string) { printed = append(printed, text) })
	host.names["$262"] = host262(rt)
	rt.SetParserOptions(noting(parser.Option(nil), rt, &closed))
	defer afterWork(nodeTime, func() { vm.Interrupt(errors.New("too long")) })()
	compiler := compile.Compiler{BigInt: true}
	for _, name := range f.harness() {
		p := e.programs[name]
		if p == nil {
			text, err := os.ReadFile(filepath.Join(f.root, "harness", name))
			if err == nil {
				p, err = compiler.Compile(compile.Source{Name: name, Code: string(text), Library: true})
			}
			if err != nil {
				return "harness: " + name + ": " + err.Error(), closed
			}
			e.programs[name] = p
		}
		if _, err := vm.Run(p); err != nil {
			return "harness: " + name + ": " + err.Error(), closed
		}
		if name == "regExpUtils.js" {
			vm.Define("buildString", rt.ToValue(buildString(rt)))
		}
	}
	p, err := compiler.Compile(compile.Source{Name: f.path, Code: code})
	if err != nil {
		if strings.Contains(err.Error(), `"with" is not allowed here`) {
			closed = "with"
		}
		return f.outcome("parse", "SyntaxError", err.Error(), nil), closed
	}
	_, err = vm.Run(p)
	kind, text := thrownInNode(err)
	return f.outcome("runtime", kind, text, printed), closed
}

func thrownInNode(err error) (kind, text string) {
	if s, ok := errors.AsType[*sandbox.ScriptError](err); ok {
		text, _, _ = strings.Cut(s.Stack, "\n")
		kind, _, _ = strings.Cut(text, ":")
		return kind, text
	}
	return thrown262(err)
}

// noting refuses code from texts as the sandbox does, and notes it. O is inferred because goja does not export the type that the option
// works on.
func noting[O ~func(*T), T any](_ O, rt *goja.Runtime, closed *string) O {
	return func(*T) {
		*closed = "eval"
		panic(rt.NewTypeError("code from strings is not allowed here (eval, Function): put the code into a node or a module"))
	}
}
