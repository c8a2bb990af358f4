package sandbox

import (
	"sync"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// This file is the degraded mode, for a goja that is not laid out as layout expects it. Nothing is read from its memory:
// each VM has its natives replaced by guarded ones when it is made, which takes some hundred times as long as making it; the
// guards take every text for a wide one and every array for one with accessors; and the memory of the process stands for
// audits (headroom.go).

// replaceNatives is a script that replaces the natives of a VM. guard returns what stands in place of a native function,
// construct what stands in place of a constructor.
const replaceNatives = `(function(guard, construct, keepGetter) {
	const {ownKeys, getOwnPropertyDescriptor: describe, defineProperty: define, getPrototypeOf: prototypeOf, construct: make} = Reflect
	const textOf = key => typeof key === "symbol" ? key.description : key
	const typed = prototypeOf(Uint8Array)
	keepGetter(describe(RegExp.prototype, "source").get)
	const owners = {
		"": globalThis, "String.prototype.": String.prototype, "Array.prototype.": Array.prototype, "Function.prototype.": Function.prototype,
		"Object.": Object, "TypedArray.prototype.": typed.prototype, "TypedArray.": typed,
		"DataView.prototype.": DataView.prototype, "JSON.": JSON, "Reflect.": Reflect, "Array.": Array, "String.": String, "Promise.": Promise,
		"RegExp.prototype.": RegExp.prototype, "ArrayBuffer.prototype.": ArrayBuffer.prototype,
		"Math.": Math, "Date.prototype.": Date.prototype, "Map.prototype.": Map.prototype, "Set.prototype.": Set.prototype, "BigInt.": BigInt,
		"Number.prototype.": Number.prototype, "BigInt.prototype.": BigInt.prototype, "Proxy.": Proxy,
	}
	const constructors = ["Map", "Set", "WeakMap", "WeakSet", "ArrayBuffer", "Proxy", "RegExp", "Uint8Array", "Int8Array", "Uint8ClampedArray", "Uint16Array",
		"Int16Array", "Uint32Array", "Int32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"]
	for (const prefix in owners) {
		const owner = owners[prefix]
		for (const key of ownKeys(owner)) {
			const d = describe(owner, key)
			if (typeof d.value !== "function" || key === "constructor" || !d.configurable) continue
			if (prefix === "" && ("prototype" in d.value && key !== "BigInt" || key === "Proxy")) continue
			const old = d.value
			d.value = guard(prefix + textOf(key), old)
			if (!d.value) continue
			if ("prototype" in old) { // BigInt
				for (const k of ownKeys(old)) if (k !== "name" && k !== "length") define(d.value, k, describe(old, k))
				old.prototype.constructor = d.value
			}
			define(owner, key, d)
		}
	}
	for (const name of constructors) {
		const old = globalThis[name]
		const replaced = construct(name, old, make)
		for (const k of ownKeys(old)) if (k !== "name" && k !== "length") define(replaced, k, describe(old, k))
		if (old.prototype) define(old.prototype, "constructor", {value: replaced})
		Object.setPrototypeOf(replaced, prototypeOf(old))
		define(globalThis, name, {value: replaced})
	}
})`

// replacing is the program of replaceNatives, which is compiled where it is needed.
var replacing = sync.OnceValue(func() *goja.Program { return goja.MustCompile("natives", replaceNatives, false) })

// armEagerly replaces the natives of the VM, before any script runs.
func (g *guards) armEagerly() error {
	v, err := g.rt.RunProgram(replacing())
	if err != nil {
		return err
	}
	replace, _ := goja.AssertFunction(v)
	var source goja.Callable
	keep := func(call goja.FunctionCall) goja.Value {
		source, _ = goja.AssertFunction(call.Argument(0))
		return nil
	}
	if _, err = replace(nil, g.rt.ToValue(g.eagerFunction), g.rt.ToValue(g.eagerConstructor), g.rt.ToValue(keep)); err != nil {
		return err
	}
	constructor, _ := g.rt.GlobalObject().Get("RegExp").(*goja.Object)
	g.regExps().Install(constructor, source)
	return nil
}

// eagerFunction returns the function (name, native) that stands in place of a native; none where the native may stay.
func (g *guards) eagerFunction(call goja.FunctionCall) goja.Value {
	name, old := call.Argument(0).String(), call.Argument(1)
	f, _ := goja.AssertFunction(old)
	next := func(c goja.FunctionCall) goja.Value { return g.must(f(c.This, c.Arguments...)) }
	guard := guardFor(name)
	switch {
	case guard != nil:
	case name == "Map.prototype.forEach" || name == "Set.prototype.forEach": // the callback may add more
		guard = func(g *guards, c goja.FunctionCall, next layout.Native) goja.Value { g.callback(&c, 0); return next(c) }
	default:
		if native := g.regExps().Native(name, next); native != nil {
			guard = func(_ *guards, c goja.FunctionCall, _ layout.Native) goja.Value { return native(c) }
		}
	}
	if guard == nil {
		return nil // bounded by itself
	}
	o := g.rt.ToValue(func(c goja.FunctionCall) goja.Value {
		g.check()
		return guard(g, c, next)
	}).(*goja.Object)
	layout.NameFunction(o, old.ToObject(g.rt).Get("name"))
	if name == "Array.prototype.values" {
		g.arrayValues = o
	}
	return o
}

// eagerConstructor returns the function (name, native, Reflect.construct) that stands in place of a constructor.
func (g *guards) eagerConstructor(call goja.FunctionCall) goja.Value {
	name, old := call.Argument(0).String(), call.Argument(1)
	construct, _ := goja.AssertFunction(call.Argument(2))
	before, asFunction := constructorGuard(name), guardFor(name)
	if name == "RegExp" {
		asFunction = nil // before does as much
	}
	var self goja.Value
	o := g.rt.ToValue(func(c goja.ConstructorCall) *goja.Object {
		g.check()
		args := c.Arguments
		if asFunction != nil {
			args = checkedArguments(g, asFunction, args)
		}
		if before != nil {
			args = before(g, args)
		}
		target := old
		if c.NewTarget != nil && c.NewTarget != self {
			target = c.NewTarget
		}
		return g.must(construct(nil, old, g.rt.NewArray(anys(args)...), target)).(*goja.Object)
	}).(*goja.Object)
	self = o
	layout.NameFunction(o, g.rt.ToValue(name))
	return o
}

// checkedArguments runs a guard for the arguments alone.
func checkedArguments(g *guards, guard guard, args []goja.Value) []goja.Value {
	guard(g, goja.FunctionCall{This: goja.Undefined(), Arguments: args}, func(c goja.FunctionCall) goja.Value {
		args = c.Arguments
		return goja.Undefined()
	})
	return args
}

func anys(values []goja.Value) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}
