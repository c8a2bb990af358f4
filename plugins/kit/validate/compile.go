package validate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// noLoader returns no other document: a schema must not make the server read files or URLs.
type noLoader struct{}

func (noLoader) Load(string) (any, error) {
	return nil, errors.New("only what is in the schema itself can be referred to")
}

func compileSchema(text string) (s *schema, err error) {
	defer func() {
		if x := recover(); x != nil {
			s, err = nil, fault.Wrap(fault.Script, fmt.Errorf("panic: %v", x), "the schema cannot be read")
		}
	}()
	if strings.Contains(text, `"$dynamicRef"`) || strings.Contains(text, `"$recursiveRef"`) { // see count: it cannot follow them
		return nil, fault.New(fault.Script, "$dynamicRef and $recursiveRef are not supported; use $ref")
	}
	doc, err := new(hostfn.Run).Decode([]byte(text))
	if err != nil {
		return nil, err
	}
	if n := nodes(doc); n > maxParts {
		return nil, fault.New(fault.Script, "the schema holds more than %d values", maxParts)
	}
	if err := misspelt(doc); err != nil {
		return nil, err
	}
	const name = "schema:///data"
	s = &schema{}
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(s.pattern)
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	for _, f := range formats() {
		c.RegisterFormat(f)
	}
	c.UseLoader(noLoader{})
	if err := c.AddResource(name, doc); err != nil {
		return nil, fault.New(fault.Script, "the schema cannot be read")
	}
	root, err := c.Compile(name)
	if err != nil {
		return nil, fault.New(fault.Script, "the schema is wrong: %s", schemaText(err))
	}
	s.root = root
	s.count(root, map[*jsonschema.Schema]bool{})
	return s, nil
}

// schemaText returns in one line what is wrong with a schema.
func schemaText(err error) string {
	if v, ok := errors.AsType[*jsonschema.SchemaValidationError](err); ok {
		if e, ok := errors.AsType[*jsonschema.ValidationError](v.Err); ok {
			if found := findings(e); len(found) > 0 {
				return found[0].message + " (at " + cmp.Or(found[0].path, "/") + ")"
			}
		}
	}
	if l, ok := errors.AsType[*jsonschema.LoadURLError](err); ok {
		return "$ref to " + clip.Text(fmt.Sprintf("%q", l.URL), 80) + ": " + l.Err.Error()
	}
	return clip.Text(strings.ReplaceAll(strings.ReplaceAll(err.Error(), "schema:///data", ""), "\n", " "), 300)
}

// count lets every schema below s count its uses before it does anything: the library looks at a format first. Schemas
// can be written that take years, such as an anyOf of an anyOf of an anyOf, and validation cannot be stopped from outside.
func (s *schema) count(at *jsonschema.Schema, known map[*jsonschema.Schema]bool) {
	if at == nil || known[at] {
		return
	}
	known[at] = true
	self, perValue := subschemas(at)
	once, each := 1+weight(at), 1+len(at.PatternProperties)
	for _, sub := range self {
		s.count(sub, known)
		once += 1 + weight(sub)
	}
	for _, sub := range perValue {
		s.count(sub, known)
		each += 1 + weight(sub)
	}
	format := at.Format
	counting := &jsonschema.Format{Name: "any", Validate: func(v any) error {
		s.use(once + each*sizeOf(v))
		if list, ok := v.([]any); ok && at.UniqueItems {
			s.use(2 * nodes(list))
		}
		if format != nil {
			return format.Validate(v)
		}
		return nil
	}}
	if format != nil {
		counting.Name = format.Name
	}
	at.Format = counting
}

// subschemas lists what a schema applies to the value itself, and what to each value in it.
func subschemas(s *jsonschema.Schema) (self, perValue []*jsonschema.Schema) {
	self = slices.Concat([]*jsonschema.Schema{s.Ref, s.Not, s.If, s.Then, s.Else, s.ContentSchema}, s.AllOf, s.AnyOf, s.OneOf)
	if s.DynamicRef != nil {
		self = append(self, s.DynamicRef.Ref)
	}
	for _, sub := range s.Properties {
		self = append(self, sub)
	}
	for _, sub := range s.DependentSchemas {
		self = append(self, sub)
	}
	for _, d := range s.Dependencies {
		if sub, ok := d.(*jsonschema.Schema); ok {
			self = append(self, sub)
		}
	}
	perValue = slices.Concat([]*jsonschema.Schema{s.PropertyNames, s.UnevaluatedProperties, s.Contains, s.Items2020, s.UnevaluatedItems}, s.PrefixItems)
	for _, sub := range s.PatternProperties {
		perValue = append(perValue, sub)
	}
	for _, any := range []any{s.AdditionalProperties, s.Items, s.AdditionalItems} {
		switch sub := any.(type) {
		case *jsonschema.Schema:
			perValue = append(perValue, sub)
		case []*jsonschema.Schema:
			perValue = append(perValue, sub...)
		}
	}
	isNil := func(s *jsonschema.Schema) bool { return s == nil }
	return slices.DeleteFunc(self, isNil), slices.DeleteFunc(perValue, isNil)
}

// weight reports how many values a schema compares one with.
func weight(s *jsonschema.Schema) int {
	n := 0
	if s.Enum != nil {
		for _, v := range s.Enum.Values {
			n += nodes(v)
		}
	}
	if s.Const != nil {
		n += nodes(*s.Const)
	}
	return n
}

// nodes counts the values in a value, itself included.
func nodes(v any) int {
	n := 1
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += nodes(item)
		}
	case map[string]any:
		for _, item := range v {
			n += nodes(item)
		}
	}
	return n
}
