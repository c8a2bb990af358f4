package sandbox

import (
	_ "embed"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// inventory lists the functions of the language that this package knows, each guarded or bounded already. TestInventory
// writes it again with NFLOW_UPDATE=1, after a review of what is new.
//
//go:embed natives.txt
var inventory string

// listNatives is a script that lists the functions that a script can reach, as expressions.
const listNatives = `(function() {
	const {ownKeys, getOwnPropertyDescriptor: describe, getPrototypeOf: prototypeOf} = Reflect
	const roots = {
		globalThis, "Object.getPrototypeOf(Uint8Array)": prototypeOf(Uint8Array), "Object.getPrototypeOf([].values())": prototypeOf([].values()),
		"Object.getPrototypeOf(new Map().values())": prototypeOf(new Map().values()), "Object.getPrototypeOf(new Set().values())": prototypeOf(new Set().values()),
		"Object.getPrototypeOf(''[Symbol.iterator]())": prototypeOf(""[Symbol.iterator]()),
		"Object.getPrototypeOf(''.matchAll(/a/g))": prototypeOf("".matchAll(/a/g)),
		"Object.getPrototypeOf(Object.getPrototypeOf([].values()))": prototypeOf(prototypeOf([].values())),
		"Object.getPrototypeOf(function*(){})": prototypeOf(function*(){}), "Object.getPrototypeOf(async()=>1)": prototypeOf(async () => 1),
	}
	const list = [], queue = [], seen = new Set()
	const visit = (path, o) => { if (!seen.has(o)) { seen.add(o); queue.push([path, o]) } }
	for (const path in roots) visit(path, roots[path])
	for (let i = 0; i < queue.length; i++) {
		const [path, o] = queue[i]
		for (const key of ownKeys(o)) {
			const d = describe(o, key), at = path + (typeof key === "symbol" ? "[" + key.description + "]" : "[" + JSON.stringify(key) + "]")
			for (const v of [d.value, d.get, d.set]) {
				if (typeof v === "function") { list.push(at); break }
			}
			if (typeof d.value === "function" || typeof d.value === "object" && d.value !== null) visit(at, d.value)
		}
	}
	return list
})()`

// pinned is the version of goja whose natives natives.txt lists: that of go.mod.
const pinned = "v0.0.0-20260917113740-793a2a65c13b"

// isPinned reports whether the program is linked with the version of goja that natives.txt lists. It is false, too, where the
// program does not say what it is linked with.
func isPinned() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Deps, func(m *debug.Module) bool {
		return m.Path == "github.com/dop251/goja" && m.Version == pinned && m.Replace == nil
	})
}

// unknownNatives lists what the linked goja has and this package does not know, as expressions.
func unknownNatives() ([]string, error) {
	if isPinned() {
		return nil, nil // listing takes milliseconds of each start
	}
	have, err := nativesOf(goja.New())
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for line := range strings.Lines(inventory) {
		known[strings.TrimSpace(line)] = true
	}
	return slices.DeleteFunc(have, func(name string) bool { return known[name] }), nil
}

func nativesOf(rt *goja.Runtime) (list []string, err error) {
	v, err := rt.RunString(listNatives)
	if err != nil {
		return nil, err
	}
	err = rt.ExportTo(v, &list)
	return list, err
}

// removing compiles a program that removes natives from a VM. It throws where one cannot be.
func removing(names []string) (*goja.Program, error) {
	var code strings.Builder
	code.WriteString(`"use strict";`)
	for _, name := range slices.Backward(names) { // what an object holds before the object
		fmt.Fprintf(&code, "delete %s;\n", name)
	}
	return goja.Compile("removed", code.String(), true)
}
