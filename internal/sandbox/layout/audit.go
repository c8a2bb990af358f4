package layout

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/dop251/goja"
)

// Audit returns about how many bytes only this VM keeps alive, by walking its objects: the price is some ten
// nanoseconds per value, and it stops early beyond limit when that is positive. It runs on the VM's goroutine, while the
// script stands still. What only natives hold on the Go stack is not seen.
//
// Where goja is not laid out as expected it returns 0: then only the guards and the budget's watch of the process bound
// a run.
func (l *Layout) Audit(rt *goja.Runtime, roots []goja.Value, limit int64) int64 {
	if !l.auditable {
		return 0
	}
	a := l.auditors.Get().(*auditor)
	defer l.auditors.Put(a)
	return a.measure(rt, roots, limit)
}

// auditor walks object graphs. It may be used again, but not by two goroutines concurrently. Its plans say, per type, where
// pointers are, so that a walk needs no reflection.
type auditor struct {
	plans    map[reflect.Type]*plan
	dynamic  map[unsafe.Pointer]*plan // by the type word of an interface
	closures map[uintptr]*closure     // by code address
	named    map[string]*plan         // goja's types by name, for closures

	seen  pointers
	work  []span
	total int64
}

// span is a run of equal things that are still to be scanned.
type span struct {
	at unsafe.Pointer
	of *plan
	n  int
}

// word is the size of a pointer.
const word = unsafe.Sizeof(uintptr(0))

// slice and iface are how Go lays out slices, strings and interfaces.
type (
	slice struct {
		data     unsafe.Pointer
		len, cap int
	}
	text struct {
		data unsafe.Pointer
		len  int
	}
	iface struct{ typ, data unsafe.Pointer }
)

func newAuditor() *auditor {
	a := &auditor{
		plans:    map[reflect.Type]*plan{},
		dynamic:  map[unsafe.Pointer]*plan{},
		closures: map[uintptr]*closure{},
		named:    map[string]*plan{},
	}
	a.plan(reflect.TypeFor[goja.Promise]())
	// The kinds of functions must be known before closures can be told by name.
	rt := goja.New()
	if _, err := rt.RunString(functionKinds); err == nil {
		a.measure(rt, nil, 0)
		clear(a.closures)
	}
	return a
}

const functionKinds = `var kinds = [function(){}, () => 1, async () => 1, async function(){}, function*(){}, class {},
	class extends Object {}, {m(){}, async n(){}, *g(){}}, (function(){}).bind(null), new Proxy(function(){}, {}),
	Promise.resolve(1), new Promise(() => {}).then(() => 1)]`

func (a *auditor) measure(rt *goja.Runtime, roots []goja.Value, limit int64) int64 {
	a.total = 0
	a.seen.reset()
	a.work = a.work[:0]
	a.object(unsafe.Pointer(rt), a.plan(reflect.TypeFor[goja.Runtime]()))
	if len(roots) > 0 {
		a.work = append(a.work, span{unsafe.Pointer(&roots[0]), a.plan(reflect.TypeFor[struct{ V goja.Value }]()), len(roots)})
	}
	for len(a.work) > 0 && (limit <= 0 || a.total <= limit) {
		w := a.work[len(a.work)-1]
		a.work = a.work[:len(a.work)-1]
		for i := range w.n { // no address is made beyond the last
			a.scan(unsafe.Add(w.at, uintptr(i)*w.of.size), w.of)
		}
	}
	clear(a.work[:cap(a.work)]) // keep nothing of this VM alive
	return a.total
}

// object adds something that was reached by a pointer.
func (a *auditor) object(at unsafe.Pointer, p *plan) {
	if p.skip || !a.seen.add(uintptr(at)) {
		return
	}
	a.total += rounded(p.size)
	if len(p.parts) > 0 {
		a.work = append(a.work, span{at, p, 1})
	}
}

// scan follows the pointers of one thing that is already counted.
func (a *auditor) scan(at unsafe.Pointer, p *plan) {
	for i := range p.parts {
		part := &p.parts[i]
		q := unsafe.Add(at, part.offset)
		switch part.kind {
		case isInterface:
			a.boxed((*iface)(q), part)
		case isPointer:
			if to := *(*unsafe.Pointer)(q); to != nil {
				a.object(to, part.elem)
			}
		case isString:
			a.text((*text)(q))
		case isSlice:
			a.slice((*slice)(q), part.elem)
		case isMap:
			if *(*unsafe.Pointer)(q) == nil {
				continue
			}
			if part.locked {
				lock := (*sync.Mutex)(unsafe.Add(at, part.lock))
				lock.Lock()
				a.maps(q, part)
				lock.Unlock()
				continue
			}
			a.maps(q, part)
		case isFunc:
			if f := *(*unsafe.Pointer)(q); f != nil {
				a.closure(f)
			}
		}
	}
}

