package jsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	typeJSON       = "application/json; charset=UTF-8"
	typeJavaScript = "application/javascript; charset=UTF-8"
	typeText       = "text/plain; charset=UTF-8"
	typeHTML       = "text/html; charset=UTF-8"
	typeXML        = "application/xml; charset=UTF-8"
)

// answerMembers: the answers of c. Each of them answers undefined.
func answerMembers() map[string]member {
	text := func(name, contentType string) member {
		return answerOf(name, func(s *scope, call goja.FunctionCall) (string, []byte) {
			return contentType, []byte(hostfn.String(call, 1))
		})
	}
	blob := func(name, contentType string) member {
		return answerOf(name, func(s *scope, call goja.FunctionCall) (string, []byte) {
			return contentType, bytesOf(s.Run, "c."+name, call.Argument(1))
		})
	}
	typed := func(name string) member {
		return answerOf(name, func(s *scope, call goja.FunctionCall) (string, []byte) {
			return s.contentType(name, call.Argument(1)), bytesOf(s.Run, "c."+name, call.Argument(2))
		})
	}
	return map[string]member{
		"JSON": answerOf("JSON", func(s *scope, call goja.FunctionCall) (string, []byte) {
			return typeJSON, stringify(s.Run, call.Argument(1))
		}),
		"JSONPretty": answerOf("JSONPretty", func(s *scope, call goja.FunctionCall) (string, []byte) {
			var b bytes.Buffer
			_ = json.Indent(&b, stringify(s.Run, call.Argument(1)), "", indent(call.Argument(2)))
			return typeJSON, b.Bytes()
		}),
		"JSONP":    answerOf("JSONP", jsonp),
		"JSONBlob": blob("JSONBlob", typeJSON),
		"String":   text("String", typeText),
		"HTML":     text("HTML", typeHTML),
		"HTMLBlob": blob("HTMLBlob", typeHTML),
		"XML": answerOf("XML", func(s *scope, call goja.FunctionCall) (string, []byte) {
			return typeXML, xmlOf(s.Run, "c.XML", call.Argument(1), "")
		}),
		"XMLPretty": answerOf("XMLPretty", func(s *scope, call goja.FunctionCall) (string, []byte) {
			return typeXML, xmlOf(s.Run, "c.XMLPretty", call.Argument(1), indent(call.Argument(2)))
		}),
		"XMLBlob": answerOf("XMLBlob", func(s *scope, call goja.FunctionCall) (string, []byte) {
			return typeXML, withXMLHeader(bytesOf(s.Run, "c.XMLBlob", call.Argument(1)))
		}),
		"Blob":      typed("Blob"),
		"Stream":    typed("Stream"),
		"NoContent": method(noContent),
		"Redirect":  method(redirect),
		"Error":     method(answerError),
	}
}

// answerOf makes a method that takes a status first and answers a body of a type.
func answerOf(name string, make func(*scope, goja.FunctionCall) (contentType string, body []byte)) member {
	return method(func(s *scope, call goja.FunctionCall) goja.Value {
		code := s.status(name, call)
		contentType, body := make(s, call)
		return s.answer(func(c echo.Context) error {
			if code == http.StatusNoContent || code == http.StatusNotModified {
				return c.NoContent(code)
			}
			return c.Blob(code, contentType, body)
		})
	})
}

// answer hands the answer to the engine.
func (s *scope) answer(write func(echo.Context) error) goja.Value {
	if err := s.ex.Answer(write); err != nil {
		s.Throw(fault.Wrap(fault.Internal, err, "the answer could not be sent: the client is gone or its connection broke"))
	}
	return goja.Undefined()
}

// status reads the first argument of an answer.
func (s *scope) status(name string, call goja.FunctionCall) int {
	code := call.Argument(0).ToInteger()
	if code < 200 || code > 999 {
		typeError(s.Run, "c.%s takes the HTTP status first, a number from 200 to 999, not %s", name, brief(call.Argument(0)))
	}
	return int(code)
}

// contentType reads the argument that names a media type.
func (s *scope) contentType(name string, v goja.Value) string {
	t := v.String()
	if goja.IsUndefined(v) || goja.IsNull(v) || t == "" || !validHeaderValue(t) {
		typeError(s.Run, "c.%s takes a content type second, as in \"image/png\"", name)
	}
	return t
}

// brief shows a wrong argument in a message.
func brief(v goja.Value) string {
	if _, ok := v.(*goja.Object); ok {
		return "an object"
	}
	text := []rune(v.String())
	if len(text) > 40 {
		return string(text[:40]) + "…"
	}
	return string(text)
}

