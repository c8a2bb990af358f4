package engine

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/plugins/kit"
)

// imports finds what code names in import, export … from, require and import(). It reads words, not syntax: what it finds
// in a comment costs a bundle that nobody asks for.
var imports = regexp.MustCompile(`(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(?:"([^"\\\n]+)"|'([^'\\\n]+)')`)

// importsOf lists the modules that code names, sorted.
func importsOf(code string) []string {
	var names []string
	for _, m := range imports.FindAllStringSubmatch(code, -1) {
		names = append(names, m[1]+m[2])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// packageOf gives the npm package that a module belongs to: its name up to the first slash, of a scoped one up to the
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

// packagesOf gives the npm packages that a list of modules belongs to.
func packagesOf(modules []string) (list []string) {
	for _, name := range modules {
		if p := packageOf(name); p != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

var packageName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

// allowsModule tells whether [vm_pool] allowed_modules names a module or the package that it belongs to.
func (rt *Runtime) allowsModule(name string) bool {
	list := rt.config.VMPoolConfig.AllowedModules
	return slices.Contains(list, name) || slices.Contains(list, packageOf(name))
}

// moduleSet is what the flows of one version of an app can require: the app's own modules, compiled when a flow first
// requires them, and its npm packages, which were bundled when the app was loaded.
type moduleSet struct {
	code     map[string]string
	packages map[string]*kit.Module // by entry
	failed   map[string]bool        // entries of packages that could not be bundled

	mu       sync.Mutex
	programs map[string]*goja.Program
}

// newModuleSet bundles the allowed packages that the app's code names. One that cannot be is left out and told.
func (rt *Runtime) newModuleSet(b *source.Bundle, g *graph.Graph) *moduleSet {
	m := &moduleSet{code: maps.Clone(b.App.Modules), packages: map[string]*kit.Module{}, failed: map[string]bool{}, programs: map[string]*goja.Program{}}
	entries := map[string][]string{}
	for _, name := range m.imported(b.App.DefaultJS+"\n"+b.App.AuthJS, g) {
		if p := packageOf(name); p != "" && b.Dir != "" && m.code[name] == "" && rt.allowsModule(name) {
			entries[p] = append(entries[p], name)
		}
	}
	for name, list := range entries {
		program, err := sandbox.Compiler{BigInt: rt.limits.bigInt}.CompilePackage(sandbox.Package{
			Dir: b.Dir, Name: name, Entries: list, Outside: kit.ModuleNames(),
		})
		if err != nil {
			rt.log.Warn("an allowed npm package is not there for flows", "app", g.AppName, "package", name, "error", err)
			for _, entry := range list {
				m.failed[entry] = true
			}
			continue
		}
		for _, entry := range list {
			m.packages[entry] = &kit.Module{Program: program, Package: name}
		}
	}
	return m
}

// imported lists the modules that the app's code names, sorted.
func (m *moduleSet) imported(scripts string, g *graph.Graph) []string {
	names := importsOf(scripts)
	for _, code := range m.code {
		names = append(names, importsOf(code)...)
	}
	for _, f := range g.Flows {
		for _, n := range f.Nodes {
			names = append(names, importsOf(n.Text("code"))...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// find gives a module, nil when there is none of that name.
func (m *moduleSet) find(bigInt bool, name string) (*kit.Module, error) {
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
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.programs[name]; p != nil {
		return &kit.Module{Program: p}, nil
	}
	p, err := sandbox.Compiler{BigInt: bigInt}.CompileModule(name, m.code[name])
	if problem, ok := errors.AsType[*sandbox.Problem](err); ok {
		return nil, fault.New(fault.Script, "module %q does not compile: line %d, column %d: %s", name, problem.Line, problem.Column, problem.Text)
	}
	if err != nil {
		return nil, err
	}
	m.programs[name] = p
	return &kit.Module{Program: p}, nil
}
