package arg

import (
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	w := hosttest.NewWorld(t, func() []hostfn.Row {
		return []hostfn.Row{{Name: "f", Bind: Object(
			Method("text", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return r.VM.ToValue(len(Text(r, "f.text", call, 0)))
			}),
			Method("set", func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				o := Options(r, "f.set", call, 0, "name", "on", "list", "sign")
				return r.ToJS(map[string]any{"name": o.Text("name", "none"), "on": o.Flag("on", true), "list": o.Texts("list"), "sign": o.Char("sign", ",")})
			}),
		)}}
	})
	w.Eq(`[f.text("abc"), f.set()]`, `[3,{"list":[],"name":"none","on":true,"sign":","}]`)
	w.Eq(`f.set({name: "a", on: false, list: ["x", "y"], sign: ";"})`, `{"list":["x","y"],"name":"a","on":false,"sign":";"}`)
	w.Eq(`f.set({list: "x"}).list`, `["x"]`)
	for script, text := range map[string]string{
		`f.text(7)`:                   "f.text: argument 1 must be text",
		`f.text("x".repeat(9 << 20))`: "longer than 8 MiB",
		`f.set("x")`:                  "argument 1 must be an object of options",
		`f.set({nam: 1})`:             `unknown option "nam"`,
		`f.set({name: 1})`:            "option name must be text",
		`f.set({on: 1})`:              "option on must be true or false",
		`f.set({list: [1]})`:          "option list must be a list of texts",
		`f.set({list: 1})`:            "option list must be text or a list of texts",
		`f.set({sign: "ab"})`:         "option sign must be one character",
		`f.set({sign: ""})`:           "option sign must be one character",
		`f.set({sign: '"'})`:          "option sign must be one character",
		`f.set({sign: "€€"})`:         "option sign must be one character",
		`f.set({sign: "\ufffd"})`:     "option sign must be one character",
	} {
		w.Throws(script, text)
	}
}

func TestCounter(t *testing.T) {
	t.Parallel()
	w := hosttest.NewWorld(t, nil)
	c := Counter{R: w.Run}
	if err := c.Add(MaxDepth, 1); err != nil {
		t.Error(err)
	}
	if err := c.Add(MaxDepth+1, 1); err == nil || !strings.Contains(Reason(err), "nested more than 200 deep") {
		t.Errorf("the depth is not bounded: %v", err)
	}
	c = Counter{R: w.Run, values: MaxValues}
	if err := c.Add(1, 1); err == nil || Reason(err) != fault.From(err).Text {
		t.Errorf("the number of values is not bounded: %v", err)
	}
}
