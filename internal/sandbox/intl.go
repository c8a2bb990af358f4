package sandbox

import (
	"math"
	"math/big"
	"reflect"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/intls"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/layout"
)

// intlName is the global name of what knows languages.
const intlName = "Intl"

// intl returns the Intl of the VM.
func (g *guards) intl() *intls.Intl {
	if g.languages == nil {
		g.languages = intls.New(g.rt, intlHost{g}, languages())
	}
	return g.languages
}

// intlHost is the meter as the natives of Intl see it.
type intlHost struct{ *guards }

func (h intlHost) Step(n int) {
	h.count(int64(n))
	h.check()
}

func (h intlHost) Reserve(bytes float64)         { h.room(bytes) }
func (h intlHost) Text(v goja.Value) goja.String { return h.string(v) }
func (h intlHost) RangeError(text string)        { h.rangeError(text) }

func (h intlHost) Module(part intls.Part, members map[string]goja.Value) *goja.Object {
	return h.exported(part.Name(), intlPrograms[part], members)
}

// guardNumberText stands in place of toLocaleString of numbers and BigInts.
func guardNumberText(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
	v := call.This
	if o, ok := v.(*goja.Object); ok {
		if o.ClassName() != "Number" && o.ExportType() != reflect.TypeFor[*big.Int]() {
			return next(call) // it complains
		}
		v = g.rt.ToValue(o.Export())
	}
	switch v.Export().(type) {
	case int64, float64, *big.Int:
		return g.intl().NumberText(v, call.Arguments)
	}
	return next(call)
}

// guardDateText stands in place of methods of dates.
func guardDateText(required, defaults string) guard {
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		o, ok := call.This.(*goja.Object)
		if !ok || o.ClassName() != "Date" {
			return next(call) // it complains
		}
		ms := math.NaN()
		if t, valid := o.Export().(time.Time); valid {
			ms = float64(t.UnixMilli())
		}
		return g.intl().DateText(ms, call.Arguments, required, defaults)
	}
}

// guardCase stands before toLocaleUpperCase and toLocaleLowerCase, and does their work for languages with rules of their own.
func guardCase(upper bool) guard {
	mapped := pieces(guardMapped(3, 9), cutLetters, false, caseContext)
	return func(g *guards, call goja.FunctionCall, next layout.Native) goja.Value {
		if locales := call.Argument(0); !goja.IsUndefined(locales) && g.this(&call) != nil {
			if change := g.intl().Case(locales, upper); change != nil {
				next = func(call goja.FunctionCall) goja.Value { return g.rt.ToValue(change(g.string(call.This).String())) }
			}
		}
		return mapped(g, call, next)
	}
}
