package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/mail"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// composed is a mail that is ready for one delivery.
type composed struct {
	msg        *gomail.Msg
	recipients int
	size       int // bytes of its parts
}

// compose checks a message and makes the mail and its server. It throws what is wrong.
func (p *Plugin) compose(r *hostfn.Run, fn string, l *message) *job {
	s := p.remember(r).server
	if s == nil {
		r.Throw(fault.New(fault.Unavailable, "%s: mail is off: set [mail] enabled = true, smtp_host and smtp_from", fn))
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	out := &composed{msg: msg}
	p.address(r, fn, msg, s, l, out)
	header := func(name, value string) string {
		if len(value) > maxHeader || broken(value) || !utf8.ValidString(value) {
			r.Throwf("%s: %s has a line break or a control character, or is too long", fn, name)
		}
		return value
	}
	msg.Subject(header("the subject", l.subject))
	msg.SetDateWithValue(r.Now())
	for _, name := range slices.Sorted(maps.Keys(l.headers)) {
		if !headerName.MatchString(name) || reservedHeader.MatchString(name) {
			r.Throwf("%s: the header %q cannot be set here", fn, clip.Text(name, maxShown))
		}
		msg.SetGenHeader(gomail.Header(name), header("the header "+name, l.headers[name]))
	}
	p.body(r, fn, msg, l, out)
	for _, a := range l.attachments {
		p.attach(r, fn, msg, l, a, out)
	}
	return &job{fn: fn, server: s, message: out, key: func() string { return hostfn.Key(fn, fmt.Sprintf("%+v", *l))() }}
}

// address sets the sender and the recipients.
func (p *Plugin) address(r *hostfn.Run, fn string, msg *gomail.Msg, s *server, l *message, out *composed) {
	from := s.from
	if l.from != "" {
		var err error
		if from, err = address(l.from); err != nil {
			r.Throwf("%s: from %v", fn, err)
		}
	}
	if from == nil {
		r.Throw(fault.New(fault.Unavailable, "%s: no sender: set from, or [mail] smtp_from", fn))
	}
	msg.FromMailAddress(from)
	_, domain, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(r.UUID() + "@" + domain)
	for _, list := range []struct {
		name  string
		texts []string
		set   func(...*mail.Address)
		count bool
	}{
		{"to", l.to, msg.ToMailAddress, true},
		{"cc", l.cc, msg.CcMailAddress, true},
		{"bcc", l.bcc, msg.BccMailAddress, true},
		{"replyTo", l.replyTo, msg.ReplyToMailAddress, false},
	} {
		parsed, err := addresses(list.texts)
		if err != nil {
			r.Throwf("%s: %s %v", fn, list.name, err)
		}
		if len(parsed) > maxRecipients {
			r.Throwf("%s: a mail goes to up to %d recipients", fn, maxRecipients)
		}
		if len(parsed) > 0 {
			list.set(parsed...)
		}
		if list.count {
			out.recipients += len(parsed)
		}
	}
	if out.recipients == 0 {
		r.Throwf("%s: no recipient: set to", fn)
	}
	if out.recipients > maxRecipients {
		r.Throwf("%s: %d recipients are too many: a mail goes to up to %d", fn, out.recipients, maxRecipients)
	}
}

// body sets text and html.
func (p *Plugin) body(r *hostfn.Run, fn string, msg *gomail.Msg, l *message, out *composed) {
	if l.template != "" {
		if l.html != "" {
			r.Throwf("%s: give html or template, not both", fn)
		}
		if p.opts.Render == nil {
			r.Throw(fault.New(fault.Unavailable, "%s: this runtime has no templates", fn))
		}
		page, err := p.opts.Render(r, l.template, l.data)
		if err != nil {
			r.Rethrow(err)
		}
		l.html = page
	}
	p.grow(r, fn, out, len(l.text)+len(l.html))
	if l.text != "" || l.html == "" {
		msg.SetBodyString(gomail.TypeTextPlain, l.text)
		if l.html != "" {
			msg.AddAlternativeString(gomail.TypeTextHTML, l.html)
		}
		return
	}
	msg.SetBodyString(gomail.TypeTextHTML, l.html)
}

// grow counts bytes of the mail.
func (p *Plugin) grow(r *hostfn.Run, fn string, out *composed, n int) {
	if out.size += n; out.size > maxMail {
		r.Throwf("%s: the mail is larger than %d MiB", fn, maxMail>>20)
	}
}

// attach adds one file.
func (p *Plugin) attach(r *hostfn.Run, fn string, msg *gomail.Msg, l *message, a attachment, out *composed) {
	if a.path != "" {
		a.content = p.read(r, fn, a.path, int64(maxMail-out.size))
		if a.name == "" {
			a.name = path.Base(a.path)
		}
	}
	if len(a.name) > 255 || broken(a.name) || strings.Contains(a.name, "\t") || !utf8.ValidString(a.name) {
		r.Throwf("%s: the name of an attachment has a line break or a control character, or is too long", fn)
	}
	var opts []gomail.FileOption
	if a.kind != "" {
		if len(a.kind) > 200 || !mediaType.MatchString(a.kind) {
			r.Throwf(`%s: the type of an attachment must be a media type, as in "text/csv"`, fn)
		}
		opts = append(opts, gomail.WithFileContentType(gomail.ContentType(a.kind)))
	}
	p.grow(r, fn, out, len(a.content))
	if a.cid == "" {
		msg.AttachReadSeeker(a.name, bytes.NewReader(a.content), opts...)
		return
	}
	if len(a.cid) > 200 || l.html == "" {
		r.Throwf("%s: an attachment with a cid needs html that shows it, and a cid of up to 200 characters", fn)
	}
	msg.EmbedReadSeeker(a.name, bytes.NewReader(a.content), append(opts, contentIDOf(a.cid))...)
}

// contentIDOf names a part for the html. The library's own option writes the name without the brackets of RFC 2392.
func contentIDOf(cid string) gomail.FileOption {
	return func(f *gomail.File) { f.Header["Content-ID"] = []string{"<" + cid + ">"} }
}

// read takes a file below the files directory. What the system says of it stays in the log: it holds paths of the machine.
func (p *Plugin) read(r *hostfn.Run, fn, name string, limit int64) (data []byte) {
	if err := r.Caps.Allow(filesystem); err != nil {
		r.Throw(&fault.Error{Kind: fault.Denied, Text: fn + " cannot attach files by path: set [vm_pool] " + filesystem + " = true", Cause: err})
	}
	if p.opts.Files == nil {
		r.Throw(fault.New(fault.Denied, "%s has no directory to take attachments from: set [vm_pool] filesystem_root", fn))
	}
	var err error
	if ended := r.Block(func(context.Context) error { data, err = readFile(p.opts.Files, name, limit); return nil }); ended != nil {
		r.Throw(ended)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.Throw(&fault.Error{Kind: fault.Script, Text: fn + `: "` + clip.Text(name, maxShown) + `" does not exist below the files directory`, Cause: err})
	case errors.Is(err, errTooLarge):
		r.Throwf("%s: the mail is larger than %d MiB", fn, maxMail>>20)
	case err != nil:
		r.Throw(&fault.Error{Kind: fault.Script, Text: fn + `: "` + clip.Text(name, maxShown) + `" cannot be attached: it must be a file below the files directory, and readable`, Cause: err})
	}
	return data
}

var (
	errTooLarge = errors.New("the file is too large")
	errNoFile   = errors.New("not a regular file")
)

func readFile(files Files, name string, limit int64) ([]byte, error) {
	info, err := files.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, errNoFile
	}
	file, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func(f *os.File) { _ = f.Close() }(file)
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, errTooLarge
	}
	return data, err
}
