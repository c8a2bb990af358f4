package jsapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
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
			Name: "find_element", Sig: "find_element(path, value)", Doc: `Returns the part of a value at a dotted path, as in "order.lines.0.price"; undefined when there is none.`,
			Example: `const first = find_element("order.lines.0", { order: { lines: ["pen"] } })`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				return findElement(r, hostfn.String(call, 0), call.Argument(1))
			}),
		},
		{
			Name: "atob", Sig: "atob(base64)", Doc: "Decodes base64 to a string of bytes, as browsers do.",
			Example: `const text = atob("aGVsbG8=")`, Bind: hostfn.Func(atob),
		},
		{
			Name: "btoa", Sig: "btoa(text)", Doc: "Encodes a string of bytes, or a Uint8Array, as base64, as browsers do.",
			Example: `const encoded = btoa("hello")`, Bind: hostfn.Func(btoa),
		},
		{
			Name: "uuid", Sig: "uuid()", Doc: "A new random UUID.",
			Example: `payload.id = uuid()`,
			Bind:    hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.ToValue(r.UUID()) }),
		},
		{
			Name: "clean_json", Sig: "clean_json(text)", Doc: "Returns the JSON inside a Markdown code fence, as language models write it; fences inside its texts stay, and text without a fence is returned trimmed.",
			Example: "const data = JSON.parse(clean_json('```json\\n{\"a\":1}\\n```'))",
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				noObject(r, "clean_json takes text", call.Argument(0))
				text := hostfn.String(call, 0)
				fences := int64(min(strings.Count(text, fence), maxFences))
				r.Spend(int(int64(len(text)>>4)*(1+fences*fences/2)), int64(len(text))*(2+fences))
				return r.VM.ToValue(cleanJSON(text))
			}),
		},
		{
			Name: "new_map", Sig: "new_map()", Doc: "A new empty object.",
			Example: `const m = new_map(); m.a = 1`,
			Bind:    hostfn.Func(func(r *hostfn.Run, _ goja.FunctionCall) goja.Value { return r.VM.NewObject() }),
		},
		{
			Name: "url_values_to_map", Sig: "url_values_to_map(values)", Doc: "Converts an object of name to array, as c.QueryParams() returns it, to an object of name to first value.",
			Example: `const query = url_values_to_map(c.QueryParams())`, Bind: hostfn.Func(urlValuesToMap),
		},
		{
			Name: "sleep", Sig: "sleep(ms)", Doc: "Waits that many milliseconds, at most until the run ends.",
			Example: `sleep(5)`, Bind: hostfn.Func(sleep),
		},
	}
}

// maxPath is how many parts a path may have.
const maxPath = 1000

// findElement follows own properties only: what is inherited is not data.
func findElement(r *hostfn.Run, path string, v goja.Value) goja.Value {
	if strings.Count(path, ".") > maxPath {
		r.Throwf("find_element: the path has more than %d parts", maxPath)
	}
	for key := range strings.SplitSeq(path, ".") {
		o, ok := v.(*goja.Object)
		if !ok {
			return goja.Undefined()
		}
		if v = o.Get(key); v == nil {
			return goja.Undefined()
		}
		if proto := o.Prototype(); proto != nil && proto.Get(key) != nil {
			if !slices.Contains(r.Names(o), key) {
				return goja.Undefined()
			}
		}
	}
	return v
}

// noObject refuses an object, whose text would be another's.
func noObject(r *hostfn.Run, takes string, v goja.Value) {
	if o, ok := v.(*goja.Object); ok && o.ClassName() != "String" {
		typeError(r, "%s, not an object", takes)
	}
}

func atob(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	noObject(r, "atob takes base64", call.Argument(0))
	source := r.Text(call.Argument(0))
	r.Spend(len(source)>>3, 4*int64(len(source)))
	text := strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\n\f\r", c) {
			return -1
		}
		return c
	}, source)
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		r.ThrowDOM("InvalidCharacterError", "atob takes base64, with the letters A-Z, a-z, 0-9, + and /")
	}
	var b strings.Builder
	for _, c := range data {
		b.WriteRune(rune(c))
	}
	return r.VM.ToValue(b.String())
}

func btoa(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	if bytes, ok := r.Bytes(call.Argument(0)); ok {
		r.Spend(0, 2*int64(len(bytes)))
		return r.VM.ToValue(base64.StdEncoding.EncodeToString(bytes))
	}
	noObject(r, "btoa takes text or bytes", call.Argument(0))
	source := r.Text(call.Argument(0))
	r.Spend(len(source)>>4, 4*int64(len(source)))
	data := make([]byte, 0, len(source))
	for _, c := range source {
		if c > 0xff {
			r.ThrowDOM("InvalidCharacterError", fmt.Sprintf("btoa takes characters up to U+00FF; %q is beyond", c))
		}
		data = append(data, byte(c))
	}
	return r.VM.ToValue(base64.StdEncoding.EncodeToString(data))
}

const (
	fence     = "```"
	maxFences = 40 // of one answer that are looked at
)

// cleanJSON finds the JSON of an answer. What is JSON already, or begins as it, holds fences in its texts only; else it is the
// first part between fences that is JSON, or what stands behind the first fence.
func cleanJSON(text string) string {
	text = strings.TrimSpace(text)
	parts := strings.SplitN(text, fence, maxFences)
	if len(parts) == 1 || text[0] == '{' || text[0] == '[' || json.Valid([]byte(text)) {
		return text
	}
	for i := 1; i < len(parts); i++ {
		if inner := withoutLanguage(parts[i]); !strings.HasPrefix(inner, "{") && !strings.HasPrefix(inner, "[") {
			continue
		}
		for end := i + 1; end <= len(parts); end++ {
			if inner := withoutLanguage(strings.Join(parts[i:end], fence)); json.Valid([]byte(inner)) {
				return inner
			}
		}
	}
	return withoutLanguage(parts[1])
}

// withoutLanguage takes the name of a language off that stands behind a fence.
func withoutLanguage(text string) string {
	return strings.TrimSpace(strings.TrimLeft(text, languageLetters))
}

// languageLetters are those of the name of a language after a code fence.
const languageLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

func urlValuesToMap(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	out := r.VM.NewObject()
	in, ok := call.Argument(0).(*goja.Object)
	if !ok {
		return out
	}
	for _, key := range r.WideKeys(in) {
		r.Spend(20, 100) // a property takes microseconds
		v := r.WideProperty(in, key)
		if list, ok := v.(*goja.Object); ok && list.ClassName() == "Array" {
			if v = list.Get("0"); v == nil {
				v = r.VM.ToValue("")
			}
		}
		r.SetWide(out, key, v)
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
