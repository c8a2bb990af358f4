package hostfn

import "github.com/dop251/goja"

// ForOf takes the elements of what a script iterates, one by one, while each wants more, and throws as the language does. goja's own
// panics where an iterator has no method next.
func ForOf(vm *goja.Runtime, o *goja.Object, each func(goja.Value) bool) {
	method, ok := goja.AssertFunction(o.GetSymbol(goja.SymIterator))
	if !ok {
		panic(vm.NewTypeError("object is not iterable"))
	}
	iterator := resultOf(vm, method, o)
	next, ok := goja.AssertFunction(iterator.Get("next"))
	if !ok {
		panic(vm.NewTypeError("iterator.next is not a function"))
	}
	for {
		result := resultOf(vm, next, iterator)
		if done := result.Get("done"); done != nil && done.ToBoolean() {
			return
		}
		value := result.Get("value")
		if value == nil {
			value = goja.Undefined()
		}
		more := false
		thrown := vm.Try(func() { more = each(value) })
		if more && thrown == nil {
			continue
		}
		closed := vm.Try(func() { closeIterator(vm, iterator) })
		if thrown == nil {
			thrown = closed
		}
		if thrown != nil {
			panic(thrown)
		}
		return
	}
}

// closeIterator calls the method return of an iterator that has one.
func closeIterator(vm *goja.Runtime, iterator *goja.Object) {
	if end := iterator.Get("return"); end != nil && !goja.IsUndefined(end) && !goja.IsNull(end) {
		f, ok := goja.AssertFunction(end)
		if !ok {
			panic(vm.NewTypeError("iterator.return is not a function"))
		}
		resultOf(vm, f, iterator)
	}
}

// resultOf calls a method of the iterator protocol, which returns an object.
func resultOf(vm *goja.Runtime, method goja.Callable, this *goja.Object) *goja.Object {
	v, err := method(this)
	if err != nil {
		panic(err)
	}
	o, ok := v.(*goja.Object)
	if !ok {
		panic(vm.NewTypeError("iterator result is not an object"))
	}
	return o
}
