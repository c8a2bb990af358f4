package scan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
)

func around(open, middle, closing string, n int) string {
	return strings.Repeat(open, n) + middle + strings.Repeat(closing, n)
}

func TestRefusesWhatHarmsTheParser(t *testing.T) {
	t.Parallel()
	hidden := strings.Repeat("(", 5000)
	for _, c := range []struct{ name, src, want string }{
		{"size", strings.Repeat(" ", maxSource+1), "bytes"},
		{"parentheses", "x=" + around("(", "1", ")", 300000), "nested more than 256"},
		{"array", "x=" + around("[", "", "]", 300), "nested more than 256"},
		{"blocks", around("{", "", "}", 300), "nested more than 256"},
		{"mixed", "x=" + around("[{a:(", "1", ")}]", 100), "nested more than 256"},
		{"templates", around("`${", "1", "}`", 40), "templates are nested"},
		{"plus", "x=a" + strings.Repeat("+1", 6000), "in a row"},
		{"not", "x=" + strings.Repeat("!", 6000) + "a", "in a row"},
		{"typeof", "x=" + strings.Repeat("typeof ", 6000) + "a", "in a row"},
		{"members", "x=a" + strings.Repeat(".b", 6000), "in a row"},
		{"optional members", "x=a" + strings.Repeat("?.b", 6000), "in a row"},
		{"calls", "x=a" + strings.Repeat("()", 6000), "in a row"},
		{"indexes", "x=a" + strings.Repeat("[0]", 6000), "in a row"},
		{"conditions", "x=" + strings.Repeat("a?b:", 6000) + "c", "in a row"},
		{"else if", "if(a){}" + strings.Repeat("else if(a){}", 6000), "in a row"},
		{"if", strings.Repeat("if(a)", 6000) + "b", "in a row"},
		{"labels", strings.Repeat("a:", 6000) + ";", "in a row"},
		{"arrows", "x=" + strings.Repeat("a=>", 6000) + "a", "in a row"},
		{"many long chains", strings.Repeat("x=a"+strings.Repeat("+1", 4000)+";", 20), "too many long"},
		{"arrow parameters", "x=" + around("(a=", "1", ")=>1", 20), "arrow functions"},
		{"arrow parameters with a comment", "x=" + around("(a=", "1", ")/**/=>1", 20), "arrow functions"},
		{"async arrow parameters", "x=" + around("async (a=", "1", ")=>1", 20), "arrow functions"},
		{"arrow parameters in calls", "x=" + around("(a=f(", "1", "))=>1", 20), "arrow functions"},
		{"behind an object", "x={}/'';" + hidden, "nested more than 256"},
		{"behind a doubtful slash", "x=function(){}/'" + hidden + "'/1", "may divide or start a regular expression"},
		{"behind yield", "yield/'" + hidden + "/1", "may divide or start a regular expression"},
		{"behind a label", "a:{}/\"/;" + hidden, "nested more than 256"},
		{"behind a comment and a block", "/**/{}/\"/;" + hidden + "\"", "nested more than 256"},
		{"behind return and a wide space", "return\u00a0/\"/;" + hidden + "\"", "nested more than 256"},
		{"behind a condition's object", "a?b:{}/'';" + hidden, "nested more than 256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := Check(c.src)
			if p == nil || !strings.Contains(p.Text, c.want) {
				t.Fatalf("got %v, want a problem with %q", p, c.want)
			}
			if p.Line < 1 || p.Column < 1 {
				t.Errorf("place is %d:%d", p.Line, p.Column)
			}
		})
	}
}

func TestTakesWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("(", 300)
	for name, src := range map[string]string{
		"brackets in a string":        `x="` + deep + `"`,
		"brackets behind an escape":   `x="\"` + deep + `"`,
		"brackets in a comment":       "// " + deep + "\n/* " + deep + " */",
		"brackets in a template":      "x=`" + deep + "${1}" + deep + "`",
		"brackets in an expression":   "x=/[" + deep + "]/g.test(y)",
		"expression behind if":        "if (x) /[" + deep + "]/.test(y)",
		"expression behind a block":   "{}\n/[" + deep + "]/.test(y)",
		"expression behind return":    "function f(){ return /[" + deep + "]/ }",
		"division":                    "x = a / b / c; y = (a) / 2; z = a[0] / 2; w = {}.x / 2",
		"statements without ends":     strings.Repeat("a.b.c()\n", 6000),
		"long switch":                 "switch(x){" + strings.Repeat("case 1:\n", 6000) + "}",
		"nested arrows in bodies":     "x=" + around("(a)=>{ f(", "1", ") }", 50),
		"template in a template":      "x=`a${`b${`c${1}`}`}`",
		"object in a template":        "x=`${ {a:1}.a / 2 }`",
		"regular expression, brace":   "x={a:/}/, b:/[{]/}",
		"names with escapes":          `\u{61}bc = 1; ab\u0063 = 2`,
		"member called like a word":   "a.return / 2; a.if(1) / 2; x = a.typeof",
		"mistake for the parser":      "function f( { ]",
		"mistake: string without end": "x = 'abc\ny = 1",
		"private and decorated":       "class A { #x = 1; get y() { return this.#x / 2 } }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p := Check(src); p != nil {
				t.Errorf("refused: %v", p)
			}
		})
	}
}

func TestNamesThePlace(t *testing.T) {
	t.Parallel()
	p := Check("let a = 'é';\r\nlet ü = " + around("(", "1", ")", 300))
	if p == nil || p.Line != 2 || p.Column != 9+256 {
		t.Fatalf("got %+v, want 2:%d", p, 9+256)
	}
}

func TestIsLinear(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string]string{
		"slashes": "}/", "doubt": "yield/\n", "quotes": "'\n", "comments": "/* */", "regexps": "=/a/", "templates": "`${1}`;", "opens": "/(", "escapes": `\u{`,
	} {
		src := strings.Repeat(piece, maxSource/len(piece))
		start := time.Now()
		Check(src)
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("%s: %d bytes took %v", name, len(src), d)
		}
	}
}

// TestTakesRealApps reads the scripts of the shared example apps.
func TestTakesRealApps(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../../shared/apps/*/app.json")
	if len(files) == 0 {
		t.Skip("no apps in ../shared/apps")
	}
	scripts := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var app any
		if err := json.Unmarshal(text, &app); err != nil {
			t.Fatal(err)
		}
		eachString(app, func(s string) {
			if _, err := goja.Parse("", s); err != nil {
				return
			}
			scripts++
			if p := Check(s); p != nil {
				t.Errorf("%s: refused: %v\n%s", name, p, s)
			}
		})
	}
	if scripts == 0 {
		t.Error("no script found")
	}
}

func eachString(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, e := range v {
			eachString(e, f)
		}
	case map[string]any:
		for _, e := range v {
			eachString(e, f)
		}
	}
}

// FuzzCheck looks for panics, for problems without a place, and for short programs that the parser takes and Check does
// not.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"", "x=/[/]/g", "`${`${1}`}`", "a?b:{}/1", "\\u{61}", "}{)(", "/*", "#!x\n(", "x=>{}/2", "1..x", "\u2028/x/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p := Check(src)
		if p == nil {
			return
		}
		if p.Line < 1 || p.Column < 1 || p.Text == "" {
			t.Errorf("problem %+v", p)
		}
		if len(src) < 200 {
			if _, err := goja.Parse("", src); err == nil && !strings.Contains(p.Text, "arrow") && !strings.Contains(p.Text, "templates") {
				t.Errorf("refused a good program: %v", p)
			}
		}
	})
}
