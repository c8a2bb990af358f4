package compile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
	"github.com/evanw/esbuild/pkg/api"
)

// Package is an npm package of an app, to be made into one program.
type Package struct {
	Dir     string   // the folder that holds node_modules
	Name    string   // as in "dayjs" or "@scope/name"
	Entries []string // what the app imports of it, as in "dayjs" and "dayjs/plugin/utc"
	// Outside are modules that the package may import from the runtime, as in "util": they are left to require when
	// the package runs. Defaults to none: then a package that needs one is refused.
	Outside []string
}

// CompilePackage bundles a package, with everything that it imports, and compiles it. It runs when an app is loaded,
// never while a flow runs. Nothing outside of node_modules is read, links that lead out of it included.
//
// The program is one as of CompileModule. Its exports have a function for each entry, by its name, that returns what the
// entry exports; entries share what they both import. Stacks name the package's own files, below node_modules.
func (c Compiler) CompilePackage(p Package) (program *goja.Program, err error) {
	root, err := filepath.EvalSymlinks(filepath.Join(p.Dir, "node_modules"))
	if err != nil {
		return nil, fmt.Errorf("no folder node_modules beside the app: %w", err)
	}
	if root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	var problem *Problem
	for _, target := range []api.Target{api.ES2022, api.ES2017} { // as lowerings
		code, sourceMap, err := p.bundle(root, target)
		if err != nil {
			return nil, fmt.Errorf("npm package %q cannot be bundled: %w", p.Name, err)
		}
		own := parser.WithSourceMapLoader(func(string) ([]byte, error) { return sourceMap, nil })
		src := Source{Name: "npm", Library: true, Module: true} // a plain name: files of source maps are found beside it
		compiled, failed := c.compileText(src, code+"\n//# sourceMappingURL=author.map", false, own)
		if failed == nil {
			return compiled.code, nil
		}
		problem = failed
	}
	return nil, fmt.Errorf("npm package %q cannot be compiled: line %d, column %d of the bundle: %s", p.Name, problem.Line, problem.Column, problem.Text)
}

// bundle has esbuild write one text of the package.
func (p Package) bundle(root string, target api.Target) (code string, sourceMap []byte, err error) {
	var entries strings.Builder
	for _, e := range p.Entries {
		fmt.Fprintf(&entries, "exports[%[1]s] = () => require(%[1]s);\n", strconv.QuoteToASCII(e))
	}
	var outside []string
	for _, name := range p.Outside {
		outside = append(outside, name, "node:"+name)
	}
	out := api.Build(api.BuildOptions{
		Stdin:          &api.StdinOptions{Contents: entries.String(), ResolveDir: filepath.Dir(root), Sourcefile: "entries.js"},
		AbsWorkingDir:  filepath.Dir(root),
		Outfile:        filepath.Join(filepath.Dir(root), "bundle.js"), // is not written: paths in the source map are relative to it
		Bundle:         true,
		Format:         api.FormatCommonJS,
		Platform:       api.PlatformBrowser, // what needs more of Node than Outside has no business here
		Target:         target,
		Charset:        api.CharsetUTF8,
		LogLevel:       api.LogLevelSilent,
		External:       outside,
		Supported:      keptPatterns(),
		Sourcemap:      api.SourceMapExternal,
		SourcesContent: api.SourcesContentExclude,
		// Node has these; without global, packages look for the global object by Function("return this"), which is closed.
		Define:  map[string]string{"process.env.NODE_ENV": `"production"`, "global": "globalThis"},
		Plugins: []api.Plugin{onlyBelow(root)},
	})
	if len(out.Errors) > 0 {
		return "", nil, errors.New(out.Errors[0].Text)
	}
	for _, f := range out.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			sourceMap = countFromOne(f.Contents)
		} else {
			code = string(f.Contents)
		}
	}
	return code, sourceMap, nil
}

// onlyBelow refuses files outside of root.
func onlyBelow(root string) api.Plugin {
	return api.Plugin{Name: "only below node_modules", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: ".*"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			if args.Namespace != "file" {
				return api.OnLoadResult{}, nil
			}
			real, err := filepath.EvalSymlinks(args.Path)
			if errors.Is(err, fs.ErrNotExist) { // "browser": {"./x": false} of a package: esbuild knows what is no file
				return api.OnLoadResult{}, nil
			}
			if err != nil {
				return api.OnLoadResult{}, err
			}
			if !strings.HasPrefix(real, root+string(filepath.Separator)) {
				return api.OnLoadResult{}, errors.New("a package may only read below node_modules")
			}
			return api.OnLoadResult{}, nil // esbuild reads it
		})
	}}
}
