// Package validate is the family of plugins/kit that checks data against JSON Schemas: validate. plugins/ai has it check the
// responses of models. It knows no other family.
package validate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
	"github.com/arturoeanton/nflow-runtime/internal/pattern"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/arg"
)

const (
	maxSchema   = 128 << 10 // bytes of a schema, as JSON
	maxSchemas  = 4 << 20   // bytes of all compiled schemas that wait for their next use
	maxParts    = 10_000    // values in a schema: compiling it cannot be stopped
	maxPatterns = 10_000    // instructions of all its patterns
	maxSteps    = 1_000_000 // of one validation
	maxFindings = 100       // that one validation returns
	maxPattern  = 16 << 10  // bytes of one pattern

	heavySchema = 2000 // bytes of a compiled schema, for each of its objects and lists, with what compiling it makes

	heavyCheck = 8  // bytes that one step makes
	heavyPart  = 70 // bytes of a compiled pattern, for each of its instructions
)

// Row is the global validate, which keeps compiled schemas for all runs.
func (v *Validator) Row() hostfn.Row {
	return hostfn.Row{
		Name: "validate", Sig: "validate(schema, data)",
		Doc: `Checks data against a JSON Schema (2020-12, formats included) and returns {valid, errors: [{path, message}]}. A path is a JSON pointer such as /items/0/price. $ref reaches only into the schema itself. ` +
			`Patterns are regular expressions of ECMAScript with flag u, properties by the tables of Unicode 17; syntax of other languages is refused; so is a keyword or format that is nearly one of the standard. ` +
			`Formats: date-time, date, time, duration, email, idn-email, hostname, idn-hostname, ipv4, ipv6, uri, uri-reference, iri, iri-reference, uri-template, uuid, json-pointer, relative-json-pointer, regex.`,
		Example: `const result = validate({ type: "object", required: ["email"], properties: { email: { type: "string", format: "email" } } }, payload)
if (!result.valid) { c.JSON(400, result.errors) }`,
		Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
			text, err := r.Stringify(call.Argument(0))
			if err != nil {
				r.Rethrow(err)
			}
			if len(text) > maxSchema {
				arg.Fail(r, "validate", "the schema is larger than %d KiB", maxSchema>>10)
			}
			if hostfn.HalfInJSON(text) {
				arg.Fail(r, "validate", "the schema holds half a surrogate pair, which is no text")
			}
			given, err := r.Stringify(call.Argument(1))
			if err != nil {
				r.Rethrow(err)
			}
			value, err := r.Decode(given)
			if err != nil {
				r.Rethrow(err)
			}
			s, err := v.take(r, string(text))
			if err != nil {
				arg.Fail(r, "validate", "%s", arg.Reason(err))
			}
			defer v.pool.Put(string(text), s)
			found, err := s.check(r, value)
			if err != nil {
				r.Throw(err)
			}
			if hostfn.HalfInJSON(given) {
				found = halves(nil, r.Exact(value, call.Argument(1)))
			}
			list := []any{}
			for _, f := range found {
				list = append(list, map[string]any{"path": f.path, "message": f.message})
			}
			return r.ToJS(map[string]any{"valid": len(found) == 0, "errors": list})
		}),
	}
}

// Validator checks data against JSON Schemas as validate does, with the same bounds. It may be used from any goroutine.
type Validator struct{ pool *hostfn.Pool[schema] }

// New makes a Validator.
func New() *Validator { return &Validator{newSchemas()} }

// Fits returns in one line what is wrong with a value, "" when nothing is. The error says that the schema cannot be used, or
// takes too long. It belongs to the run's goroutine.
func (v *Validator) Fits(r *hostfn.Run, schema []byte, value any) (problem string, err error) {
	if len(schema) > maxSchema {
		return "", fault.New(fault.Script, "the schema is larger than %d KiB", maxSchema>>10)
	}
	s, err := v.take(r, string(schema))
	if err != nil {
		return "", err
	}
	defer v.pool.Put(string(schema), s)
	found, err := s.check(r, value)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return cmp.Or(found[0].path, "/") + ": " + found[0].message, nil
}

// take returns a schema that is compiled. It charges what compiling takes, which cannot be stopped.
func (v *Validator) take(r *hostfn.Run, text string) (*schema, error) {
	parts := min(strings.Count(text, "{")+strings.Count(text, "["), maxParts)
	if err := r.Charge(100*parts+len(text)>>2, int64(heavySchema*parts+20*len(text))); err != nil {
		return nil, err
	}
	return v.pool.Take(text)
}

