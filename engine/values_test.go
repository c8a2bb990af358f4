package engine

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/replay"
)

// valueStep is a Go step that looks at the values of the request's context and sets some.
type valueStep struct{ seen chan any }

func (s valueStep) Run(_ *model.Controller, actor *model.Node, c echo.Context, _ *goja.Runtime, out string, _ model.Vars, _ *process.Process, payload goja.Value) (string, goja.Value, error) {
	s.seen <- c.Get("cart")
	c.Set("cart", map[string]any{"from": "step"})
	return actor.Outputs[out].Connections[0].Node, payload, nil
}

// withValues serves the app behind a middleware that sets values before the flow, and hands on what is there after it.
func withValues(t *testing.T, w *world, before map[string]any) (get func(path string) (reply, echo.Context)) {
	t.Helper()
	e := echo.New()
	var last echo.Context
	e.Any("/*", w.rt.Handler("app"), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			for k, v := range before {
				c.Set(k, v)
			}
			last = c
			return next(c)
		}
	})
	return func(path string) (reply, echo.Context) {
		rec := httptest.NewRecorder()
		e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return reply{status: rec.Code, body: strings.TrimSpace(rec.Body.String())}, last
	}
}

// What a middleware puts into the context is there for c.Get, and what c.Set keeps is there for the middleware: plain data,
// as copies.
func TestValuesCrossTheContext(t *testing.T) {
	t.Parallel()
	type account struct{ Name, PasswordHash string }
	roles := []string{"admin", "staff"}
	w := newWorld(t, setup{app: app(
		starter("s1", "/get", "n1"), js("n1", `function main() {
			const roles = c.Get("roles")
			roles.push("root")
			c.JSON(200, [c.Get("name"), c.Get("age"), c.Get("big"), c.Get("deep"), c.Get("roles"), c.Get("level"), c.Get("none") === undefined,
				typeof c.Get("account"), typeof c.Get("pointer"), typeof c.Get("func"), typeof c.Get("mixed"), typeof c.Get("loop")])
		}`),
		starter("s2", "/set", "n2"), js("n2", `function main() {
			const kept = { total: 3, lines: ["a", "b"] }, loop = {}, f = () => 7
			loop.loop = loop
			c.Set("cart", kept); c.Set("note", "ñ"); c.Set("n", 2.5); c.Set("yes", true); c.Set("name", null)
			c.Set("f", f); c.Set("loop", loop); c.Set("roles", f)
			c.JSON(200, [c.Get("cart") === kept, c.Get("f")(), c.Get("loop") === loop, c.Get("name"), c.Get("roles") === f])
		}`),
	)})
	loop := map[string]any{}
	loop["loop"] = loop
	get := withValues(t, w, map[string]any{
		"name": "ana", "age": 41, "big": uint64(1) << 60, "roles": roles, "level": http.SameSite(3), "account": account{"ana", "hash"},
		"pointer": &account{"ana", "hash"}, "func": func() {}, "deep": map[string]any{"a": []any{1, "b", nil, map[string]bool{"c": true}}},
		"mixed": map[string]any{"a": 1, "hash": account{}}, "loop": loop,
	})
	got, _ := get("/get")
	want := `["ana",41,1152921504606847000,{"a":[1,"b",null,{"c":true}]},["admin","staff"],3,true,"undefined","undefined","undefined","undefined","undefined"]`
	if got.body != want {
		t.Errorf("c.Get returns\n%s, not\n%s", got.body, want)
	}
	if len(roles) != 2 {
		t.Error("the flow has changed the program's own list")
	}
	got, c := get("/set")
	if got.body != `[true,7,true,null,true]` {
		t.Error("the flow's own values:", got.body)
	}
	if s := fmt.Sprintf("%#v", []any{c.Get("cart"), c.Get("note"), c.Get("n"), c.Get("yes"), c.Get("name"), c.Get("f"), c.Get("loop"), c.Get("roles")}); s !=
		`[]interface {}{map[string]interface {}{"lines":[]interface {}{"a", "b"}, "total":3}, "ñ", 2.5, true, interface {}(nil), interface {}(nil), interface {}(nil), interface {}(nil)}` {
		t.Error("the middleware sees", s)
	}
}

// The last who set a value counts, be it the flow or a step in Go, and a fork begins without any.
func TestValuesOfStepsAndForks(t *testing.T) {
	t.Parallel()
	step := valueStep{make(chan any, 1)}
	w := newWorld(t, setup{app: app(
		starter("s1", "/turns", "n1"), js("n1", `function main() { c.Set("cart", { from: "flow" }); payload.first = c.Get("cart").from }`, "output_1=n2"),
		node("n2", `{"type":"look"}`, "output_1=n3"),
		js("n3", `function main() { const second = c.Get("cart").from; c.Set("cart", 3); c.JSON(200, [payload.first, second, c.Get("cart")]) }`),
		starter("s2", "/fork", "f1"), js("f1", `function main() { c.Set("own", 1) }`, "output_1=f2"), node("f2", `{"type":"gorutine"}`, "output_1=f4", "output_2=f3"),
		js("f3", `function main() { const seen = [typeof c.Get("name"), typeof c.Get("own")].join(); c.Set("late", 1); c.Set("cart", seen) }`, "output_1=f5"),
		node("f5", `{"type":"look"}`, "output_1=f6"), js("f6", `function main() { }`), js("f4", `function main() { c.String(200, "ok") }`),
	), prepare: func(rt *Runtime) { rt.RegisterStep("look", step) }})
	get := withValues(t, w, map[string]any{"name": "ana"})
	if got, _ := get("/turns"); got.body != `["flow","step",3]` {
		t.Error(got)
	}
	if seen := fmt.Sprint(wait(t, step.seen)); seen != "map[from:flow]" {
		t.Error("the step sees", seen)
	}
	_, c := get("/fork")
	if seen := fmt.Sprint(wait(t, step.seen)); seen != "undefined,undefined" {
		t.Error("a fork sees", seen)
	}
	if c.Get("late") != nil {
		t.Error("a fork has set a value of its parent's request")
	}
}

