//go:build othergojas

package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/bombs"
)

// change is a change of one file of goja.
type change struct{ file, find, put string }

// otherGojas are changes of goja as a newer version may bring them, and whether its limits are then kept in full. Offsets
// are taken from the linked goja, so a field that only moves is found; what changes its type, name or use is not.
var otherGojas = []struct {
	name    string
	full    bool
	changes []change
}{
	{"a field of another type", false, []change{
		{"runtime.go", `(?m)^(\s+fieldNameMapper) FieldNameMapper$`, "$1 *struct{ FieldNameMapper }"},
		{"object_goreflect.go", `r\.fieldNameMapper = mapper`, "r.fieldNameMapper = &struct{ FieldNameMapper }{mapper}"},
	}},
	{"a field of another name", false, []change{
		{"*.go", `\bpropNames\b`, "namesInOrder"},
	}},
	{"a field that is used in another way", false, []change{
		{"object_goreflect.go", `r\.fieldNameMapper = mapper`, "r.fieldNameMapper = struct{ FieldNameMapper }{mapper}"},
	}},
	{"fields that moved, and a native that is new", true, []change{
		{"builtin_string.go", `(?m)^.*"repeat", func\(r \*Runtime\) Value.*$`, "${0}\n\tt.putStr(\"bloat\", func(r *Runtime) Value { return r.methodProp(r.stringproto_repeat, \"bloat\", 1) })"},
		{"runtime.go", `(?m)^type Runtime struct \{$`, "${0}\n\tpadding [3]uint16"},
		{"object.go", `(?m)^type Object struct \{\n\tself    objectImpl\n\truntime \*Runtime$`, "type Object struct {\n\tpadding byte\n\truntime *Runtime\n\tself objectImpl"},
		{"func.go", `(?m)^type nativeFuncObject struct \{$`, "${0}\n\tpadding [5]byte"},
		{"array.go", `(?m)^type arrayObject struct \{$`, "${0}\n\tpadding uint32"},
		{"regexp.go", `(?m)^type regexpPattern struct \{$`, "${0}\n\tpadding bool"},
	}},
}

// TestOtherGojas builds this package with copies of goja that were changed, as a program with a newer goja would, and runs
// bombs in it: limits must hold there too.
func TestOtherGojas(t *testing.T) {
	for _, other := range otherGojas {
		t.Run(other.name, func(t *testing.T) {
			binary := buildWith(t, other.changes)
			cmd := exec.Command(binary, "-test.run=^TestOtherGojaChild$", "-test.v")
			cmd.Env = append(os.Environ(), fmt.Sprintf("SANDBOX_GOJA=%t", other.full))
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: TestOtherGojaChild") {
				t.Errorf("%v\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}

func TestOtherGojaChild(t *testing.T) {
	full := os.Getenv("SANDBOX_GOJA")
	if full == "" {
		t.Skip("run by TestOtherGojas")
	}
	t.Logf("degraded: %q", Degraded())
	if got := fmt.Sprint(Degraded() == ""); got != full {
		t.Errorf("limits are kept in full: %s, want %s", got, full)
	}
	if err := Unusable(); err != nil {
		t.Fatal(err)
	}
	if got := evaluate(t, `typeof ''.bloat`, Limits{}); got != "string:undefined" {
		t.Errorf("a native that nobody guards: %s", got)
	}
	limitAddressSpace(t)
	l := Limits{Operations: 2e6, Memory: 64 << 20, Budget: NewBudget(1 << 30)}
	for _, code := range []string{`'x'.repeat(1<<29)`, `'x'.padEnd(1<<30)`, `new Uint8Array(1<<30)`, `Array(1<<23).fill('x').join('yyyyyyyy')`} {
		if err := explodeWithin(code, l, 10*time.Second); err == nil || !strings.Contains(err.Error(), "max_memory_mb") {
			t.Errorf("%s ended with %v", code, err)
		}
	}
	for i, b := range bombs.List() {
		if i%16 != 0 {
			continue
		}
		peak, stop := watchResident()
		base := resident()
		err := explode(b.Code, l)
		stop()
		if over := *peak - base; over > 3*l.Memory {
			t.Errorf("%s took %d MB: %v", b.Name, over>>20, err)
		}
	}
	if got := evaluate(t, `[3,1,2].sort().map(x => 'a'.repeat(x)).join() + JSON.stringify({a: [1, {b: /x/g.test('x')}]})`, l); got != `string:a,aa,aaa{"a":[1,{"b":true}]}` {
		t.Errorf("a good script: %s", got)
	}
}

// buildWith compiles this package's tests with a copy of goja to which changes were made, and returns the program.
func buildWith(t *testing.T, changes []change) (binary string) {
	t.Helper()
	dir := t.TempDir()
	run := func(args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off", "GONOSUMDB=*", "GONOSUMCHECK=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	goja := filepath.Join(dir, "goja")
	if err := os.CopyFS(goja, os.DirFS(run("list", "-m", "-f", "{{.Dir}}", "github.com/dop251/goja"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		c.make(t, goja)
	}
	root := filepath.Join("..", "..")
	for from, to := range map[string]string{"go.mod": "other.mod", "go.sum": "other.sum"} {
		text, err := os.ReadFile(filepath.Join(root, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mod := filepath.Join(dir, "other.mod")
	run("mod", "edit", "-replace=github.com/dop251/goja="+goja, mod)
	binary = filepath.Join(dir, "sandbox.test")
	run("test", "-c", "-tags=othergojas", "-modfile="+mod, "-o", binary, ".")
	return binary
}

// make makes the change in a copy of goja, whose files are read-only at first.
func (c change) make(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, c.file))
	made := false
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		changed := regexp.MustCompile(c.find).ReplaceAll(text, []byte(c.put))
		if string(changed) == string(text) {
			continue
		}
		made = true
		if err := os.Chmod(name, fs.FileMode(0o600)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !made {
		t.Fatalf("goja has no %s in %s: the change must follow its source", c.find, c.file)
	}
}
