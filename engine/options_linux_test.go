package engine

import (
	"strconv"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

// plainArguments are arguments that get a function as far as its options, by the name or the kind of the parameter.
var plainArguments = map[string]string{
	"url": `"http://127.0.0.1:1/"`, "csv": `"a"`, "yaml": `"a: 1"`, "xml": `"<a/>"`, "rows": `[]`, "elements": `{a: 1}`, "claims": `{}`,
	"cipherKey": `"0123456789abcdef"`, "key": `"0123456789abcdef0123456789abcdef"`, "token": `"a.b.c"`, "fn": `() => {}`,
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
	return plainArguments[p.Kind]
}
