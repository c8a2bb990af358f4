package engine

import (
	"cmp"
	"strconv"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

// plainArguments are arguments that get a function as far as its options, by the name or the kind of the parameter.
var plainArguments = map[string]string{
	"url": `"http://127.0.0.1:1/"`, "csv": `"a"`, "yaml": `"a: 1"`, "xml": `"<a/>"`, "rows": `[]`, "elements": `{a: 1}`, "claims": `{}`,
	"cipherKey": `"0123456789abcdef"`, "signingKey": `"0123456789abcdef0123456789abcdef"`, "token": `"a.b.c"`, "fn": `() => {}`,
	"text": `"x"`, "any": `1`, "bytes": `"x"`, "data": `{}`, "number": `1`, "base64": `"AAAA"`,
}

// Every function that takes options refuses one that it does not know, and names those of its signature, which the manual shows.
func TestOptionsAreThoseOfTheSignature(t *testing.T) {
	t.Parallel()
	nodes, want := []string{}, map[string]string{}
	for _, call := range walkCalls(t) {
		for at, p := range call.params {
			if p.Kind != "options" {
				continue
			}
			var keys []string
			for _, k := range p.Keys {
				keys = append(keys, k.Name)
			}
			n := strconv.Itoa(len(want))
			nodes = append(nodes, starter("s"+n, "/"+n, "n"+n), js("n"+n, optionsCall(call, at)))
			want["/"+n] = `unknown option "zzz"; the options are ` + strings.Join(keys, ", ")
		}
	}
	if len(want) < 20 {
		t.Errorf("only %d functions take options", len(want))
	}
	conf := ConfigWorkspace{
		VMPoolConfig: VMPoolConfig{EnableNetwork: true, NetworkAllow: []string{"127.0.0.1"}, EnableFilesystem: true, FilesystemRoot: t.TempDir()},
		ConfigMail:   MailConfig{Enabled: true, SMTPHost: "127.0.0.1", SMTPPort: 1, SMTPFrom: "a@example.com"},
	}
	conf.AI.Providers = map[string]AIProvider{"openai": {BaseURL: "http://127.0.0.1:1", Model: "m"}}
	w := newWorld(t, setup{app: app(nodes...), config: conf})
	for path, text := range want {
		if got := w.get(path).body; !strings.HasPrefix(got, "TypeError: ") || !strings.HasSuffix(got, text) {
			t.Errorf("%s\nand not   %s", got, text)
		}
	}
}

func optionsCall(call walkCall, at int) string {
	args := make([]string, at+1)
	for i, p := range call.params[:at] {
		args[i] = plainArgument(p)
	}
	args[at] = "{ zzz: 1 }"
	return `async function main() {
		let out = "taken by " + ` + strconv.Quote(call.name) + `
		try { await ` + call.name + `(` + strings.Join(args, ", ") + `) } catch (e) { out = String(e) + (e instanceof TypeError ? "" : " of " + ` + strconv.Quote(call.name) + `) }
		c.String(200, out)
	}`
}

func plainArgument(p hosttest.Param) string {
	if v := plainArguments[p.Name]; v != "" {
		return v
	}
	return cmp.Or(plainArguments[p.Kind], "undefined")
}

// An object behind the arguments of a function is one of options, which nothing would read; as a name it would be [object Object].
func TestObjectsThatNothingWouldRead(t *testing.T) {
	t.Parallel()
	browsers := map[string]bool{"language": true, "console": true, "require": true} // and what Node and the language have
	nodes, want := []string{}, map[string]string{}
	check := func(call walkCall, at int, text string) {
		n := strconv.Itoa(len(want))
		nodes = append(nodes, starter("s"+n, "/"+n, "n"+n), js("n"+n, optionsCall(call, at)))
		want["/"+n] = "TypeError: " + call.name + text
	}
	for _, call := range walkCalls(t) {
		if call.client != nil || call.step != "" || browsers[call.row] || !goFunction(call) {
			continue
		}
		behind := " takes no options"
		if n := len(call.params); n > 0 && call.params[n-1].Kind == "options" {
			behind = " takes options as argument " + strconv.Itoa(n) + ", not " + strconv.Itoa(n+1)
		}
		check(call, len(call.params), behind)
		for at, p := range call.params {
			if p.Name == "name" || p.Name == "key" || p.Name == "path" {
				check(call, at, ": "+p.Name+" cannot be an object")
			}
		}
	}
	if len(want) < 200 {
		t.Errorf("only %d calls", len(want))
	}
	conf := ConfigWorkspace{
		VMPoolConfig: VMPoolConfig{EnableNetwork: true, NetworkAllow: []string{"127.0.0.1"}, EnableFilesystem: true, FilesystemRoot: t.TempDir(), EnableProcess: true},
		ConfigMail:   MailConfig{Enabled: true, SMTPHost: "127.0.0.1", SMTPPort: 1, SMTPFrom: "a@example.com"},
	}
	w := newWorld(t, setup{app: app(nodes...), config: conf})
	for path, text := range want {
		if got := w.get(path).body; !strings.HasPrefix(got, text) {
			t.Errorf("%s\nand not   %s", got, text)
		}
	}
}

// goFunction reports whether a function is our own, which the table reaches by names alone; that it takes any number of arguments
// its parameters do not say.
func goFunction(call walkCall) bool {
	if strings.HasPrefix(call.name, "c.") {
		return call.name != "c.Error" && !strings.Contains(call.name, "(name)") // which is declared twice
	}
	if strings.ContainsAny(call.name, "( ") {
		return false
	}
	switch call.name {
	case "crypto.subtle.digest", "redis.del", "redis_hset", "rule_run", "setTimeout", "setInterval", "structuredClone", "queueMicrotask", "performance.now", "AbortSignal.abort",
		"AbortSignal.any", "Buffer.from", "Buffer.concat", "Response.json", "redis_hdel":
		return false
	}
	return true
}