// newSchemas keeps compiled schemas by their text.
func newSchemas() *hostfn.Pool[schema] { return hostfn.NewPool(maxSchemas, cost, compileSchema) }

// cost estimates what a compiled schema weighs, in bytes.
func cost(text string, s *schema) int {
	return 10*len(text) + 4096 + s.instructions*heavyPart
}

// schema is compiled and counts the steps of the validation that it is used for.
type schema struct {
	root  *jsonschema.Schema
	run   *hostfn.Run // that uses it
	steps int

	instructions int // of its patterns
}

// use counts steps of the validation that is continuing, and ends it where they are too many.
func (s *schema) use(steps int) {
	if s.steps += steps; s.steps > maxSteps {
		panic(stop{fault.New(fault.Script, "validate: the schema takes more than %d steps for this data", maxSteps)})
	}
	if err := s.run.Charge(5*steps, heavyCheck*int64(steps)); err != nil {
		panic(stop{err})
	}
}

// schemaPattern is a pattern as the library wants it.
type schemaPattern struct {
	*pattern.Pattern
	schema *schema
}

// MatchString reports whether a text matches; it ends the validation when that takes too long, or when the run was stopped.
func (p schemaPattern) MatchString(text string) bool {
	found, err := p.MatchText(text, func(steps int, bytes int64) error { return p.schema.run.Charge(1+steps, bytes) })
	if errors.Is(err, pattern.ErrTooLong) {
		err = fault.New(fault.Script, "validate: the pattern %.80q takes too long for this text", p.String())
	}
	if err != nil {
		panic(stop{err})
	}
	return found
}

// pattern compiles a pattern of the schema, or a text whose format is regex.
func (s *schema) pattern(text string) (jsonschema.Regexp, error) {
	if len(text) > maxPattern {
		return nil, fault.New(fault.Script, "the pattern is longer than %d KiB", maxPattern>>10)
	}
	p, err := pattern.CompileSchema(text)
	if err != nil {
		return nil, err
	}
	if s.run == nil { // it belongs to the schema
		if s.instructions += p.Size(); s.instructions > maxPatterns {
			return nil, fault.New(fault.Script, "the schema's patterns are too large")
		}
	} else {
		s.use(p.Size())
	}
	return schemaPattern{p, s}, nil
}

// finding is one thing that is wrong with the data.
type finding struct{ path, message string }

// stop ends a validation.
type stop struct{ err error }

// sizeOf reports how much there is to look at in a value, without what is in its values.
func sizeOf(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	case string:
		return len(v) / 64
	}
	return 0
}

// check validates a value.
func (s *schema) check(r *hostfn.Run, v any) (found []finding, err error) {
	s.run, s.steps = r, 0
	defer func() {
		s.run = nil
		switch x := recover().(type) {
		case nil:
		case stop:
			err = x.err
		default:
			err = fault.Wrap(fault.Script, fmt.Errorf("panic: %v", x), "validate: the data cannot be checked")
		}
	}()
	if e, ok := errors.AsType[*jsonschema.ValidationError](s.root.Validate(v)); ok {
		found = findings(e)
	}
	return found, r.Stopped()
}

// findings lists the leaves of an error, those of one path together.
func findings(e *jsonschema.ValidationError) []finding {
	var list []finding
	printer := message.NewPrinter(language.English)
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		if len(list) == maxFindings {
			return
		}
		if len(e.Causes) > 0 {
			for _, cause := range e.Causes {
				walk(cause)
			}
			return
		}
		f := finding{pointer(e.InstanceLocation), clip.Text(e.ErrorKind.LocalizedString(printer), 300)}
		if !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	walk(e)
	slices.SortStableFunc(list, func(a, b finding) int { return strings.Compare(a.path, b.path) })
	return list
}

// halves finds the first text or name that holds half a surrogate pair, as Exact has it: that is no text of Unicode, which a schema
// speaks of.
func halves(at []string, v any) []finding {
	bad := func(text, what string) []finding {
		if ordered.Units(text) == nil {
			return nil
		}
		return []finding{{pointer(at), what + " holds half a surrogate pair, which is no text"}}
	}
	switch v := v.(type) {
	case string:
		return bad(v, "the text")
	case []any:
		for i, item := range v {
			if found := halves(append(at, strconv.Itoa(i)), item); found != nil {
				return found
			}
		}
	case map[string]any:
		for name, item := range v {
			if found := bad(name, "a name"); found != nil {
				return found
			}
			if found := halves(append(at, name), item); found != nil {
				return found
			}
		}
	}
	return nil
}

// pointer writes a JSON pointer.
func pointer(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(t))
	}
	return b.String()
}
