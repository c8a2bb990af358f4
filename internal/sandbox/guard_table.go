package sandbox

import (
	"strings"

	"github.com/dop251/goja"
)

// guardFor returns the guard of a native by name, nil for those that are bounded by themselves.
func guardFor(name string) guard {
	switch name {
	case "String.prototype.repeat":
		return guardRepeat
	case "String.prototype.padStart", "String.prototype.padEnd":
		return guardPad(strings.HasSuffix(name, "End"))
	case "String.prototype.concat":
		return guardStringConcat
	case "String.prototype.split":
		return guardSplit
	case "String.prototype.replace", "String.prototype.replaceAll":
		return guardReplace(strings.HasSuffix(name, "All"))
	case "String.prototype.match":
		return delegated(goja.SymMatch, "")
	case "String.prototype.matchAll":
		return delegated(goja.SymMatchAll, "g")
	case "String.prototype.search":
		return delegated(goja.SymSearch, "")
	case "String.prototype.indexOf", "String.prototype.lastIndexOf", "String.prototype.includes":
		return guardSearch(strings.TrimPrefix(name, "String.prototype."))
	case "String.prototype.normalize":
		return pieces(guardMapped(2, 40), cutNormal, false, 0) // one letter can become eighteen
	case "String.prototype.toUpperCase", "String.prototype.toLowerCase":
		return pieces(guardMapped(3, 9), cutLetters, false, caseContext) // by way of UTF-8: a letter may become three
	case "String.prototype.toLocaleUpperCase":
		return guardCase(true)
	case "String.prototype.toLocaleLowerCase":
		return guardCase(false)
	case "String.prototype.Symbol.iterator":
		return guardStringIterator
	case "String.raw":
		return guardRaw
	case "Function.prototype.apply":
		return guardApply(1)
	case "Reflect.apply":
		return guardApply(2)
	case "Reflect.construct":
		return guardApply(1)
	case "Function.prototype.bind":
		return guardBind
	case "Promise.race", "Promise.all", "Promise.allSettled", "Promise.any", "AggregateError":
		return guardMetered
	case "JSON.parse":
		return guardParse
	case "JSON.stringify":
		return guardStringify
	case "BigInt":
		return guardBigInt
	case "DataView.prototype.getBigInt64", "DataView.prototype.getBigUint64", "BigInt.asIntN", "BigInt.asUintN":
		return guardBigIntOff
	case "RegExp":
		return guardRegExp
	}
	return objectGuardFor(name)
}

// objectGuardFor returns the guard of a native that reads the properties of objects.
func objectGuardFor(name string) guard {
	switch name {
	case "Object.values", "Object.entries":
		return guardValues(name == "Object.entries")
	case "Object.getOwnPropertyDescriptors":
		return guardDescriptors
	case "Object.defineProperties", "Object.create":
		return guardDefine(name == "Object.create")
	case "Object.keys", "Object.getOwnPropertyNames", "Reflect.ownKeys",
		"Object.freeze", "Object.seal", "Object.isFrozen", "Object.isSealed":
		return guardKeys
	case "Object.assign":
		return guardAssign
	case "Object.fromEntries":
		return guardFromEntries
	case "Proxy.revocable":
		return guardRevocable
	}
	return arrayGuardFor(name)
}

// localGuardFor returns the guard of a native that depends on the language or the time zone.
func localGuardFor(name string) guard {
	switch name {
	case "String.prototype.localeCompare":
		return guardCollate
	case "Number.prototype.toLocaleString", "BigInt.prototype.toLocaleString":
		return guardNumberText
	case "Date.prototype.toLocaleString":
		return guardDateText("any", "all")
	case "Date.prototype.toLocaleDateString":
		return guardDateText("date", "date")
	case "Date.prototype.toLocaleTimeString":
		return guardDateText("time", "time")
	case "Date.prototype.toString", "Date.prototype.toTimeString":
		return guardDateName
	case "Date":
		return guardDateCall
	case "Math.max", "Math.min", "Math.hypot", "String.fromCharCode", "String.fromCodePoint", "TypedArray.of", "Date.UTC":
		return guardArguments
	case "Math.pow":
		return guardPower
	case "Date.prototype.toISOString":
		return guardISO
	case "Date.parse":
		return guardDateParse
	case "Date.prototype.setFullYear":
		return guardDateSet(0, 3)
	case "Date.prototype.setMonth":
		return guardDateSet(1, 2)
	case "Date.prototype.setDate":
		return guardDateSet(2, 1)
	case "Date.prototype.setHours":
		return guardDateSet(3, 4)
	case "Date.prototype.setMinutes":
		return guardDateSet(4, 3)
	case "Date.prototype.setSeconds":
		return guardDateSet(5, 2)
	case "Date.prototype.setMilliseconds":
		return guardDateSet(6, 1)
	}
	return codingGuardFor(name)
}

// codingGuardFor returns the guard of a native that writes or reads escapes.
func codingGuardFor(name string) guard {
	switch name {
	case "escape", "encodeURI", "encodeURIComponent":
		return pieces(guardEscape, cutLetters, true, 0)
	case "decodeURI", "decodeURIComponent":
		return pieces(guardEscape, cutEscapes, true, 0)
	case "unescape":
		return pieces(guardEscape, cutUnescaped, true, 0)
	}
	return nil
}

