package main

import (
	"fmt"
	"strings"
)

// chainOf draws a flow of that many nodes: all but the last set a variable, the last one responds. Standard ones are done in
// Go; the others are scripts.
func (d drawing) chainOf(nodes int, standard bool) (path string) {
	flow := fmt.Sprintf("script%d", nodes)
	if standard {
		flow = fmt.Sprintf("standard%d", nodes)
	}
	id := func(n int) string { return fmt.Sprintf("%s-%d", flow, n) }
	d.starter(flow, "/"+flow, id(1))
	for n := 1; n < nodes; n++ {
		data := map[string]any{"type": "js", "var_name": fmt.Sprintf("v%d", n%10), "var_value": "1"}
		if standard {
			data["script"] = "js_set_var"
		} else {
			data["code"] = codeSet
		}
		d.node(flow, id(n), data, id(n+1))
	}
	if standard {
		d.node(flow, id(nodes), map[string]any{"type": "js", "script": "_end"})
	} else {
		d.js(flow, id(nodes), "function main() {\n  c.JSON(200, {})\n}")
	}
	return "/" + flow
}

// many draws that many flows of 50 nodes beside hello.
func many(flows int) drawing {
	d := drawing{}
	d.hello()
	for f := range flows {
		name := fmt.Sprintf("f%d", f)
		id := func(n int) string { return fmt.Sprintf("n%d-%d", f, n) }
		d.starter(name, "/"+name+"/:a", id(1)) // the first of the 50
		for n := 1; n < 49; n++ {
			d.js(name, id(n), fmt.Sprintf("function main() {\n  payload.x%d_%d = 1\n}", f, n), id(n+1))
		}
		d.js(name, id(49), codeHello)
	}
	return d
}

func (d drawing) hello() {
	d.starter("hello", "/hello", "hello")
	d.js("hello", "hello", codeHello)
}

// echoing draws a flow that returns the JSON that came.
func echoing() drawing {
	d := drawing{}
	d.hello()
	d.starter("echo", "/echo", "echo")
	d.js("echo", "echo", "function main() {\n  c.JSON(200, post_data)\n}")
	return d
}

// bodyOf makes JSON of exactly so many bytes, 24 or more: objects as they are usual, and a text for the rest.
func bodyOf(size int) string {
	const frame = len(`{"items":[],"pad":""}`)
	var list []string
	used := frame
	for i := 0; ; i++ {
		one := fmt.Sprintf(`{"id":%d,"name":"item number %d","price":%d.25,"tags":["new","sale"]}`, i, i, i)
		if used+len(one)+1 > size {
			break
		}
		list = append(list, one)
		used += len(one) + 1
	}
	items := strings.Join(list, ",")
	return `{"items":[` + items + `],"pad":"` + strings.Repeat("x", size-frame-len(items)) + `"}`
}

// sessionFlows draws flows that fill a session, read it and change it, for values of these sizes.
func sessionFlows(sizes []int) drawing {
	d := drawing{}
	d.hello()
	for _, size := range sizes {
		for what, code := range map[string]string{
			"fill":  fmt.Sprintf("set_session('cart', 'v', 'x'.repeat(%d))", size),
			"read":  "get_session('cart', 'v')",
			"write": "const v = get_session('cart', 'v')\n  set_session('cart', 'v', (v[0] === 'x' ? 'y' : 'x') + v.slice(1))",
		} {
			name := fmt.Sprintf("%s%d", what, size)
			d.starter(name, "/"+name, name)
			d.js(name, name, "function main() {\n  "+code+"\n  c.JSON(200, {size: get_session('cart', 'v').length})\n}")
		}
	}
	return d
}
