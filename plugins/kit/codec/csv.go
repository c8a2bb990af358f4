// Package codec is the family of plugins/kit that reads and writes formats: csv, xml and yaml. It knows no other family.
package codec

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

// Rows lists the globals of this package.
func Rows() []hostfn.Row { return []hostfn.Row{csvRow(), xmlRow(), yamlRow()} }

func csvRow() hostfn.Row {
	return hostfn.Row{
		Name: "csv", Sig: "csv",
		Calls: []string{
			`csv.parse(csv, {header, separator, comment, trim, lazy})`,
			`csv.format(rows, {columns, header, separator, newline, bom, formulas})`,
		},
		Doc: `Tables as text: parse(text, {header, separator, comment, trim, lazy}) returns an object for each row, with the names of the first row, or arrays with header: false (a list of names means that there is no header row). ` +
			`A column without a name is called column_N, counted from 1; a first line such as sep=; names the separator; lines end with LF, CRLF or CR, and line breaks in quotes stay as they are; separator and comment are one character each, also beyond ASCII; trim: true removes blanks, also around quotes. A quote inside a cell that begins with none is text; blanks before a quote, text behind a closing one and a quote that is not closed are errors, which lazy: true takes as text. ` +
			`format(rows, {columns, header, separator, newline, bom, formulas}) makes text of objects or arrays that parse reads back unchanged; formulas: false keeps spreadsheets from running texts as formulas.`,
		Example: `const rows = csv.parse("name,age\nAda,36\n\"Lovelace, A.\",37")
payload.names = rows.map(r => r.name)
payload.text = csv.format([{ name: "Ada", tags: ["a"] }], { separator: ";" })`,
		Bind: arg.Object(arg.Method("parse", csvParse), arg.Method("format", csvFormat)),
	}
}

func csvParse(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "csv.parse"
	arg.Text(r, fn, call, 0)
	source := strings.TrimPrefix(r.Wide(call.Argument(0)), "\uFEFF")
	o := arg.Options(r, fn, call, 1, "header", "separator", "comment", "trim", "lazy")
	in := csvReader{rest: source, separator: o.Char("separator", ","), trim: o.Flag("trim", false), lazy: o.Flag("lazy", false)}
	in.separatorLine(o.Values["separator"] != nil)
	if _, set := o.Values["comment"]; set {
		in.comment = o.Char("comment", "#")
	}
	if in.comment == in.separator {
		arg.Fail(r, fn, "separator and comment are the same character")
	}
	t := csvTable{vm: r.VM, count: arg.Counter{R: r}}
	if names, ok := o.Values["header"].([]any); ok && names != nil {
		t.err = t.name(wideTexts(o, call, "header"))
	} else {
		t.wantsNames = o.Flag("header", true)
	}
	for t.err == nil {
		before := len(in.rest)
		record, line, err := in.next()
		if err == nil {
			err = r.Charge((before-len(in.rest))/5, 0)
		}
		if err != nil {
			t.err = err
			break
		}
		if record == nil {
			return r.VM.NewArray(t.rows...)
		}
		t.add(record, line)
	}
	arg.Fail(r, fn, "%s", arg.Reason(t.err))
	return nil
}

// wideTexts reads an option that is a list of names, with halves of surrogate pairs.
func wideTexts(o arg.Settings, call goja.FunctionCall, name string) []string {
	if options, ok := call.Argument(1).(*goja.Object); ok {
		o.Values[name] = o.R.Exact(o.Values[name], hostfn.Property(options, name))
	}
	return o.Texts(name)
}

// csvTable collects the rows.
type csvTable struct {
	vm         *goja.Runtime
	wantsNames bool // the next record holds the names
	names      []string
	rows       []any
	count      arg.Counter
	err        error
}

func (t *csvTable) name(names []string) error {
	known := make(map[string]bool, min(len(names), 10_000))
	for i, name := range names {
		if name != "" && known[name] {
			return fault.New(fault.Script, "the header has %.80q twice", name)
		}
		known[name] = true
		if i == 10_000 {
			return fault.New(fault.Script, "the header has more than %d names", i)
		}
	}
	t.names, t.wantsNames = slices.Clone(names), false
	for i, name := range t.names {
		if name != "" {
			continue
		}
		for name = "column_" + strconv.Itoa(i+1); known[name]; name += "_" {
		}
		t.names[i], known[name] = name, true
	}
	return nil
}

