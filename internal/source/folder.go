package source

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// Folder is an app as a folder holds it: app.json, default.js, modules.csv, modules/NAME.js, templates/NAME.html.
type Folder struct {
	App        store.App        // its name is the file's
	HasDefault bool             // there is a default.js, maybe an empty one
	Modules    []Module         // sorted by name
	Templates  []store.Template // sorted by name, which is without .html or .tmpl

	files map[string]string // the templates by their paths in templates/
}

// Module is a module of a folder.
type Module struct {
	store.Module
	CodeOnly bool // it comes from modules/NAME.js alone: form and manifest are not known
}

// ReadFolder reads the app at path, which is a folder or the app file in it (any name that ends in .json). Code in
// modules/NAME.js wins over that in modules.csv. Whether the app's JSON is sound is not looked at.
func ReadFolder(path string) (Folder, error) {
	dir, file := place(path)
	r, err := openDir(dir, "the app's folder")
	if err != nil {
		return Folder{}, err
	}
	if r == nil {
		return Folder{}, noApp(file)
	}
	defer r.close()
	json, found, err := r.text(file, maxApp)
	if err != nil {
		return Folder{}, err
	}
	if !found {
		return Folder{}, noApp(file)
	}
	f := Folder{App: store.App{Name: appName(file), JSON: []byte(json)}}
	if f.App.DefaultJS, f.HasDefault, err = r.text("default.js", maxText); err != nil {
		return Folder{}, err
	}
	if err := f.readModules(r); err != nil {
		return Folder{}, err
	}
	if f.files, err = r.tree("templates", isTemplate); err != nil {
		return Folder{}, err
	}
	f.nameTemplates()
	return f, nil
}

func noApp(file string) error {
	return fault.New(fault.NotFound, "there is no %s here; name an app's folder or its JSON file", file)
}

// readModules reads modules.csv and modules/*.js.
func (f *Folder) readModules(r *reader) error {
	byName := map[string]Module{}
	text, found, err := r.text("modules.csv", maxApp)
	if err != nil {
		return err
	}
	if found {
		rows, err := parseModules(text)
		if err != nil {
			return err
		}
		for _, m := range rows {
			byName[m.Name] = Module{Module: m}
		}
	}
	scripts, err := r.tree("modules", func(name string) bool { return strings.HasSuffix(name, ".js") })
	if err != nil {
		return err
	}
	for file, code := range scripts {
		name := strings.TrimSuffix(file, ".js")
		m, known := byName[name]
		m.Name, m.Code, m.CodeOnly = name, code, !known
		byName[name] = m
	}
	for _, m := range byName {
		f.Modules = append(f.Modules, m)
	}
	slices.SortFunc(f.Modules, func(a, b Module) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// nameTemplates makes the rows of table template that stand for the files. Of name.html and name.tmpl the first counts.
func (f *Folder) nameTemplates() {
	names := map[string]string{}
	for _, ending := range []string{".tmpl", ".html"} {
		for file, text := range f.files {
			if name, ok := strings.CutSuffix(file, ending); ok {
				names[name] = text
			}
		}
	}
	for name, text := range names {
		f.Templates = append(f.Templates, store.Template{Name: name, Content: text})
	}
	slices.SortFunc(f.Templates, func(a, b store.Template) int { return cmp.Compare(a.Name, b.Name) })
}

// WriteFolder writes app.json, default.js if the app has one, modules.csv and templates/NAME.html into a folder, which
// it makes if there is none. Each file is replaced as a whole; files of other names are left alone.
func WriteFolder(dir string, f Folder) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be made; look at its rights")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be opened; look at its rights and that it is a folder")
	}
	defer root.Close()
	modules, err := formatModules(f.Modules)
	if err != nil {
		return err
	}
	files := []struct{ name, text string }{{"app.json", string(f.App.JSON)}, {"modules.csv", modules}}
	if _, err := root.Lstat("default.js"); f.HasDefault || f.App.DefaultJS != "" || err == nil {
		files = append(files, struct{ name, text string }{"default.js", f.App.DefaultJS})
	}
	for _, t := range f.Templates {
		name := "templates/" + t.Name + ".html"
		if !fs.ValidPath(name) || path.Dir(name) == "." || strings.ContainsAny(name, "\\\x00") || strings.Contains(name, "/.") {
			return fault.New(fault.Invalid, "template %.64q cannot be a file of that name; rename it", t.Name)
		}
		files = append(files, struct{ name, text string }{name, t.Content})
	}
	for _, file := range files {
		if err := replace(root, file.name, file.text, 0o644); err != nil {
			return fault.Wrap(fault.Unavailable, err, "%s cannot be written; look at the rights and the space of the folder", file.name)
		}
	}
	return nil
}

// WriteApp replaces the app file of the app at path, which ReadFolder can read. The file keeps its rights.
func WriteApp(path string, json []byte) error {
	dir, file := place(path)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be opened; look at its rights")
	}
	defer root.Close()
	info, err := root.Lstat(file)
	if err == nil && !info.Mode().IsRegular() {
		return fault.New(fault.Invalid, "%s is a link; name the file itself", file)
	}
	if err == nil {
		err = replace(root, file, string(json), info.Mode().Perm())
	}
	if err == nil {
		err = root.Chmod(file, info.Mode().Perm()) // whatever the umask is
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "%s cannot be written; look at the rights and the space of the folder", file)
	}
	return nil
}

// replace writes a file so that a reader finds the old text or the new one, never half of it.
func replace(root *os.Root, name, text string, mode fs.FileMode) error {
	if err := root.MkdirAll(path.Dir(name), 0o750); err != nil {
		return err
	}
	draft := path.Join(path.Dir(name), ".nflow-"+rand.Text())
	err := root.WriteFile(draft, []byte(text), mode)
	if err == nil {
		err = root.Rename(draft, name)
	}
	if err != nil {
		err = errors.Join(err, ignoreMissing(root.Remove(draft)))
	}
	return err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
