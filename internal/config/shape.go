// Package config reads, fills, checks and redacts a configuration whose shape is a Go struct: a TOML file and the environment
// go into it.
//
// The shape is engine.ConfigWorkspace, whose methods call this package; the command line reads it through engine.ConfigFile.
// No lower package sees either: the engine passes each of them its own small options. The package keeps no state.
//
// In a Go literal a zero number, empty text or nil list means "left out" and Normalize sets it to its default. Where a 0
// in the file has a meaning of its own (no limit, no waiting), the shape holds -1. Switches that default to true are
// true when their whole section was left out; a section that a literal writes says itself what it wants.
//
// Fields are of type string, bool, *bool, int, []string, map[string]string and map[string]map[string]any; of a type of int64, a
// limit that may be none; or of a type of float64 whose Duration says how long it is. The struct tags carry the facts that
// loading, defaults, checks and redaction share:
//
//	toml     the key; ",rest" collects the tables of a section that have no key of their own
//	alias    a second name that existing files use
//	default  the default, written as in the environment
//	min, max the range of a number, in the field's unit
//	zero     what a 0 means: "unlimited" (warned of at start), "off", or "default" (warned of; -1 or "none" is unlimited);
//	         without it a 0 is refused
//	oneof    the words that are accepted
//	note     what a message adds to them
//	form     a form that checks.go knows: address, port, percent, networks, pattern, key, …
//	secret   the value is never shown
package config

import "reflect"

// Shape is a configuration with what its tags cannot say.
type Shape struct {
	Fields any                    // a pointer to a struct
	Derive func()                 // sets what follows from other values, when all have their defaults
	Rules  func(refuse, warn Say) // looks at values that must go together
}

// Say takes what is wrong with the value of a key.
type Say func(key, format string, args ...any)

// none is the value of a limit or time that is not there.
const none = -1

// structOf returns the struct that a shape's Fields point to.
func structOf(fields any) reflect.Value { return reflect.ValueOf(fields).Elem() }

// walk visits every key of a configuration, those of named sections included. visit may set the values; maps and lists are
// replaced, never changed in place, because a caller may share them.
func walk(fields any, visit func(field)) { walkStruct(nil, structOf(fields), visit) }

// look visits every key of a copy.
func look(fields any, visit func(field)) {
	at := reflect.New(structOf(fields).Type())
	at.Elem().Set(structOf(fields))
	walkStruct(nil, at.Elem(), visit)
}
