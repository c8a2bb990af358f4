package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

const (
	codeHello = `function main() {
  c.JSON(200, {ok: true})
}`
	codeCalc = `function main() {
  let x = 0
  for (let i = 0; i < 1000; i++) {
    x += Math.sqrt(i) * Math.sin(i)
  }
  c.JSON(200, {x: x})
}`
	codeSet = `function main() {
  payload[nflow_data.var_name] = nflow_data.var_value
}`
	codeNew = `function main() {
  class Steps {
    #list = []
    static of(list) { const s = new Steps(); s.#list = [...list]; return s }
    add(name) { this.#list.push(name); return this.#list }
  }
  const { steps = [], ...rest } = payload
  const list = Steps.of(steps).add(nflow_data.var_name?.toUpperCase() ?? '')
  payload = { ...rest, steps: list, last: list.at(-1) }
}`
	codeJSON = `function main() {
  const sum = post_data.items.reduce((n, i) => n + i.price, 0)
  c.JSON(200, { sum, items: post_data.items.map((i) => ({ id: i.id, label: i.name.toUpperCase(), total: i.price * 1.2 })) })
}`
	codeFields = `function main() {
  c.JSON(200, { fields: Object.keys(post_data).length, last: post_data.field99 })
}`
	codeAsk = `function main() {
  c.HTML(200, '%s')
  payload.break = true
}`
	codeForm = `function main() {
  c.JSON(200, { name: payload.name, age: payload.age })
}`
	pageOne = "<form method=post><input name=name></form>"
	pageTwo = "<form method=post><input name=age></form>"
)

// drawing builds an app as the designer exports it.
type drawing map[string]map[string]any

func (d drawing) node(flow, id string, data map[string]any, outputs ...string) {
	if d[flow] == nil {
		d[flow] = map[string]any{}
	}
	to := map[string]any{}
	for i, out := range outputs {
		to[fmt.Sprintf("output_%d", i+1)] = map[string]any{"connections": []any{map[string]any{"node": out}}}
	}
	d[flow][id] = map[string]any{"data": data, "outputs": to}
}

func (d drawing) starter(flow, path, first string) {
	d.node(flow, "start-"+first, map[string]any{"type": "starter", "method": "ANY", "urlpattern": path}, first)
}

func (d drawing) js(flow, id, code string, outputs ...string) {
	d.node(flow, id, map[string]any{"type": "js", "name_box": id, "code": code}, outputs...)
}

func (d drawing) write(dir string) error {
	all := map[string]any{}
	for flow, nodes := range d {
		all[flow] = map[string]any{"data": nodes}
	}
	text, err := json.Marshal(map[string]any{"drawflow": all})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "app.json"), text, 0o600)
}

// chain draws eleven nodes: ten with the data, which set v1 to v10, and one that returns the payload.
func (d drawing) chain(flow string, data map[string]any) {
	d.starter(flow, "/"+flow, flow+"1")
	for i := 1; i <= 10; i++ {
		set := map[string]any{"type": "js", "var_name": fmt.Sprintf("v%d", i), "var_value": "1"}
		maps.Copy(set, data)
		d.node(flow, fmt.Sprintf("%s%d", flow, i), set, fmt.Sprintf("%s%d", flow, i+1))
	}
	d.node(flow, flow+"11", map[string]any{"type": "js", "script": "json", "field": "", "http_code": "200"})
}

// small has every flow that is measured, and 200 patterns of paths.
func small(backend string) drawing {
	d := drawing{}
	for path, code := range map[string]string{
		"hello": codeHello, "calc": codeCalc, "json": codeJSON, "fields": codeFields, "regexps": codeRegexps(),
		"http": "function main() {\n  c.JSON(200, http.get('" + backend + "', { as: 'json' }).body)\n}",
		"db":   "function main() {\n  c.JSON(200, db.one('SELECT $1 AS name, 6 * 7 AS answer', ['Ada']))\n}",
	} {
		d.starter(path, "/"+path, path)
		d.js(path, path, code)
	}
	d.chain("chain", map[string]any{"script": "js_set_var"})
	d.chain("scripts", map[string]any{"code": codeSet})
	d.chain("es2022", map[string]any{"code": codeNew})
	d.starter("form", "/form", "form1")
	d.js("form", "form1", fmt.Sprintf(codeAsk, pageOne), "form2")
	d.js("form", "form2", fmt.Sprintf(codeAsk, pageTwo), "form3")
	d.js("form", "form3", codeForm)
	d.starter("fork", "/fork", "fork")
	d.node("fork", "fork", map[string]any{"type": "gorutine"}, "main", "branch")
	d.js("fork", "main", codeHello)
	d.js("fork", "branch", "function main() {\n  payload.x = 1\n}")
	for i := range 200 {
		id := fmt.Sprintf("p%d", i)
		d.starter("patterns", "/"+id+"/:a/x/:b", id)
		d.js("patterns", id, "function main() {\n  c.JSON(200, vars)\n}")
	}
	return d
}

// writeApps writes the two apps that are served, and the configuration, whose log has a level.
func writeApps(dir, backend, level string) error {
	if err := small(backend).write(filepath.Join(dir, "app")); err != nil {
		return err
	}
	if err := large().write(filepath.Join(dir, "large")); err != nil {
		return err
	}
	host := strings.TrimPrefix(strings.TrimSuffix(backend, "/"), "http://")
	config := "[log]\nlevel = \"" + level + "\"\n[vm_pool]\nenable_network = true\nnetwork_allow = [\"" + host + "\"]\n[db.default]\ndriver = \"sqlite\"\ndsn = \"" +
		filepath.ToSlash(filepath.Join(dir, "flows.db")) + "\"\n"
	return os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600)
}

// large is an app of 1,000 flows with 50,000 nodes. Its first flow is hello.
func large() drawing {
	d := drawing{}
	d.starter("hello", "/hello", "hello")
	d.js("hello", "hello", codeHello)
	for f := range 999 {
		last := 49 // and the starter
		if f < 48 {
			last = 50 // for those that hello lacks
		}
		name := fmt.Sprintf("f%d", f)
		d.starter(name, "/"+name+"/:a", fmt.Sprintf("n%d-1", f))
		for n := 1; n < last; n++ {
			d.js(name, fmt.Sprintf("n%d-%d", f, n), fmt.Sprintf("function main() {\n  payload.x%d_%d = 1\n}", f, n), fmt.Sprintf("n%d-%d", f, n+1))
		}
		d.js(name, fmt.Sprintf("n%d-%d", f, last), codeHello)
	}
	return d
}

// backend is what the flow http calls.
type backend struct {
	*http.Server
	url string
}

func startBackend(ctx context.Context) (*backend, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &backend{url: "http://" + l.Addr().String() + "/", Server: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"ok":true}`)) //nolint:errcheck // the server reports it
	})}}
	go b.Serve(l) //nolint:errcheck // until Close
	return b, nil
}
