package logger

import (
	"log/slog"
	"strings"
	"unicode/utf8"
)

const (
	clockLayout = "15:04:05.000"

	// messageWidth is the column that the values begin behind.
	messageWidth = 24

	dim, reset = "\x1b[2m", "\x1b[0m"
)

// text writes a record for a person: time, level and message in columns, then name=value. Values of several lines, such
// as stacks, follow below.
func (l *line) text(before []with, r *slog.Record) {
	l.tail = l.tail[:0]
	if !r.Time.IsZero() {
		l.paint(dim, r.Time.Format(clockLayout))
		l.buf = append(l.buf, ' ')
	}
	level := r.Level.String()
	l.paint(levelColour(r.Level), level)
	l.pad(max(0, 5-len(level)) + 1)
	message := l.mask.MaskLine(r.Message)
	from := len(l.buf)
	l.visible(message)
	prefix := ""
	width := utf8.RuneCount(l.buf[from:])
	put := func(a slog.Attr) bool {
		if width > 0 { // nothing is padded that nothing follows
			l.pad(max(0, messageWidth-width))
			width = 0
		}
		l.textAttr(prefix, a)
		return true
	}
	for _, w := range before {
		if w.group != "" {
			prefix += w.group + "."
		}
		for _, a := range w.attrs {
			put(a)
		}
	}
	r.Attrs(put)
	l.buf = append(l.buf, '\n')
	l.buf = append(l.buf, l.tail...)
}

func levelColour(level slog.Level) string {
	switch {
	case level >= slog.LevelError:
		return "\x1b[31m"
	case level >= slog.LevelWarn:
		return "\x1b[33m"
	case level >= slog.LevelInfo:
		return "\x1b[32m"
	}
	return dim
}

func (l *line) paint(code, text string) {
	if !l.colour {
		l.buf = append(l.buf, text...)
		return
	}
	l.buf = append(l.buf, code...)
	l.buf = append(append(l.buf, text...), reset...)
}

func (l *line) pad(n int) {
	for range n {
		l.buf = append(l.buf, ' ')
	}
}

func (l *line) textAttr(prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	a.Value = v
	if isEmpty(a) {
		return
	}
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, below := range v.Group() {
			below.Key = l.mask.MaskLine(below.Key) // fields of a flow
			l.textAttr(prefix, below)
		}
		return
	}
	if l.mask.isSecret(a.Key) {
		v = slog.AnyValue(l.mask.MaskField(a.Key, v.Any()))
	}
	text := l.textValue(v)
	if strings.Contains(text, "\n") {
		l.below(prefix+a.Key, text)
		return
	}
	l.buf = append(l.buf, ' ')
	if l.colour {
		l.buf = append(l.buf, dim...)
	}
	l.visible(prefix + a.Key)
	l.buf = append(l.buf, '=')
	if l.colour {
		l.buf = append(l.buf, reset...)
	}
	if text == "" || strings.ContainsAny(text, " \"=\t") {
		l.string(text)
	} else {
		l.visible(text)
	}
}

// textValue returns a value as JSON has it, without the quotes of a text.
func (l *line) textValue(v slog.Value) string {
	if v.Kind() == slog.KindString {
		return l.mask.MaskLine(v.String())
	}
	if v.Kind() == slog.KindAny {
		if text, ok := plain(v.Any()); ok {
			return l.mask.MaskLine(text)
		}
	}
	from := len(l.buf)
	l.value(v)
	text := string(l.buf[from:])
	l.buf = l.buf[:from]
	return strings.Trim(text, `"`)
}

// below keeps a text of several lines for after the line.
func (l *line) below(name, text string) {
	whole := l.buf
	l.buf = l.tail
	for i, part := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		l.buf = append(l.buf, "    "...)
		if i == 0 {
			l.visible(name)
			l.buf = append(l.buf, ": "...)
		}
		l.visible(strings.ReplaceAll(part, "\t", "  "))
		l.buf = append(l.buf, '\n')
	}
	l.tail, l.buf = l.buf, whole
}

// visible writes a text on the line, with a mark in place of what would steer a terminal.
func (l *line) visible(text string) {
	for _, r := range text {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			r = '·'
		}
		l.buf = utf8.AppendRune(l.buf, r)
	}
}
