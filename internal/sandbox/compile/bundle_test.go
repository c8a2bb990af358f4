package compile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// packages are small npm packages in the shapes that real ones have.
func packages() map[string]string {
	return map[string]string{
		"secret.js": `module.exports = "secret"`,
		// CommonJS, which imports an ES module
		"node_modules/left/package.json": `{"name": "left", "main": "lib/index.js"}`,
		"node_modules/left/lib/index.js": "const dep = require(\"dep\");\n\nexports.pad = s => dep.fill + s\nexports.fail = function fail() {\n  throw new Error(\"left fails\")\n}",
		// an ES module by its ending
		"node_modules/dep/package.json": `{"name": "dep", "main": "index.mjs"}`,
		"node_modules/dep/index.mjs":    `export const fill = "__"`,
		// ES modules with subpaths and a state that they share
		"node_modules/@org/count/package.json": `{"name": "@org/count", "type": "module", "exports": {".": {"import": "./index.js", "require": "./index.js"}, "./more/*": "./src/*.js"}}`,
		"node_modules/@org/count/index.js":     "export let n = 0\nexport function up() { return ++n }\nexport default class Counter { #x = 1; get x() { return this.#x } static { this.made = true } }",
		"node_modules/@org/count/src/twice.js": `import { up } from "../index.js"; export default () => up() + up()`,
		"node_modules/@org/count/src/hidden":   `no code`,
		// two forms, by condition
		"node_modules/dual/package.json": `{"name": "dual", "exports": {"import": "./esm.mjs", "require": "./cjs.cjs"}}`,
		"node_modules/dual/esm.mjs":      `export default "esm"`,
		"node_modules/dual/cjs.cjs":      `module.exports = "cjs"`,
		// newer syntax than goja takes
		"node_modules/newer/index.js": "async function* numbers() { yield 1; yield 2 }\nexports.sum = async () => { let s = 0; for await (const n of numbers()) s += n; return s }",
		// looks for the global object as widely used packages do
		"node_modules/umd/index.js": "var free = typeof global == 'object' && global && global.Object === Object && global;\nvar root = free || Function('return this')();\nmodule.exports = () => root.Math.max(1, 2) + process.env.NODE_ENV",
		// of the runtime
		"node_modules/uses/index.js":  `exports.name = require("node:util").name + require("util").name`,
		"node_modules/thief/index.js": `module.exports = require("../../secret.js")`,
		"node_modules/files/index.js": `module.exports = require("fs").readFileSync("/etc/passwd")`,
		// leaves files and modules out where there is no Node, with and without their ending
		"node_modules/leaves/package.json":  `{"name": "leaves", "browser": {"./lib/colors": false, "./lib/tty.js": false, "fs": false, "dep": false}}`,
		"node_modules/leaves/index.js":      `exports.keys = ["./lib/colors", "./lib/tty", "fs", "dep"].length + Object.keys(Object.assign({}, require("./lib/colors"), require("./lib/tty"), require("fs"), require("dep"))).join()`,
		"node_modules/leaves/lib/colors.js": `exports.colors = require("tty")`,
		"node_modules/leaves/lib/tty.js":    `exports.tty = require("tty")`,
		"node_modules/wrong/index.js":       `module.exports = = 1`,
	}
}

func nodeModules(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range packages() {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// loadPackage runs a package in a VM and binds it to the name pkg there.
func loadPackage(t *testing.T, p compile.Package) *sandbox.VM {
	t.Helper()
	pkg, err := compile.Compiler{}.CompilePackage(p)
	if err != nil {
		t.Fatal(err)
	}
	vm := newVM(t, sandbox.Limits{})
	v, err := vm.RunCode(pkg)
	if err != nil {
		t.Fatal(err)
	}
	_ = vm.Runtime().Set("load", v)
	_ = vm.Runtime().Set("require", func(name string) any { return map[string]any{"name": name} })
	if _, err := vm.Run(program(t, "flow/load", `var pkg; function main(){ const m = {exports: {}}; load(m.exports, require, m); pkg = m.exports }`)); err != nil {
		t.Fatal(err)
	}
	return vm
}

func TestPackages(t *testing.T) {
	t.Parallel()
	dir := nodeModules(t)
	for name, c := range map[string]struct {
		entries    []string
		code, want string
	}{
		"left":       {nil, `pkg.left().pad("x")`, "__x"},
		"dep":        {nil, `pkg.dep().fill`, "__"},
		"@org/count": {[]string{"@org/count", "@org/count/more/twice"}, `pkg["@org/count"]().up() + "," + pkg["@org/count/more/twice"]().default() + "," + new (pkg["@org/count"]().default)().x`, "1,5,1"},
		"dual":       {nil, `pkg.dual()`, "cjs"},
		"newer":      {nil, `await pkg.newer().sum()`, "3"},
		"umd":        {nil, `pkg.umd()()`, "2production"},
		"leaves":     {nil, `pkg.leaves().keys`, "4"},
		"uses":       {nil, `pkg.uses().name`, "node:utilutil"},
	} {
		if c.entries == nil {
			c.entries = []string{name}
		}
		vm := loadPackage(t, compile.Package{Dir: dir, Name: name, Entries: c.entries, Outside: []string{"util"}})
		got, err := vm.Run(program(t, "flow/node", `async function main(){ return String(`+c.code+`) }`))
		if err != nil || got.String() != c.want {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, c.want)
		}
	}
}

// TestPackagesKeepTheirPlaces: errors name the package's own file, line and column.
func TestPackagesKeepTheirPlaces(t *testing.T) {
	t.Parallel()
	vm := loadPackage(t, compile.Package{Dir: nodeModules(t), Name: "left", Entries: []string{"left"}})
	_, err := vm.Run(program(t, "flow/node", "function main(){\n  pkg.left().fail()\n}"))
	script, ok := errors.AsType[*sandbox.ScriptError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	for _, place := range []string{"left fails", "node_modules/left/lib/index.js:5:9", "flow/node:2:18"} {
		if !strings.Contains(script.Stack, place) {
			t.Errorf("the stack lacks %s:\n%s", place, script.Stack)
		}
	}
}

func TestPackagesThatAreRefused(t *testing.T) {
	t.Parallel()
	dir := nodeModules(t)
	if err := os.Symlink(filepath.Join(dir, "secret.js"), filepath.Join(dir, "node_modules", "link.js")); err == nil {
		if err := os.Mkdir(filepath.Join(dir, "node_modules", "linked"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "node_modules", "linked", "index.js"), []byte(`module.exports = require("../link.js")`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"thief", "linked", "nowhere", "../secret.js", "files", "fs", "wrong", "@org/count/src/hidden", "dual/esm.mjs", "a\nb", `"`} {
		var pkg *goja.Program
		pkg, err := compile.Compiler{}.CompilePackage(compile.Package{Dir: dir, Name: name, Entries: []string{name}})
		if err == nil || pkg != nil {
			t.Errorf("%s was bundled", name)
		} else if strings.Contains(err.Error(), dir) {
			t.Errorf("%s: the error tells a path of the machine: %v", name, err)
		}
	}
	if _, err := (compile.Compiler{}).CompilePackage(compile.Package{Dir: t.TempDir(), Name: "left", Entries: []string{"left"}}); err == nil {
		t.Error("bundled without a folder")
	}
}
