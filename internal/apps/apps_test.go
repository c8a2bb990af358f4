package apps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/admission"
	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// shelf is a source whose app a test changes.
type shelf struct {
	bundle  source.Bundle
	err     error
	changed chan func() // what Watch was given
}

func (s *shelf) Load(context.Context) (*source.Bundle, error) {
	b := s.bundle
	return &b, s.err
}

func (s *shelf) Watch(ctx context.Context, changed func()) error {
	s.changed <- changed
	<-ctx.Done()
	return nil
}

// put makes an app with one flow of this code the one that is loaded next.
func (s *shelf) put(code string) {
	text := fmt.Sprintf(`{"drawflow":{"home":{"data":{"1":{"id":1,"data":{"type":"starter","urlpattern":"/x","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"2","output":"input_1"}]}}},"2":{"id":2,"data":{"type":"js","code":%q},"outputs":{}}}}}}`, code)
	s.bundle.App.Name, s.bundle.App.JSON, s.bundle.App.Version = "shop", []byte(text), fmt.Sprint(len(text), code)
}

func newApps(t *testing.T, s *shelf, change func(*Options)) (*Apps, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	slots := admission.NewSlots(1)
	o := Options{
		Source:   func(string) source.Source { return s },
		Sessions: func(context.Context, string, string) syncsession.Store { return nil },
		StepType: func(name string) bool { return name == "js" },
		Globals:  hostfn.NewTable([]hostfn.Row{{Name: "fetch_it", Sig: "fetch_it", Needs: "enable_network", Bind: func(*hostfn.Run) goja.Value { return nil }}}),
		Allow:    func(string) error { return errors.New("off") },
		Places:   admission.New(admission.Options{}), Slots: slots, Forks: admission.NewForks(1, 1),
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}
	if change != nil {
		change(&o)
	}
	return New(o), log
}

