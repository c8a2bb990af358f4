package runloop

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// scope is the run's VM with the global names that it serves: what changes from node to node comes from the run itself,
// the host functions are bound when a script first reads them. Nothing is written into the VM for names that are not used.
type scope struct {
	run     *run
	machine atomic.Pointer[sandbox.VM] // made at the first node that needs one; read by other goroutines, too
	names

	inVM   time.Duration // time in scripts, without what they waited for
	waited time.Duration // time in host calls that wait
	last   sandbox.Usage // of a VM that was dropped
}

// names are what a scope holds as long as its VM exists.
type names struct {
	vm    *sandbox.VM
	host  hostfn.Run
	log   goja.Callable // log() of the default script; nil without one
	next  goja.Value
	data  goja.Value            // of the node being visited, made when read
	extra map[string]goja.Value // of auth() and log()
	bound []boundName           // few: a script reads some of them
	owned map[string]bool       // names that a script turned into properties of the global object

	ranUserCode bool // code of the flow may have run: see native.go
	reading     bool // the run reads, and not a script: see result
}

// unread stands for a payload that no script has seen: it stays Go data.
var unread goja.Value = goja.NewSymbol("unread")

var _ sandbox.Host = (*scope)(nil)

// boundName is a host function, or an object of them, that was made for this run.
type boundName struct {
	name  string
	value goja.Value
}

// vmForScript returns the run's VM to what may run code of the flow in it.
func (s *scope) vmForScript() (*sandbox.VM, error) {
	s.ranUserCode = true
	if err := s.run.slot.Take(); err != nil {
		return nil, err
	}
	return s.vmForValues()
}

// vmForValues returns the run's VM, making it at the first need, to what only handles its values.
func (s *scope) vmForValues() (*sandbox.VM, error) {
	if vm := s.machine.Load(); vm != nil {
		return vm, nil
	}
	r := s.run
	vm := sandbox.New(sandbox.Options{Host: s, Error: hostfn.NewError, Limits: r.loop.Limits.VM})
	s.vm = vm
	s.host = hostfn.Run{
		VM: vm.Runtime(), Loop: hostfn.Observe(vm.Runtime(), vm.Loop(), r.loop.Clock, r.effects.Effects), Caps: (*capabilities)(r),
		Effects: r.effects.Effects, Time: r.loop.Clock, Wid: r.wid, App: r.version.Graph.AppName, Flow: r.flow.Name,
		Meter: vm, Host: (*hostRun)(r), Called: r.loop.count,
	}
	s.setTrace()
	if r.observer.history != nil {
		s.host.Lines = r.observer.history
	}
	s.machine.Store(vm)
	if err := r.life.stopped(); err != nil { // a stop that came before there was a VM to interrupt
		return nil, err
	}
	if p, ok := r.version.Graph.Default.(*compile.Program); ok {
		s.ranUserCode = s.ranUserCode || !onlyDeclares(p)
		if _, err := vm.Run(p); err != nil {
			return nil, err
		}
	}
	if r.version.Graph.HasLog && s.owned["log"] { // else it is the plugins' log, whose making costs
		s.log, _ = function(vm, "log") // before a node can define its own
	}
	return vm, nil
}

// function reads a function of the scripts' global scope, which may hold getters of theirs.
func function(vm *sandbox.VM, name string) (fn goja.Callable, err error) {
	err = vm.Guard(func() error {
		var ok bool
		if fn, ok = goja.AssertFunction(vm.Global(name)); !ok {
			return fault.New(fault.Script, "%s is not a function", name)
		}
		return nil
	})
	return fn, err
}

// runProgram runs a program in the run's VM and takes the time.
func (s *scope) runProgram(vm *sandbox.VM, p *compile.Program) (goja.Value, error) {
	started, waited := s.run.loop.Clock.Now(), s.waited+vm.Waited()
	v, err := vm.Run(p) // does not panic
	s.inVM += s.run.loop.since(started) - (s.waited + vm.Waited() - waited)
	return v, err
}

// blocked notes that the script waits for a call of the host, until the function that it returns is called.
func (s *scope) blocked() (done func()) {
	if vm := s.machine.Load(); vm != nil {
		return vm.Blocked()
	}
	return func() {}
}

// usage returns what the VM has counted; nothing for a run that needed none.
func (s *scope) usage() sandbox.Usage {
	if vm := s.machine.Load(); vm != nil {
		return vm.Usage()
	}
	return s.last
}

// release lets go of the VM and its values: a run that failed has no use for them.
func (s *scope) release() {
	s.last = s.usage()
	s.machine.Store(nil)
	s.names = names{}
}

// Context returns the context that ends with the run.
func (s *scope) Context() context.Context { return s.run.life.Context() }

// Idle runs what needs no processor: a wait for promises of the host.
func (s *scope) Idle(wait func() error) error { return s.run.slot.Idle(wait) }

