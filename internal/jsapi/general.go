package jsapi

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// generalRows: small helpers.
func generalRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "find_element", Sig: "find_element(path, value)", Doc: `The part of a value at a dotted path, as in "order.lines.0.price"; undefined when there is none.`,
			Example: `const first = find_element("order.lines.0", { order: { lines: ["pen"] } })`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return findElement(hostfn.String(call, 0), call.Argument(1))
			}),
		},
		{
			Name: "atob", Sig: "atob(base64)", Doc: "Decodes base64 to a string of bytes, as browsers do.",
			Example: `const text = atob("aGVsbG8=")`, Bind: hostfn.Func(atob),
		},
		{
			Name: "btoa", Sig: "btoa(text)", Doc: "Encodes a string of bytes as base64, as browsers do.",
			Example: `const encoded = btoa("hello")`, Bind: hostfn.Func(btoa),
		},
		{
			Name: "uuid", Sig: "uuid()", Doc: "A new random UUID.",
			Example: `payload.id = uuid()`,
			Bind:    hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.ToValue(r.UUID()) }),
		},
		{
			Name: "clean_json", Sig: "clean_json(text)", Doc: "The JSON inside a Markdown code fence, as language models answer it; text without a fence comes back trimmed.",
			Example: "const data = JSON.parse(clean_json('```json\\n{\"a\":1}\\n```'))",
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return r.VM.ToValue(cleanJSON(hostfn.String(call, 0)))
			}),
		},
		{
			Name: "new_map", Sig: "new_map()", Doc: "A new empty object.",
			Example: `const m = new_map(); m.a = 1`,
			Bind:    hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.NewObject() }),
		},
		{
			Name: "url_values_to_map", Sig: "url_values_to_map(values)", Doc: "Of an object of name to array, as c.QueryParams() answers it, an object of name to first value.",
			Example: `const query = url_values_to_map(c.QueryParams())`, Bind: hostfn.Func(urlValuesToMap),
		},
		{
			Name: "sleep", Sig: "sleep(ms)", Doc: "Waits that many milliseconds. The wait ends with the run.",
			Example: `sleep(5)`, Bind: hostfn.Func(sleep),
		},
	}
}

// findElement follows own properties only: what is inherited is not data.
func findElement(path string, v goja.Value) goja.Value {
	for key := range strings.SplitSeq(path, ".") {
		o, ok := v.(*goja.Object)
		if !ok {
			return goja.Undefined()
		}
		if v = o.Get(key); v == nil {
			return goja.Undefined()
		}
		if proto := o.Prototype(); proto != nil && proto.Get(key) != nil && !slices.Contains(o.GetOwnPropertyNames(), key) {
			return goja.Undefined()
		}
	}
	return v
}

func atob(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	text := strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\n\f\r", c) {
			return -1
		}
		return c
	}, call.Argument(0).String())
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		typeError(r, "atob takes base64, with the letters A-Z, a-z, 0-9, + and /")
	}
	var b strings.Builder
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return r.VM.ToValue(b.String())
}

func btoa(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	var data []byte
	for _, c := range call.Argument(0).String() {
		if c > 0xff {
			typeError(r, "btoa takes characters up to U+00FF; %q is beyond", c)
		}
		data = append(data, byte(c))
	}
	return r.VM.ToValue(base64.StdEncoding.EncodeToString(data))
}

var fence = regexp.MustCompile("(?s)```[A-Za-z0-9_-]*[ \t]*\r?\n?(.*?)```")

func cleanJSON(text string) string {
	if m := fence.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	return strings.TrimSpace(text)
}

func urlValuesToMap(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	out := r.VM.NewObject()
	in, ok := call.Argument(0).(*goja.Object)
	if !ok {
		return out
	}
	for _, key := range in.Keys() {
		v := in.Get(key)
		if list, ok := v.(*goja.Object); ok && list.ClassName() == "Array" {
			if v = list.Get("0"); v == nil {
				v = r.VM.ToValue("")
			}
		}
		hostfn.SetOwn(out, key, v)
	}
	return out
}

// maxSleep is the longest single sleep; a run's own time limit ends it much earlier.
const maxSleep = time.Hour

// milliseconds reads a duration; what is no positive number is zero.
func milliseconds(v goja.Value) time.Duration {
	ms := v.ToFloat()
	if !(ms > 0) { // NaN too
		return 0
	}
	return time.Duration(min(ms, float64(maxSleep/time.Millisecond)) * float64(time.Millisecond))
}

func sleep(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	d := milliseconds(call.Argument(0))
	if err := r.Sleep(d); err != nil {
		r.Throw(err)
	}
	return goja.Undefined()
}

// timeRows: parts of the server's time.
func timeRows() []hostfn.Row {
	row := func(name, what string, f func(time.Time) int64) hostfn.Row {
		return hostfn.Row{
			Name: name, Sig: name + "()", Doc: what, Example: `payload.at = ` + name + `()`,
			Bind: hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.ToValue(f(r.Now())) }),
		}
	}
	return []hostfn.Row{
		row("time_now_unix", "Seconds since 1970.", time.Time.Unix),
		row("time_now_unix_nano", "Nanoseconds since 1970, as exact as a JavaScript number can be.", time.Time.UnixNano),
		row("time_now_day", "The day of the month, from 1.", func(t time.Time) int64 { return int64(t.Day()) }),
		row("time_now_month", "The month, 1 to 12.", func(t time.Time) int64 { return int64(t.Month()) }),
		row("time_now_year", "The year.", func(t time.Time) int64 { return int64(t.Year()) }),
		row("time_now_hour", "The hour, 0 to 23.", func(t time.Time) int64 { return int64(t.Hour()) }),
		row("time_now_minute", "The minute, 0 to 59.", func(t time.Time) int64 { return int64(t.Minute()) }),
		row("time_now_second", "The second, 0 to 59.", func(t time.Time) int64 { return int64(t.Second()) }),
		row("time_now_weekday", "The day of the week: 0 is Sunday, 6 Saturday.", func(t time.Time) int64 { return int64(t.Weekday()) }),
	}
}
