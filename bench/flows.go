package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// flow is what is measured: a request, and the floors that do the same with less.
type flow struct {
	name, path string
	method     string // Defaults to GET
	body       string // JSON
	status     int
	floors     []string // paths of the floors' server, the one to compare with last
	large      bool     // the large app has it, too
}

func flows() []flow {
	return []flow{
		{name: "hello", path: "/hello", status: 200, floors: []string{"bare", "vm-hello"}, large: true},
		{name: "calc", path: "/calc", status: 200, floors: []string{"vm-calc"}},
		{name: "chain", path: "/chain", status: 200, floors: []string{"vm-chain"}},
		{name: "scripts", path: "/scripts", status: 200, floors: []string{"vm-chain"}},
		{name: "es2022", path: "/new", status: 200, floors: []string{"vm-chain"}},
		{name: "form", path: "/form", status: 200, floors: []string{"vm-hello"}},
		{name: "json", path: "/json", method: http.MethodPost, body: tenKilobytes(), status: 200, floors: []string{"vm-hello"}},
		{name: "fork", path: "/fork", status: 200, floors: []string{"vm-hello"}},
		{name: "http", path: "/http", status: 200, floors: []string{"vm-hello"}},
		{name: "db", path: "/db", status: 200, floors: []string{"vm-hello"}},
		{name: "pattern", path: "/p150/7/x/8", status: 200, floors: []string{"vm-hello"}},
	}
}

func (f flow) request(path string) []byte {
	method := f.method
	if method == "" {
		method = http.MethodGet
	}
	head := method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n"
	if f.body != "" {
		head += fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n", len(f.body))
	}
	return []byte(head + "\r\n" + f.body)
}

func tenKilobytes() string {
	type item struct {
		ID    int     `json:"id"`
		Name  string  `json:"name"`
		Price float64 `json:"price"`
		Tags  []string
	}
	items := make([]item, 130)
	for i := range items {
		items[i] = item{i, fmt.Sprintf("item number %d", i), float64(i) * 1.25, []string{"new", "sale"}}
	}
	text, _ := json.Marshal(map[string]any{"items": items}) // cannot fail
	return string(text)
}

const (
	codeHello = "function main() {\n  c.JSON(200, {ok: true})\n}"
	codeCalc  = "function main() {\n  let x = 0\n  for (let i = 0; i < 1000; i++) {\n    x += Math.sqrt(i) * Math.sin(i)\n  }\n  c.JSON(200, {x: x})\n}"
	codeSet   = "function main() {\n  payload[nflow_data.var_name] = nflow_data.var_value\n}"
	codeNew   = "function main() {\n  const { steps = [], ...rest } = payload\n  payload = { ...rest, steps: [...steps, nflow_data.var_name?.toUpperCase() ?? ''] }\n}"
	codeForm  = "function main() {\n  payload.step = 1\n  c.HTML(200, '<form><input name=a></form>')\n  payload.break = true\n}"
	codeJSON  = "function main() {\n  const sum = post_data.items.reduce((n, i) => n + i.price, 0)\n" +
		"  c.JSON(200, { sum, items: post_data.items.map((i) => ({ id: i.id, label: i.name.toUpperCase(), total: i.price * 1.2 })) })\n}"
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
	d.node(flow, id, map[string]any{"type": "js", "name_box": id, "code": code, "var_name": id, "var_value": "1"}, outputs...)
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

// chain draws eleven nodes: ten that node makes, and one that answers the payload.
func (d drawing) chain(flow, path string, node func(id, next string)) {
	d.starter(flow, path, flow+"1")
	for i := 1; i <= 10; i++ {
		node(fmt.Sprintf("%s%d", flow, i), fmt.Sprintf("%s%d", flow, i+1))
	}
	d.node(flow, flow+"11", map[string]any{"type": "js", "script": "json", "field": "", "http_code": "200"})
}

// writeApps writes the two apps that are served, and the configuration.
func writeApps(dir, backend string) error {
	d := drawing{}
	for path, code := range map[string]string{
		"hello": codeHello, "calc": codeCalc, "form": codeForm, "json": codeJSON,
		"http": "function main() {\n  c.JSON(200, http.get('" + backend + "', { as: 'json' }).body)\n}",
		"db":   "function main() {\n  c.JSON(200, db.one('SELECT $1 AS name, 6 * 7 AS answer', ['Ada']))\n}",
	} {
		d.starter(path, "/"+path, path)
		d.js(path, path, code, "end-"+path)
		d.js(path, "end-"+path, "function main() {\n}")
	}
	d.chain("chain", "/chain", func(id, next string) {
		d.node("chain", id, map[string]any{"type": "js", "script": "js_set_var", "var_name": id, "var_value": "1"}, next)
	})
	d.chain("scripts", "/scripts", func(id, next string) { d.js("scripts", id, codeSet, next) })
	d.chain("new", "/new", func(id, next string) { d.js("new", id, codeNew, next) })
	d.starter("fork", "/fork", "fork")
	d.node("fork", "fork", map[string]any{"type": "gorutine"}, "main", "branch")
	d.js("fork", "main", codeHello)
	d.js("fork", "branch", "function main() {\n  payload.x = 1\n}")
	for i := range 200 {
		id := fmt.Sprintf("p%d", i)
		d.starter("patterns", "/"+id+"/:a/x/:b", id)
		d.js("patterns", id, "function main() {\n  c.JSON(200, vars)\n}")
	}
	if err := d.write(filepath.Join(dir, "app")); err != nil {
		return err
	}
	if err := large().write(filepath.Join(dir, "large")); err != nil {
		return err
	}
	host := strings.TrimPrefix(strings.TrimSuffix(backend, "/"), "http://")
	config := "[log]\nlevel = \"warn\"\n[vm_pool]\nenable_network = true\nnetwork_allow = [\"" + host + "\"]\n[db.default]\ndriver = \"sqlite\"\ndsn = \"" +
		filepath.ToSlash(filepath.Join(dir, "flows.db")) + "\"\n"
	return os.WriteFile(filepath.Join(dir, "config.toml"), []byte(config), 0o600)
}

// large is an app of 1,000 flows with 50 nodes each, and hello.
func large() drawing {
	d := drawing{}
	d.starter("hello", "/hello", "hello")
	d.js("hello", "hello", codeHello)
	for f := range 999 {
		name := fmt.Sprintf("f%d", f)
		d.starter(name, fmt.Sprintf("/f%d/:a", f), fmt.Sprintf("n%d-1", f))
		for n := 1; n < 50; n++ {
			id, next := fmt.Sprintf("n%d-%d", f, n), fmt.Sprintf("n%d-%d", f, n+1)
			if n == 49 {
				d.js(name, id, codeHello)
			} else {
				d.js(name, id, fmt.Sprintf("function main() {\n  payload.x%d_%d = 1\n}", f, n), next)
			}
		}
	}
	return d
}

// backend is what the flow http asks.
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
		w.Write([]byte(`{"ok":true}`)) //nolint:errcheck // the server tells
	})}}
	go b.Serve(l) //nolint:errcheck // until Close
	return b, nil
}
