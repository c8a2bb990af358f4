package validate

import (
	"maps"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/spell"
)

// A standard validator ignores keywords that it does not know, so that a misspelt one checks nothing. Those that are nearly
// a keyword are refused here; any other, such as x-note, is the author's.

// holdsSchema is what the value of a keyword is.
type holdsSchema int

const (
	plain  holdsSchema = iota // no schema
	one                       // a schema, or a list of schemas
	byName                    // an object of schemas
)

// keywords of JSON Schema drafts 3 to 2020-12 and of OpenAPI 3.
func keywords() map[string]holdsSchema {
	all := map[string]holdsSchema{}
	for held, words := range map[holdsSchema]string{
		plain: `$schema $id $anchor $dynamicAnchor $recursiveAnchor $ref $dynamicRef $recursiveRef $comment $vocabulary id type enum const
			multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems
			maxContains minContains maxProperties minProperties required dependentRequired format contentEncoding contentMediaType
			title description default deprecated readOnly writeOnly examples example nullable discriminator externalDocs xml
			divisibleBy disallow`,
		one: `not if then else allOf anyOf oneOf items prefixItems additionalItems contains additionalProperties propertyNames
			unevaluatedItems unevaluatedProperties contentSchema`,
		byName: `properties patternProperties dependentSchemas dependencies $defs definitions`,
	} {
		for word := range strings.FieldsSeq(words) {
			all[word] = held
		}
	}
	return all
}

// formatNames are those that a schema may name: the ones that are checked, and OpenAPI's.
func formatNames() []string {
	return strings.Fields(`date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri
		iri-reference uri-template uuid json-pointer relative-json-pointer regex period semver
		int32 int64 float double decimal byte binary password`)
}

// misspelt returns why a schema is refused whose keywords or formats are nearly known ones.
func misspelt(schema any) error {
	s := speller{keywords: keywords(), formats: formatNames()}
	for _, name := range slices.Sorted(maps.Keys(s.keywords)) {
		if len(name) > 3 { // a note is no not
			s.names = append(s.names, name)
		}
	}
	return s.schema(schema, "")
}

type speller struct {
	keywords map[string]holdsSchema
	names    []string // of the keywords that may be meant
	formats  []string
}

func (s *speller) schema(v any, path string) error {
	if list, ok := v.([]any); ok {
		for _, item := range list {
			if err := s.schema(item, path); err != nil {
				return err
			}
		}
		return nil
	}
	o, _ := v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(o)) {
		held, known := s.keywords[name]
		if !known {
			if near := spell.Nearest(name, s.names); near != "" {
				return fault.New(fault.Script, "the schema has the unknown keyword %q (at %s); did you mean %s?", name, path+"/"+name, near)
			}
			continue
		}
		if err := s.keyword(held, o[name], path+"/"+name); err != nil {
			return err
		}
	}
	if format, ok := o["format"].(string); ok && !slices.Contains(s.formats, format) {
		if near := spell.Nearest(format, s.formats); near != "" {
			return fault.New(fault.Script, "the schema has the unknown format %q (at %s); did you mean %s?", format, path+"/format", near)
		}
	}
	return nil
}

func (s *speller) keyword(held holdsSchema, v any, path string) error {
	switch held {
	case one:
		return s.schema(v, path)
	case byName:
		o, _ := v.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if err := s.schema(o[name], path+"/"+name); err != nil {
				return err
			}
		}
	}
	return nil
}
