//go:build long

package e2e

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/servertest"
)

// TestPackages installs the npm packages of testdata/packages, whose versions a lock file fixes, and runs a small program with
// each as a node. NAME.json is what Node answered; -update asks it again.
func TestPackages(t *testing.T) {
	t.Parallel()
	app := installed(t)
	names, err := filepath.Glob("testdata/packages/*.js")
	if err != nil || len(names) == 0 {
		t.Fatal("no programs", err)
	}
	flows := map[string]any{}
	for i, path := range names {
		name := strings.TrimSuffix(filepath.Base(path), ".js")
		names[i] = name
		code, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		flows[name] = oneNode("/"+name, string(code)+"\nasync function main() { c.JSON(200, await program()) }\n")
		if *update {
			askNode(t, app, name, string(code))
		}
	}
	drawflow, err := json.Marshal(map[string]any{"drawflow": flows})
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, app, map[string]string{
		"app.json":    string(drawflow),
		"config.toml": "[vm_pool]\nenable_bigint = true\nallowed_modules = \"" + strings.Join(dependencies(t), ",") + "\"\n",
	})
	port := servertest.Port(t)
	cmd := command(t, "serve", "--addr", "127.0.0.1:"+port, "-a", app, "-c", filepath.Join(app, "config.toml"), "--data", t.TempDir())
	cmd.Env = append(os.Environ(), "LANG=en_US.UTF-8", "TZ=Europe/Madrid")
	s := startCommand(t, cmd)
	for _, name := range names {
		want, err := os.ReadFile("testdata/packages/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		res, text := rawRequest(t, s.url, "GET", "/"+name, nil, nil, false)
		if got := strings.TrimSpace(text); res.StatusCode != 200 || got != strings.TrimSpace(string(want)) {
			t.Errorf("%s: status %d\n got %s\nwant %s", name, res.StatusCode, got, want)
		}
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.Log(s.log)
	}
}

// installed returns a folder with the packages, and with the module that ajv makes.
func installed(t *testing.T) (dir string) {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("npm is not installed: it fetches the packages that this test runs")
	}
	dir = t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "schema.cjs"} {
		text, err := os.ReadFile("testdata/packages/" + name)
		if err != nil {
			t.Fatal(err)
		}
		writeFiles(t, dir, map[string]string{name: string(text)})
	}
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("npm cannot fetch the packages that this test runs: %v\n%s", err, out)
	}
	made := exec.CommandContext(t.Context(), "node", "schema.cjs")
	made.Dir = dir
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Mkdir(filepath.Join(dir, "modules"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "valid.js"), filepath.Join(dir, "modules", "valid.js")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func dependencies(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/packages/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(p.Dependencies))
}

// askNode writes what Node answers to a program.
func askNode(t *testing.T, app, name, code string) {
	t.Helper()
	code = strings.ReplaceAll(code, `require("valid")`, `require("./valid.cjs")`)
	valid, err := os.ReadFile(filepath.Join(app, "modules", "valid.js"))
	if err != nil {
		t.Fatal(err)
	}
	writeFiles(t, app, map[string]string{
		"valid.cjs":   string(valid),
		name + ".mjs": `import { createRequire } from "module"; const require = createRequire(import.meta.url);` + code + "\nconsole.log(JSON.stringify(await program()))\n",
	})
	cmd := exec.CommandContext(t.Context(), "node", name+".mjs")
	cmd.Dir = app
	cmd.Env = append(os.Environ(), "LANG=en_US.UTF-8", "TZ=Europe/Madrid")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(name, err)
	}
	writeFiles(t, "testdata/packages", map[string]string{name + ".json": out.String()})
}
