package source

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// Bounds of what is read of one folder.
const (
	maxApp   = 32 << 20 // bytes of app.json and of modules.csv
	maxText  = 4 << 20  // bytes of any other file
	maxTotal = 64 << 20 // bytes of all files
	maxFiles = 10_000
)

// reader reads the files of one folder and keeps count.
type reader struct {
	root  *os.Root
	label string // what messages call the folder
	bytes int
	files int
}

// openDir opens a folder. One that is missing is (nil, nil).
func openDir(dir, label string) (*reader, error) {
	if dir == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "%s cannot be opened; check its permissions and that it is a folder", label)
	}
	return &reader{root: root, label: label}, nil
}

func (r *reader) close() { r.root.Close() } //nolint:errcheck // nothing was written through it

// text reads a file; one that is missing is not found.
func (r *reader) text(name string, limit int) (text string, found bool, err error) {
	info, err := r.root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, r.refuse(name, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would block
		return "", false, fault.New(fault.Invalid, "%s is not a regular file", r.full(name))
	}
	f, err := r.root.Open(name)
	if err != nil {
		return "", false, r.refuse(name, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return "", false, r.refuse(name, err)
	}
	if len(b) > limit {
		return "", false, fault.New(fault.TooLarge, "%s is over %d MiB", r.full(name), limit>>20)
	}
	if !utf8.Valid(b) {
		return "", false, fault.New(fault.Invalid, "%s is not UTF-8 text; save it as UTF-8", r.full(name))
	}
	r.bytes, r.files = r.bytes+len(b), r.files+1
	if r.bytes > maxTotal || r.files > maxFiles {
		return "", false, fault.New(fault.TooLarge, "%s holds more than %d files or %d MiB", r.label, maxFiles, maxTotal>>20)
	}
	return strings.TrimPrefix(string(b), "\ufeff"), true, nil // a byte order mark is no text
}

// tree reads the files below a folder that are wanted, by their path in it with slashes. Left out are hidden ones, and
// those that are neither template nor script and cannot be read as text.
func (r *reader) tree(dir string, want func(name string) bool) (map[string]string, error) {
	texts := map[string]string{}
	err := fs.WalkDir(r.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // no such folder, or deleted meanwhile
			return nil
		}
		if err != nil {
			return r.refuse(name, err)
		}
		hidden := name != dir && strings.HasPrefix(d.Name(), ".")
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || d.IsDir() || !want(name):
			return nil
		}
		if info, err := r.root.Stat(name); err == nil && info.IsDir() {
			return nil // a link to a folder
		}
		text, found, err := r.text(name, maxText)
		if err != nil && !isTemplate(name) && !strings.HasSuffix(name, ".js") {
			return nil // a picture beside the templates
		}
		if found {
			texts[strings.TrimPrefix(name, dir+"/")] = text
		}
		return err
	})
	return texts, err
}

func (r *reader) full(name string) string { return name + " in " + r.label }

// refuse wraps an error of the file system. Its text, which holds paths of the machine, is for the log only.
func (r *reader) refuse(name string, err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok && !errors.Is(err, fs.ErrPermission) {
		if strings.Contains(pe.Err.Error(), "escapes") {
			return fault.Wrap(fault.Invalid, err, "%s is a link that leaves the folder; put the file itself there", r.full(name))
		}
	}
	return fault.Wrap(fault.Unavailable, err, "%s cannot be read; check its permissions", r.full(name))
}

func isTemplate(name string) bool {
	return strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".tmpl")
}

// readTree reads a directory of templates; one that is missing holds none.
func readTree(dir string) (map[string]string, error) {
	r, err := openDir(dir, "the template folder")
	if r == nil {
		return nil, err
	}
	defer r.close()
	return r.tree(".", func(string) bool { return true })
}

// readAuth reads auth.js of the directory of triggers; "" when there is none.
func readAuth(dir string) (string, error) {
	r, err := openDir(dir, "the triggers folder")
	if r == nil {
		return "", err
	}
	defer r.close()
	text, _, err := r.text("auth.js", maxText)
	return text, err
}
