package logger

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	timeLayout = "2006-01-02T15:04:05.000Z07:00"

	hexDigits = "0123456789abcdef"
)

// json writes a record as one object.
func (l *line) json(before []with, r *slog.Record) {
	l.buf = append(l.buf, '{')
	if !r.Time.IsZero() {
		l.buf = append(l.buf, `"time":"`...)
		l.buf = append(r.Time.UTC().AppendFormat(l.buf, timeLayout), `",`...)
	}
	l.buf = append(l.buf, `"level":"`...)
	l.buf = append(l.buf, r.Level.String()...)
	l.buf = append(l.buf, `","msg":`...)
	l.string(l.mask.MaskLine(r.Message))
	var names [4]string
	closed, open := names[:0], 0 // groups are opened when something stands in them
	put := func(a slog.Attr) bool {
		a.Value = a.Value.Resolve()
		if isEmpty(a) {
			return true
		}
		for ; open < len(closed); open++ {
			l.key(closed[open])
			l.buf = append(l.buf, '{')
		}
		l.attr(a)
		return true
	}
	for _, w := range before {
		if w.group != "" {
			closed = append(closed, w.group)
		}
		for _, a := range w.attrs {
			put(a)
		}
	}
	r.Attrs(put)
	for range open {
		l.buf = append(l.buf, '}')
	}
	l.buf = append(l.buf, '}', '\n')
}

// attr writes a name and its value, which is resolved.
func (l *line) attr(a slog.Attr) {
	if a.Value.Kind() != slog.KindGroup {
		l.key(a.Key)
		if l.mask.isSecret(a.Key) {
			a.Value = slog.AnyValue(l.mask.MaskField(a.Key, a.Value.Any()))
		}
		l.value(a.Value)
		return
	}
	if a.Key != "" {
		l.key(a.Key)
		l.buf = append(l.buf, '{')
	}
	for _, below := range a.Value.Group() {
		below.Value = below.Value.Resolve()
		if !isEmpty(below) {
			below.Key = l.mask.MaskLine(below.Key) // fields of a flow
			l.attr(below)
		}
	}
	if a.Key != "" {
		l.buf = append(l.buf, '}')
	}
}

func (l *line) key(name string) {
	if c := l.buf[len(l.buf)-1]; c != '{' {
		l.buf = append(l.buf, ',')
	}
	l.string(name)
	l.buf = append(l.buf, ':')
}

func (l *line) value(v slog.Value) {
	switch v.Kind() {
	case slog.KindString:
		l.string(l.mask.MaskLine(v.String()))
	case slog.KindInt64:
		l.number(strconv.AppendInt(l.buf, v.Int64(), 10))
	case slog.KindUint64:
		l.number(strconv.AppendUint(l.buf, v.Uint64(), 10))
	case slog.KindFloat64:
		l.float(v.Float64())
	case slog.KindBool:
		l.buf = strconv.AppendBool(l.buf, v.Bool())
	case slog.KindDuration:
		l.string(v.Duration().String())
	case slog.KindTime:
		l.buf = append(l.buf, '"')
		l.buf = append(v.Time().AppendFormat(l.buf, time.RFC3339Nano), '"')
	default:
		l.any(v.Any())
	}
}

func (l *line) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		l.string(strconv.FormatFloat(f, 'g', -1, 64))
		return
	}
	l.number(appendFloat(l.buf, f))
}

// number takes the line with a number at its end, which may be a secret.
func (l *line) number(buf []byte) {
	from := len(l.buf)
	l.buf = buf
	if !l.mask.hidesNumbers() {
		return
	}
	text := string(buf[from:])
	if masked := l.mask.Mask(text); masked != text {
		l.buf = buf[:from]
		l.string(masked)
	}
}

// appendFloat writes a number as JavaScript does.
func appendFloat(b []byte, f float64) []byte {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.AppendInt(b, int64(f), 10)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

// any writes a value of a type that slog does not know.
func (l *line) any(v any) {
	if text, ok := plain(v); ok {
		l.string(l.mask.MaskLine(text))
		return
	}
	b, err := json.Marshal(v)
	var data any
	if err == nil {
		err = json.Unmarshal(b, &data)
	}
	if err == nil {
		b, err = json.Marshal(l.mask.MaskValue(data))
	}
	if err != nil {
		l.string(l.mask.MaskLine(fmt.Sprintf("%+v", v)))
		return
	}
	if len(b) > maxValue {
		l.string(bounded(string(b), 0))
		return
	}
	l.buf = append(l.buf, b...)
}

// plain returns the text of what has one. A value that panics, such as a nil pointer, costs no more than its text.
func plain(v any) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "!PANIC", true
		}
	}()
	switch v := v.(type) {
	case nil:
		return "null", true
	case error:
		return v.Error(), true
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return string(text), err == nil
	case fmt.Stringer:
		return v.String(), true
	case []byte:
		return string(v), true
	}
	return "", false
}

// string writes a text in quotes, escaped so that it is JSON and nothing in it steers a terminal.
func (l *line) string(s string) {
	b := append(l.buf, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' && r >= 0xa0 {
				i += size
				continue
			}
			b = append(append(b, s[start:i]...), `\u`...)
			b = append(b, hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
			i += size
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	l.buf = append(append(b, s[start:]...), '"')
}
