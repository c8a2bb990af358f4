package kit

import (
	"embed"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// moduleFiles holds the modules that come with the runtime, in Node's shapes. Each file is the body of a function
// (exports, require, module); module.native holds the Go functions that it is built on, while it loads.
//
//go:embed modules
var moduleFiles embed.FS

// ModuleNames lists the modules that come with the runtime; console is the global object of that name.
func ModuleNames() []string {
	return []string{"assert", "buffer", "console", "crypto", "events", "path", "querystring", "url", "util"}
}

// modules gives the programs of these modules, each compiled when it is first required.
func modules(compile func(name, code string) (*goja.Program, error)) map[string]func() (*goja.Program, error) {
	programs := map[string]func() (*goja.Program, error){}
	for _, name := range ModuleNames() {
		if name == "console" {
			continue
		}
		programs[name] = sync.OnceValues(func() (*goja.Program, error) {
			code, err := moduleFiles.ReadFile("modules/" + name + ".js")
			if err != nil {
				return nil, err
			}
			return compile("node:"+name, string(code))
		})
	}
	return programs
}

func (k *kit) requireRow() hostfn.Row {
	return hostfn.Row{
		Name: "require", Sig: "require(name)",
		Doc: "Gives what a module exports: " + strings.Join(ModuleNames(), ", ") + ", a module of the app by its name, or an npm package below node_modules beside the app that [vm_pool] allowed_modules names (its subpaths too, as in \"dayjs/plugin/utc\"). " +
			"import statements load the same. A module's code runs once per run. Paths are not taken.",
		Example: `const path = require("path")
const { createHash } = require("crypto")
payload.name = path.basename("/orders/7.json", ".json")
payload.etag = createHash("sha256").update("text").digest("hex")`,
		Bind: k.require,
	}
}

// require is the function of one run. What it has loaded stands in require.cache, as in Node: there the run's memory
// counts it.
func (k *kit) require(r *hostfn.Run) goja.Value {
	var fn *goja.Object
	cache := r.VM.CreateObject(nil)
	fn = r.VM.ToValue(func(call goja.FunctionCall) goja.Value {
		name := moduleName(r, call)
		if loaded, ok := cache.Get(name).(*goja.Object); ok {
			return hostfn.Property(loaded, "exports")
		}
		if name == "console" {
			return hostfn.Property(r.VM.GlobalObject(), "console")
		}
		m, native := k.find(r, name)
		if m.Package != "" {
			return loadEntry(r, m, name, cache, fn)
		}
		return load(r, m.Program, name, cache, fn, native)
	}).(*goja.Object)
	hostfn.SetOwn(fn, "cache", cache)
	return hostfn.Named(r.VM, "require", fn)
}

func moduleName(r *hostfn.Run, call goja.FunctionCall) string {
	name, ok := call.Argument(0).Export().(string)
	if !ok || name == "" || len(name) > 255 {
		fail(r, "require", "argument 1 must be the name of a module")
	}
	if bare, ok := strings.CutPrefix(name, "node:"); ok && slices.Contains(ModuleNames(), bare) {
		name = bare
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~") || strings.Contains(name, "..") ||
		strings.ContainsAny(name, "\\:\x00") {
		fail(r, "require", "%.80q is a path or an address; only names of modules are taken", name)
	}
	return name
}

// find gives the code of a module, and what it is built on when it is one of the runtime's own.
func (k *kit) find(r *hostfn.Run, name string) (m *Module, native goja.Value) {
	if compiled := k.programs[name]; compiled != nil {
		program, err := compiled()
		if err != nil {
			r.Throw(fault.Wrap(fault.Internal, err, "require: module %s cannot be loaded", name))
		}
		return &Module{Program: program}, k.natives(r, name)
	}
	if k.Module != nil {
		m, err := k.Module(r, name)
		if err != nil {
			r.Throw(err)
		}
		if m != nil {
			return m, nil
		}
	}
	r.Throw(fault.New(fault.Script, "require: there is no module %q; there are %s, the app's own modules, and those that [vm_pool] allowed_modules names",
		short(name, 80), strings.Join(ModuleNames(), ", ")))
	return nil, nil
}

// load runs a module. One that is required again while it loads shows what it has exported so far, as in Node; one that
// throws is not kept.
func load(r *hostfn.Run, program *goja.Program, name string, cache, require *goja.Object, native goja.Value) goja.Value {
	v, err := r.RunCode(program)
	if err != nil {
		r.Rethrow(err)
	}
	body, ok := goja.AssertFunction(v)
	if !ok {
		r.Throw(errors.New("module " + name + " is no function"))
	}
	module, exports := r.VM.NewObject(), r.VM.NewObject()
	hostfn.SetOwn(module, "id", r.VM.ToValue(name))
	hostfn.SetOwn(module, "exports", exports)
	if native != nil {
		hostfn.SetOwn(module, "native", native)
		defer func() { _ = module.Delete("native") }()
	}
	hostfn.SetOwn(cache, name, module)
	if _, err := body(exports, exports, require, module); err != nil {
		_ = cache.Delete(name)
		r.Rethrow(err)
	}
	return hostfn.Property(module, "exports")
}

// loadEntry gives what an entry of an npm package exports. The package stands in the cache under a name that no module
// can have.
func loadEntry(r *hostfn.Run, m *Module, name string, cache, require *goja.Object) goja.Value {
	key := "npm:" + m.Package
	var entries *goja.Object
	if loaded, ok := cache.Get(key).(*goja.Object); ok {
		entries, _ = hostfn.Property(loaded, "exports").(*goja.Object)
	} else {
		entries, _ = load(r, m.Program, key, cache, require, nil).(*goja.Object)
	}
	if entries == nil { // a script changed require.cache
		r.Throwf("require: module %q cannot be loaded: require.cache was changed", name)
	}
	entry, ok := goja.AssertFunction(hostfn.Property(entries, name))
	if !ok {
		r.Throwf("require: module %q cannot be loaded: require.cache was changed", name)
	}
	exports, err := entry(goja.Undefined())
	if err != nil {
		r.Rethrow(err)
	}
	module := r.VM.NewObject()
	hostfn.SetOwn(module, "id", r.VM.ToValue(name))
	hostfn.SetOwn(module, "exports", exports)
	hostfn.SetOwn(cache, name, module)
	return exports
}

// natives gives a module of the runtime's own the Go functions that it is built on.
func (k *kit) natives(r *hostfn.Run, name string) goja.Value {
	switch name {
	case "util":
		return object(
			method{"format", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return r.VM.ToValue(hostfn.Format(r, call.Arguments))
			}},
			method{"inspect", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return r.VM.ToValue(hostfn.Inspect(r, call.Argument(0)))
			}},
		)(r)
	case "buffer":
		return object(method{"encode", encodeText}, method{"decode", decodeBytes})(r)
	case "crypto":
		return object(method{"hash", newHash}, method{"bytes", randomNative}, method{"uuid", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
			return r.VM.ToValue(r.UUID())
		}}, method{"equal", equalNative})(r)
	case "url":
		return object(method{"parse", parseAddress}, method{"toASCII", domain(true)}, method{"toUnicode", domain(false)})(r)
	}
	return nil
}
