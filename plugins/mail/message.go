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

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

const (
	maxRecipients  = 100
	maxHeaders     = 50
	maxHeader      = 2000 // bytes of the value of a header
	maxAttachments = 20
	maxMail        = 25 << 20 // bytes of text, html and attachments together
	maxShown       = 40       // bytes of what a flow gave in an error text
)

// message is what a flow wants to send, as plain data.
type message struct {
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
	cid              string // under which the html shows it; "" for a file beside the text
	content          []byte
}

// What mail.send takes, and each of its attachments.
const (
	messageOptions    = "to cc bcc replyTo from subject text html template data attachments headers"
	attachmentOptions = "name content type path cid"
)

// messageSignature writes a function that takes a message, for the manual.
func messageSignature(fn string) string {
	return fn + "({" + strings.Join(strings.Fields(messageOptions), ", ") + "})"
}

// messageOf reads the argument of mail.send.
func messageOf(r *hostfn.Run, fn string, v goja.Value) *message {
	o, ok := v.(*goja.Object)
	if !ok {
		panic(r.VM.NewTypeError("%s takes an object: {to, subject, text}", fn))
	}
	r.Only(fn, o, strings.Fields(messageOptions)...)
	l := &message{headers: map[string]string{}}
	for _, key := range r.Keys(o) {
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
			l.from = plain(r, fn, key, v)
		case "subject":
			l.subject = plain(r, fn, key, v)
		case "text":
			l.text = plain(r, fn, key, v)
		case "html":
			l.html = plain(r, fn, key, v)
		case "template":
			l.template = plain(r, fn, key, v)
		case "data":
			l.data = r.UTF8Data(fn, key, v)
		case "attachments":
			l.attachments = attachments(r, fn, v)
		case "headers":
			l.headers = headers(r, fn, v)
		}
	}
	return l
}

// legacyMessage reads the arguments of send_mail: to, subject, body, attachment, format, the last two in either order.
func legacyMessage(r *hostfn.Run, fn string, call goja.FunctionCall) *message {
	l := &message{to: texts(r, fn, "to", call.Argument(0)), subject: r.UTF8String(fn, "the subject", call, 1)}
	file, format := call.Argument(3), call.Argument(4)
	if isFormat(file) {
		file, format = format, file
	}
	switch body := r.UTF8String(fn, "the body", call, 2); {
	case strings.EqualFold(format.String(), "html"):
		l.html = body
	case strings.EqualFold(format.String(), "text") || goja.IsUndefined(format) || goja.IsNull(format) || format.String() == "":
		l.text = body
	default:
		panic(r.VM.NewTypeError(`%s takes the format "html" or "text", not %q`, fn, clip.Text(format.String(), maxShown)))
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

// plain reads a text. A number or a boolean is its text; that of an object is not what anyone wants to send.
func plain(r *hostfn.Run, fn, what string, v goja.Value) string {
	if o, ok := v.(*goja.Object); ok && o.ClassName() != "String" {
		panic(r.VM.NewTypeError("%s: %s must be text, not an object", fn, what))
	}
	return r.UTF8Text(fn, what, v)
}

// texts reads text or an array of texts.
func texts(r *hostfn.Run, fn, key string, v goja.Value) (list []string) {
	switch v := r.UTF8Data(fn, key, v).(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				panic(r.VM.NewTypeError("%s: %s holds a value that is not text", fn, key))
			}
			list = append(list, text)
		}
		return list
	}
	panic(r.VM.NewTypeError("%s: %s must be text or an array of texts", fn, key))
}

// items lists an array.
func items(r *hostfn.Run, fn, key string, v goja.Value, most int) (list []goja.Value) {
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

func attachments(r *hostfn.Run, fn string, v goja.Value) (list []attachment) {
	for _, item := range items(r, fn, "attachments", v, maxAttachments) {
		a := attachmentOf(r, fn, item)
		if a.cid != "" && slices.ContainsFunc(list, func(other attachment) bool { return other.cid == a.cid }) {
			panic(r.VM.NewTypeError("%s: two attachments have the cid %.40q: the html can show one of them", fn, a.cid))
		}
		list = append(list, a)
	}
	return list
}

// attachmentOf reads an attachment: the path of a file, or an object.
func attachmentOf(r *hostfn.Run, fn string, item goja.Value) attachment {
	o, ok := item.(*goja.Object)
	if !ok {
		if _, isText := item.(goja.String); !isText {
			panic(r.VM.NewTypeError("%s: an attachment must be {name, content, type} or the path of a file, not %.40s", fn, item))
		}
		return attachment{path: item.String()}
	}
	r.Only(fn+": an attachment", o, strings.Fields(attachmentOptions)...)
	text := func(key string) string {
		if v := hostfn.Property(o, key); !goja.IsUndefined(v) && !goja.IsNull(v) {
			return plain(r, fn, "the "+key+" of an attachment", v)
		}
		return ""
	}
	a := attachment{name: text("name"), kind: text("type"), path: text("path"), cid: text("cid")}
	if a.cid != "" && !contentID.MatchString(a.cid) {
		panic(r.VM.NewTypeError(`%s: the cid of an attachment must be a word such as "logo", which the html names as cid:logo`, fn))
	}
	content := hostfn.Property(o, "content")
	switch {
	case a.path == "":
		if a.name == "" {
			panic(r.VM.NewTypeError("%s: an attachment needs a name", fn))
		}
		a.content = contentOf(r, fn, a.name, content)
	case !goja.IsUndefined(content):
		panic(r.VM.NewTypeError("%s: an attachment has content or a path, not both", fn))
	}
	return a
}

// contentOf reads what an attachment holds. What is missing, or a number where a text went wrong, must not be sent as a file.
func contentOf(r *hostfn.Run, fn, name string, v goja.Value) []byte {
	_, isObject := v.(*goja.Object)
	_, isText := v.(goja.String)
	if !isObject && !isText {
		panic(r.VM.NewTypeError("%s: the content of the attachment %.40q is %.40s: give text or bytes, or a path", fn, name, v))
	}
	content, err := r.BytesOf(v)
	if err != nil {
		panic(r.VM.NewTypeError("%s: the content of the attachment %.40q %v", fn, name, err))
	}
	return content
}

func headers(r *hostfn.Run, fn string, v goja.Value) map[string]string {
	m, ok := r.UTF8Data(fn, "headers", v).(map[string]any)
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
			panic(r.VM.NewTypeError("%s: the header %q must be text", fn, clip.Text(name, maxShown)))
		}
	}
	return out
}

var (
	// contentID is the part of a mail that its html names as cid:…, as an address may look before and after an @.
	contentID  = regexp.MustCompile(`^[A-Za-z0-9!#$%&'*+/=?^_{|}~.-]+(@[A-Za-z0-9.-]+)?$`)
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

// address reads one address. Its errors continue after the name of what holds it.
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
				return nil, fmt.Errorf("holds %q, which is not a plain address, as in %q", clip.Text(a.Address, maxShown), "ada@example.com")
			}
		}
		if out = append(out, list...); len(out) > maxRecipients {
			return nil, fmt.Errorf("holds too many addresses: it takes up to %d", maxRecipients)
		}
	}
	return out, nil
}

// broken reports whether text cannot stand in a line of a header.
func broken(text string) bool {
	return strings.ContainsFunc(text, func(c rune) bool {
		return c < ' ' && c != '\t' || c == 0x7f || c == 0x85 || c == '\u2028' || c == '\u2029'
	})
}
