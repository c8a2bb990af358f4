package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/exchange"
	"github.com/arturoeanton/nflow-runtime/model"
	"github.com/arturoeanton/nflow-runtime/process"
)

// probe is a step of a Go program that records its arguments.
type probe struct{ seen chan string }

func (p probe) Run(cc *model.Controller, actor *model.Node, c echo.Context, vm *goja.Runtime, next string, vars model.Vars, proc *process.Process, payload goja.Value) (string, goja.Value, error) {
	who := payload.ToObject(vm).Get("who")
	p.seen <- fmt.Sprint(actor.Data["tell"], " ", who)
	switch actor.Data["do"] {
	case "panic":
		panic("a bug in a step")
	case "fail":
		return "", nil, errors.New("the disk is on fire: /secret/path")
	case "end":
		return "", nil, nil
	}
	o := vm.NewObject()
	_ = o.Set("by", "step")
	return actor.Outputs["output_1"].Connections[0].Node, o, nil
}

// wait takes one value or fails the test.
func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came within 10 s")
		panic("unreachable")
	}
}

func TestForks(t *testing.T) {
	t.Parallel()
	p := probe{make(chan string, 8)}
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) { rt.RegisterStep("probe", p) },
		app: app(starter("s", "/fork", "set"),
			js("set", `function main(){ payload.who = "both"; payload.deep = {n: 1} }`, "output_1=f"),
			node("f", `{"type":"gorutine"}`, "output_1=main", "output_2=change"),
			js("change", `function main(){ payload.deep.n = 99; payload.who = "fork"; try { c.JSON(200, "stolen") } catch (e) { payload.who += " refused" } }`, "output_1=tell"),
			node("tell", `{"type":"probe","tell":"fork:","do":"end"}`),
			js("main", `function main(){ c.JSON(200, payload) }`)),
	})
	got := w.get("/fork")
	w.expect(got, 200, `{"who":"both","deep":{"n":1}}`)
	if got.header.Get("Dromedary-Wid-2") == "" || got.header.Get("Dromedary-Wid-2") == got.header.Get("Nflow-Wid-1") {
		t.Errorf("the fork has no id of its own: %v", got.header)
	}
	if tell := wait(t, p.seen); tell != "fork: fork refused" {
		t.Errorf("the fork told %q", tell)
	}
}

func TestCustomSteps(t *testing.T) {
	t.Parallel()
	p := probe{make(chan string, 8)}
	step := func(id, do string) string {
		return starter("s"+id, "/"+do, id) + "," + node(id, `{"type":"probe","tell":"x","do":"`+do+`"}`, "output_1=out")
	}
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) { rt.RegisterStep("probe", p) },
		app:     app(step("a", "go"), step("b", "panic"), step("c", "fail"), step("d", "end"), js("out", `function main(){ c.JSON(200, payload) }`)),
	})
	w.expect(w.get("/go?who=ana"), 200, `{"by":"step","who":"ana"}`)
	w.expect(w.get("/panic"), 500, `"node":{"id":"b"`)
	w.expect(w.get("/fail"), 500, `"node":{"id":"c"`)
	w.expect(w.get("/end"), 200, "")
	if strings.Contains(w.get("/fail").body, "secret") {
		t.Error("the answer tells the cause")
	}
	for _, want := range []string{"a bug in a step", "branch_test.go", "/secret/path"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a step name may be taken twice")
		}
	}()
	w.rt.RegisterStep("probe", p)
}

// A step may be registered when its app is loaded already: the flow that wanted it serves from then on.
func TestStepOfALoadedApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{app: app(starter("s", "/late", "n"), node("n", `{"type":"probe","do":"go"}`, "output_1=out"), js("out", `function main(){ c.JSON(200, payload) }`))})
	w.expect(w.get("/late"), 503, `unknown node type`)
	w.rt.RegisterStep("probe", probe{make(chan string, 8)})
	w.expect(w.get("/late"), 200, `{"by":"step"}`)
}

// parrot is a plugin: it returns its node's text, or sends it three times to its branch.
type parrot struct{}

func (parrot) Name() string { return "parrot" }

func (parrot) AddFeatureJS() map[string]any {
	return map[string]any{"shout": func(s string) string { return strings.ToUpper(s) }}
}

func (parrot) Run(c echo.Context, vars map[string]string, payloadIn any, data string, callback chan string) (any, string, error) {
	if in, ok := payloadIn.(*goja.Value); ok {
		return map[string]any{"said": "hi", "from": (*in).ToObject(nil).Get("who").String(), "data": strings.Contains(data, "parrot")}, "output_2", nil
	}
	callback <- `{"n": 1}`
	callback <- `not json`
	callback <- `{"n": 2, "next": "output_3"}`
	callback <- `{"error_exit": true}`
	return nil, "", nil
}

