package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/logger"
)

// hidden replaces a value whose name says that it is a secret.
const hidden = `***`

// beyond is how much is read behind where a text is cut, so that no secret is cut before it is found: more than what a
// piece of one takes.
const beyond = 1 << 10

// masker takes secrets out of what is written.
type masker struct{ mask func(string) string }

// text masks a text, which may hold JSON.
func (m masker) text(s string) string {
	s = m.mask(s) // first: what is hidden by its name may be a part of a secret
	if strings.Contains(s, `":`) {
		s = string(hideFields([]byte(s)))
	}
	return logger.HideNamed(s, hidden)
}

// short masks a text and shortens it to n bytes.
func (m masker) short(s string, n int) string {
	return clip.Text(m.text(clip.Text(s, n+beyond)), n)
}

// data masks JSON: the values of fields that are named like a secret, and what the mask finds.
func (m masker) data(text []byte) []byte {
	masked := m.text(string(text))
	if masked == string(text) {
		return text
	}
	if !gjson.Valid(masked) { // it hid a number, or a part of an escape
		masked = `{"all":"` + hidden + `"}`
	}
	return []byte(masked)
}

// hideFields replaces the values of fields that are named like a secret, also in JSON that is part of a text.
func hideFields(text []byte) []byte {
	var out []byte
	done := 0
	for i := 0; ; {
		n := bytes.Index(text[i:], []byte(`":`))
		if n < 0 {
			break
		}
		end := i + n
		i = end + 2
		escaped := end > 0 && text[end-1] == '\\'
		name := bytes.TrimRight(text[:end], `\`)
		name = name[bytes.LastIndexByte(name, '"')+1:]
		if !logger.IsSecretName(string(name)) {
			continue
		}
		from, to := valueAt(text, i, escaped)
		if to <= from {
			continue
		}
		out = append(out, text[done:from]...)
		if text[from-1] == '"' {
			out = append(out, hidden...)
		} else {
			out = append(out, `"`+hidden+`"`...)
		}
		done, i = to, to
	}
	if out == nil {
		return text
	}
	return append(out, text[done:]...)
}

// valueAt finds what is to be hidden of the value at i: the inside of a text, or a number, list or object as a whole.
func valueAt(text []byte, i int, escaped bool) (from, to int) {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	quote := []byte(`"`)
	if escaped {
		quote = []byte(`\"`)
	}
	if bytes.HasPrefix(text[i:], quote) {
		from = i + len(quote)
		for to = from; to < len(text); to++ {
			if bytes.HasPrefix(text[to:], quote) || text[to] == '"' {
				return from, to
			}
			if text[to] == '\\' {
				to++
			}
		}
		return from, len(text)
	}
	if escaped { // of what stands in a text only texts are hidden
		return 0, 0
	}
	return i, endOf(text, i)
}

// endOf finds the end of the number, list or object at i; another value ends where it begins.
func endOf(text []byte, i int) int {
	depth, quoted := 0, false
	for to := i; to < len(text); to++ {
		switch c := text[to]; {
		case quoted && c == '\\':
			to++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth <= 0 {
				return to + 1 + depth // the closing one of what is around a number is not part of it
			}
		case depth == 0 && bytes.IndexByte([]byte("-+.eE0123456789"), c) < 0:
			return to
		}
	}
	return len(text)
}

// short returns a value as it is, or a text in its place when it is longer than n bytes.
func short(raw string, n int) []byte {
	if len(raw) <= n {
		return []byte(raw)
	}
	return fmt.Appendf(nil, `"… %d bytes are left out"`, len(raw))
}

// logLine is a line as it is stored.
type logLine struct {
	Level string `json:"level"`
	Text  string `json:"text"`
	Line  int    `json:"line,omitempty"`
}

// logs puts the lines to their visits.
func (m masker) logs(h *store.Run, lines []line) {
	for i := 0; i < len(lines); {
		order := lines[i].visit
		var list []logLine
		for ; i < len(lines) && lines[i].visit == order; i++ {
			list = append(list, logLine{lines[i].level.String(), m.short(lines[i].text, maxLine), lines[i].at})
		}
		for v := range h.Visits {
			if h.Visits[v].Order == order {
				h.Visits[v].Logs, _ = json.Marshal(list)
			}
		}
	}
}
