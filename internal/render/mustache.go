package render

import (
	"errors"
	"reflect"
	"strconv"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/mustache"
)

// maxSteps bounds one rendering of a Mustache template.
const maxSteps = 2_000_000

// stepper counts the steps of a rendering, and ends it.
func stepper(r *hostfn.Run) func(n int) error {
	steps := 0
	return func(n int) error {
		if steps += n; steps > maxSteps {
			return fault.New(fault.Script, "the template takes more than %d steps for this data", maxSteps)
		}
		return r.Charge(n, 0)
	}
}

// renderMustache renders a source over a value of the VM.
func (e *Engine) renderMustache(r *hostfn.Run, source string, data any) (string, error) {
	taken := map[string]*mustache.Template{}
	parse := func(source string) (*mustache.Template, error) {
		if t := taken[source]; t != nil {
			return t, nil
		}
		if err := r.Charge(10*actions(source), int64(weight(source))); err != nil {
			return nil, err
		}
		t, err := e.mustache.Take(source)
		if err == nil {
			taken[source] = t
		}
		return t, err
	}
	defer func() {
		for source, t := range taken {
			e.mustache.Put(source, t)
		}
	}()
	m := &meter{run: r}
	t, err := parse(source)
	if err == nil {
		err = t.Render(m, data, mustache.Options{Step: stepper(r), Parse: parse, MaxDepth: maxIncludes, Partial: func(name string) (string, bool) {
			return e.Source(r, name)
		}})
	}
	if err != nil {
		if ex, ok := errors.AsType[*goja.Exception](err); ok { // of a function in the data
			r.Rethrow(ex)
		}
		return "", templateError("mustache", err)
	}
	return m.page.String(), nil
}

// refuse raises a TypeError in the script.
func refuse(r *hostfn.Run, text string) { panic(r.VM.NewTypeError(text)) }

// viewed shows a value of the VM to a template, which looks into it no further than its tags name.
type viewed struct {
	r    *hostfn.Run
	base *goja.Object // Object.prototype
}

func newViewed(r *hostfn.Run) *viewed { return &viewed{r, r.VM.NewObject().Prototype()} }

func (v *viewed) value(x goja.Value) any {
	v.r.Spend(3, 0)
	switch x := x.(type) {
	case nil:
		return nil
	case goja.String:
		return v.r.Wide(x)
	case *goja.Object:
		return v.object(x)
	case *goja.Symbol:
		refuse(v.r, "mustache: a symbol has no text")
	}
	switch e := x.Export().(type) {
	case nil, bool, int64, float64:
		return e
	}
	return x.String() // a BigInt
}

func (v *viewed) object(o *goja.Object) any {
	if f, ok := goja.AssertFunction(o); ok {
		return viewedFunc{v, f}
	}
	switch o.ClassName() {
	case "Array":
		return viewedList{v, o}
	case "String", "Number", "Boolean":
		if primitive, ok := goja.AssertFunction(o.Get("valueOf")); ok {
			if x, err := primitive(o); err != nil {
				v.r.Rethrow(err)
			} else if _, again := x.(*goja.Object); !again {
				return v.value(x)
			}
		}
	}
	if o.ExportType() == reflect.TypeFor[*goja.Promise]() {
		refuse(v.r, "mustache: the data holds a promise: await it before")
	}
	if toJSON, ok := goja.AssertFunction(o.Get("toJSON")); ok { // as of a Date
		text, err := toJSON(o)
		if err != nil {
			v.r.Rethrow(err)
		}
		if _, again := text.(*goja.Object); !again {
			return v.value(text)
		}
	}
	return viewedObject{v, o}
}

type viewedObject struct {
	*viewed
	o *goja.Object
}

// Get returns a property; what every object inherits is no data.
func (v viewedObject) Get(name string) (any, bool) {
	x := v.r.WideProperty(v.o, name)
	if goja.IsUndefined(x) {
		return nil, false
	}
	if v.base.Get(name) != nil {
		own := false
		for _, key := range v.r.Keys(v.o) {
			own = own || key == name
		}
		if !own {
			return nil, false
		}
	}
	return v.value(x), true
}

type viewedList struct {
	*viewed
	o *goja.Object
}

func (v viewedList) Len() int { return int(min(hostfn.Property(v.o, "length").ToInteger(), 1<<31)) }

func (v viewedList) At(i int) any { return v.value(v.o.Get(strconv.Itoa(i))) }

type viewedFunc struct {
	*viewed
	call goja.Callable
}

// Call calls the function as mustache.js does.
func (v viewedFunc) Call(this any, source string, render func(string) (string, error)) (any, error) {
	self := goja.Undefined()
	switch t := this.(type) {
	case viewedObject:
		self = t.o
	case viewedList:
		self = t.o
	case nil, bool, string, int64, float64:
		self = hostfn.ToJS(v.r.VM, t)
	}
	var args []goja.Value
	if source != "" {
		args = []goja.Value{hostfn.ToJS(v.r.VM, source), v.r.Function(func(call goja.FunctionCall) goja.Value {
			text, err := render(hostfn.WideString(v.r, call, 0))
			if err != nil {
				v.r.Rethrow(templateError("mustache", err))
			}
			return hostfn.ToJS(v.r.VM, text)
		})}
	}
	result, err := v.call(self, args...)
	if err != nil {
		return nil, err
	}
	return v.value(result), nil
}
