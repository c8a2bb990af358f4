package codec

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// csvReader reads the records of a text, as RFC 4180 and spreadsheets write them.
type csvReader struct {
	rest      string
	line      int    // that was read last, from 1
	separator string // one character
	comment   string // that begins lines without data; "" for none
	trim      bool   // takes blanks off cells, around their quotes too
	lazy      bool   // takes quotes as text where it is not clear what they mean
}

// separatorLine skips a first line such as "sep=;" and takes its separator, unless that was chosen already.
func (c *csvReader) separatorLine(chosen bool) {
	const mark = "sep="
	if len(c.rest) <= len(mark) || !strings.EqualFold(c.rest[:len(mark)], mark) {
		return
	}
	char, n := utf8.DecodeRuneInString(c.rest[len(mark):])
	n += len(mark)
	end := lineEnd(c.rest[n:])
	if end == 0 && len(c.rest) > n || strings.ContainsRune("\"\r\n", char) || char == utf8.RuneError {
		return
	}
	if !chosen {
		c.separator = c.rest[len(mark):n]
	}
	c.rest = c.rest[n+end:]
	c.line++
}

// lineEnd returns how long the line break is that a text begins with; 0 when it begins with none.
func lineEnd(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case s != "" && (s[0] == '\n' || s[0] == '\r'):
		return 1
	}
	return 0
}

// next returns the cells of the next record and the line that it begins on; nil at the end. Empty lines are no records.
func (c *csvReader) next() (record []string, line int, err error) {
	for c.rest != "" {
		c.line++
		if n := lineEnd(c.rest); n > 0 {
			c.rest = c.rest[n:]
			continue
		}
		if c.comment != "" && strings.HasPrefix(c.rest, c.comment) {
			n := strings.IndexAny(c.rest, "\r\n")
			if n < 0 {
				n = len(c.rest)
			}
			c.rest = c.rest[n:]
			c.rest = c.rest[lineEnd(c.rest):]
			continue
		}
		break
	}
	if c.rest == "" {
		return nil, 0, nil
	}
	line = c.line
	for {
		cell, err := c.cell()
		if err != nil {
			return nil, 0, err
		}
		if record = append(record, cell); len(record) > arg.MaxValues {
			return nil, 0, fault.New(fault.Script, "the text holds more than %d values", arg.MaxValues)
		}
		if after, more := strings.CutPrefix(c.rest, c.separator); more {
			c.rest = after
			continue
		}
		c.rest = c.rest[lineEnd(c.rest):]
		return record, line, nil
	}
}

// cell reads one cell up to what ends it. In one that begins with no quote, quotes are text, as in 5" pipe.
func (c *csvReader) cell() (string, error) {
	if c.trim {
		c.rest = strings.TrimLeft(c.rest, c.blanks())
	}
	if strings.HasPrefix(c.rest, `"`) {
		return c.quoted()
	}
	n := strings.IndexAny(c.rest, "\r\n"+c.separator)
	if n < 0 {
		n = len(c.rest)
	}
	cell := c.rest[:n]
	if !c.lazy && strings.HasPrefix(strings.TrimLeft(cell, c.blanks()), `"`) {
		return "", fault.New(fault.Script, "line %d has blanks before a quote; trim: true takes them off, lazy: true takes all of the cell as text", c.line)
	}
	c.rest = c.rest[n:]
	if c.trim {
		cell = strings.TrimSpace(cell)
	}
	return cell, nil
}

// blanks are what trim takes off before a quote; a separator is none.
func (c *csvReader) blanks() string {
	if c.separator == "\t" {
		return " "
	}
	return " \t"
}

// quoted reads a cell in quotes. What is between them stays as it is, line breaks too.
func (c *csvReader) quoted() (string, error) {
	var b strings.Builder
	begun := c.line
	rest := c.rest[1:]
	for {
		n := strings.IndexByte(rest, '"')
		if n < 0 {
			if !c.lazy {
				return "", fault.New(fault.Script, "the quote in line %d is not closed", begun)
			}
			c.count(rest)
			b.WriteString(rest)
			c.rest = ""
			break
		}
		c.count(rest[:n])
		b.WriteString(rest[:n])
		if rest = rest[n+1:]; strings.HasPrefix(rest, `"`) {
			b.WriteByte('"')
			rest = rest[1:]
			continue
		}
		after := rest
		if c.trim {
			after = strings.TrimLeft(rest, c.blanks())
		}
		if after == "" || strings.HasPrefix(after, c.separator) || lineEnd(after) > 0 {
			c.rest = after
			break
		}
		if !c.lazy {
			return "", fault.New(fault.Script, "line %d has text after a closing quote; quotes inside are written twice, lazy: true takes them as text", c.line)
		}
		b.WriteByte('"')
	}
	if c.trim {
		return strings.TrimSpace(b.String()), nil
	}
	return b.String(), nil
}

// count counts the line breaks of a text.
func (c *csvReader) count(s string) {
	c.line += strings.Count(s, "\n") + strings.Count(s, "\r") - strings.Count(s, "\r\n")
}

// csvCell is the text of one cell.
type csvCell struct {
	text   string
	number bool // and so no formula
}

func csvTexts(texts []string) []csvCell {
	cells := make([]csvCell, len(texts))
	for i := range texts {
		cells[i].text = texts[i]
	}
	return cells
}

// csvWriter writes records so that csvReader reads them as they were.
type csvWriter struct {
	r                  *hostfn.Run
	out                *hostfn.Written
	separator, newline string
	formulas           bool // are written as they are
}

func (w *csvWriter) write(s string) {
	if _, err := w.out.WriteString(s); err != nil {
		arg.Fail(w.r, "csv.format", "%s", arg.Reason(err))
	}
}

func (w *csvWriter) record(cells []csvCell) {
	for i, c := range cells {
		if i > 0 {
			w.write(w.separator)
		}
		if !w.formulas && !c.number && c.text != "" && strings.IndexByte("=+-@\t\r\n", c.text[0]) >= 0 {
			c.text = "'" + c.text
		}
		if !w.mustQuote(c.text, i == 0, len(cells) == 1) {
			w.write(c.text)
			continue
		}
		w.write(`"`)
		w.write(strings.ReplaceAll(c.text, `"`, `""`))
		w.write(`"`)
	}
	w.write(w.newline)
}

// mustQuote reports whether a cell would be read as something else without quotes.
func (w *csvWriter) mustQuote(s string, first, only bool) bool {
	if s == "" {
		return only // an empty line is no record
	}
	return s[0] == ' ' || s[0] == '\t' || s[len(s)-1] == ' ' || s[len(s)-1] == '\t' || strings.ContainsAny(s, "\"\r\n"+w.separator) ||
		first && w.out.Len() <= len("\uFEFF") && (strings.HasPrefix(s, "\uFEFF") || len(s) >= 4 && strings.EqualFold(s[:4], "sep="))
}

// cell returns the text of one value: dates as ISO 8601, objects as JSON, nothing for null.
func cell(r *hostfn.Run, v goja.Value) string {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return ""
	}
	if _, ok := v.(*goja.Object); !ok {
		return r.Wide(v)
	}
	b, err := r.Stringify(v)
	if err != nil {
		r.Rethrow(err)
	}
	r.Spend(len(b)>>6, int64(len(b)))
	var s string
	if json.Unmarshal(b, &s) == nil {
		return s
	}
	return string(b)
}
