package nodejs

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// The modules of names of browsers. No name that flow code can require has a colon.
const (
	formModule  = "web:form"  // FormData
	webModule   = "web:web"   // structuredClone, AbortController and what they need
	fetchModule = "web:fetch" // Response and its relatives
)

// classRows are the classes of browsers that modules hold.
func (k *requirer) classRows() []hostfn.Row {
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
			Doc:     "The fields and files of a form, as browsers have them; fetch and http send one as multipart/form-data. A file is bytes, or {filename, type, bytes}.",
			Example: "const form = new FormData()\nform.append(\"title\", \"Order 7\")\nform.append(\"file\", new Uint8Array([1, 2]), \"order.bin\")",
			Bind:    k.class(formModule, "FormData"),
		},
	}
}

// class returns a Bind of what a module of the runtime exports.
func (k *requirer) class(module, name string) func(*hostfn.Run) goja.Value {
	return func(r *hostfn.Run) goja.Value {
		require, cache := k.requires(r)
		if loaded, ok := cache.Get(module).(*goja.Object); ok {
			if exports, ok := hostfn.Property(loaded, "exports").(*goja.Object); ok {
				return hostfn.Property(exports, name)
			}
		}
		program, err := k.programs[module]()
		if err != nil {
			r.Throw(fault.Wrap(fault.Internal, err, "%s cannot be loaded", name))
		}
		exports, ok := load(r, program, module, cache, require, k.natives(r, module)).(*goja.Object)
		if !ok {
			return goja.Undefined()
		}
		return hostfn.Property(exports, name)
	}
}