// indent reads the third argument of JSON.stringify: text, or a number of spaces; two spaces when it is missing.
func indent(v goja.Value) string {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return "  "
	}
	if s, ok := v.Export().(string); ok {
		return s[:min(len(s), 10)]
	}
	return strings.Repeat(" ", int(min(max(v.ToInteger(), 0), 10)))
}

// callbackName is looked at with maxCallback beside it: a pattern that counts is large.
var callbackName = regexp.MustCompile(`^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$`)

const maxCallback = 256 // bytes

func jsonp(s *scope, call goja.FunctionCall) (string, []byte) {
	name := hostfn.String(call, 1)
	if len(name) > maxCallback || !callbackName.MatchString(name) {
		typeError(s.Run, "c.JSONP takes the name of a JavaScript function second, not %s", brief(call.Argument(1)))
	}
	text := stringify(s.Run, call.Argument(2))
	text = bytes.ReplaceAll(text, []byte("\u2028"), []byte(`\u2028`))
	text = bytes.ReplaceAll(text, []byte("\u2029"), []byte(`\u2029`))
	return typeJavaScript, []byte(name + "(" + string(text) + ");")
}

func noContent(s *scope, call goja.FunctionCall) goja.Value {
	code := s.status("NoContent", call)
	return s.answer(func(c echo.Context) error { return c.NoContent(code) })
}

func redirect(s *scope, call goja.FunctionCall) goja.Value {
	code, to := call.Argument(0).ToInteger(), hostfn.String(call, 1)
	if code < 300 || code > 308 {
		typeError(s.Run, "c.Redirect takes a status from 300 to 308 first, not %s", brief(call.Argument(0)))
	}
	if to == "" || !validHeaderValue(to) {
		typeError(s.Run, "c.Redirect takes a URL second, without line breaks or control characters")
	}
	return s.answer(func(c echo.Context) error { return c.Redirect(int(code), to) })
}

// answerError answers 500 with the message of an error or a text.
func answerError(s *scope, call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if o, ok := v.(*goja.Object); ok {
		if m := o.Get("message"); m != nil {
			v = m
		}
	}
	text := stringify(s.Run, s.VM.ToValue(v.String()))
	body := []byte(`{"message":` + string(text) + `,"code":500}`)
	return s.answer(func(c echo.Context) error { return c.Blob(http.StatusInternalServerError, typeJSON, body) })
}

// withXMLHeader puts the XML declaration before a document that has none.
func withXMLHeader(doc []byte) []byte {
	if bytes.HasPrefix(bytes.TrimSpace(doc), []byte("<?xml")) {
		return doc
	}
	return append([]byte(xml.Header), doc...)
}

var elementName = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_.-]*$`)

// xmlOf writes a value as XML: text is a document as it is; of an object each key is an element and each item of an
// array repeats it. An object of one key is that element, any other is put into <root>.
func xmlOf(r *hostfn.Run, fn string, v goja.Value, indent string) []byte {
	if text, ok := v.Export().(string); ok {
		return withXMLHeader([]byte(text))
	}
	name, data := "root", plain(r, v)
	if m, ok := data.(map[string]any); ok && len(m) == 1 {
		for key, only := range m {
			if _, list := only.([]any); !list {
				name, data = key, only
			}
		}
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", indent)
	writeElement(r, fn, e, name, data)
	_ = e.Flush()
	return b.Bytes()
}

func writeElement(r *hostfn.Run, fn string, e *xml.Encoder, name string, data any) {
	if list, ok := data.([]any); ok {
		for _, item := range list {
			if inner, ok := item.([]any); ok { // a list in a list needs an element between
				item = map[string]any{"item": inner}
			}
			writeElement(r, fn, e, name, item)
		}
		return
	}
	if !elementName.MatchString(name) {
		typeError(r, "%s: the key %q cannot be the name of an XML element", fn, name)
	}
	start := xml.StartElement{Name: xml.Name{Local: name}}
	_ = e.EncodeToken(start)
	switch data := data.(type) {
	case nil:
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(data)) {
			writeElement(r, fn, e, key, data[key])
		}
	default:
		_ = e.EncodeToken(xml.CharData(textOf(data)))
	}
	_ = e.EncodeToken(start.End())
}

// sortedPairs gives the keys of a map in order, and the values in the order of the keys.
func sortedPairs(m map[string]string) (keys, values []string) {
	keys = slices.Sorted(maps.Keys(m))
	for _, key := range keys {
		values = append(values, m[key])
	}
	return keys, values
}
