package console

import (
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// What a table shows at most.
const (
	maxTableRows    = 50
	maxTableColumns = 20
	maxTableCell    = 60 // bytes
)

// textTable is what console.table draws.
type textTable struct {
	columns []string // behind that of the indexes
	rows    [][]string
}

// table writes rows as a table. What has no rows, such as a number or a Map, is written as it is.
func (s console) table(call goja.FunctionCall) {
	data, ok := call.Argument(0).(*goja.Object)
	if !ok || data.ClassName() != "Array" && (data.ExportType() == reflect.TypeFor[[][2]any]() || data.ExportType() == reflect.TypeFor[[]any]()) {
		s.print(slog.LevelInfo, "", call.Arguments[:min(1, len(call.Arguments))])
		return
	}
	var only []string
	if list, ok := call.Argument(1).(*goja.Object); ok {
		for _, key := range s.someKeys(list, maxTableColumns) {
			only = append(only, clip.Text(s.Text(hostfn.Property(list, key)), maxTableCell))
		}
	}
	s.print(slog.LevelInfo, s.tableOf(data, only).String(), nil)
}

func (s console) someKeys(o *goja.Object, most int) []string {
	keys := s.Keys(o)
	return keys[:min(len(keys), most)]
}

func (s console) tableOf(data *goja.Object, only []string) *textTable {
	t := &textTable{columns: slices.Clone(only)}
	values := false // there is a column for rows that are no objects
	type row struct {
		index string
		cells map[string]string
		value string
	}
	var rows []row
	for _, index := range s.someKeys(data, maxTableRows) {
		r := row{index: clip.Text(index, maxTableCell), cells: map[string]string{}}
		v := hostfn.Property(data, index)
		if o, ok := v.(*goja.Object); ok {
			for _, key := range s.someKeys(o, maxTableColumns) {
				if only == nil && !slices.Contains(t.columns, key) && len(t.columns) < maxTableColumns {
					t.columns = append(t.columns, key)
				}
				if slices.Contains(t.columns, key) {
					r.cells[key] = s.cell(hostfn.Property(o, key))
				}
			}
		} else {
			r.value, values = s.cell(v), true
		}
		rows = append(rows, r)
	}
	for _, r := range rows {
		line := []string{r.index}
		for _, c := range t.columns {
			line = append(line, r.cells[c])
		}
		if values {
			line = append(line, r.value)
		}
		t.rows = append(t.rows, line)
	}
	for i, c := range t.columns {
		t.columns[i] = clip.Text(c, maxTableCell)
	}
	if values {
		t.columns = append(t.columns, "Values")
	}
	return t
}

func (s console) cell(v goja.Value) string {
	text := hostfn.Quoted(s.Run, v)
	s.Spend(16+len(text), 2*int64(len(text))) // a table has a thousand of them
	return strings.ReplaceAll(clip.Text(text, maxTableCell), "\n", " ")
}

// String draws the table as Node does.
func (t *textTable) String() string {
	head := append([]string{"(index)"}, t.columns...)
	widths := make([]int, len(head))
	for _, line := range append([][]string{head}, t.rows...) {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell)+2)
		}
	}
	var b strings.Builder
	rule := func(left, middle, right string) {
		for i, w := range widths {
			b.WriteString(map[bool]string{true: left, false: middle}[i == 0] + strings.Repeat("─", w))
		}
		b.WriteString(right)
	}
	line := func(cells []string) {
		for i, cell := range cells {
			b.WriteString("│ " + cell + strings.Repeat(" ", widths[i]-1-utf8.RuneCountInString(cell)))
		}
		b.WriteString("│\n")
	}
	rule("┌", "┬", "┐\n")
	line(head)
	rule("├", "┼", "┤\n")
	for _, cells := range t.rows {
		line(cells)
	}
	rule("└", "┴", "┘")
	return b.String()
}