func TestPlugins(t *testing.T) {
	t.Parallel()
	p := probe{make(chan string, 8)}
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) { rt.RegisterPlugin(parrot{}); rt.RegisterStep("probe", p) },
		app: app(starter("s", "/p", "d"), node("d", `{"type":"dromedary","dromedary_name":"parrot"}`, "output_2=out"),
			js("out", `function main(){ c.JSON(200, {p: payload, s: shout("a")}) }`),
			starter("s2", "/cb", "cb"), node("cb", `{"type":"dromedary_callback","dromedary_name":"parrot"}`, "output_1=on", "output_2=branch", "output_3=other"),
			js("on", `function main(){ c.JSON(200, "on") }`),
			js("branch", `function main(){ payload.who = "n" + payload.n }`, "output_1=tell"), js("other", `function main(){ payload.who = "other" + payload.n }`, "output_1=tell"),
			node("tell", `{"type":"probe","tell":"cb","do":"end"}`),
			starter("s3", "/none", "none"), node("none", `{"type":"dromedary","dromedary_name":"nobody"}`)),
	})
	w.expect(w.get("/p?who=ana"), 200, `{"p":{"data":true,"from":"ana","said":"hi","who":"ana"},"s":"A"}`)
	w.expect(w.get("/cb"), 200, `"on"`)
	if a, b := wait(t, p.seen), wait(t, p.seen); a != "cb n1" || b != "cb other2" {
		t.Errorf("the branch told %q and %q", a, b)
	}
	w.expect(w.get("/none"), 500, "not registered")
}

func TestKill(t *testing.T) {
	t.Parallel()
	started := make(chan string, 8)
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) { rt.RegisterStep("probe", probe{started}) },
		app: app(starter("s", "/spin", "tell"), node("tell", `{"type":"probe","tell":"up"}`, "output_1=spin"),
			js("spin", `function main(){ for(;;){ try { for(;;){} } catch (e) {} } }`, "output_1=after"), js("after", `function main(){ c.JSON(200, "went on") }`),
			starter("s2", "/hang", "tell2"), node("tell2", `{"type":"probe","tell":"up"}`, "output_1=hang"),
			js("hang", `async function main(){ await new Promise(() => {}) }`)),
	})
	answers := make(chan reply, 1)
	go func() { answers <- w.get("/spin") }()
	wait(t, started)
	live := w.rt.Processes().List()
	if len(live) != 1 || live[0].Flow != "home" || live[0].Type != "http" {
		t.Fatalf("live runs: %+v", live)
	}
	if !w.rt.Processes().Kill(live[0].Wid, process.ErrKilled) {
		t.Fatal("the run was not found")
	}
	got := wait(t, answers)
	w.expect(got, 503, "killed")
	if strings.Contains(got.body, "went on") || w.rt.Processes().Live() != 0 {
		t.Error("a killed run went on")
	}
	if w.rt.Processes().Kill(live[0].Wid, process.ErrKilled) {
		t.Error("a run that ended can be killed")
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxExecutionSeconds: 0.05}},
		app:    app(starter("s", "/spin", "spin"), js("spin", `function main(){ for(;;){} }`)),
	})
	w.expect(w.get("/spin"), 408, `"limit":"time"`)

	node := newWorld(t, setup{app: app(starter("s", "/x", "a"),
		node("a", `{"type":"js","timeout_ms":"60000","code":"function main(){}"}`, "output_1=b"),
		node("b", `{"type":"js","timeout_ms":20,"code":"function main(){ for(;;){} }"}`),
		starter("s2", "/await", "w"), node("w", `{"type":"js","timeout_ms":20,"code":"async function main(){ await new Promise(r => setTimeout(r, 60000)) }"}`),
		starter("s3", "/sleep", "z"), node("z", `{"type":"js","timeout_ms":20,"code":"function main(){ try { sleep(60000) } catch (e) { c.JSON(200, 'caught') } }"}`))})
	for _, path := range []string{"/x", "/await", "/sleep"} {
		node.expect(node.get(path), 408, `timeout_ms`)
	}
}

func TestClientLeaves(t *testing.T) {
	t.Parallel()
	started := make(chan string, 1)
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) { rt.RegisterStep("probe", probe{started}) },
		app:     app(starter("s", "/spin", "tell"), node("tell", `{"type":"probe","tell":"up"}`, "output_1=spin"), js("spin", `function main(){ for(;;){} }`)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { wait(t, started); cancel() }()
	q, _ := http.NewRequestWithContext(ctx, "GET", w.server.URL+"/spin", nil)
	if res, err := w.client.Do(q); err == nil {
		res.Body.Close()
		t.Fatal("the request was answered")
	}
	done, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	if err := w.rt.Processes().Wait(done); err != nil {
		t.Error("the run went on without its client")
	}
}

