package sandbox

import (
	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// maxRejections is how many rejections of one turn are reported to the host individually.
const maxRejections = 10

// rejections are the promises that were rejected while nothing handled them. As in Node, what is handled before no job is
// left is none. Runs without promises have nil.
type rejections struct {
	list  []rejected
	index map[*goja.Promise]int // in list
}

// rejected is one of them; promise is nil once it was handled.
type rejected struct {
	promise *goja.Promise
	at      string // where, for reasons that have no stack; "" for others
}

// trackRejections makes goja report rejections. It is called when a run first uses promises: most never do.
func (m *meter) trackRejections() {
	if m.rejections != nil {
		return
	}
	l := &rejections{}
	m.rejections = l
	m.rt.SetPromiseRejectionTracker(func(p *goja.Promise, operation goja.PromiseRejectionOperation) {
		if operation == goja.PromiseRejectionHandle {
			if i, known := l.index[p]; known {
				l.list[i] = rejected{}
				delete(l.index, p)
			}
			return
		}
		if l.index == nil {
			l.index = map[*goja.Promise]int{}
		}
		l.index[p] = len(l.list)
		l.list = append(l.list, rejected{p, m.placeOf(p)})
	})
}

// placeOf returns where the script is, for a reason that does not say it itself.
func (m *meter) placeOf(p *goja.Promise) string {
	if o, ok := p.Result().(*goja.Object); ok && o.ClassName() == "Error" {
		return ""
	}
	for _, frame := range m.rt.CaptureCallStack(0, nil) {
		if at := frame.Position(); at.Line > 0 {
			return at.String()
		}
	}
	return ""
}

// roots returns the promises, which nothing else may keep alive.
func (l *rejections) roots(rt *goja.Runtime, roots []goja.Value) []goja.Value {
	if l == nil {
		return roots
	}
	for _, r := range l.list {
		if r.promise != nil {
			roots = append(roots, rt.ToValue(r.promise))
		}
	}
	return roots
}

// forget drops what is known: the script has failed in another way.
func (l *rejections) forget() {
	if l != nil {
		l.list, l.index = nil, nil
	}
}

// unhandled reports the rejections that nothing handles to the host, and returns the error with which it ends the script.
// It is called when no job is left. Awaited is a promise that the host itself waits for, nil for none.
func (vm *VM) unhandled(awaited *goja.Promise) error {
	l := vm.meter.rejections
	if l == nil || len(l.list) == 0 {
		return nil
	}
	list := l.list
	l.forget()
	reported := 0
	for _, r := range list {
		if r.promise == nil || r.promise == awaited {
			continue
		}
		if reported++; reported > maxRejections {
			continue
		}
		e := vm.rejection(r.promise.Result())
		if r.at != "" && e.Stack == e.Message {
			e.Stack += "\n\tat " + vm.authorNames(r.at)
		}
		e.Stack = "a promise was rejected and nothing handles it (await it, or add a catch): " + e.Stack
		if err := vm.meter.host.Rejected(e); err != nil {
			return err
		}
	}
	if more := reported - maxRejections; more > 0 {
		return vm.meter.host.Rejected(fault.New(fault.Script, "%d more promises were rejected and nothing handles them", more))
	}
	return nil
}
