package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBundle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("secret.js", `module.exports = "secret"`)
	write("node_modules/left/package.json", `{"name": "left", "main": "lib/index.js"}`)
	write("node_modules/left/lib/index.js", `const dep = require("dep"); exports.pad = s => dep.fill + s`)
	write("node_modules/dep/index.mjs", `export const fill = "__"`)
	write("node_modules/dep/package.json", `{"name": "dep", "main": "index.mjs"}`)
	write("node_modules/thief/index.js", `module.exports = require("../../secret.js")`)
	if err := os.Symlink(filepath.Join(dir, "secret.js"), filepath.Join(dir, "node_modules", "link.js")); err == nil {
		write("node_modules/linked/index.js", `module.exports = require("../link.js")`)
	}
	code, err := Bundle(dir, "left")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compiler{}.CompileModule("left", code)
	if err != nil {
		t.Fatal(err)
	}
	vm := newVM(t, nil)
	v, err := vm.RunCode(p)
	if err != nil {
		t.Fatal(err)
	}
	_ = vm.Runtime().Set("load", v)
	got, err := vm.Run(compile(t, "flow/node", `function main(){ const m = {exports: {}}; load(m.exports, null, m); return m.exports.pad("x") }`))
	if err != nil || got.String() != "__x" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, name := range []string{"thief", "linked", "nowhere", "../secret.js", "fs"} {
		if code, err := Bundle(dir, name); err == nil || strings.Contains(code, `"secret"`) {
			t.Errorf("%s was bundled: %.100s", name, code)
		}
	}
}
