package runloop

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/apps"
	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
)

// Describe lists the global names of flow code with their documentation, sorted by name. The members of objects are
// found by looking at the real ones, in a run of a flow that has no nodes.
func (l *Loop) Describe(nowhere *apps.Flow) ([]jsapi.Entry, error) {
	q := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{}, Body: http.NoBody}
	c := echo.New().NewContext(q.WithContext(l.base), exchange.RefusingWriter{})
	v := &apps.Version{Graph: &graph.Graph{}, Templates: map[string]string{}}
	r := l.newRun(v, nowhere, kindRequest, nil, c, graph.Match{Endpoint: "/"})
	defer r.release()
	vm, err := r.scope.vmForScript()
	if err != nil {
		return nil, err
	}
	var entries []jsapi.Entry
	for _, row := range jsapi.PerNode() {
		entries = append(entries, jsapi.EntryOf(&row))
	}
	for _, name := range l.Globals.Names() {
		e := jsapi.EntryOf(l.Globals.Find(name))
		err := vm.Guard(func() error {
			if o, ok := vm.Global(name).(*goja.Object); ok && !holdsData(name) {
				e.Members = members(o)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b jsapi.Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

// holdsData reports whether an object is one whose keys are a request's or an installation's, not the runtime's.
func holdsData(name string) bool {
	return slices.Contains([]string{"header", "form", "post_data", "vars", "path_vars", "env", "config", "profile"}, name)
}

// members lists what an object offers. A function's own properties (name, length, prototype) do not count.
func members(o *goja.Object) (list []jsapi.Member) {
	for _, key := range o.Keys() {
		_, function := goja.AssertFunction(o.Get(key))
		list = append(list, jsapi.Member{Name: key, Function: function})
	}
	slices.SortFunc(list, func(a, b jsapi.Member) int { return strings.Compare(a.Name, b.Name) })
	return list
}
