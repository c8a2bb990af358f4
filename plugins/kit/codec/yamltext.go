package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"go.yaml.in/yaml/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// yamlText returns in one line what is wrong with a text.
func yamlText(err error) string {
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		what := e.Message
		if e.ContextMsg != "" {
			what = e.ContextMsg + ": " + what
		}
		return fmt.Sprintf("line %d: %s", max(e.Mark.Line, 1), what)
	}
	return strings.TrimPrefix(arg.Reason(err), "yaml: ")
}

var (
	yamlVersion   = regexp.MustCompile(`^(%YAML[ \t]+1\.)\d(?:[ \t\r\n]|$)`)
	yamlDirective = regexp.MustCompile(`^%(?:YAML|TAG)\b`)
)

// withoutDirectives makes what the library refuses of the lines before a document what it takes: each version 1.x says the
// same here, and unknown directives are comments, as the standard wants (6.8).
func withoutDirectives(source string) string {
	if !strings.Contains(source, "%") {
		return source
	}
	lines := strings.SplitAfter(source, "\n")
	before := true // the line may be a directive
	for i, line := range lines {
		plain := strings.TrimPrefix(line, "\uFEFF")
		switch {
		case before && strings.HasPrefix(plain, "%"):
			if m := yamlVersion.FindStringSubmatchIndex(plain); m != nil {
				lines[i] = plain[:m[3]] + "1" + plain[m[3]+1:]
			} else if !yamlDirective.MatchString(plain) {
				lines[i] = "#" + plain[1:]
			}
		case strings.HasPrefix(plain, "...") && strings.TrimLeft(plain[3:], " \t\r\n") != plain[3:]:
			before = true
		default:
			text := strings.TrimLeft(plain, " \t\r\n")
			before = before && (text == "" || text[0] == '#')
		}
	}
	return strings.Join(lines, "")
}

var (
	yamlBlock = regexp.MustCompile(`(?m)^(?:---[ \t]+)?[|>][-+]?[ \t]*(?:#.*)?\r?\n`)
	yamlEnd   = regexp.MustCompile(`(?m)^(?:---|\.\.\.)(?:[ \t\r\n]|$)`)
)

// indented moves the lines of a block that is a whole document and begins without indentation in by a blank: there the library
// overlooks the end of the document.
func indented(source string) string {
	var out strings.Builder
	for rest := source; ; {
		at := yamlBlock.FindStringIndex(rest)
		if at == nil {
			if out.Len() == 0 {
				return source
			}
			return out.String() + rest
		}
		out.WriteString(rest[:at[0]])
		head := rest[at[0]:at[1]]
		rest = rest[at[1]:]
		text := rest
		if end := yamlEnd.FindStringIndex(rest); end != nil {
			if text = rest[:end[0]]; text == "" { // the library takes the end for text
				head = strings.TrimRight(head[:strings.IndexAny(head, "|>")], " \t") + " ''\n"
			}
		}
		out.WriteString(head)
		rest = rest[len(text):]
		if first := strings.TrimLeft(text, "\r\n"); first == "" || first[0] == ' ' || first[0] == '\t' {
			out.WriteString(text)
			continue
		}
		for line := range strings.Lines(text) {
			if strings.Trim(line, "\r\n") != "" {
				out.WriteByte(' ')
			}
			out.WriteString(line)
		}
	}
}

