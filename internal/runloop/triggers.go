package runloop

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// loginPath is where auth() sends visitors who must log in. The app's own login flow answers there.
const loginPath = "/nflow_login"

// authorize runs auth() when the first node wants it, and returns the node to start at: nil when auth() has
// answered. Without an auth() every request is refused.
func (r *run) authorize(first, start *graph.Node) (*graph.Node, error) {
	flag, asks := first.AuthFlag()
	if !asks {
		return start, nil
	}
	next, err := r.callAuth(first, flag, start)
	if err != nil {
		return nil, failure(first, err)
	}
	switch next {
	case "login":
		return nil, redirectToLogin(&r.web)
	case "break":
		r.waiting = false
		if !r.web.Answered() {
			r.log.lines().Warn("auth() stopped the run without a response: the client gets an empty 200")
			return nil, r.web.Answer(func(c echo.Context) error { return c.NoContent(http.StatusOK) })
		}
		return nil, nil
	case "", start.ID, "output_1":
		return start, nil
	}
	n := r.flow.Nodes[next]
	if n == nil {
		return nil, failure(first, fault.New(fault.Script, "auth() set next to %q, which is not a node of the flow", next))
	}
	return n, nil
}

func redirectToLogin(x *exchange.Exchange) error {
	return x.Answer(func(c echo.Context) error {
		switch c.Request().Method {
		case http.MethodGet, http.MethodHead:
			return c.Redirect(http.StatusTemporaryRedirect, loginPath)
		}
		return c.Redirect(http.StatusSeeOther, loginPath)
	})
}

// callAuth calls auth() and returns the value of next.
func (r *run) callAuth(first *graph.Node, flag any, start *graph.Node) (next string, err error) {
	if !r.version.Graph.HasAuth {
		return "", errNoAuth()
	}
	path := r.web.Request().URL.Path
	if err := r.session.Set("auth-session", "redirect_url", path); err != nil {
		return "", err
	}
	r.node = first
	vm, err := r.scope.vmForScript()
	if err != nil {
		return "", err
	}
	fn, err := authFunc(vm, r.version)
	if err != nil {
		return "", err
	}
	rt := vm.Runtime()
	profile, err := r.session.Open("auth_session")
	if err != nil {
		return "", err
	}
	var login any = ordered.New(0)
	if text, ok := profile.Get("profile").(json.RawMessage); ok && text[0] == '{' {
		login = text
	}
	shown, err := r.scope.host.Make(login)
	if err != nil {
		return "", err
	}
	r.scope.extra = map[string]goja.Value{
		"profile": shown, "auth_flag": hostfn.ToJS(rt, flag), "url_access": rt.ToValue(path),
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
			return fault.New(fault.Script, "auth() set next to a value that is not text")
		}
		return nil
	})
	return next, err
}

// authFunc finds auth(): the default script's, else that of triggers/auth.js.
func authFunc(vm *sandbox.VM, v *apps.Version) (goja.Callable, error) {
	fn, err := function(vm, "auth")
	if err == nil {
		return fn, nil
	}
	p, ok := v.Graph.Auth.(*compile.Program)
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
	return fault.New(fault.Internal, "this page requires a login, and the app has no auth(): define it in default.js or triggers/auth.js")
}

// callLog calls the app's log() after a node. It can change neither payload nor next, and its errors are only
// logged.
func (r *run) callLog(n, next *graph.Node, took time.Duration) {
	if !r.version.Graph.HasLog {
		return
	}
	vm, err := r.scope.vmForScript()
	if err != nil || r.scope.log == nil {
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
	lent, err := r.payload.Lend(vm, &s.host, func(lent *goja.Object) { s.set("payload", lent) })
	if err == nil {
		_, err = vm.Call(r.scope.log)
		err = cmp.Or(err, r.payload.Restore(vm, &s.host, lent))
	}
	r.payload.Forget(&s.host, lent)
	s.extra = nil
	if err != nil {
		r.nodeLog().Warn("log() failed", "error", err)
	}
}
