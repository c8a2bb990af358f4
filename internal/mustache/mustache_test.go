package mustache

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

type call func(this any, source string, render func(string) (string, error)) (any, error)

func (c call) Call(this any, source string, render func(string) (string, error)) (any, error) {
	return c(this, source, render)
}

// TestTagsAloneOnALine: what prints nothing takes its line with it, and a partial indents its lines.
func TestTagsAloneOnALine(t *testing.T) {
	t.Parallel()
	partials := map[string]string{"p": "a\n{{x}}\nb\n", "q": "1\r\n2", "rec": "{{n}}{{#kid}}\n {{>rec}}{{/kid}}", "delims": "{{=| |=}}|x|", "empty": ""}
	for source, want := range map[string]string{
		"a\n{{#s}}\nb\n{{/s}}\nc":              "a\nb\nc",
		"a\r\n  {{#s}}  \r\nb\r\n{{/s}}\r\nc":  "a\r\nb\r\nc",
		"{{#s}}\n{{/s}}":                       "",
		" {{#s}} a {{/s}} \n":                  "  a  \n",
		"{{! c\n d }}\nx":                      "x",
		"x {{! c }}\n":                         "x \n",
		"{{=| |=}}\n|x|\n|={{ }}=|\n{{x}}":     "X\nX",
		"{{=| |=}}{{x}}|x|":                    "{{x}}X",
		"{{#s}}{{#s}}{{x}}{{/s}}{{/s}}":        "X",
		"  {{>p}}\n|":                          "  a\n  X\n  b\n|",
		"\t{{> p }}":                           "\ta\n\tX\n\tb\n",
		"-{{>p}}\n":                            "-a\nX\nb\n\n",
		" {{>q}}\r\n|":                         " 1\r\n 2|",
		"{{>delims}}{{x}}":                     "XX",
		"{{>none}}{{>empty}}|":                 "|",
		"{{{x}}}{{& x }}{{ x }}":               "XXX",
		"{{#l}}{{.}}{{^last}},{{/last}}{{/l}}": "1,2,",
		"{{a.b.c}}{{a.x.c}}":                   "",
	} {
		out, err := render(source, map[string]any{"x": "X", "s": true, "l": []any{int64(1), 2.0}, "a": map[string]any{"b": nil}}, Options{
			Partial: func(name string) (string, bool) { p, ok := partials[name]; return p, ok },
		})
		if err != nil || out != want {
			t.Errorf("%q\n got %q %v\nwant %q", source, out, err, want)
		}
	}
	out, err := render("{{>rec}}", map[string]any{"n": "1", "kid": map[string]any{"n": "2", "kid": map[string]any{"n": "3", "kid": nil}}}, Options{
		Partial: func(name string) (string, bool) { return partials[name], true },
	})
	if err != nil || out != "1\n 2\n 3" {
		t.Errorf("%q %v", out, err)
	}
}

// TestWhatIsNoTemplate: a broken source says where, and a rendering ends when it is told to.
func TestWhatIsNoTemplate(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"a\n{{#s}}":                             `line 2: the section "s" is not closed`,
		"a\n\n{{/s}}":                           "line 3: {{/s}} closes no open section",
		"{{#a}}{{#b}}{{/a}}{{/b}}":              "{{/a}} closes no open section",
		"{{a":                                   "line 1: a tag is not closed",
		"{{{a}}":                                "line 1: a tag is not closed",
		"{{}}":                                  "line 1: a tag has no name",
		"{{#}}{{/}}":                            "a tag has no name",
		"{{=a=}}":                               "delimiters are two words",
		"{{" + strings.Repeat("a", 2000) + "}}": "longer than 1000 bytes",
		strings.Repeat("{{#a}}", 300):           "nested more than 200 deep",
	} {
		if _, err := Parse(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", source, err, want)
		}
	}
	over := errors.New("over")
	steps := 0
	_, err := render(strings.Repeat("{{#l}}", 6)+strings.Repeat("{{/l}}", 6), map[string]any{"l": make([]any, 100)}, Options{Step: func(n int) error {
		if steps += n; steps > 1000 {
			return over
		}
		return nil
	}})
	if !errors.Is(err, over) || steps > 1100 {
		t.Errorf("%v after %d steps", err, steps)
	}
	if _, err := render("{{>p}}", nil, Options{MaxDepth: 3, Partial: func(string) (string, bool) { return "{{>p}}", true }}); err == nil || !strings.Contains(err.Error(), "more than 3 deep") {
		t.Error(err)
	}
	if _, err := render("{{>p}}", nil, Options{Partial: func(string) (string, bool) { return "\n{{#x}}", true }}); err == nil || !strings.Contains(err.Error(), `partial "p": line 2`) {
		t.Error(err)
	}
}

// TestFunctions: a section's function gets the source of the section, and renders it in the place where it stands.
func TestFunctions(t *testing.T) {
	t.Parallel()
	twice := call(func(any, string, func(string) (string, error)) (any, error) {
		return call(func(_ any, source string, render func(string) (string, error)) (any, error) {
			text, err := render(source)
			return text + text, err
		}), nil
	})
	this := call(func(this any, _ string, _ func(string) (string, error)) (any, error) { return fmt.Sprint(this), nil })
	for source, want := range map[string]string{
		"{{#twice}}<{{x}}>{{/twice}}":                   "<X><X>",
		"{{=| |=}}|#twice|<|x|{{x}}>|/twice|":           "<X{{x}}><X{{x}}>",
		"{{#l}}{{#twice}}{{.}}{{/twice}}{{this}}{{/l}}": "111222",
		"{{#twice}}\n{{x}}\n{{/twice}}\n":               "X\nX\n",
	} {
		out, err := render(source, map[string]any{"x": "X", "l": []any{int64(1), int64(2)}, "twice": twice, "this": this}, Options{})
		if err != nil || out != want {
			t.Errorf("%q\n got %q %v\nwant %q", source, out, err, want)
		}
	}
}

func render(source string, data any, o Options) (string, error) {
	tmpl, err := Parse(source)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = tmpl.Render(&b, data, o)
	return b.String(), err
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "{{a}}", "{{#a}}{{/a}}", "{{=<% %>=}}<%a%>", "{{{a}}}", "{{! c }}\n", " {{>p}}\n", "{{^a}}b{{/a}}", "{{=", "{{=}} {{=}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		steps := 0
		_, _ = render(source, map[string]any{"a": []any{"x", nil, 1.5}}, Options{
			Partial: func(string) (string, bool) { return source, true },
			Step: func(n int) error {
				if steps += n; steps > 10_000 {
					return errors.New("over")
				}
				return nil
			},
		})
	})
}
