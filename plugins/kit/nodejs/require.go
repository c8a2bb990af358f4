// Package nodejs is the family of plugins/kit for code that was written for Node or browsers: require with its modules, URL,
// FormData, Response, structuredClone and other names. Of the other families it knows crypto.
package nodejs

import (
	"embed"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
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

// Module is what require loads. The program's value is a function (exports, require, module).
type Module struct {
	Program *goja.Program
	// Package is the npm package that the module is an entry of, "" for a module that stands alone. A package runs once
	// for all of its entries, and exports for each, by its name, a function that returns what the entry exports.
	Package string
}

// Options say what flows may require. All functions may be called by many runs concurrently.
type Options struct {
	// Module returns a module of the app, or of a package that [vm_pool] allowed_modules names; nil when there is none of
	// that name.
	Module func(r *hostfn.Run, name string) (*Module, error)
	// Compile makes such a program of the code of a module that comes with the runtime. It is called once for
	// each, when a flow first requires it. Defaults to one that counts no operations.
	Compile func(name, code string) (*goja.Program, error)
}

// modules returns the programs of these modules, each compiled when it is first required.
func modules(compile func(name, code string) (*goja.Program, error)) map[string]func() (*goja.Program, error) {
	programs := map[string]func() (*goja.Program, error){}
	for _, name := range append(ModuleNames(), formModule, blobModule, webModule, fetchModule, requestModule, streamModule) {
		if name == "console" {
			continue
		}
		programs[name] = sync.OnceValues(func() (*goja.Program, error) {
			code, err := moduleFiles.ReadFile("modules/" + strings.TrimPrefix(name, "web:") + ".js")
			if err != nil {
				return nil, err
			}
			return compile("node:"+name, string(code))
		})
	}
	return programs
}

func (k *Modules) requireRow() hostfn.Row {
	return hostfn.Row{
		Name: "require", Sig: "require(name)",
		Calls: []string{
			`require("util").format(format, ...values)`,
			`require("util").inspect(value)`,
			`require("buffer").Buffer.from(text, encoding)`,
			`require("buffer").Buffer.from("text").toString(encoding)`,
			`require("buffer").Buffer.concat(rows)`,
			`require("buffer").Buffer.alloc(size, text, encoding)`,
			`require("buffer").Buffer.byteLength(text, encoding)`,
			`require("buffer").Buffer.compare(bytes, bytes)`,
			`require("buffer").Buffer.from("text").indexOf(text, size, encoding)`,
			`require("buffer").Buffer.from("text").write(text, size, size, encoding)`,
			`require("buffer").Buffer.from("text").fill(text, size, size, encoding)`,
			`require("util").isDeepStrictEqual(value, value)`,
			`new (require("util").TextDecoder)().decode(bytes)`,
			`new (require("util").TextEncoder)().encode(text)`,
			`new (require("events"))().on(name, fn)`,
			`new (require("events"))().emit(name, value)`,
			`new (require("url").URLSearchParams)(values)`,
			`new (require("url").URLSearchParams)("a=b").append(name, text)`,
			`new (require("url").URLSearchParams)("a=b").forEach(fn)`,
			`require("url").format(value)`,
			`require("url").resolve(url, url)`,
			`require("querystring").escape(text)`,
			`require("querystring").unescape(text)`,
			`require("path").relative(path, path)`,
			`require("path").normalize(path)`,
			`require("assert").throws(fn)`,
			`require("crypto").createHash(algorithm)`,
			`require("crypto").createHmac(algorithm, bytes)`,
			`require("crypto").createHash("sha256").update(bytes)`,
			`require("crypto").createHash("sha256").update("text").digest(encoding)`,
			`require("crypto").randomBytes(size)`,
			`require("crypto").timingSafeEqual(bytes, bytes)`,
			`new (require("url").URL)(url, url)`,
			`require("url").parse(url)`,
			`require("url").domainToASCII(host)`,
			`require("url").domainToUnicode(host)`,
			`require("querystring").parse(query)`,
			`require("querystring").stringify(values)`,
			`require("path").join(...path)`,
			`require("assert").deepStrictEqual(value, value)`,
		},
		Doc: "Returns the exports of a module: " + strings.Join(ModuleNames(), ", ") + ", a module of the app by its name, or an npm package below node_modules beside the app that [vm_pool] allowed_modules names (its subpaths too, as in \"dayjs/plugin/utc\"). " +
			"import statements load the same. The code of a module runs once per run. Paths are not accepted.",
		Example: `const path = require("path")
const { createHash } = require("crypto")
payload.name = path.basename("/orders/7.json", ".json")
payload.etag = createHash("sha256").update("text").digest("hex")`,
		Bind: k.require,
	}
}

// require is the function of one run.
func (k *Modules) require(r *hostfn.Run) goja.Value {
	fn, _ := k.requires(r)
	return fn
}

// loaderKey is the key under which a run keeps its loader, one for all who make Modules.
type loaderKey struct{}

// loader is what a run loads modules with.
type loader struct{ require, cache *goja.Object }

// requires returns require, and what it has loaded. That stands in require.cache, as in Node, where the run's memory counts it.
func (k *Modules) requires(r *hostfn.Run) (require, cache *goja.Object) {
	l := hostfn.Kept(r, loaderKey{}, func() *loader { return k.newLoader(r) })
	return l.require, l.cache
}

func (k *Modules) newLoader(r *hostfn.Run) *loader {
	var fn *goja.Object
	cache := r.VM.CreateObject(nil)
	fn = r.Function(func(call goja.FunctionCall) goja.Value {
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
	hostfn.Named(r.VM, "require", fn)
	return &loader{fn, cache}
}

func moduleName(r *hostfn.Run, call goja.FunctionCall) string {
	name, ok := r.TextOf(call.Argument(0))
	if !ok || name == "" || len(name) > 255 {
		arg.Fail(r, "require", "argument 1 must be the name of a module")
	}
	if bare, ok := strings.CutPrefix(name, "node:"); ok && slices.Contains(ModuleNames(), bare) {
		name = bare
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~") || strings.Contains(name, "..") ||
		strings.ContainsAny(name, "\\:\x00") {
		arg.Fail(r, "require", "%.80q is a path or an address; only names of modules are taken", name)
	}
	return name
}

// find returns the code of a module, and what it is built on when it is one of the runtime's own.
func (k *Modules) find(r *hostfn.Run, name string) (m *Module, native goja.Value) {
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
	r.Throw(fault.New(fault.Script, "require: module %q not found; available are %s, the app's own modules, and those that [vm_pool] allowed_modules names",
		clip.Text(name, 80), strings.Join(ModuleNames(), ", ")))
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
		r.Throw(errors.New("module " + name + " is not a function"))
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

// loadEntry returns what an entry of an npm package exports. The package stands in the cache under a name that no module
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

// natives returns the Go functions that a module of the runtime is built on.
func (k *Modules) natives(r *hostfn.Run, name string) goja.Value {
	encode, decode := arg.Method("encode", encodeText), arg.Method("decode", decodeBytes)
	loads := arg.Method("load", func(r *hostfn.Run, call goja.FunctionCall) goja.Value { return k.load(r, call.Argument(0).String()) })
	switch name {
	case "util":
		return arg.Object(
			arg.Method("format", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return r.VM.ToValue(hostfn.Format(r, call.Arguments))
			}),
			arg.Method("inspect", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return r.VM.ToValue(hostfn.Inspect(r, call.Argument(0)))
			}),
			arg.Method("decoder", newDecoder),
		)(r)
	case "buffer", blobModule:
		return arg.Object(encode, decode, loads)(r)
	case formModule:
		return arg.Object(encode, decode, loads, arg.Method("hash", newHash))(r)
	case fetchModule:
		return arg.Object(encode, decode, loads, arg.Method("href", href), arg.Method("name", headerName), arg.Method("value", headerValue))(r)
	case requestModule, webModule:
		return arg.Object(loads)(r)
	case "crypto":
		return arg.Object(arg.Method("hash", newHash), arg.Method("bytes", randomNative), arg.Method("uuid", func(r *hostfn.Run, _ goja.FunctionCall) goja.Value {
			return r.VM.ToValue(r.UUID())
		}), arg.Method("equal", equalNative))(r)
	case "url":
		return arg.Object(arg.Method("parse", parseAddress), arg.Method("set", setPart),
			arg.Method("toASCII", domain(true)), arg.Method("toUnicode", domain(false)))(r)
	}
	return nil
}
