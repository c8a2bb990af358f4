package kit

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

func csvRow() hostfn.Row {
	return hostfn.Row{
		Name: "csv", Sig: "csv",
		Doc: `Tables as text: parse(text, {header, separator, comment, trim, lazy}) gives an object for each row, by the names in the first row, or arrays with header: false (a list of names says that there is no such row); ` +
			`format(rows, {columns, header, separator, newline, bom, formulas}) makes text of objects or arrays; formulas: false keeps spreadsheets from running what a cell holds.`,
		Example: `const rows = csv.parse("name,age\nAda,36\n\"Lovelace, A.\",37")
payload.names = rows.map(r => r.name)
payload.text = csv.format([{ name: "Ada", tags: ["a"] }], { separator: ";" })`,
		Bind: object(method{"parse", csvParse}, method{"format", csvFormat}),
	}
}

func csvParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "csv.parse"
	source := strings.TrimPrefix(text(r, fn, call, 0), "\uFEFF")
	o := options(r, fn, call, 1)
	in := csv.NewReader(strings.NewReader(source))
	in.Comma = o.char("separator", ',')
	if _, set := o.values["comment"]; set {
		in.Comment = o.char("comment", '#')
	}
	if in.Comment == in.Comma {
		fail(r, fn, "separator and comment are the same character")
	}
	in.LazyQuotes = o.flag("lazy", false)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	t := csvTable{vm: r.VM, trim: o.flag("trim", false)}
	if names, ok := o.values["header"].([]any); ok && names != nil {
		t.err = t.name(o.texts("header"))
	} else {
		t.wantsNames = o.flag("header", true)
	}
	for t.err == nil {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return r.VM.NewArray(t.rows...)
		}
		if err != nil {
			t.err = err
			break
		}
		line, _ := in.FieldPos(0)
		t.add(record, line)
	}
	fail(r, fn, "%s", parseText(t.err))
	return nil
}

// parseText is what an author may read of a parser's error.
func parseText(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Text
	}
	return err.Error()
}

// csvTable collects the rows.
type csvTable struct {
	vm         *goja.Runtime
	trim       bool
	wantsNames bool // the next record holds the names
	names      []string
	rows       []any
	count      counter
	err        error
}

func (t *csvTable) name(names []string) error {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fault.New(fault.Script, "the header has %.80q twice", name)
		}
		if i == 10_000 {
			return fault.New(fault.Script, "the header has more than %d names", i)
		}
	}
	t.names, t.wantsNames = slices.Clone(names), false
	return nil
}

func (t *csvTable) add(record []string, line int) {
	for i := range record {
		if t.trim {
			record[i] = strings.TrimSpace(record[i])
		}
		if t.err == nil {
			t.err = t.count.add(1)
		}
	}
	switch {
	case t.err != nil:
	case t.wantsNames:
		t.err = t.name(record)
	case t.names == nil:
		cells := make([]any, len(record))
		for i := range record {
			cells[i] = strings.Clone(record[i])
		}
		t.rows = append(t.rows, t.vm.NewArray(cells...))
	case len(record) > len(t.names):
		t.err = fault.New(fault.Script, "line %d has %d fields, the header has %d", line, len(record), len(t.names))
	default:
		o := t.vm.NewObject()
		for i, name := range t.names {
			value := ""
			if i < len(record) {
				value = strings.Clone(record[i])
			} else if t.err = t.count.add(1); t.err != nil {
				return
			}
			hostfn.SetOwn(o, name, t.vm.ToValue(value))
		}
		t.rows = append(t.rows, o)
	}
}

func csvFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "csv.format"
	rows := list(r, fn, call.Argument(0))
	o := options(r, fn, call, 1)
	columns := o.texts("columns")
	if columns == nil {
		columns = columnsOf(rows)
	}
	var b bytes.Buffer
	if o.flag("bom", false) {
		b.WriteString("\uFEFF")
	}
	out := csv.NewWriter(&b)
	out.Comma = o.char("separator", ',')
	out.UseCRLF = o.text("newline", "\n") == "\r\n"
	formulas := o.flag("formulas", true)
	write := func(record []string) {
		for i, cell := range record {
			if !formulas && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				record[i] = "'" + cell
			}
		}
		if err := out.Write(record); err != nil {
			fail(r, fn, "%v", err)
		}
		if out.Flush(); b.Len() > maxText {
			fail(r, fn, "the text gets longer than %d MiB", maxText>>20)
		}
	}
	if len(columns) > 0 && o.flag("header", true) {
		write(slices.Clone(columns))
	}
	for _, row := range rows {
		write(record(r, fn, row, columns))
	}
	return r.VM.ToValue(b.String())
}

// record gives the cells of a row.
func record(r *hostfn.Run, fn string, row goja.Value, columns []string) []string {
	o, ok := row.(*goja.Object)
	if !ok {
		fail(r, fn, "each row must be an object or an array")
	}
	var cells []string
	if o.ClassName() == "Array" {
		for _, v := range list(r, fn, o) {
			cells = append(cells, cell(r, v))
		}
		return cells
	}
	for _, name := range columns {
		cells = append(cells, cell(r, hostfn.Property(o, name)))
	}
	return cells
}

// list gives the items of an array.
func list(r *hostfn.Run, fn string, v goja.Value) []goja.Value {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Array" {
		fail(r, fn, "argument 1 must be an array")
	}
	n := hostfn.Property(o, "length").ToInteger()
	if n > maxValues {
		fail(r, fn, "an array of %d items is too long", n)
	}
	items := make([]goja.Value, n)
	for i := range items {
		items[i] = hostfn.Property(o, strconv.Itoa(i))
	}
	return items
}

// columnsOf gives the keys of the rows that are objects, in the order in which they appear.
func columnsOf(rows []goja.Value) []string {
	var names []string
	known := map[string]bool{}
	for _, row := range rows {
		o, ok := row.(*goja.Object)
		if !ok || o.ClassName() == "Array" {
			continue
		}
		for _, name := range o.Keys() {
			if !known[name] {
				known[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// cell gives the text of one value: dates as ISO 8601, objects as JSON, nothing for null.
func cell(r *hostfn.Run, v goja.Value) string {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return ""
	}
	if _, ok := v.(*goja.Object); !ok {
		return v.String()
	}
	b, err := r.Stringify(v)
	if err != nil {
		r.Rethrow(err)
	}
	var s string
	if json.Unmarshal(b, &s) == nil {
		return s
	}
	return string(b)
}
