package engine

import (
	"cmp"
	"net/http"
	"time"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// loginPath is where auth() sends visitors who must log in. The app's own login flow answers there.
const loginPath = "/nflow_login"

// authorize runs auth() when the first node asks for it, and answers the node to start at: nil when auth() has
// answered. Without an auth() anywhere nobody passes.
func (r *run) authorize(first, start *graph.Node) (*graph.Node, error) {
	flag, asks := first.AuthFlag()
	if !asks {
		return start, nil
	}
	next, err := r.auth(first, flag, start)
	if err != nil {
		return nil, failure(first, err)
	}
	switch next {
	case "login":
		return nil, r.redirectToLogin()
	case "break":
		r.waiting = false
		if !r.web.answered() {
			r.logger().Warn("auth() stopped the run without an answer: the client gets an empty 200")
			return nil, r.web.Answer(func(c echo.Context) error { return c.NoContent(http.StatusOK) })
		}
		return nil, nil
	case "", start.ID, "output_1":
		return start, nil
	}
	n := r.flow.Nodes[next]
	if n == nil {
		return nil, failure(first, fault.New(fault.Script, "auth() left next as %q, which is no node of the flow", next))
	}
	return n, nil
}

func (r *run) redirectToLogin() error {
	return r.web.Answer(func(c echo.Context) error {
		switch c.Request().Method {
		case http.MethodGet, http.MethodHead:
			return c.Redirect(http.StatusTemporaryRedirect, loginPath)
		}
		return c.Redirect(http.StatusSeeOther, loginPath)
	})
}

// auth calls auth() and answers what it leaves in next.
func (r *run) auth(first *graph.Node, flag any, start *graph.Node) (next string, err error) {
	if !r.version.graph.HasAuth {
		return "", errNoAuth()
	}
	path := r.web.echo.Request().URL.Path
	if err := r.session.Set("auth-session", "redirect_url", path); err != nil {
		return "", err
	}
	r.node = first
	vm, err := r.vm()
	if err != nil {
		return "", err
	}
	fn, err := r.authFunc(vm)
	if err != nil {
		return "", err
	}
	rt := vm.Runtime()
	profile, err := r.session.Open("auth_session")
	if err != nil {
		return "", err
	}
	login, _ := profile["profile"].(map[string]any)
	if login == nil {
		login = map[string]any{}
	}
	r.scope.extra = map[string]goja.Value{
		"profile": hostfn.ToJS(rt, login), "auth_flag": hostfn.ToJS(rt, flag), "url_access": rt.ToValue(path),
	}
	defer func() { r.scope.extra = nil }()
	r.scope.next = rt.ToValue(start.ID)
	r.scope.set("next", r.scope.next)
	if _, err := vm.Call(fn); err != nil {
		return "", err
	}
	r.node = nil
	err = vm.Guard(func() error {
		var ok bool
		if next, ok = nameIn(vm.Global("next")); !ok {
			return fault.New(fault.Script, "auth() left something in next that is no text")
		}
		return nil
	})
	return next, err
}

// authFunc finds auth(): the default script's, else that of triggers/auth.js.
func (r *run) authFunc(vm *sandbox.VM) (goja.Callable, error) {
	fn, err := function(vm, "auth")
	if err == nil {
		return fn, nil
	}
	p, ok := r.version.graph.Auth.(*sandbox.Program)
	if !ok {
		return nil, errNoAuth()
	}
	if _, err := vm.Run(p); err != nil {
		return nil, err
	}
	if fn, err = function(vm, "auth"); err != nil {
		return nil, errNoAuth()
	}
	return fn, nil
}

func errNoAuth() error {
	return fault.New(fault.Internal, "this page asks for a login, and the app has no auth(): define it in default.js or triggers/auth.js")
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

// logTrigger calls the app's log() after a node. It can change neither payload nor next, and its errors are only
// logged.
func (r *run) logTrigger(n, next *graph.Node, took time.Duration) {
	if !r.version.graph.HasLog {
		return
	}
	vm, err := r.vm()
	if err != nil || r.logFunc == nil {
		return
	}
	rt, s := vm.Runtime(), &r.scope
	id := ""
	if next != nil {
		id = next.ID
	}
	s.extra = map[string]goja.Value{
		"box_id": rt.ToValue(n.ID), "box_name": rt.ToValue(n.Name), "box_type": rt.ToValue(n.Type),
		"connection_next": rt.ToValue(id),
		"duration_ms":     rt.ToValue(took.Milliseconds()),
		"duration_mc":     rt.ToValue(took.Microseconds()),
		"duration_s":      rt.ToValue(took.Seconds()),
	}
	for name := range s.owned {
		if v, ok := s.extra[name]; ok {
			vm.Define(name, v)
		}
	}
	lent, err := r.lendPayload()
	if err == nil {
		_, err = vm.Call(r.logFunc)
		err = cmp.Or(err, r.takeBack(lent))
	}
	r.payload, s.extra = lent.real, nil
	if err != nil {
		r.nodeLog().Warn("log() failed", "error", err)
	}
}
