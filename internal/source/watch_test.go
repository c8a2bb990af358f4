package source_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// watching starts Watch and returns the signal of its calls; it ends with the test.
func watching(t *testing.T, s source.Source) <-chan struct{} {
	t.Helper()
	calls, done := make(chan struct{}, 100), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { done <- s.Watch(ctx, func() { calls <- struct{}{} }) }()
	t.Cleanup(func() {
		stop()
		must(t, <-done)
	})
	return calls
}

func called(t *testing.T, calls <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-calls:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s was not noticed", what)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"app/app.json": "1", "app/default.js": "1", "app/templates/a.html": "1"})
	app, shared, triggers := filepath.Join(dir, "app"), filepath.Join(dir, "later", "shared"), filepath.Join(dir, "triggers")
	st := open(t)
	s := source.File(filepath.Join(app, "app.json"), st, source.Options{TemplateDir: shared, TriggersDir: triggers, Every: 20 * time.Millisecond})
	load(t, s)
	write(t, filepath.Join(app, "app.json"), "2") // between Load and Watch
	calls := watching(t, s)
	called(t, calls, "what changed after Load")

	seen := func(what, path, text string, read func(*source.Bundle) string) {
		t.Helper()
		write(t, path, text)
		for { // a write may be seen in two parts
			called(t, calls, what)
			if b, err := s.Load(t.Context()); err == nil && read(b) == text {
				break
			}
		}
	}
	template := func(name string) func(*source.Bundle) string {
		return func(b *source.Bundle) string { return b.Templates[name] }
	}
	appJSON := func(b *source.Bundle) string { return string(b.App.JSON) }
	seen("app.json", filepath.Join(app, "app.json"), "3", appJSON)
	seen("template", filepath.Join(app, "templates", "a.html"), "2", template("a"))
	seen("modules folder that appears", filepath.Join(app, "modules", "m.js"), "2", func(b *source.Bundle) string { return b.App.Modules["m"] })
	seen("template folder that appears", filepath.Join(shared, "deep", "b.html"), "1", template("deep/b"))
	seen("template in a new folder", filepath.Join(shared, "deep", "b.html"), "2", template("deep/b"))
	seen("auth.js", filepath.Join(triggers, "auth.js"), "1", func(b *source.Bundle) string { return b.App.AuthJS })

	for _, text := range []string{"4", "5"} { // as editors save
		write(t, filepath.Join(app, "app.json~"), text)
		must(t, os.Rename(filepath.Join(app, "app.json~"), filepath.Join(app, "app.json")))
		called(t, calls, "rename and replace")
		if got := appJSON(load(t, s)); got != text {
			t.Errorf("app.json: %s, want %s", got, text)
		}
	}
	must(t, os.Remove(filepath.Join(app, "app.json")))
	called(t, calls, "removed app")
	seen("recreated app", filepath.Join(app, "app.json"), "6", appJSON)

	must(t, os.RemoveAll(app))
	called(t, calls, "removed folder")
	seen("recreated folder", filepath.Join(app, "app.json"), "7", appJSON)
	seen("file in a recreated folder", filepath.Join(app, "app.json"), "8", appJSON)

	must(t, st.SaveTemplate(t.Context(), store.Template{Name: "row", Content: "1"}))
	called(t, calls, "row")
	if len(calls) != 0 {
		t.Errorf("%d more calls than changes", len(calls))
	}
}

// TestWatchPackages: what moves in the npm packages that flows may load is noticed, also behind a link; other packages are not
// looked at.
func TestWatchPackages(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"app/app.json": "1", "app/node_modules/tax/index.js": "1", "app/node_modules/other/index.js": "1", "stored/index.js": "1"})
	modules := filepath.Join(dir, "app", "node_modules")
	must(t, os.Symlink(filepath.Join(dir, "stored"), filepath.Join(modules, "linked")))
	s := source.File(filepath.Join(dir, "app"), nil, source.Options{Packages: []string{"tax", "linked", "@later/days"}})
	before := load(t, s)
	calls := watching(t, s)
	write(t, filepath.Join(modules, "other", "index.js"), "22")
	select {
	case <-calls:
		t.Error("a package that flows may not load was looked at")
	case <-time.After(300 * time.Millisecond):
	}
	for _, path := range []string{
		filepath.Join(modules, "tax", "index.js"), filepath.Join(modules, "tax", "lib", "new.js"), filepath.Join(dir, "stored", "index.js"),
		filepath.Join(modules, ".package-lock.json"),
	} {
		write(t, path, "changed "+path)
		called(t, calls, path)
		for len(calls) > 0 { // a write may be seen in two parts
			<-calls
		}
	}
	write(t, filepath.Join(modules, "@later", "days", "index.js"), "1")
	write(t, filepath.Join(modules, ".package-lock.json"), "installed @later/days")
	called(t, calls, "a package that appears")
	after := load(t, s)
	if after.App.Version != before.App.Version || after.Packages == before.Packages {
		t.Errorf("version %s → %s, packages %s → %s", before.App.Version, after.App.Version, before.Packages, after.Packages)
	}
}

// What changes nothing must not be reported: the next real change is the first call.
func TestWatchQuiet(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"app.json": "1"})
	s := source.File(dir, nil, source.Options{})
	load(t, s)
	calls := watching(t, s)
	write(t, filepath.Join(dir, "notes.txt"), "1")
	write(t, filepath.Join(dir, "app.json"), "1")
	must(t, os.Chtimes(filepath.Join(dir, "app.json"), time.Time{}, time.Unix(1, 0)))
	select {
	case <-calls:
		t.Error("reported a change where there is none")
	case <-time.After(300 * time.Millisecond):
	}
	write(t, filepath.Join(dir, "app.json"), "2")
	called(t, calls, "change")
}

func TestWatchFailure(t *testing.T) {
	t.Parallel()
	want := errors.New("gave up")
	s := source.Database(failing{err: want}, "app", source.Options{TemplateDir: t.TempDir()})
	if err := s.Watch(t.Context(), func() {}); !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
}

// failing is a database whose Watch gives up.
type failing struct {
	source.Store
	err error
}

func (f failing) Watch(context.Context, time.Duration, func()) error { return f.err }
