package apps

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
)

// packageOf returns the npm package that a module belongs to: its name up to the first slash, of a scoped one up to the
// second. "" when it is none, such as a path.
func packageOf(module string) string {
	parts := strings.SplitN(module, "/", 3)
	if strings.HasPrefix(module, "@") && len(parts) > 1 && parts[1] != "" {
		return parts[0] + "/" + parts[1]
	}
	if parts[0] == "" || strings.ContainsAny(parts[0], ".:@") && !packageName.MatchString(parts[0]) {
		return ""
	}
	return parts[0]
}

// PackagesOf returns the npm packages that a list of modules belongs to.
func PackagesOf(modules []string) (list []string) {
	for _, name := range modules {
		if p := packageOf(name); p != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

var packageName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// allowsModule reports whether [vm_pool] allowed_modules names a module or the package that it belongs to.
func (o *Options) allowsModule(name string) bool {
	return slices.Contains(o.AllowedModules, name) || slices.Contains(o.AllowedModules, packageOf(name))
}

// moduleSet is what the flows of one version of an app can require: the app's own modules, compiled when a flow first
// requires them, and its npm packages, which were bundled when the app was loaded.
type moduleSet struct {
	compiler compile.Compiler
	code     map[string]string
	packages map[string]*nodejs.Module // by entry
	failed   map[string]bool           // entries of packages that could not be bundled

	mu       sync.Mutex
	programs map[string]*compile.Program
}

// newModuleSet bundles the allowed packages that the app's code imports. One that cannot be bundled is left out and reported.
func (a *Apps) newModuleSet(b *source.Bundle, g *graph.Graph) *moduleSet {
	m := &moduleSet{
		compiler: compile.Compiler{BigInt: a.opts.BigInt}, code: maps.Clone(b.App.Modules), packages: map[string]*nodejs.Module{},
		failed: map[string]bool{}, programs: map[string]*compile.Program{},
	}
	for _, standard := range catalog.Modules() { // they are for nodes, export nothing, and one is named like a package
		if m.code[standard.Name] == standard.Code {
			delete(m.code, standard.Name)
		}
	}
	if b.Dir == "" {
		return m
	}
	entries := map[string][]string{}
	for _, name := range m.imported(g) {
		if p := packageOf(name); p != "" && m.code[name] == "" && a.opts.allowsModule(name) {
			entries[p] = append(entries[p], name)
		}
	}
	for name, list := range entries {
		program, err := m.compiler.CompilePackage(compile.Package{Dir: b.Dir, Name: name, Entries: list, Outside: nodejs.ModuleNames()})
		if err != nil {
			a.opts.Log.Warn("an allowed npm package is not there for flows", "app", g.AppName, "package", name, "error", err)
			for _, entry := range list {
				m.failed[entry] = true
			}
			continue
		}
		for _, entry := range list {
			m.packages[entry] = &nodejs.Module{Program: program, Package: name}
		}
	}
	return m
}

// imported lists the modules that the app's code imports, sorted.
func (m *moduleSet) imported(g *graph.Graph) (names []string) {
	add := func(program any) {
		if p, ok := program.(named); ok {
			names = append(names, p.Imports()...)
		}
	}
	add(g.Default)
	add(g.Auth)
	for _, f := range g.Flows {
		for _, n := range f.Nodes {
			add(n.Program)
		}
	}
	for name, code := range m.code {
		if strings.Contains(code, "require") || strings.Contains(code, "import") || strings.Contains(code, "export") {
			if p, err := m.compile(name); err == nil { // else the code that requires it gets the error
				add(p)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// find returns a module, nil when there is none of that name.
func (m *moduleSet) find(name string) (*nodejs.Module, error) {
	if m == nil {
		return nil, nil
	}
	if p := m.packages[name]; p != nil {
		return p, nil
	}
	if m.failed[name] {
		return nil, fault.New(fault.Script, "require: the npm package of %q could not be bundled when the app was loaded: the log says why", name)
	}
	if strings.TrimSpace(m.code[name]) == "" {
		return nil, nil
	}
	p, err := m.compile(name)
	if problem, ok := errors.AsType[*compile.Problem](err); ok {
		return nil, fault.New(fault.Script, "module %q does not compile: line %d, column %d: %s", name, problem.Line, problem.Column, problem.Text)
	}
	if err != nil {
		return nil, err
	}
	return &nodejs.Module{Program: p.Code()}, nil
}

// compile compiles a module of the app, once.
func (m *moduleSet) compile(name string) (*compile.Program, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.programs[name]; p != nil {
		return p, nil
	}
	p, err := m.compiler.Compile(compile.Source{Name: name, Code: m.code[name], Library: true, Module: true})
	if err != nil {
		return nil, err
	}
	m.programs[name] = p
	return p, nil
}