func arrayGuardFor(name string) guard {
	if guarded := loopGuardFor(name); guarded != nil {
		return computed(name, guarded)
	}
	switch name {
	case "Array.prototype.entries", "Array.prototype.keys", "Array.prototype.values", "Array.prototype.Symbol.iterator":
		return guardArrayValues
	case "Array.prototype.concat":
		return guardConcat
	case "Array.prototype.join":
		return guardJoin
	case "Array.prototype.toLocaleString":
		return guardLocaleJoin
	case "TypedArray.prototype.join":
		return guardTyped(guardJoin)
	case "TypedArray.prototype.toLocaleString":
		return guardTyped(guardLocaleJoin)
	case "Array.from":
		return guardFrom
	case "TypedArray.from":
		return guardTypedFrom
	case "TypedArray.prototype.map", "TypedArray.prototype.filter", "TypedArray.prototype.slice", "TypedArray.prototype.with",
		"TypedArray.prototype.toReversed":
		return guardTypedCopy
	case "TypedArray.prototype.sort", "TypedArray.prototype.toSorted":
		return guardTypedSort
	case "TypedArray.prototype.set":
		return guardTypedSet
	case "ArrayBuffer.prototype.slice":
		return guardTypedCopy
	case "Set.prototype.union", "Set.prototype.symmetricDifference":
		return guardMergedSets
	case "Set.prototype.intersection", "Set.prototype.difference",
		"Set.prototype.isSubsetOf", "Set.prototype.isSupersetOf", "Set.prototype.isDisjointFrom":
		return guardSets
	}
	return localGuardFor(name)
}

// loopGuardFor returns the guard of a method of arrays that computed.js has, too.
func loopGuardFor(name string) guard {
	switch name {
	case "Array.prototype.every", "Array.prototype.some", "Array.prototype.find", "Array.prototype.findIndex",
		"Array.prototype.findLast", "Array.prototype.findLastIndex", "Array.prototype.forEach", "Array.prototype.reduce",
		"Array.prototype.reduceRight", "Array.prototype.reverse", "Array.prototype.shift", "Array.prototype.copyWithin":
		return guardLoop
	case "Array.prototype.includes", "Array.prototype.indexOf", "Array.prototype.lastIndexOf":
		return guardFind(strings.TrimPrefix(name, "Array.prototype."))
	case "Array.prototype.fill":
		return guardFill
	case "Array.prototype.map":
		return guardMap
	case "Array.prototype.filter":
		return guardFilter
	case "Array.prototype.slice", "Array.prototype.splice",
		"Array.prototype.unshift", "Array.prototype.with", "Array.prototype.toReversed", "Array.prototype.toSpliced":
		return guardCopy
	case "Array.prototype.sort", "Array.prototype.toSorted":
		return guardSort
	case "Array.prototype.flat":
		return guardFlat
	case "Array.prototype.flatMap":
		return guardFlatMap
	}
	return nil
}

// constructorGuard returns what looks at the arguments of a constructor, and may change them.
func constructorGuard(name string) func(g *guards, args []goja.Value) []goja.Value {
	switch name {
	case "Set", "WeakSet", "AggregateError":
		return (*guards).newCollection
	case "Map", "WeakMap":
		return (*guards).newEntries
	case "ArrayBuffer":
		return (*guards).newBytes
	case "Uint8Array", "Int8Array", "Uint8ClampedArray":
		return func(g *guards, args []goja.Value) []goja.Value { return g.newBuffer(args, 1) }
	case "Uint16Array", "Int16Array":
		return func(g *guards, args []goja.Value) []goja.Value { return g.newBuffer(args, 2) }
	case "Uint32Array", "Int32Array", "Float32Array":
		return func(g *guards, args []goja.Value) []goja.Value { return g.newBuffer(args, 4) }
	case "Float64Array":
		return func(g *guards, args []goja.Value) []goja.Value { return g.newBuffer(args, 8) }
	case "BigInt64Array", "BigUint64Array":
		return (*guards).newBigBuffer
	case "Proxy":
		return (*guards).newProxy
	case "RegExp":
		return (*guards).newRegExp
	case "Date":
		return (*guards).newDate
	}
	return nil
}

// familyOf lists the members of a global that is not made from a template; nil for others. Members without a guard of
// their own are named so that they notice a stop.
func familyOf(name string) []string {
	switch name {
	case "JSON":
		return []string{"parse", "stringify"}
	case "Reflect":
		return []string{"apply", "construct", "ownKeys", "get", "has", "set", "getOwnPropertyDescriptor", "getPrototypeOf"}
	case "Array":
		return []string{"from", "of"}
	case "String":
		return []string{"raw", "fromCharCode", "fromCodePoint"}
	case "Map", "WeakMap":
		return []string{"prototype.get", "prototype.set", "prototype.entries", "prototype.keys", "prototype.values", "prototype.forEach"}
	case "Set":
		return []string{
			"prototype.add", "prototype.has", "prototype.entries", "prototype.values", "prototype.forEach", "prototype.union", "prototype.intersection",
			"prototype.difference", "prototype.symmetricDifference", "prototype.isSubsetOf", "prototype.isSupersetOf", "prototype.isDisjointFrom",
		}
	case "WeakSet":
		return []string{"prototype.add", "prototype.has"}
	case "Promise":
		return []string{"all", "allSettled", "race", "any", "resolve", "reject", "prototype.then", "prototype.catch", "prototype.finally"}
	case "ArrayBuffer":
		return []string{"prototype.slice"}
	case "TypedArray":
		return []string{"from", "of"}
	case "BigInt":
		return []string{"asIntN", "asUintN"}
	case "Proxy":
		return []string{"revocable"}
	case "Object", "Function", "RegExp", "Symbol", "Date", "Boolean", "Number", "DataView", "Error", "TypeError", "RangeError", "SyntaxError",
		"ReferenceError", "EvalError", "URIError", "AggregateError", "GoError":
		return []string{}
	case "Uint8Array", "Int8Array", "Uint8ClampedArray", "Uint16Array", "Int16Array", "Uint32Array", "Int32Array",
		"Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array":
		return []string{}
	}
	return nil
}
