// Package catalog holds what a fresh database begins with: the standard modules that the designer offers, and the demo
// app. Both are embedded in the binary.
//
// The store seeds a database from it, and the engine looks a module up here when the database has no row of that name;
// a row in the database always wins. The package knows neither of them: it only returns text.
//
// A module is a directory modules/NAME with manifest.json (what the designer's palette shows and the data of a new
// node), form.html (the node's properties in the designer) and code.js (defines main()). Starters, the fork and the
// inline-code node are run by the engine itself and have no code.js.
package catalog

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/arturoeanton/nflow-runtime/examples/demo"
)

//go:embed all:modules
var moduleFiles embed.FS

// Module is one entry of the designer's palette, in the shape of a row of table modules.
type Module struct {
	Name string
	Form string // HTML of the node's properties; fields are bound by df-* attributes
	Mod  string // manifest JSON
	Code string // JavaScript that defines main(); "" when the engine runs the node itself
}

// App is an app as a folder holds it.
type App struct {
	JSON      []byte            // the designer's export
	DefaultJS string            // the trigger script: auth()
	Templates map[string]string // page templates by name, without ".html"
}

// Modules returns the standard modules, sorted by name. The slice is the caller's.
func Modules() []Module {
	dirs, err := moduleFiles.ReadDir("modules")
	if err != nil {
		panic("catalog: the embedded modules are missing: " + err.Error())
	}
	modules := make([]Module, 0, len(dirs))
	for _, dir := range dirs { // embed.FS lists by name
		name := dir.Name()
		modules = append(modules, Module{
			Name: name,
			Form: moduleFile(name, "form.html"),
			Mod:  moduleFile(name, "manifest.json"),
			Code: moduleFile(name, "code.js"),
		})
	}
	return modules
}

// moduleFile returns a file of a module, or of the module that it is another name of; "" when neither has it.
func moduleFile(name, file string) string {
	text, err := moduleFiles.ReadFile("modules/" + name + "/" + file)
	if original := originalOf(name); errors.Is(err, fs.ErrNotExist) && original != "" {
		return moduleFile(original, file)
	}
	return string(text)
}

// originalOf names the module that another one shares its missing files with: apps in the wild use both names.
func originalOf(name string) string {
	switch name {
	case "_js_foreach":
		return "js_foreach"
	case "ValidateToken1":
		return "Validate Token"
	}
	return ""
}

// Demo returns the demo app that an empty database is seeded with.
func Demo() (App, error) {
	app := App{Templates: map[string]string{}}
	var err error
	if app.JSON, err = demo.Files.ReadFile("app.json"); err != nil {
		return App{}, fmt.Errorf("read the demo app: %w", err)
	}
	script, err := demo.Files.ReadFile("default.js")
	if err != nil {
		return App{}, fmt.Errorf("read the demo app: %w", err)
	}
	app.DefaultJS = string(script)

	pages, err := demo.Files.ReadDir("templates")
	if err != nil {
		return App{}, fmt.Errorf("read the demo app: %w", err)
	}
	for _, page := range pages {
		text, err := demo.Files.ReadFile("templates/" + page.Name())
		if err != nil {
			return App{}, fmt.Errorf("read the demo app: %w", err)
		}
		app.Templates[strings.TrimSuffix(page.Name(), ".html")] = string(text)
	}
	return app, nil
}
