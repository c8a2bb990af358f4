package source

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// columns of modules.csv as it is written; it is read with its columns in any order.
func columns() []string { return []string{"id", "name", "form", "mod", "code"} }

// parseModules reads modules.csv: a header, then one module a row. The id is not used. A field without text stands for
// NULL. Line ends inside a field come back as \n.
func parseModules(text string) ([]store.Module, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, badCSV(err)
	}
	at := map[string]int{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, ok := at[name]; ok {
			return nil, fault.New(fault.Invalid, "modules.csv line 1: column %.64q is there twice", name)
		}
		at[name] = i
	}
	for _, name := range []string{"name", "code"} {
		if _, ok := at[name]; !ok {
			return nil, fault.New(fault.Invalid, "modules.csv line 1: column %q is missing; the header is id,name,form,mod,code", name)
		}
	}
	var modules []store.Module
	lines := map[string]int{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return modules, nil
		}
		if err != nil {
			return nil, badCSV(err)
		}
		field := func(column string) string {
			if i, ok := at[column]; ok {
				return row[i]
			}
			return ""
		}
		m := store.Module{Name: field("name"), Form: field("form"), Mod: field("mod"), Code: field("code")}
		line, _ := r.FieldPos(at["name"])
		if strings.TrimSpace(m.Name) == "" {
			return nil, fault.New(fault.Invalid, "modules.csv line %d: the module has no name", line)
		}
		if first, ok := lines[m.Name]; ok {
			return nil, fault.New(fault.Invalid, "modules.csv line %d: module %.64q is in line %d already; keep one of them", line, m.Name, first)
		}
		lines[m.Name] = line
		modules = append(modules, m)
	}
}

func badCSV(err error) error {
	line, text := 1, err.Error()
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		line, text = p.Line, p.Err.Error()
	}
	return fault.Wrap(fault.Invalid, err, "modules.csv line %d: invalid CSV: %s", line, text)
}

// formatModules writes modules.csv.
func formatModules(modules []Module) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	rows := [][]string{columns()}
	for i, m := range modules {
		rows = append(rows, []string{strconv.Itoa(i + 1), m.Name, m.Form, m.Mod, m.Code})
	}
	if err := w.WriteAll(rows); err != nil {
		return "", fault.Wrap(fault.Internal, err, "modules.csv cannot be written")
	}
	return b.String(), nil
}