// A new version replaces the one that serves only when no flow that serves would break; runs keep the one they have.
func TestSwap(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	a, log := newApps(t, s, nil)
	if a.Serving("shop") != nil || len(a.Loaded()) != 0 {
		t.Error("an app serves that nobody loaded")
	}
	s.put(`function main(){ payload.n = 1 }`)
	first, err := a.Current(t.Context(), "shop")
	if err != nil || first.Graph.Errors() {
		t.Fatal(err, first)
	}
	s.put(`function main({`)
	if err := a.Load(t.Context(), "shop"); err == nil || !strings.Contains(err.Error(), `flow "home", node`) {
		t.Errorf("a broken version: %v", err)
	}
	if a.Serving("shop") != first || len(a.Problems("shop")) == 0 {
		t.Error("the broken version serves, or its problem is not listed")
	}
	s.put(`function main(){ payload.n = 2 }`)
	if err := a.Load(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	second := a.Serving("shop")
	if second == first || len(a.Problems("shop")) != 0 || first.Graph.Version == second.Graph.Version {
		t.Error("the new version does not serve")
	}
	if err := a.Load(t.Context(), "shop"); err != nil || a.Serving("shop") != second {
		t.Error("what did not change was swapped", err)
	}
	s.err = errors.New("gone")
	if err := a.Load(t.Context(), "shop"); err == nil || a.Serving("shop") != second {
		t.Error("an app that cannot be read stops the version that serves", err)
	}
	if hits, misses := a.Stats(); hits != 0 || misses != 1 {
		t.Errorf("%d hits, %d misses", hits, misses)
	}
	if got := strings.Count(log.String(), "app loaded") + strings.Count(log.String(), "app reloaded"); got != 2 {
		t.Errorf("%d loads are in the log:\n%s", got, log)
	}
}

// A flow that is broken from the start does not keep the app from loading.
func TestBrokenFromTheStart(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	a, _ := newApps(t, s, nil)
	s.put(`function main({`)
	v, err := a.Current(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	starter := v.Starters()[0]
	if starter.Broken == nil || !strings.Contains(ErrBroken(starter).Error(), `flow "home" cannot run: flow "home", node`) {
		t.Errorf("%v", ErrBroken(starter))
	}
}

func TestWatchReloads(t *testing.T) {
	t.Parallel()
	s := &shelf{changed: make(chan func())}
	a, log := newApps(t, s, nil)
	s.put(`function main(){}`)
	if err := a.Load(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- a.Watch(ctx, "shop") }()
	changed := <-s.changed
	before := a.Serving("shop")
	s.put(`function main({`)
	changed()
	if a.Serving("shop") != before || !strings.Contains(log.String(), "the previous version keeps serving") {
		t.Errorf("log:\n%s", log)
	}
	s.put(`function main(){}`)
	changed()
	if a.Serving("shop") != before || !strings.Contains(log.String(), "in order again") {
		t.Errorf("log:\n%s", log)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Each flow is counted by a meter of its own, which is asked once for each version.
func TestMeters(t *testing.T) {
	t.Parallel()
	var asked []string
	s := &shelf{}
	a, _ := newApps(t, s, func(o *Options) {
		o.Meter = func(flow string, types []string) model.FlowMeter {
			asked = append(asked, flow+":"+strings.Join(types, ","))
			return nil
		}
	})
	s.put(`function main(){}`)
	if _, err := a.Current(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	_ = a.NewFlow("", &graph.Flow{Name: "nobody's"})
	if !slices.Equal(asked, []string{"home:js"}) {
		t.Errorf("%q", asked)
	}
}

// What code needs is read from its syntax: a comment needs nothing.
func TestNeeds(t *testing.T) {
	t.Parallel()
	for code, want := range map[string][]string{
		`function main(){ fetch_it("x") }`: {"needs [vm_pool] enable_network, which is off"},
		`function main(){ c.File("x") }`:   {"needs [vm_pool] enable_filesystem, which is off"},
		`import x from "left-pad"; import u from "node:util"; import r from "rates"; export function main(){ x(u, r) }`: {`needs [vm_pool] allowed_modules = ["left-pad"]`},
		"function main(){ /* fetch_it('x') */ payload.a = \"require('left-pad')\"; o.fetch_it() }":                      nil,
		`function main(){ require("days/plugin") }`:                                                                     nil,
	} {
		s := &shelf{}
		s.put(code)
		s.bundle.App.Modules = map[string]string{"rates": "exports.a = 1"}
		a, _ := newApps(t, s, func(o *Options) { o.AllowedModules = []string{"days"} })
		problems, err := a.Lint(s.bundle.App)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range problems {
			got = append(got, p.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", code, got, want)
		}
	}
}

// Lint reads from the syntax of code which flows it calls: here one calls the fork that it is on.
func TestForkLoopsThroughCode(t *testing.T) {
	t.Parallel()
	for code, loops := range map[string]bool{
		`flow.call("/x")`:                         true,
		`/["'` + "`" + `]/.test(flow.call("/x"))`: true,
		`/* flow.call("/x") */`:                   false,
		"log(`flow.call('/x')`)":                  false,
	} {
		s := &shelf{}
		s.bundle.App.JSON = fmt.Appendf(nil, `{"drawflow":{"home":{"data":{
			"1":{"data":{"type":"starter","urlpattern":"/x","method":"GET"},"outputs":{"output_1":{"connections":[{"node":"2"}]}}},
			"2":{"data":{"type":"gorutine"},"outputs":{"output_1":{"connections":[]},"output_2":{"connections":[{"node":"3"}]}}},
			"3":{"data":{"type":"js","code":%q},"outputs":{}}}}}}`, code)
		a, _ := newApps(t, s, func(o *Options) { o.StepType = func(string) bool { return true } })
		problems, err := a.Lint(s.bundle.App)
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(problems, func(p graph.Problem) bool { return p.Rule == "fork-loop" }); got != loops {
			t.Errorf("%s: %+v", code, problems)
		}
	}
}

// Packages are bundled that code imports and the configuration allows; what stands in a comment or a text is no import.
func TestPackages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "d", "e", "mustache", "form"} {
		if err := os.MkdirAll(filepath.Join(dir, "node_modules", name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "node_modules", name, "index.js"), []byte("exports.x = 1"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &shelf{}
	s.put("// require('d')\nfunction main(){ require('a'); require('missing'); require('mustache'); require('form'); payload.x = \"from 'd'\" }")
	s.bundle.Dir = dir
	s.bundle.App.Modules = map[string]string{"rates": "import b from 'b'; export const x = b.x", "broken": "import {", "plain": "exports.y = 1"}
	for _, m := range catalog.Modules() { // they export nothing, and hide no package
		s.bundle.App.Modules[m.Name] = m.Code
	}
	s.bundle.App.Modules["form"] = "exports.own = true"
	a, log := newApps(t, s, func(o *Options) { o.AllowedModules = []string{"a", "b", "d", "missing", "mustache", "form"} })
	v, err := a.Current(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	for name, there := range map[string]bool{"a": true, "b": true, "d": false, "e": false, "rates": true, "plain": true, "nothing": false, "mustache": true, "form": true, "json": false} {
		if m, err := v.Module(name); err != nil || (m != nil) != there {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	for name, of := range map[string]string{"mustache": "mustache", "form": ""} {
		if m, _ := v.Module(name); m == nil || m.Package != of {
			t.Errorf("%s is of the package %q: %+v", name, of, m)
		}
	}
	if _, err := v.Module("missing"); err == nil || !strings.Contains(err.Error(), "could not be bundled") {
		t.Error(err)
	}
	if _, err := v.Module("broken"); err == nil || !strings.Contains(err.Error(), `module "broken" does not compile: line 1`) {
		t.Error(err)
	}
	if strings.Count(log.String(), "an allowed npm package is not there") != 1 {
		t.Errorf("log:\n%s", log)
	}
}
