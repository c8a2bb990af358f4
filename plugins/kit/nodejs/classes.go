package nodejs

import (
	"slices"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// The modules of names of browsers. No name that flow code can require has a colon.
const (
	formModule    = "web:form"    // FormData
	blobModule    = "web:blob"    // Blob and File
	webModule     = "web:web"     // structuredClone, AbortController and what they need
	fetchModule   = "web:fetch"   // fetch, Headers and Response
	requestModule = "web:request" // Request
	streamModule  = "web:stream"  // the bodies of messages as streams
)

// Modules are those that come with the runtime, and what flows require with them.
type Modules struct {
	Options
	programs map[string]func() (*goja.Program, error) // the modules that come with the runtime
}

// New makes the modules.
func New(o Options) *Modules {
	if o.Compile == nil {
		o.Compile = func(name, code string) (*goja.Program, error) {
			return goja.Compile(name, "(function (exports, require, module) { "+code+"\n})", false)
		}
	}
	return &Modules{o, modules(o.Compile)}
}

// Rows lists the globals of this package.
func (k *Modules) Rows() []hostfn.Row {
	return append(slices.Concat(k.classRows(), k.webRows(), k.fetchRows()), k.requireRow())
}

// Fetch makes the function fetch of a run. Send is called with a URL and options and returns {promise, abort}: a promise of {status,
// statusText, url, redirected, headers, body, text, empty}, and what ends it before. Check throws where the run may not call others.
func (k *Modules) Fetch(r *hostfn.Run, send, check goja.Value) goja.Value {
	make, ok := goja.AssertFunction(k.class(fetchModule, "fetching")(r))
	if !ok {
		r.Throwf("fetch cannot be loaded: require.cache was changed")
	}
	fetch, err := make(goja.Undefined(), send, check)
	if err != nil {
		r.Rethrow(err)
	}
	return fetch
}

// classRows are the classes of browsers that modules hold.
func (k *Modules) classRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "URL", Sig: "URL", Calls: []string{`new URL(url, url)`},
			Doc:     "A URL and its parts, as browsers have it; the same as URL of the module url.",
			Example: `payload.host = new URL("https://example.com/a?b=1").host`,
			Bind:    k.class("url", "URL"),
		},
		{
			Name: "URLSearchParams", Sig: "URLSearchParams", Calls: []string{`new URLSearchParams(query)`},
			Doc:     "The names and values of a query, as browsers have them; fetch and http send one as a form.",
			Example: `payload.query = new URLSearchParams({ a: "1 2" }).toString()`,
			Bind:    k.class("url", "URLSearchParams"),
		},
		{
			Name: "TextDecoder", Sig: "TextDecoder", Calls: []string{`new TextDecoder("utf-8").decode(bytes)`},
			Doc:     "Makes text of bytes, as browsers have it: of any charset of the WHATWG Encoding standard by its labels. fatal throws for bytes that mean nothing, which become U+FFFD otherwise.",
			Example: `payload.text = new TextDecoder("shift_jis").decode(new Uint8Array([0x93, 0xfa]))`,
			Bind:    k.class("util", "TextDecoder"),
		},
		{
			Name: "TextEncoder", Sig: "TextEncoder", Calls: []string{`new TextEncoder().encode(text)`},
			Doc:     "Makes bytes of text, as UTF-8.",
			Example: `payload.bytes = new TextEncoder().encode("é").length`,
			Bind:    k.class("util", "TextEncoder"),
		},
		{
			Name: "FormData", Sig: "FormData", Calls: []string{`new FormData().append(name, value)`},
			Doc:     "The fields and files of a form, as browsers have them; fetch and http send one as multipart/form-data. A Blob becomes a File, and so do, unlike in browsers, bytes and a file of a request, {filename, type, bytes}.",
			Example: "const form = new FormData()\nform.append(\"title\", \"Order 7\")\nform.append(\"file\", new Uint8Array([1, 2]), \"order.bin\")",
			Bind:    k.class(formModule, "FormData"),
		},
	}
}

// class returns a Bind of what a module of the runtime exports.
func (k *Modules) class(module, name string) func(*hostfn.Run) goja.Value {
	return func(r *hostfn.Run) goja.Value {
		if exports, ok := k.load(r, module).(*goja.Object); ok {
			return hostfn.Property(exports, name)
		}
		return goja.Undefined()
	}
}

// load returns what a module of the runtime exports.
func (k *Modules) load(r *hostfn.Run, module string) goja.Value {
	require, cache := k.requires(r)
	if loaded, ok := cache.Get(module).(*goja.Object); ok {
		return hostfn.Property(loaded, "exports")
	}
	program, err := k.programs[module]()
	if err != nil {
		r.Throw(fault.Wrap(fault.Internal, err, "%s cannot be loaded", module))
	}
	return load(r, program, module, cache, require, k.natives(r, module))
}