// Turn lets others compute first when the run has computed for long.
func (s *scope) Turn() { s.run.slot.Turn() }

// Rejected fails the node where a promise was rejected that nothing handles. Once the run has answered, it only logs it.
func (s *scope) Rejected(err error) error {
	if s.run.web.Answered() {
		s.run.nodeLog().Warn("a promise failed after the response", "error", err.Error())
		return nil
	}
	return err
}

// HostMemory returns the bytes that the run holds outside its VM.
func (s *scope) HostMemory() int64 {
	return s.run.web.Memory()
}

// Roots returns the values of the VM that only the run holds.
func (s *scope) Roots() []goja.Value {
	values := []goja.Value{s.next, s.data}
	if v := s.run.payload.Value(); v != nil {
		values = append(values, v)
	}
	for _, b := range s.bound {
		values = append(values, b.value)
	}
	return slices.DeleteFunc(values, func(v goja.Value) bool { return v == nil })
}

// prepare sets the names that a node finds: payload, next and its own data.
func (s *scope) prepare() {
	s.data = nil
	s.next = outputOne
	if s.owned["payload"] {
		s.vm.Define("payload", s.run.payload.Object(&s.host))
	}
	s.set("next", s.next)
	for name := range s.owned {
		if name != "payload" && name != "next" {
			if v := s.perNode(name); v != nil {
				s.vm.Define(name, v)
			}
		}
	}
}

// set sets the value of a name where the script finds it: served, or as the property that a script made of it.
func (s *scope) set(name string, v goja.Value) {
	if s.owned[name] {
		s.vm.Define(name, v)
	}
}

// result reads payload and next back. payload is unread where no script has read it.
func (s *scope) result() (payload, next goja.Value) {
	s.reading = true
	payload, next = s.vm.Global("payload"), s.vm.Global("next")
	s.reading = false
	if payload != unread && payload != s.run.payload.Value() {
		s.own("payload") // also where the script made it a property without an assignment
	}
	if next != s.next {
		s.own("next")
	}
	return payload, next
}

// Get serves a name.
func (s *scope) Get(name string) goja.Value {
	if v := s.perNode(name); v != nil {
		return v
	}
	if v, ok := s.extra[name]; ok {
		return v
	}
	for i := range s.bound {
		if s.bound[i].name == name {
			return s.bound[i].value
		}
	}
	row := s.run.loop.Globals.Find(name)
	if row == nil {
		return nil
	}
	v := row.Bind(&s.host)
	s.bound = append(s.bound, boundName{name, v})
	return v
}

// perNode serves the names whose value is another at each node.
func (s *scope) perNode(name string) goja.Value {
	r := s.run
	switch name {
	case "payload":
		if s.reading && r.payload.Value() == nil {
			return unread
		}
		return r.payload.Object(&s.host)
	case "next":
		if s.next == nil {
			return goja.Undefined()
		}
		return s.next
	case "nflow_data", "dromedary_data":
		return s.nodeData()
	case "__outputs":
		return s.outputs()
	case "current_box":
		return s.idOf(r.node)
	case "prev_box":
		return s.idOf(r.before)
	}
	return nil
}

func (s *scope) nodeData() goja.Value {
	if s.data == nil {
		if s.run.node == nil {
			s.data = s.vm.Runtime().NewObject()
		} else {
			s.data = s.run.version.DataOf(s.run.node)(s.vm.Runtime())
		}
	}
	return s.data
}

func (s *scope) outputs() goja.Value {
	o := s.vm.Runtime().NewObject()
	if s.run.node != nil {
		for _, out := range s.run.node.Outs {
			hostfn.SetOwn(o, out.Name, s.vm.Runtime().ToValue(out.To.ID))
		}
	}
	return o
}

func (s *scope) idOf(n *graph.Node) goja.Value {
	if n == nil {
		return s.vm.Runtime().ToValue("")
	}
	return s.vm.Runtime().ToValue(n.ID)
}

// Has reports whether a name is served. goja calls it before a script's first assignment to a name, which makes it a
// property of the global object.
func (s *scope) Has(name string) bool {
	if !s.serves(name) {
		return false
	}
	s.own(name)
	return true
}

// Own returns the value of a name that a program declares.
func (s *scope) Own(name string) (goja.Value, bool) {
	if !s.serves(name) || s.owned[name] {
		return nil, false
	}
	v := s.Get(name)
	s.own(name)
	return v, true
}

func (s *scope) own(name string) {
	if s.owned == nil {
		s.owned = map[string]bool{}
	}
	s.owned[name] = true
}

func (s *scope) serves(name string) bool {
	switch name {
	case "payload", "next", "nflow_data", "dromedary_data", "__outputs", "current_box", "prev_box":
		return true
	}
	if _, ok := s.extra[name]; ok {
		return true
	}
	return s.run.loop.Globals.Find(name) != nil
}
