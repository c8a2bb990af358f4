package sandbox

import (
	"reflect"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// copied looks at a value whose properties the language is about to copy.
func (g *guards) copied(v goja.Value) {
	g.room(perKey * float64(g.keys(v)))
}

// perKey is about what listing a property costs.
const perKey = 96

// keys returns how many indexes an object has, at least.
func (g *guards) keys(v goja.Value) int64 {
	switch v := v.(type) {
	case goja.String:
		return int64(v.Length())
	case *goja.Object:
		if v = unwrapped(v); v == nil {
			return 0
		}
		if values, dense := g.known.Dense(v); dense {
			return int64(len(values))
		}
		switch v.ClassName() {
		case "String", "Array":
			return v.Get("length").ToInteger()
		case "Object":
			return elementsOf(v)
		}
	}
	return 0
}

// unwrapped returns what proxies wrap, which goja lists whatever their traps say; nil for one that was revoked.
func unwrapped(o *goja.Object) *goja.Object {
	for o != nil && o.ExportType() == reflect.TypeFor[goja.Proxy]() {
		p, ok := o.Export().(goja.Proxy)
		if !ok {
			break
		}
		o = p.Target()
	}
	return o
}

func guardKeys(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	if len(call.Arguments) > 0 {
		g.room(2 * perKey * float64(g.keys(call.Arguments[0])))
	}
	return next(call)
}

func guardAssign(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	n := 0.0
	for i := 1; i < len(call.Arguments); i++ {
		n += perKey * float64(g.keys(call.Arguments[i]))
	}
	g.room(n)
	return next(call)
}
