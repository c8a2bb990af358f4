package mail

import (
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins"
)

const (
	maxRecipients  = 100
	maxHeaders     = 50
	maxHeader      = 2000 // bytes of the value of a header
	maxAttachments = 20
	maxMail        = 25 << 20 // bytes of text, html and attachments together
)

// letter is what a flow wants to send, as plain data.
type letter struct {
	to, cc, bcc, replyTo []string // lists as the flow gave them
	from                 string
	subject              string
	text, html           string
	template             string
	data                 any
	attachments          []attachment
	headers              map[string]string
}

// attachment is a file by its content, or by its path below the files directory.
type attachment struct {
	name, kind, path string
	content          []byte
}

// letterOf reads the argument of mail.send.
func letterOf(r *plugins.Run, fn string, v goja.Value) *letter {
	o, ok := v.(*goja.Object)
	if !ok {
		panic(r.VM.NewTypeError("%s takes an object: {to, subject, text}", fn))
	}
	l := &letter{headers: map[string]string{}}
	for _, key := range o.Keys() {
		v := o.Get(key)
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			continue
		}
		switch key {
		case "to":
			l.to = texts(r, fn, key, v)
		case "cc":
			l.cc = texts(r, fn, key, v)
		case "bcc":
			l.bcc = texts(r, fn, key, v)
		case "replyTo":
			l.replyTo = texts(r, fn, key, v)
		case "from":
			l.from = v.String()
		case "subject":
			l.subject = v.String()
		case "text":
			l.text = v.String()
		case "html":
			l.html = v.String()
		case "template":
			l.template = v.String()
		case "data":
			l.data = plain(r, v)
		case "attachments":
			l.attachments = attachments(r, fn, v)
		case "headers":
			l.headers = headers(r, fn, v)
		default:
			panic(r.VM.NewTypeError("%s knows no %q: it takes to, cc, bcc, replyTo, from, subject, text, html, template, data, attachments and headers", fn, brief(key)))
		}
	}
	return l
}

// classicLetter reads the arguments of send_mail: to, subject, body, attachment, format, the last two in either order.
func classicLetter(r *plugins.Run, fn string, call goja.FunctionCall) *letter {
	l := &letter{to: texts(r, fn, "to", call.Argument(0)), subject: hostfn.String(call, 1)}
	file, format := call.Argument(3), call.Argument(4)
	if isFormat(file) {
		file, format = format, file
	}
	switch body := hostfn.String(call, 2); {
	case strings.EqualFold(format.String(), "html"):
		l.html = body
	case strings.EqualFold(format.String(), "text") || goja.IsUndefined(format) || goja.IsNull(format) || format.String() == "":
		l.text = body
	default:
		panic(r.VM.NewTypeError(`%s takes the format "html" or "text", not %q`, fn, brief(format.String())))
	}
	if _, ok := file.(*goja.Object); ok || !goja.IsUndefined(file) && !goja.IsNull(file) && file.String() != "" {
		l.attachments = attachments(r, fn, r.VM.NewArray(file))
	}
	return l
}

func isFormat(v goja.Value) bool {
	text, ok := v.(goja.String)
	return ok && (strings.EqualFold(text.String(), "html") || strings.EqualFold(text.String(), "text"))
}

// texts reads text or an array of texts.
func texts(r *plugins.Run, fn, key string, v goja.Value) (list []string) {
	switch v := plain(r, v).(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				panic(r.VM.NewTypeError("%s: %s holds something that is no text", fn, key))
			}
			list = append(list, text)
		}
		return list
	}
	panic(r.VM.NewTypeError("%s: %s must be text or an array of texts", fn, key))
}

// items lists an array.
func items(r *plugins.Run, fn, key string, v goja.Value, most int) (list []goja.Value) {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Array" {
		panic(r.VM.NewTypeError("%s: %s must be an array", fn, key))
	}
	n := hostfn.Property(o, "length").ToInteger()
	if n > int64(most) {
		r.Throwf("%s: %d %s are too many: it takes up to %d", fn, n, key, most)
	}
	for i := range n {
		list = append(list, hostfn.Property(o, fmt.Sprint(i)))
	}
	return list
}

