package rules

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// This file says values and errors of expressions in words of the language, where Expr has those of Go.

const ruleTime = "2006-01-02T15:04:05.999Z07:00"

// string is the function of that name.
func (e *evaluator) string(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("string takes one value")
	}
	text, err := e.text(args[0])
	if err != nil {
		return nil, err
	}
	return text, e.use(len(text) / 16)
}

// text returns a value as text: lists and maps as JSON, a date as in ISO 8601.
func (e *evaluator) text(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "null", nil
	case string:
		return v, nil
	case time.Time:
		return v.Format(ruleTime), nil
	case []byte:
		return string(v), nil
	}
	switch rv := reflect.ValueOf(v); rv.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		data, err := e.data(rv)
		if err != nil {
			return "", err
		}
		text, err := hostfn.Encode(data)
		return string(text), err
	}
	return fmt.Sprint(v), nil
}

// data returns a list or a map with texts for keys, of what functions of Expr make too.
func (e *evaluator) data(rv reflect.Value) (any, error) {
	if err := e.use(1); err != nil {
		return nil, err
	}
	switch rv.Kind() {
	case reflect.Interface:
		return e.data(rv.Elem())
	case reflect.Slice, reflect.Array:
		list := make([]any, rv.Len())
		for i := range list {
			item, err := e.data(rv.Index(i))
			if err != nil {
				return nil, err
			}
			list[i] = item
		}
		return list, nil
	case reflect.Map:
		table := make(map[string]any, rv.Len())
		for it := rv.MapRange(); it.Next(); {
			key, err := e.text(it.Key().Interface())
			if err != nil {
				return nil, err
			}
			if table[key], err = e.data(it.Value()); err != nil {
				return nil, err
			}
		}
		return table, nil
	case reflect.Invalid:
		return nil, nil
	}
	switch v := rv.Interface().(type) {
	case time.Time:
		return v.Format(ruleTime), nil
	case time.Duration:
		return v.String(), nil
	default:
		return v, nil
	}
}

// plainWords returns an error of Expr without Go's types.
func plainWords(text string) string {
	switch {
	case strings.HasPrefix(text, "reflect"):
		return "a value is of another kind than the function or operator takes"
	case strings.HasPrefix(text, "runtime error: integer divide by zero"):
		return "division by zero"
	case strings.HasPrefix(text, "runtime error"):
		return "a value has no such part"
	}
	if from := strings.Index(text, "func("); from >= 0 {
		rest := ""
		for _, end := range []string{" has no ", " is not "} {
			if _, after, ok := strings.Cut(text[from:], end); ok {
				rest = end + after
			}
		}
		text = text[:from] + "function" + rest
	}
	return strings.NewReplacer(
		"interface conversion: interface {} is nil", "a value is null", "interface conversion: interface {} is ", "a value is ",
		"map[string]interface {}", "map", "map[interface {}][]interface {}", "map", "map[interface {}]interface {}", "map",
		"[]interface {}", "list", "[]string", "list", "[]int", "list", "[]uint8", "bytes", "interface {}", "value", "<nil>", "null",
		"*time.Location", "time zone", "time.Time", "date", "time.Duration", "duration", "time.Month", "month", "time.Weekday", "day of the week",
		"float64", "float", "int64", "int",
	).Replace(text)
}
