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
	"syscall"

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
	return fault.New(fault.NotFound, "%s not found; name the folder of an app or its JSON file", file)
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
// it makes if there is none. Each file is replaced as a whole, and none before all of them are on the disk; files of other
// names are left alone.
func WriteFolder(dir string, f Folder) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be created; check its permissions")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be opened; check its permissions and that it is a folder")
	}
	defer root.Close()
	modules, err := formatModules(f.Modules)
	if err != nil {
		return err
	}
	var files []textFile
	for _, t := range f.Templates {
		name := "templates/" + t.Name + ".html"
		if !fs.ValidPath(name) || path.Dir(name) == "." || strings.ContainsAny(name, "\\\x00") || strings.Contains(name, "/.") {
			return fault.New(fault.Invalid, "template %.64q cannot be a file of that name; rename it", t.Name)
		}
		files = append(files, textFile{name, t.Content})
	}
	files = append(files, textFile{"modules.csv", modules})
	if _, err := root.Lstat("default.js"); f.HasDefault || f.App.DefaultJS != "" || err == nil {
		files = append(files, textFile{"default.js", f.App.DefaultJS})
	}
	return replaceAll(root, append(files, textFile{"app.json", string(f.App.JSON)}), 0o644)
}

// textFile is a file by its path below a folder.
type textFile struct{ name, text string }

// WriteApp replaces the app file of the app at path, which ReadFolder can read. The file keeps its rights.
func WriteApp(path string, json []byte) error {
	dir, file := place(path)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the folder cannot be opened; check its permissions")
	}
	defer root.Close()
	info, err := root.Lstat(file)
	if err == nil && !info.Mode().IsRegular() {
		return fault.New(fault.Invalid, "%s is a link; name the file itself", file)
	}
	if err == nil {
		err = replaceAll(root, []textFile{{file, string(json)}}, info.Mode().Perm())
	}
	if err == nil {
		err = root.Chmod(file, info.Mode().Perm()) // whatever the umask is
	}
	return unwritten(file, err)
}

// replaceAll writes files so that a reader finds the old text of each or the new one, never half of it. All are on the disk
// before the first takes its place, in the order given: a reader meanwhile, or one after the process was
// killed, finds old and new files together only in the moment of the renames.
func replaceAll(root *os.Root, files []textFile, mode fs.FileMode) (err error) {
	drafts := make([]string, len(files))
	defer func() {
		for _, draft := range drafts {
			_ = root.Remove(draft) // those that took their place are gone
		}
	}()
	for i, file := range files {
		drafts[i] = path.Join(path.Dir(file.name), ".nflow-"+rand.Text())
		if err := writeDraft(root, drafts[i], file.text, mode); err != nil {
			return unwritten(file.name, err)
		}
	}
	for i, file := range files {
		if err := root.Rename(drafts[i], file.name); err != nil {
			return unwritten(file.name, err)
		}
	}
	return nil
}

// writeDraft writes a file and its folder, and waits for the disk: a rename may be kept before what it renames.
func writeDraft(root *os.Root, name, text string, mode fs.FileMode) error {
	if err := root.MkdirAll(path.Dir(name), 0o750); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func unwritten(name string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fault.Wrap(fault.Unavailable, err, "%s cannot be written: the disk of the folder is full; free space there", name)
	case errors.Is(err, syscall.EROFS):
		return fault.Wrap(fault.Unavailable, err, "%s cannot be written: the disk of the folder is read-only", name)
	}
	return fault.Wrap(fault.Unavailable, err, "%s cannot be written; check the permissions and the free space of the folder", name)
}