func TestBrokenFlows(t *testing.T) {
	t.Parallel()
	text := `{"drawflow":{"good":{"data":{` + starter("s", "/good", "a") + "," + js("a", `function main(){ c.JSON(200, "good") }`) + `}},
		"bad":{"data":{` + starter("s", "/bad", "b") + "," + js("b", "function main(){\n  return 1 +;\n}") + `}},
		"lost":{"data":{` + starter("s", "/lost", "c") + "," + js("c", "function main(){}", "output_1=missing") + `}}}}`
	w := newWorld(t, setup{app: text})
	w.expect(w.get("/good"), 200, "good")
	w.expect(w.get("/bad"), 503, `line 2, column 13`)
	w.expect(w.get("/lost"), 200, "") // a connection to a node that is gone ends the run there
}

func TestTracker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{config: ConfigWorkspace{TrackerConfig: TrackerConfig{Enabled: true}}, app: wizard()})
	w.expect(w.get("/w"), 200, "name")
	w.expect(w.post("/w", map[string][]string{"name": {"Ana"}, exchange.NextField: {"f2"}}), 200, "colour")
	w.expect(w.post("/w", map[string][]string{exchange.NextField: {"end"}}), 200, "{")
	w.rt.Close(t.Context())
	rows, err := w.store.DB().QueryContext(t.Context(), `SELECT log_id, box_id, order_box, duration, connection_next, payload FROM tracker ORDER BY order_box`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	ids := map[string]bool{}
	for rows.Next() {
		var id, box, duration, next, payload string
		var order int
		if err := rows.Scan(&id, &box, &order, &duration, &next, &payload); err != nil {
			t.Fatal(err)
		}
		ids[id] = true
		got = append(got, fmt.Sprint(order, box, next, strings.HasSuffix(duration, "m"), strings.Contains(payload, "Ana")))
	}
	if want := "1f1f2true false 2f2endtrue true 3endtrue true"; strings.Join(got, " ") != want || len(ids) != 1 {
		t.Errorf("got %q with %d log ids, want %q", strings.Join(got, " "), len(ids), want)
	}
}

// deaf is a step that ignores its run's end.
type deaf struct{ until chan struct{} }

func (d deaf) Run(*model.Controller, *model.Node, echo.Context, *goja.Runtime, string, model.Vars, *process.Process, goja.Value) (string, goja.Value, error) {
	<-d.until
	return "", nil, nil
}

func TestBackstop(t *testing.T) {
	t.Parallel()
	d := deaf{make(chan struct{})}
	w := newWorld(t, setup{
		config: ConfigWorkspace{VMPoolConfig: VMPoolConfig{MaxExecutionSeconds: 0.02}},
		prepare: func(rt *Runtime) {
			rt.limits.Backstop = 20 * time.Millisecond
			rt.RegisterStep("deaf", d)
		},
		app: app(starter("s", "/deaf", "d"), node("d", `{"type":"deaf"}`), starter("s2", "/good", "g"), js("g", `function main(){ c.JSON(200, 1) }`)),
	})
	answers := make(chan reply, 1)
	go func() { answers <- w.get("/deaf") }()
	select {
	case <-w.rt.Stuck():
	case <-time.After(10 * time.Second):
		t.Fatal("nobody noticed")
	}
	w.rt.Drain()
	got := w.get("/good")
	w.expect(got, 503, "stopping")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	close(d.until)
	w.expect(wait(t, answers), 408, `"limit":"time"`)
}

// chatter is a plugin that sends on from a goroutine of its own after its Run has ended, and after the run was killed.
type chatter struct{ more, sent chan struct{} }

func (chatter) Name() string                 { return "chatter" }
func (chatter) AddFeatureJS() map[string]any { return nil }
func (p chatter) Run(_ echo.Context, _ map[string]string, _ any, _ string, callback chan string) (any, string, error) {
	callback <- `{"n": 1}`
	go func() {
		<-p.more
		callback <- `{"n": 2}`
		close(p.sent)
	}()
	return nil, "", nil
}

func TestPluginSendsTooLate(t *testing.T) {
	t.Parallel()
	p := chatter{make(chan struct{}), make(chan struct{})}
	w := newWorld(t, setup{
		prepare: func(rt *Runtime) { rt.RegisterPlugin(p) },
		app: app(starter("s", "/cb", "cb"), node("cb", `{"type":"dromedary_callback","dromedary_name":"chatter"}`, "output_1=on", "output_2=branch"),
			js("on", `function main(){ c.JSON(200, "on") }`), js("branch", `function main(){}`)),
	})
	w.expect(w.get("/cb"), 200, `"on"`)
	if err := w.rt.Processes().Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(p.more)
	wait(t, p.sent)
}