// Copies for Go code count as the run's memory, as long as it is live.
func TestValuesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		app: app(
			starter("s1", "/many", "n1"), js("n1", `function main() { const o = { a: "x".repeat(1 << 20) }; for (let i = 0; i < 1000; i++) c.Set("k" + i, o); c.String(200, "kept") }`),
			starter("s2", "/same", "n2"), js("n2", `function main() { const o = { a: "x".repeat(1 << 16) }; for (let i = 0; i < 100; i++) c.Set("k", o); c.String(200, "kept") }`),
		), config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxMemoryMB: 16}},
	})
	get := withValues(t, w, nil)
	if got, _ := get("/many"); got.status != http.StatusRequestTimeout || !strings.Contains(got.body, "memory") {
		t.Error("a thousand copies of a megabyte:", got)
	}
	if got, _ := get("/same"); got.body != "kept" {
		t.Error("the same value again and again:", got)
	}
}

// A recorded run gets the values again without the middleware.
func TestValuesAreReplayed(t *testing.T) {
	t.Parallel()
	var effects replay.Effects
	w := newWorld(t, setup{
		app:     app(starter("s1", "/", "n1"), js("n1", `function main() { c.Set("own", 1); c.JSON(200, [c.Get("name"), c.Get("own"), c.Get("none")]) }`)),
		effects: func(string) replay.Effects { return effects },
	})
	recorder := &replay.Recorder{}
	effects = recorder
	first, _ := withValues(t, w, map[string]any{"name": "ana"})("/")
	replayer := replay.NewReplayer(recorder.Events())
	effects = replayer
	again, _ := withValues(t, w, nil)("/")
	if d := replayer.Difference(true); d != nil || first.body != `["ana",1,null]` && first.body != `["ana",1]` || again.body != first.body {
		t.Error(d, first, again)
	}
}

// latePlugin has a node type's worth and a global name.
type latePlugin struct{ name string }

func (p latePlugin) Name() string { return p.name }
func (p latePlugin) Run(echo.Context, map[string]string, any, string, chan string) (any, string, error) {
	return map[string]any{"by": p.name}, "", nil
}

func (p latePlugin) AddFeatureJS() map[string]any {
	return map[string]any{p.name + "_double": func(n int) int { return 2 * n }}
}

// A plugin may come while apps are served, as a step may.
func TestRegisterPluginWhileServing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(
		starter("s1", "/node", "n1"), node("n1", `{"type":"dromedary","dromedary_name":"late"}`, "output_1=n2"), js("n2", `function main() { c.JSON(200, payload.by) }`),
		starter("s2", "/global", "n3"), js("n3", `function main() { c.JSON(200, typeof late_double === "function" ? late_double(21) : "none") }`),
	)})
	if before, global := w.get("/node"), w.get("/global"); before.status != http.StatusInternalServerError || strings.TrimSpace(global.body) != `"none"` {
		t.Fatal(before, global)
	}
	w.rt.RegisterPlugin(latePlugin{"late"})
	if after, global := w.get("/node"), w.get("/global"); strings.TrimSpace(after.body) != `"late"` || strings.TrimSpace(global.body) != "42" {
		t.Error(after, global)
	}
	defer func() {
		if recover() == nil {
			t.Error("a name that is taken does not panic")
		}
	}()
	w.rt.RegisterPlugin(latePlugin{"late"})
}

// boxPlugin hands out structs with methods.
type boxPlugin struct{ latePlugin }

type box struct {
	Name string
	Next *box
	call func()
}

func (b *box) Label() string { return "<" + b.Name + ">" }

func (boxPlugin) AddFeatureJS() map[string]any {
	shared := &box{Name: "shared"}
	shared.Next = &box{Name: "next", call: func() {}}
	return map[string]any{"box_of": func(name string) *box { return &box{Name: name} }, "box_shared": shared}
}

// A struct of a plugin is data wherever a script takes it: nothing shows an address or a method of Go.
func TestPluginValuesShowNothingOfGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) { rt.RegisterPlugin(boxPlugin{latePlugin{"box"}}) },
		app: app(starter("s", "/box", "n"), js("n", `function main(){
			const said = [], v = box_of("n")
			for (const e of ["v", "string(v)", "toJSON(v)", "v.Name", "v.Label", "[v]", "{a: v}", "type(v)", "string([v, v.Label])", "v.Label()"]) try { said.push(JSON.stringify(rules.eval(e, {v}))) } catch (x) { said.push(x.message) }
			said.push(template("{{.v}}", {v}), mustache("{{v}} {{v.Name}}", {v}), String(v), JSON.stringify(v), v.Label(), box_shared.Next.Name, box_shared.Next.Label())
			box_shared.Name = "mine"; payload.v = v
			c.JSON(200, [said, box_shared.Name])
		}`)),
	})
	for range 2 {
		r := w.get("/box")
		if r.status != http.StatusOK || !strings.Contains(r.body, `"<n>","next","<next>"`) || !strings.HasSuffix(strings.TrimSpace(r.body), `,"shared"]`) {
			t.Error(r.status, r.body)
		}
		for _, goish := range []string{"0x", "func(", "*engine", "box{", "&{"} {
			if strings.Contains(r.body, goish) {
				t.Errorf("%q shows: %s", goish, r.body)
			}
		}
	}
}