func (a *auditor) text(s *text) {
	if s.len > 0 && (s.len < 32 || a.seen.add(uintptr(s.data))) {
		a.total += rounded(uintptr(s.len))
	}
}

func (a *auditor) slice(s *slice, elem *plan) {
	if s.data == nil || s.cap == 0 || elem.size == 0 {
		return
	}
	if len(elem.parts) == 0 && s.len >= 32 && !a.seen.add(uintptr(s.data)) {
		return
	}
	a.total += rounded(uintptr(s.cap) * elem.size)
	if len(elem.parts) > 0 && !elem.skip {
		a.work = append(a.work, span{s.data, elem, s.cap}) // what lies behind the end is alive too
	}
}

// boxed follows an interface.
func (a *auditor) boxed(v *iface, part *part) {
	if v.typ == nil || v.data == nil {
		return
	}
	p := a.dynamic[v.typ]
	if p == nil {
		p = a.planOfBox(part.typ, v)
		a.dynamic[v.typ] = p
	}
	switch {
	case p.skip:
	case p.box == boxedInt:
		if n := *(*int64)(v.data); n < -256 || n > 255 { // the others are shared by all VMs
			a.total += 16 // an 8 byte box shares its 16 byte block with garbage, mostly
		}
	case p.box == boxedFloat:
		a.total += 16
	case p.box == boxedOther: // the box belongs to this interface alone
		a.total += rounded(p.size)
		a.scan(v.data, p)
	default:
		a.object(v.data, p)
	}
}

// maps adds a map. goja's maps belong to one object each, so they are not looked up in seen.
func (a *auditor) maps(at unsafe.Pointer, part *part) {
	if part.stringValues {
		m := *(*map[string]goja.Value)(at)
		a.total += mapSize(len(m), 16, 16)
		for k, v := range m {
			if len(k) >= 32 {
				a.text((*text)(unsafe.Pointer(&k)))
			}
			a.scan(unsafe.Pointer(&v), part.elem)
		}
		return
	}
	m := reflect.NewAt(part.typ, at).Elem()
	a.total += mapSize(m.Len(), part.key.size, part.elem.size)
	if len(part.key.parts) == 0 && len(part.elem.parts) == 0 {
		return
	}
	key, value := reflect.New(part.typ.Key()), reflect.New(part.typ.Elem())
	for it := m.MapRange(); it.Next(); {
		key.Elem().SetIterKey(it)
		a.scan(key.UnsafePointer(), part.key)
		value.Elem().SetIterValue(it)
		a.scan(value.UnsafePointer(), part.elem)
	}
}

// closure follows a func: a method value of goja's, or one of the closures that hold script values.
func (a *auditor) closure(f unsafe.Pointer) {
	code := *(*uintptr)(f)
	c, ok := a.closures[code]
	if !ok {
		c = a.closureAt(code)
		a.closures[code] = c
	}
	if c == nil || !a.seen.add(uintptr(f)) {
		return
	}
	a.total += rounded(c.size)
	offset := word
	for _, captured := range c.captures {
		at := unsafe.Add(f, offset)
		if captured.plan != nil && captured.pointer {
			if to := *(*unsafe.Pointer)(at); to != nil {
				a.object(to, captured.plan)
			}
		} else if captured.plan != nil {
			a.scan(at, captured.plan)
		}
		offset += captured.size
	}
}

// pointers is a set of addresses.
type pointers struct {
	slots []uintptr
	n     int
}

func (p *pointers) reset() {
	if p.n = 0; p.slots == nil || len(p.slots) > 1<<16 {
		p.slots = make([]uintptr, 1<<10)
		return
	}
	clear(p.slots)
}

// add adds v and reports whether it is new.
func (p *pointers) add(v uintptr) bool {
	mask := uintptr(len(p.slots) - 1)
	i := uintptr(uint64(v>>3)*0x9E3779B97F4A7C15>>20) & mask
	for p.slots[i] != 0 {
		if p.slots[i] == v {
			return false
		}
		i = (i + 1) & mask
	}
	p.slots[i] = v
	if p.n++; p.n*3 > len(p.slots)*2 {
		old := p.slots
		p.slots, p.n = make([]uintptr, len(old)*2), 0
		for _, v := range old {
			if v != 0 {
				p.add(v)
			}
		}
	}
	return true
}
