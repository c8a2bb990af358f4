package layout

import (
	"errors"
	"reflect"
	"runtime"
	"unsafe"

	"github.com/dop251/goja"
)

// goja's code for loops, patterns and parameters calls the method next of an iterator even where there is none, and its Go panic
// passes every catch of the script. Two instructions begin to iterate: compiled programs get others in their place, which run
// them and then see to it that what will be called is a function.

// beginnings are the instructions that begin to iterate, and what stands in their place.
type beginnings struct {
	code  uintptr // offset of Program.code
	in    reflect.Type
	table []beginning
}

// beginning is such an instruction. A replaced one has it as its receiver.
type beginning struct {
	tab  unsafe.Pointer // of the interface that holds goja's
	own  *itab
	exec func(receiver, machine unsafe.Pointer) // goja's

	rt       uintptr // offset of vm.r
	stack    uintptr // offset of vm.iterStack
	item     uintptr // size of one of its items
	iterator uintptr // offset of the iterator's record in it
	next     uintptr // offset of the method next in that
}

// itab is how Go lays out the table of an interface with one method.
type itab struct {
	inter, typ unsafe.Pointer
	hash       uint32
	exec       uintptr
}

// findBeginnings finds the instructions in code that iterates.
func (l *Layout) findBeginnings(machine reflect.Type) {
	f, ok := reflect.TypeFor[goja.Program]().FieldByName("code")
	if !ok || f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Interface || f.Type.Elem().NumMethod() != 1 {
		panic("programs have no list of instructions")
	}
	items, _ := machine.FieldByName("iterStack")
	b := beginning{rt: field[*goja.Runtime](machine, "r"), stack: sliceOfStructs(machine, "iterStack"), item: items.Type.Elem().Size()}
	b.iterator = field[anyPointer](items.Type.Elem(), "iter")
	b.next = field[Native](pointee(items.Type.Elem(), "iter"), "next")
	l.begins = beginnings{code: f.Offset, in: f.Type}
	for code, name := range map[string]string{"[a] = b": "_iterate", "for (a of b);": "_iterateP"} {
		l.begins.table = append(l.begins.table, l.beginning(goja.MustCompile("", code, false), name, b))
	}
}

// beginning completes b with the instruction of that name.
func (l *Layout) beginning(p *goja.Program, name string, b beginning) beginning {
	list, types := l.instructions(p)
	for i := range list {
		t := types.Index(i).Elem().Type()
		if t.Name() != name || t.Kind() != reflect.Struct || t.Size() != 0 {
			continue
		}
		old := (*itab)(list[i].typ)
		method := runtime.FuncForPC(old.exec)
		if old.typ != (*iface)(unsafe.Pointer(&t)).data || method == nil || method.Name() != gojaPath+".(*"+name+").exec" {
			break
		}
		run, own := &old.exec, begin
		b.tab, b.exec = list[i].typ, *(*func(_, _ unsafe.Pointer))(unsafe.Pointer(&run))
		b.own = &itab{old.inter, old.typ, old.hash, **(**uintptr)(unsafe.Pointer(&own))}
		return b
	}
	panic("there is no instruction " + name)
}

// begin runs goja's instruction, and gives an iterator without a method next one that throws.
func begin(receiver, machine unsafe.Pointer) {
	b := (*beginning)(receiver)
	b.exec(receiver, machine)
	stack := (*slice)(unsafe.Add(machine, b.stack))
	if stack.len == 0 {
		return
	}
	record := *(*unsafe.Pointer)(unsafe.Add(stack.data, uintptr(stack.len-1)*b.item+b.iterator))
	next := (*Native)(unsafe.Add(record, b.next))
	if *next == nil {
		rt := *(**goja.Runtime)(unsafe.Add(machine, b.rt))
		*next = func(goja.FunctionCall) goja.Value { panic(rt.NewTypeError("iterator.next is not a function")) }
	}
}

// instructions returns those of a program, in memory and with their types.
func (l *Layout) instructions(p *goja.Program) ([]iface, reflect.Value) {
	at := unsafe.Add(unsafe.Pointer(p), l.begins.code)
	return *(*[]iface)(at), reflect.NewAt(l.begins.in, at).Elem()
}

// CheckIterators has a program that was just compiled, and the functions in it, throw a TypeError where an iterator has no method next.
// No VM runs it yet.
func (l *Layout) CheckIterators(p *goja.Program) {
	if l.readable {
		l.checkIterators(p, map[unsafe.Pointer][]uintptr{})
	}
}

func (l *Layout) checkIterators(p *goja.Program, inner map[unsafe.Pointer][]uintptr) {
	list, types := l.instructions(p)
	for i := range list {
		instruction := &list[i]
		for j := range l.begins.table {
			if b := &l.begins.table[j]; instruction.typ == b.tab {
				*instruction = iface{unsafe.Pointer(b.own), unsafe.Pointer(b)}
				break
			}
		}
		offsets, known := inner[instruction.typ]
		if !known {
			if t := types.Index(i).Elem().Type(); t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
				offsets = programsIn(t.Elem(), 0, nil)
			}
			inner[instruction.typ] = offsets
		}
		for _, offset := range offsets {
			if p := *(**goja.Program)(unsafe.Add(instruction.data, offset)); p != nil {
				l.checkIterators(p, inner)
			}
		}
	}
}

// programsIn appends the offsets at which a struct points to programs.
func programsIn(t reflect.Type, at uintptr, offsets []uintptr) []uintptr {
	for i := range t.NumField() {
		switch f := t.Field(i); {
		case f.Type == reflect.TypeFor[*goja.Program]():
			offsets = append(offsets, at+f.Offset)
		case f.Type.Kind() == reflect.Struct:
			offsets = programsIn(f.Type, at+f.Offset, offsets)
		}
	}
	return offsets
}

// withoutNext is code with each way to iterate: what it throws is caught, or the next is tried.
const withoutNext = `(it => { let n = 0, a; const list = [() => { for (a of it); }, () => { [a] = it }, () => { const [[b]] = [it] }, ([b] = it) => 1,
	function([b] = it) {}, () => { try { throw it } catch ([b]) {} }, () => new (class { m = (([b]) => b)(it) }), () => class { static m = (([b]) => b)(it) },
	() => new (class extends Object { constructor([b] = it) { super() } }), () => (async ([b]) => b)(it), () => { function*g([b]) {} g(it) },
	() => ({ m([b]) {} }).m(it), () => { for (const [b] of [it]); }, () => { ({a: [a]} = {a: it}) }]
	for (const f of list) try { f() } catch (e) { n += e instanceof TypeError }
	const [] = it
	return n === list.length - 1 })({ [Symbol.iterator]: () => ({ next: 1 }) })`

// checkBeginnings runs code that goja would panic at.
func (l *Layout) checkBeginnings() (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errors.New("iterators without next end in a Go panic")
		}
	}()
	p := goja.MustCompile("", withoutNext, true)
	l.CheckIterators(p)
	if v, err := goja.New().RunProgram(p); err != nil || !v.ToBoolean() {
		return errors.New("iterators without next are not refused")
	}
	return nil
}
