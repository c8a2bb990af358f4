package sandbox

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Bundle makes one module of an npm package below dir/node_modules, with everything that it imports. It runs when an
// app is loaded, never while a flow runs. Nothing outside dir/node_modules is read, links that lead out of it included.
func Bundle(dir, name string) (code string, err error) {
	root, err := filepath.EvalSymlinks(filepath.Join(dir, "node_modules"))
	if err != nil {
		return "", fmt.Errorf("there is no folder node_modules beside the app: %w", err)
	}
	root, err = filepath.Abs(root)
	if err != nil {
		return "", err
	}
	out := api.Build(api.BuildOptions{
		Stdin:         &api.StdinOptions{Contents: "module.exports = require(" + quoted(name) + ")", ResolveDir: filepath.Dir(root)},
		AbsWorkingDir: filepath.Dir(root),
		Bundle:        true,
		Format:        api.FormatCommonJS,
		Platform:      api.PlatformBrowser, // what needs Node's own modules has no business here
		Target:        api.ES2022,
		Charset:       api.CharsetUTF8,
		LogLevel:      api.LogLevelSilent,
		Plugins:       []api.Plugin{onlyBelow(root)},
	})
	if len(out.Errors) > 0 {
		return "", fmt.Errorf("npm package %q cannot be bundled: %s", name, out.Errors[0].Text)
	}
	return string(out.OutputFiles[0].Contents), nil
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// onlyBelow refuses files outside of root.
func onlyBelow(root string) api.Plugin {
	return api.Plugin{Name: "only below node_modules", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: ".*"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			if args.Namespace != "file" {
				return api.OnLoadResult{}, nil
			}
			real, err := filepath.EvalSymlinks(args.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			if !strings.HasPrefix(real, root+string(filepath.Separator)) {
				return api.OnLoadResult{}, fmt.Errorf("a package may only read below node_modules")
			}
			return api.OnLoadResult{}, nil // esbuild reads it
		})
	}}
}