func (t *csvTable) add(record []string, line int) {
	for i := range record {
		if t.err == nil {
			t.err = t.count.Add(1, arg.HeavyValue+len(record[i]))
		}
	}
	switch {
	case t.err != nil:
	case t.wantsNames:
		t.err = t.name(record)
	case t.names == nil:
		cells := make([]any, len(record))
		for i := range record {
			cells[i] = hostfn.ToJS(t.vm, strings.Clone(record[i]))
		}
		t.rows = append(t.rows, t.vm.NewArray(cells...))
	case len(record) > len(t.names):
		t.err = fault.New(fault.Script, "line %d has %d fields, the header has %d", line, len(record), len(t.names))
	default:
		if t.err = t.count.R.Charge(4*len(t.names), int64(arg.HeavyObject+len(t.names)*arg.HeavyEntry)); t.err != nil {
			return
		}
		o := t.vm.NewObject()
		for i, name := range t.names {
			value := ""
			if i < len(record) {
				value = strings.Clone(record[i])
			} else if t.err = t.count.Add(1, arg.HeavyEntry); t.err != nil {
				return
			}
			t.count.R.SetWide(o, name, hostfn.ToJS(t.vm, value))
		}
		t.rows = append(t.rows, o)
	}
}

func csvFormat(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "csv.format"
	rows := list(r, fn, call.Argument(0))
	o := arg.Options(r, fn, call, 1, "columns", "header", "separator", "newline", "bom", "formulas")
	columns := wideTexts(o, call, "columns")
	if columns == nil {
		columns = columnsOf(r, rows)
	}
	w := csvWriter{
		r: r, out: r.NewWritten(arg.MaxText, fault.New(fault.Script, "the text gets longer than %d MiB", arg.MaxText>>20)),
		separator: o.Char("separator", ","), newline: o.Text("newline", "\n"), formulas: o.Flag("formulas", true),
	}
	if w.newline != "\n" && w.newline != "\r\n" && w.newline != "\r" {
		arg.Fail(r, fn, `option newline must be "\n", "\r\n" or "\r"`)
	}
	if o.Flag("bom", false) {
		w.write("\uFEFF")
	}
	if len(columns) > 0 && o.Flag("header", true) {
		w.record(csvTexts(columns))
	}
	for _, row := range rows {
		w.record(record(r, fn, row, columns))
	}
	return hostfn.ToJS(r.VM, w.out.String())
}

// record returns the cells of a row.
func record(r *hostfn.Run, fn string, row goja.Value, columns []string) []csvCell {
	size := 0
	text := func(v goja.Value) csvCell {
		s := cell(r, v)
		r.Spend(5, 16)
		if size += len(s); size > arg.MaxText { // of one row: texts that it shares are written each time
			arg.Fail(r, fn, "the text gets longer than %d MiB", arg.MaxText>>20)
		}
		return csvCell{text: s, number: isNumber(v)}
	}
	o, ok := row.(*goja.Object)
	if !ok {
		arg.Fail(r, fn, "each row must be an object or an array")
	}
	var cells []csvCell
	if o.ClassName() == "Array" {
		for _, v := range list(r, fn, o) {
			cells = append(cells, text(v))
		}
		return cells
	}
	for _, name := range columns {
		cells = append(cells, text(r.WideProperty(o, name)))
	}
	return cells
}

// isNumber reports whether a value is a number or a BigInt, which no spreadsheet takes for a formula.
func isNumber(v goja.Value) bool {
	if o, ok := v.(*goja.Object); ok {
		return o.ClassName() == "Number"
	}
	return v != nil && !goja.IsString(v)
}

// list returns the items of an array.
func list(r *hostfn.Run, fn string, v goja.Value) []goja.Value {
	o, ok := v.(*goja.Object)
	if !ok || o.ClassName() != "Array" {
		arg.Fail(r, fn, "argument 1 must be an array")
	}
	n := hostfn.Property(o, "length").ToInteger()
	if n > arg.MaxValues {
		arg.Fail(r, fn, "an array of %d items is too long", n)
	}
	r.Spend(0, 16*n)
	items := make([]goja.Value, n)
	for i := range items {
		r.Spend(2, 0)
		items[i] = hostfn.Property(o, strconv.Itoa(i))
	}
	return items
}

// columnsOf returns the keys of the rows that are objects, in the order in which they appear.
func columnsOf(r *hostfn.Run, rows []goja.Value) []string {
	var names []string
	known := map[string]bool{}
	for _, row := range rows {
		o, ok := row.(*goja.Object)
		if !ok || o.ClassName() == "Array" {
			continue
		}
		for _, name := range r.WideKeys(o) {
			if !known[name] {
				r.Spend(2, 100)
				known[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}
