package jsapi

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

const (
	typeJSON       = "application/json; charset=UTF-8"
	typeJavaScript = "application/javascript; charset=UTF-8"
	typeText       = "text/plain; charset=UTF-8"
	typeHTML       = "text/html; charset=UTF-8"
	typeXML        = "application/xml; charset=UTF-8"
)

// answerMembers: the responses of c. Each of them returns undefined.
func answerMembers() map[string]member {
	text := func(name, contentType string) member {
		return answerOf(name, func(s *scope, call goja.FunctionCall) (string, []byte) {
			text := hostfn.String(call, 1)
			s.Spend(len(text)>>10, int64(len(text)))
			return contentType, []byte(text)
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
			text, with := stringify(s.Run, call.Argument(1)), indent(s.Run, call.Argument(2))
			s.Spend(len(text)>>2, 2*indented(text, len(with)))
			var b bytes.Buffer
			_ = json.Indent(&b, text, "", with)
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
			return typeXML, xmlOf(s.Run, "c.XMLPretty", call.Argument(1), indent(s.Run, call.Argument(2)))
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

// answerOf makes a method that takes a status first and sends a body of a type.
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

// answer passes the response to the engine.
func (s *scope) answer(write func(echo.Context) error) goja.Value {
	if err := s.ex.Answer(write); err != nil {
		s.Throw(fault.Wrap(fault.Internal, err, "the response could not be sent: the client disconnected"))
	}
	return goja.Undefined()
}

// status reads the first argument of a response.
func (s *scope) status(name string, call goja.FunctionCall) int {
	code := call.Argument(0).ToInteger()
	if code < 200 || code > 999 {
		typeError(s.Run, "c.%s takes the HTTP status first, a number from 200 to 999, not %s", name, brief(call.Argument(0)))
	}
	return int(code)
}

// contentType reads the argument that names a media type.
func (s *scope) contentType(name string, v goja.Value) string {
	t := s.Text(v)
	if goja.IsUndefined(v) || goja.IsNull(v) || t == "" || len(t) > maxHeader || !validHeaderValue(t) {
		typeError(s.Run, "c.%s takes a content type second, as in \"image/png\"", name)
	}
	return t
}

// brief shows a wrong argument in a message.
func brief(v goja.Value) string {
	if _, ok := v.(*goja.Object); ok {
		return "an object"
	}
	return clip.Text(v.String(), 40)
}

// indent reads the third argument of JSON.stringify: text, or a number of spaces; two spaces when it is missing.
func indent(r *hostfn.Run, v goja.Value) string {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return "  "
	}
	if s, ok := r.TextOf(v); ok {
		return s[:min(len(s), 10)]
	}
	return strings.Repeat(" ", int(min(max(v.ToInteger(), 0), 10)))
}

// indented returns how long a JSON text gets when it is indented: what is nested is much longer than it was.
func indented(text []byte, width int) int64 {
	n, depth := int64(len(text)), int64(0)
	for c := range ordered.Signs(text) {
		switch c {
		case '{', '[':
			depth++
			n += 1 + depth*int64(width)
		case '}', ']':
			depth--
			n += 1 + depth*int64(width)
		case ',':
			n += 1 + depth*int64(width)
		case ':':
			n++
		}
	}
	return n
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
	s.Spend(len(text)>>7, 6*int64(len(text)))
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
	s.mayGrow("c.Redirect", len(to))
	if to == "" || !validHeaderValue(to) {
		typeError(s.Run, "c.Redirect takes a URL second, without line breaks or control characters")
	}
	to = escapeLocation(to)
	return s.answer(func(c echo.Context) error { return c.Redirect(int(code), to) })
}

// escapeLocation escapes what may not stand in a URL as browsers do, and leaves alone what is escaped already.
func escapeLocation(to string) string {
	if !strings.ContainsFunc(to, unsafeInURL) {
		return to
	}
	var b strings.Builder
	for i := range len(to) {
		if c := to[i]; unsafeInURL(rune(c)) || c >= 0x80 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unsafeInURL(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"<>`", r) }

// withXMLHeader puts the XML declaration before a document that has none.
func withXMLHeader(doc []byte) []byte {
	if bytes.HasPrefix(bytes.TrimSpace(doc), []byte("<?xml")) {
		return doc
	}
	return append([]byte(xml.Header), doc...)
}

// maxDocument is how large an XML document may get, in bytes.
const maxDocument = 16 << 20

// xmlOf writes a value as XML: text is a document as it is; of an object each key is an element and each item of an
// array repeats it. An object of one key is that element, any other is put into <root>.
func xmlOf(r *hostfn.Run, fn string, v goja.Value, indent string) []byte {
	if text, ok := r.TextOf(v); ok {
		r.Spend(len(text)>>7, 2*int64(len(text)))
		return withXMLHeader([]byte(text))
	}
	name, data := "root", wholeOf(r, v)
	if o, ok := data.(*ordered.Object); ok && o.Len() == 1 {
		for key, only := range o.All() {
			if _, list := only.([]any); !list {
				name, data = key, only
			}
		}
	}
	b := r.NewWritten(maxDocument, fault.New(fault.Script, "%s: the document is larger than %d MiB", fn, maxDocument>>20))
	_, _ = b.WriteString(xml.Header) // an error shows at the next write
	e := xml.NewEncoder(b)
	e.Indent("", indent)
	writeElement(r, fn, e, name, data)
	if err := e.Flush(); err != nil {
		r.Throw(err)
	}
	r.Spend(0, int64(b.Len()))
	return []byte(b.String())
}

// wholeOf makes data of a value, its objects in order.
func wholeOf(r *hostfn.Run, v goja.Value) any {
	text := stringify(r, v)
	r.Spend(len(text)>>3, 8*int64(len(text)))
	data, err := ordered.Decode(text)
	if err != nil {
		r.Throw(err)
	}
	return data
}

func writeElement(r *hostfn.Run, fn string, e *xml.Encoder, name string, data any) {
	r.Spend(10, 0)
	if list, ok := data.([]any); ok {
		for _, item := range list {
			if inner, ok := item.([]any); ok { // a list in a list needs an element between
				item = ordered.From(map[string]any{"item": inner})
			}
			writeElement(r, fn, e, name, item)
		}
		return
	}
	if strings.Contains(name, ":") || !hostfn.XMLName(name) {
		typeError(r, "%s: the key %q cannot be the name of an XML element", fn, name)
	}
	start := xml.StartElement{Name: xml.Name{Local: name}}
	if err := e.EncodeToken(start); err != nil {
		r.Throw(err)
	}
	switch data := data.(type) {
	case nil:
	case *ordered.Object:
		for key, item := range data.All() {
			writeElement(r, fn, e, key, item)
		}
	default:
		text := hostfn.DataText(data)
		if c, found := hostfn.NotXML(text); found {
			typeError(r, "%s: XML cannot hold the character U+%04X", fn, c)
		}
		if err := e.EncodeToken(xml.CharData(text)); err != nil {
			r.Throw(err)
		}
	}
	if err := e.EncodeToken(start.End()); err != nil {
		r.Throw(err)
	}
}

// sortedPairs returns the keys of a map in order, and the values in the order of the keys.
func sortedPairs(m map[string]string) (keys, values []string) {
	keys = slices.Sorted(maps.Keys(m))
	for _, key := range keys {
		values = append(values, m[key])
	}
	return keys, values
}