func attachments(r *plugins.Run, fn string, v goja.Value) (list []attachment) {
	for _, item := range items(r, fn, "attachments", v, maxAttachments) {
		o, ok := item.(*goja.Object)
		if !ok {
			list = append(list, attachment{path: item.String()})
			continue
		}
		text := func(key string) string {
			if v := hostfn.Property(o, key); !goja.IsUndefined(v) && !goja.IsNull(v) {
				return v.String()
			}
			return ""
		}
		a := attachment{name: text("name"), kind: text("type"), path: text("path")}
		if a.path == "" {
			content, err := hostfn.BytesOf(hostfn.Property(o, "content"))
			if err != nil {
				panic(r.VM.NewTypeError("%s: the content of an attachment %v", fn, err))
			}
			if a.name == "" {
				panic(r.VM.NewTypeError("%s: an attachment needs a name", fn))
			}
			a.content = content
		}
		list = append(list, a)
	}
	return list
}

func headers(r *plugins.Run, fn string, v goja.Value) map[string]string {
	m, ok := plain(r, v).(map[string]any)
	if !ok {
		panic(r.VM.NewTypeError("%s: headers must be an object of name and text", fn))
	}
	if len(m) > maxHeaders {
		r.Throwf("%s: %d headers are too many: it takes up to %d", fn, len(m), maxHeaders)
	}
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch value := m[name].(type) {
		case string:
			out[name] = value
		case int64, float64, bool:
			out[name] = fmt.Sprint(value)
		default:
			panic(r.VM.NewTypeError("%s: the header %q must be text", fn, brief(name)))
		}
	}
	return out
}

// plain makes Go data of a value.
func plain(r *plugins.Run, v goja.Value) any {
	data, err := plugins.FromJS(r, v)
	if err != nil {
		r.Rethrow(err)
	}
	return data
}

// brief shortens what a flow gave for a message.
func brief(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}

var (
	headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,75}$`)
	// reservedHeader: what the mail itself says or a server adds; a flow sets them by their own keys or not at all.
	reservedHeader = regexp.MustCompile(`(?i)^(from|to|cc|bcc|reply-to|sender|subject|date|message-id|mime-version|return-path|received|dkim-signature|disposition-notification-to|content-.*|resent-.*|arc-.*)$`)
	mediaType      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}$`)
	// plainAddress is name@domain without the quoted and bracketed forms, which have a history of being read in two ways.
	plainAddress = regexp.MustCompile(`^[^\pZ\pC"(),:;<>@\[\\\]]+@[\pL\pN](?:[\pL\pN.-]*[\pL\pN])?$`)
)

// isPlain looks at the lengths (RFC 5321, 4.5.3.1) beside the pattern: one that counts to them is large.
func isPlain(address string) bool {
	name, domain, _ := strings.Cut(address, "@")
	return utf8.RuneCountInString(name) <= 64 && utf8.RuneCountInString(domain) <= 254 && plainAddress.MatchString(address)
}

// address reads one address. Its errors go on after the name of what holds it.
func address(text string) (*mail.Address, error) {
	list, err := addresses([]string{text})
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("must be one address, as in %q", "shop@example.com")
	}
	return list[0], nil
}

// addresses reads lists of addresses.
func addresses(lists []string) (out []*mail.Address, err error) {
	for _, text := range lists {
		if broken(text) {
			return nil, fmt.Errorf("holds a line break or a control character")
		}
		if strings.TrimSpace(text) == "" || len(text) > maxRecipients*320 {
			return nil, fmt.Errorf("holds no address, as in %q", "Ada <ada@example.com>")
		}
		list, err := mail.ParseAddressList(text)
		if err != nil {
			return nil, fmt.Errorf("holds no address, as in %q", "Ada <ada@example.com>")
		}
		for _, a := range list {
			if !isPlain(a.Address) || strings.Contains(a.Address, "..") || broken(a.Name) {
				return nil, fmt.Errorf("holds %q, which is no plain address, as in %q", brief(a.Address), "ada@example.com")
			}
		}
		out = append(out, list...)
	}
	return out, nil
}

// broken tells whether text cannot stand in a line of a header.
func broken(text string) bool {
	return strings.ContainsFunc(text, func(c rune) bool {
		return c < ' ' && c != '\t' || c == 0x7f || c == 0x85 || c == '\u2028' || c == '\u2029'
	})
}
