package config

import "reflect"

// Field is a key of a shape, for tests that bring engine's.
type Field = field

// NewField makes a Field.
func NewField(path []string, v reflect.Value, tag reflect.StructTag) Field {
	return Field{path, v, tag}
}

// Key returns the full name.
func (f field) Key() string { return f.key() }

// Path returns section and key.
func (f field) Path() []string { return f.path }

// Value returns the value, which may be set.
func (f field) Value() reflect.Value { return f.v }

// Tag returns a tag.
func (f field) Tag(name string) string { return f.tag.Get(name) }

// What tests look at.
var (
	Walk      = walk
	EnvName   = envName
	Accepts   = accepts
	Bound     = bound
	FormWords = formWords
	IsNamed   = isNamed
	IsListed  = isListed
	Below     = below
)

// Rest is the tag of a field that collects what has none.
const Rest = rest
