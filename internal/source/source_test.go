package source_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
	"github.com/arturoeanton/nflow-runtime/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// folder makes a folder of files: path → text.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o750))
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

func open(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), sqlite.Options{DSN: ":memory:"})
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	return st
}

func load(t *testing.T, s source.Source) *source.Bundle {
	t.Helper()
	b, err := s.Load(t.Context())
	must(t, err)
	return b
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	st := open(t)
	must(t, st.SaveApp(t.Context(), store.App{Name: "shop", JSON: []byte(`{"a":1}`), DefaultJS: "function auth(){}"}))
	must(t, st.SaveModule(t.Context(), store.Module{Name: "mine", Code: "mine()"}))
	must(t, st.SaveModule(t.Context(), store.Module{Name: "json"})) // empty code wins over the built-in one
	must(t, st.SaveTemplate(t.Context(), store.Template{Name: "page", Content: "row"}))
	must(t, st.SaveTemplate(t.Context(), store.Template{Name: "both", Content: "row"}))
	dir := folder(t, map[string]string{
		"both.html": "file", "rank.html": "1", "rank.tmpl": "2", "rank": "3", "mail/in.tmpl": "deep",
		"logo.png": "\xff\xfe", ".hidden.html": "no", "triggers/auth.js": "x",
	})
	b := load(t, source.Database(st, "shop", source.Options{TemplateDir: dir, TriggersDir: filepath.Join(dir, "triggers")}))
	if b.App.Name != "shop" || string(b.App.JSON) != `{"a":1}` || b.App.DefaultJS != "function auth(){}" || b.App.AuthJS != "x" {
		t.Errorf("app: %+v", b.App)
	}
	if code, ok := b.App.Modules["json"]; !ok || code != "" || b.App.Modules["mine"] != "mine()" {
		t.Errorf("modules: json %q, mine %q", code, b.App.Modules["mine"])
	}
	for _, m := range catalog.Modules() {
		if _, ok := b.App.Modules[m.Name]; !ok {
			t.Errorf("standard module %s is missing", m.Name)
		}
	}
	for name, want := range map[string]string{
		"page": "row", "page.html": "row", "both": "file", "both.html": "file",
		"rank": "1", "rank.html": "1", "rank.tmpl": "2", "mail/in": "deep", "mail/in.tmpl": "deep",
	} {
		if got, ok := b.Templates[name]; !ok || got != want {
			t.Errorf("template %s: %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"logo.png", ".hidden", ".hidden.html", "../both.html", "mail"} {
		if text, ok := b.Templates[name]; ok {
			t.Errorf("template %s must not be there: %q", name, text)
		}
	}
	_, err := source.Database(st, "nope", source.Options{}).Load(t.Context())
	if fault.From(err).Kind != fault.NotFound || !strings.Contains(err.Error(), `"nope"`) {
		t.Errorf("unknown app: %v", err)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	st := open(t)
	must(t, st.SaveApp(t.Context(), store.App{Name: "app", JSON: []byte(`{"row":1}`), DefaultJS: "row"}))
	must(t, st.SaveModule(t.Context(), store.Module{Name: "a", Code: "row"}))
	must(t, st.SaveModule(t.Context(), store.Module{Name: "d", Code: "row"}))
	must(t, st.SaveTemplate(t.Context(), store.Template{Name: "page", Content: "row"}))
	must(t, st.SaveTemplate(t.Context(), store.Template{Name: "row", Content: "row"}))
	shared := folder(t, map[string]string{"page.html": "shared", "row.tmpl": "shared"})
	dir := folder(t, map[string]string{
		"app.json":            `{"file":1}`,
		"modules.csv":         "\ufeffname,id,code,mod,form\na,1,\"line \"\"1\"\"\nline 2\",{},f\nb,2,csv,,\nc,3,,,\n",
		"modules/b.js":        "js",
		"modules/e.js":        "js",
		"modules/notes.txt":   "no",
		"templates/page.html": "beside",
	})
	s := source.File(filepath.Join(dir, "app.json"), st, source.Options{TemplateDir: shared})
	b := load(t, s)
	if b.App.Name != "app" || string(b.App.JSON) != `{"file":1}` || b.App.DefaultJS != "row" {
		t.Errorf("app: %+v", b.App)
	}
	for name, want := range map[string]string{"a": "line \"1\"\nline 2", "b": "js", "c": "", "d": "row", "e": "js"} {
		if got, ok := b.App.Modules[name]; !ok || got != want {
			t.Errorf("module %s: %q, want %q", name, got, want)
		}
	}
	if b.Templates["page"] != "beside" || b.Templates["row"] != "shared" {
		t.Errorf("templates: %v", b.Templates)
	}
	write(t, filepath.Join(dir, "default.js"), "") // an empty one wins, too
	if b := load(t, s); b.App.DefaultJS != "" {
		t.Errorf("default: %q", b.App.DefaultJS)
	}
	b = load(t, source.File(dir, nil, source.Options{}))
	if string(b.App.JSON) != `{"file":1}` || len(b.App.Modules) < len(catalog.Modules()) {
		t.Error("a folder without a database must load")
	}
}

// Whatever changes in an app gives it another version, and what does not change keeps it.
func TestVersion(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for what, files := range map[string]map[string]string{
		"an app":      {"app.json": `{}`},
		"its flows":   {"app.json": `{ }`},
		"its trigger": {"app.json": `{}`, "default.js": "1"},
		"a module":    {"app.json": `{}`, "modules/m.js": "1"},
		"its code":    {"app.json": `{}`, "modules/m.js": "2"},
		"a page":      {"app.json": `{}`, "templates/m.html": "1"},
		"its text":    {"app.json": `{}`, "templates/m.html": "2"},
	} {
		version := load(t, source.File(folder(t, files), nil, source.Options{})).App.Version
		if version == "" || seen[version] != "" {
			t.Errorf("%s has version %q, as has %s", what, version, seen[version])
		}
		seen[version] = what
		if again := load(t, source.File(folder(t, files), nil, source.Options{})).App.Version; again != version {
			t.Errorf("%s has version %q, and the same elsewhere %q", what, version, again)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	outside := folder(t, map[string]string{"secret.html": "secret", "secret.js": "secret"})
	big := strings.Repeat("x", 4<<20+1)
	for name, c := range map[string]struct {
		files map[string]string
		links map[string]string
		kind  fault.Kind
		text  string
	}{
		"nothing there":    {nil, nil, fault.NotFound, "app.json not found"},
		"not UTF-8":        {map[string]string{"app.json": "\xff"}, nil, fault.Invalid, "app.json in the app's folder is not UTF-8"},
		"a folder":         {map[string]string{"app.json": "{}", "default.js/x": ""}, nil, fault.Invalid, "default.js in the app's folder is not a regular file"},
		"template too big": {map[string]string{"app.json": "{}", "templates/a.html": big}, nil, fault.TooLarge, "templates/a.html in the app's folder is over 4 MiB"},
		"script too big":   {map[string]string{"app.json": "{}", "modules/a.js": big}, nil, fault.TooLarge, "modules/a.js in the app's folder is over 4 MiB"},
		"link out":         {map[string]string{"app.json": "{}", "templates/b.html": ""}, map[string]string{"templates/a.html": "secret.html"}, fault.Invalid, "templates/a.html in the app's folder is a link that leaves the folder"},
		"default.js link":  {map[string]string{"app.json": "{}"}, map[string]string{"default.js": "secret.js"}, fault.Invalid, "default.js in the app's folder is a link that leaves"},
		"no column":        {map[string]string{"app.json": "{}", "modules.csv": "id,name\n1,a\n"}, nil, fault.Invalid, `modules.csv line 1: column "code" is missing`},
		"column twice":     {map[string]string{"app.json": "{}", "modules.csv": "name,code,NAME\n"}, nil, fault.Invalid, `modules.csv line 1: column "name" is there twice`},
		"short row":        {map[string]string{"app.json": "{}", "modules.csv": "name,code\na,b\nc\n"}, nil, fault.Invalid, "modules.csv line 3: invalid CSV: wrong number of fields"},
		"open quote":       {map[string]string{"app.json": "{}", "modules.csv": "name,code\na,\"b\n\n"}, nil, fault.Invalid, "modules.csv line"},
		"no name":          {map[string]string{"app.json": "{}", "modules.csv": "name,code\n ,b\n"}, nil, fault.Invalid, "modules.csv line 2: the module has no name"},
		"twice":            {map[string]string{"app.json": "{}", "modules.csv": "name,code\na,\"1\n2\"\na,b\n"}, nil, fault.Invalid, `modules.csv line 4: module "a" is in line 2 already`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, c.files)
			for link, to := range c.links {
				if err := os.Symlink(filepath.Join(outside, to), filepath.Join(dir, link)); err != nil {
					t.Skip("no symbolic links here:", err)
				}
			}
			_, err := source.File(filepath.Join(dir, "app.json"), nil, source.Options{}).Load(t.Context())
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Kind != c.kind || !strings.HasPrefix(e.Text, c.text) || strings.Contains(e.Text, dir) {
				t.Errorf("got %v, want kind %d and %q", err, c.kind, c.text)
			}
		})
	}
}

// A link inside the folder is fine: mounted configuration is made of them.
func TestLinkInside(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"..data/a.html": "linked"})
	if err := os.Symlink(filepath.Join("..data", "a.html"), filepath.Join(dir, "a.html")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	st := open(t)
	must(t, st.SaveApp(t.Context(), store.App{Name: "app"}))
	if b := load(t, source.Database(st, "app", source.Options{TemplateDir: dir})); b.Templates["a"] != "linked" {
		t.Errorf("templates: %v", b.Templates)
	}
}

func TestWriteFolder(t *testing.T) {
	t.Parallel()
	in := source.Folder{
		App:        store.App{JSON: []byte("{\"x\": 1.50 }\r\n"), DefaultJS: "// ñ\r\n"},
		HasDefault: true,
		Modules: []source.Module{
			{Module: store.Module{Name: "a,b", Form: "<b>\"x\"</b>", Mod: "{\n}", Code: "\n1;\n"}},
			{Module: store.Module{Name: "é"}},
		},
		Templates: []store.Template{{Name: "deep/page", Content: "\r\n{{.x}}"}, {Name: "p.html", Content: "2"}},
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	for range 2 { // again over itself
		must(t, source.WriteFolder(dir, in))
	}
	out, err := source.ReadFolder(dir)
	must(t, err)
	if string(out.App.JSON) != string(in.App.JSON) || out.App.DefaultJS != in.App.DefaultJS || !out.HasDefault {
		t.Errorf("app: %+v", out.App)
	}
	if !slices.Equal(out.Modules, in.Modules) || !slices.Equal(out.Templates, in.Templates) {
		t.Errorf("got %+v %+v", out.Modules, out.Templates)
	}
	in.HasDefault, in.App.DefaultJS = false, ""
	must(t, source.WriteFolder(dir, in))
	if out, err = source.ReadFolder(dir); err != nil || out.App.DefaultJS != "" {
		t.Errorf("an old default.js stayed: %q %v", out.App.DefaultJS, err)
	}
	for _, name := range []string{"", "../x", "/etc/x", "a//b", `a\b`, ".x", "a/.b", "a\x00"} {
		bad := source.Folder{Templates: []store.Template{{Name: name}}}
		target := filepath.Join(t.TempDir(), "sub")
		if err := source.WriteFolder(target, bad); err == nil || fault.From(err).Kind != fault.Invalid {
			t.Errorf("template %q: %v", name, err)
		}
		if files, _ := os.ReadDir(target); len(files) != 0 {
			t.Errorf("template %q left %v", name, files)
		}
	}
}

func TestOnboarding(t *testing.T) {
	t.Parallel()
	f, err := source.ReadFolder("../../../shared/apps/onboarding")
	if fault.From(err).Kind == fault.NotFound {
		t.Skip("the onboarding app is not beside the project")
	}
	must(t, err)
	if len(f.Modules) != 17 || len(f.Templates) != 5 || !f.HasDefault {
		t.Errorf("%d modules, %d templates", len(f.Modules), len(f.Templates))
	}
	for _, m := range f.Modules {
		if !json.Valid([]byte(m.Mod)) {
			t.Errorf("manifest of %s: %s", m.Name, m.Mod)
		}
	}
}

func TestIsPath(t *testing.T) {
	t.Parallel()
	for app, want := range map[string]bool{"app": false, "my app": false, "": false, "x.json": true, "./x": true, "a/b": true, ".": true} {
		if source.IsPath(app) != want {
			t.Errorf("%q", app)
		}
	}
}

func FuzzModules(f *testing.F) {
	for _, s := range []string{"id,name,form,mod,code\n1,a,,,\"x\n\"\n", "", "name,code", "\ufeffname,code\n\"a\"\"\",b", "name,code\na", "name,code\n\"a"} {
		f.Add(s)
	}
	dir := f.TempDir()
	must := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "app.json"), []byte("{}"), 0o600))
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(filepath.Join(dir, "modules.csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := source.ReadFolder(dir)
		if err != nil {
			if _, ok := errors.AsType[*fault.Error](err); !ok {
				t.Fatalf("bare error: %v", err)
			}
			return
		}
		copied := t.TempDir()
		if err := source.WriteFolder(copied, in); err != nil {
			t.Fatal(err)
		}
		out, err := source.ReadFolder(copied)
		if err != nil || !slices.Equal(in.Modules, out.Modules) {
			t.Fatalf("not the same after writing: %v\n%+v\n%+v", err, in.Modules, out.Modules)
		}
	})
}