// What plain texts are in YAML 1.2 (10.3.2).
var (
	yamlInt   = regexp.MustCompile(`^[-+]?(?:0|[1-9][0-9]*)$`)
	yamlBased = regexp.MustCompile(`^0o[0-7]+$|^0x[0-9a-fA-F]+$`)
	yamlFloat = regexp.MustCompile(`^[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
	yamlInf   = regexp.MustCompile(`^[-+]?\.(?:inf|Inf|INF)$`)
)

// yamlPlain returns what a text without quotes stands for; false when it is only itself.
func yamlPlain(s string) (v any, ok bool) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nil, true
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	case ".nan", ".NaN", ".NAN":
		return math.NaN(), true
	}
	switch {
	case yamlInt.MatchString(s), yamlBased.MatchString(s):
		n, err := strconv.ParseInt(strings.TrimPrefix(s, "+"), 0, 64)
		if err != nil || n > maxExact || n < -maxExact {
			return nil, false
		}
		if n == 0 && s[0] == '-' {
			return math.Copysign(0, -1), true
		}
		return n, true
	case yamlFloat.MatchString(s):
		f, _ := strconv.ParseFloat(s, 64) // beyond a double it is infinite, as in JavaScript
		return f, true
	case yamlInf.MatchString(s):
		return math.Inf(1 - 2*strings.Count(s, "-")), true
	}
	return nil, false
}

// maxExact is the largest whole number of JavaScript that is exact.
const maxExact = 1<<53 - 1

func (p *yamlParser) scalar(n *yaml.Node) (goja.Value, error) {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	explicit := n.Style&yaml.TaggedStyle != 0
	tag := n.ShortTag()
	switch {
	case n.Tag == "!": // is no plain value, whatever it looks like
		return hostfn.ToJS(p.vm, p.text(n)), nil
	case explicit && tag == "!!binary":
		var b string
		if err := n.Decode(&b); err != nil {
			return nil, fmt.Errorf("line %d: !!binary holds invalid base64", n.Line)
		}
		return p.vm.New(p.vm.GlobalObject().Get("Uint8Array"), p.vm.ToValue(p.vm.NewArrayBuffer([]byte(b))))
	case explicit && (tag == "!!null" || tag == "!!bool" || tag == "!!int" || tag == "!!float"):
		v, ok := yamlPlain(n.Value)
		if !ok || tag != yamlTag(v) && !(tag == "!!float" && yamlTag(v) == "!!int") {
			return nil, fmt.Errorf("line %d: %.40q is no %s", n.Line, n.Value, tag)
		}
		return p.vm.ToValue(v), nil
	case explicit || n.Style&quoted != 0:
		return hostfn.ToJS(p.vm, p.text(n)), nil
	}
	if v, ok := yamlPlain(n.Value); ok {
		if v == nil {
			return goja.Null(), nil
		}
		return p.vm.ToValue(v), nil
	}
	return p.vm.ToValue(p.text(n)), nil
}

func yamlTag(v any) string {
	switch v.(type) {
	case bool:
		return "!!bool"
	case int64:
		return "!!int"
	case float64:
		return "!!float"
	}
	return "!!null"
}

func yamlFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "yaml.format"
	o := arg.Options(r, fn, call, 1, "indent")
	indent := int64(2)
	if v, set := o.Values["indent"]; set {
		if n, whole := v.(int64); !whole || n < 2 || n > 9 {
			arg.Fail(r, fn, "option indent must be a whole number from 2 to 9")
		} else {
			indent = n
		}
	}
	source, err := r.Stringify(call.Argument(0))
	if err != nil {
		r.Rethrow(err)
	}
	if len(source) > arg.MaxText {
		arg.Fail(r, fn, "the value is larger than %d MiB", arg.MaxText>>20)
	}
	source, halves := carryJSON(source)
	in := json.NewDecoder(bytes.NewReader(source))
	in.UseNumber()
	count := arg.Counter{R: r}
	n, err := nodeOf(in, &count, 0)
	if err == nil && inexact.Match(source) {
		putExact(r, n, call.Argument(0))
	}
	b := r.NewWritten(arg.MaxText, fault.New(fault.Script, "the text gets longer than %d MiB", arg.MaxText>>20))
	if err == nil {
		err = dumpYAML(b, n, int(indent))
	}
	if err != nil {
		arg.Fail(r, fn, "%s", arg.Reason(err))
	}
	if halves {
		return r.VM.ToValue(uncarried(b.String()))
	}
	return r.VM.ToValue(b.String())
}

func dumpYAML(w io.Writer, n *yaml.Node, indent int) error {
	out, err := yaml.NewDumper(w, yaml.WithV3Defaults(), yaml.WithIndent(indent))
	if err != nil {
		return err
	}
	return errors.Join(out.Dump(n), out.Close())
}

// heavyWritten is what a value takes until it is written, in bytes: the node (170), and the library's event and what it
// keeps of it. 500 of a text or number and 830 of an empty list were measured alive, in 50,000 of them.
const heavyWritten = 850

// nodeOf reads one value of JSON text; keys keep their order.
func nodeOf(in *json.Decoder, count *arg.Counter, depth int) (*yaml.Node, error) {
	if err := count.Add(depth, heavyWritten); err != nil {
		return nil, err
	}
	token, err := in.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if t == '{' {
			n.Kind = yaml.MappingNode
		}
		for in.More() {
			item, err := nodeOf(in, count, depth+1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		_, err := in.Token()
		return n, err
	case string:
		return textNode(t), nil
	case json.Number:
		s := t.String()
		if !strings.ContainsAny(s, ".eE") {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: s}, nil
		}
		if mantissa, exponent, ok := strings.Cut(s, "e"); ok && !strings.Contains(mantissa, ".") {
			s = mantissa + ".0e" + exponent // in YAML 1.1, 1e+21 is a text
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: s}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(t)}, nil
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
}

// mistaken are texts that a reader of YAML 1.1 or 1.2 takes for something else: booleans, nothing, numbers of any base and
// with underscores, times and dates.
var mistaken = regexp.MustCompile(`(?i)^(?:y|yes|n|no|true|false|on|off|null|~|=|<<|[-+]?\.(?:inf|nan)|[-+]?\.?[0-9][0-9a-fxo_.:+\-tz ]*)$`)

// textNode writes a text so that every reader takes it for that text.
func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case s == "" || mistaken.MatchString(s) || strings.ContainsFunc(s, escapedInYAML):
		n.Style = yaml.DoubleQuotedStyle
	case strings.Contains(s, "\n"):
		n.Style = yaml.LiteralStyle
		if strings.HasPrefix(s, "\n") || strings.HasPrefix(s, " ") || strings.Contains(s, "\t") || strings.Contains(s, " \n") || strings.Trim(s, "\n ") == "" {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	return n
}

// escapedInYAML reports whether a character is none that stands in a text as it is.
func escapedInYAML(c rune) bool {
	return c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == 0x85 || c == 0xFEFF || c == 0x2028 || c == 0x2029 || isCarrier(c)
}
