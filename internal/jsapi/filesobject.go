package jsapi

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// maxEntries is how many entries of a directory files.list returns.
const maxEntries = 10_000

// filesRow is the object files.
func (a *api) filesRow() hostfn.Row {
	calls := map[string]func(*hostfn.Run, goja.FunctionCall) goja.Value{
		"read": a.filesRead, "write": a.filesWrite(os.O_TRUNC), "append": a.filesWrite(os.O_APPEND), "list": a.filesList,
		"mkdir": a.filesMkdir, "remove": a.filesRemove, "exists": a.filesExists,
	}
	return hostfn.Row{
		Name: "files", Sig: "files", Needs: filesystem,
		Calls: []string{
			"files.read(path, {as})", "files.write(path, bytes)", "files.append(path, bytes)", "files.list(path)", "files.mkdir(path)",
			"files.remove(path)", "files.exists(path)",
		},
		Doc: `Files below the configured directory ([vm_pool] filesystem_root), up to 16 MiB: read(path) → text in UTF-8, or bytes with {as: "bytes"}; write(path, data) and append(path, data) take text or bytes; ` +
			`list(path) → [{name, directory, size, modified}] by name; mkdir(path) creates parent directories, too; remove(path) removes a file or an empty directory and returns whether it existed; exists(path).`,
		Example: `files.mkdir("orders")
files.write("orders/7.txt", "pens")
files.append("orders/7.txt", new Uint8Array([10]))
payload.text = files.read("orders/7.txt")
payload.names = files.list("orders").map(f => f.name)
files.remove("orders/7.txt")`,
		Bind: func(r *hostfn.Run) goja.Value {
			o := r.VM.NewObject()
			for _, name := range []string{"read", "write", "append", "list", "mkdir", "remove", "exists"} {
				define(r, o, name, func(c goja.FunctionCall) goja.Value {
					a.mayFiles(r, "files."+name)
					return calls[name](r, c)
				})
			}
			return o
		},
	}
}

func (a *api) filesRead(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "files.read"
	name, as := pathOf(r, fn, call), "text"
	r.Only(fn, call.Argument(1), "as")
	if o, ok := call.Argument(1).(*goja.Object); ok {
		if v := hostfn.Property(o, "as"); !goja.IsUndefined(v) {
			as = r.Text(v)
		}
	} else if goja.IsString(call.Argument(1)) {
		typeError(r, `%s takes an object second, as in {as: "bytes"}; text is read as UTF-8`, fn)
	}
	if as != "text" && as != "bytes" {
		typeError(r, `%s: as is "text" or "bytes"`, fn)
	}
	size := a.statFile(r, fn, name, maxFile).Size()
	r.Spend(int(size>>10), 2*size)
	var data []byte
	a.onDisk(r, fn, name, func() (err error) { data, err = a.Files.ReadFile(name); return err })
	if as == "bytes" {
		return r.Uint8Array(data)
	}
	return fileText(r, fn, name, data)
}

// fileText returns a file as text, which UTF-8 is, without a byte order mark.
func fileText(r *hostfn.Run, fn, name string, data []byte) goja.Value {
	if !utf8.Valid(data) {
		typeError(r, `%s: %q is not UTF-8 text; files.read(path, {as: "bytes"}) reads any file`, fn, name)
	}
	return r.VM.ToValue(strings.TrimPrefix(string(data), "\ufeff"))
}

// pathOf reads the first argument, which must be a text.
func pathOf(r *hostfn.Run, fn string, call goja.FunctionCall) string {
	name, ok := r.TextOf(call.Argument(0))
	if !ok || name == "" {
		typeError(r, "%s takes a path below the files directory first", fn)
	}
	return name
}

// contentOf reads what a file gets: text, or bytes as they are.
func contentOf(r *hostfn.Run, fn string, v goja.Value) []byte {
	if b, ok := r.Bytes(v); ok {
		return b
	}
	switch o := v.(type) {
	case *goja.Object:
		if o.ClassName() != "String" {
			typeError(r, "%s takes text, an ArrayBuffer or a Uint8Array; JSON.stringify makes text of an object", fn)
		}
	case goja.String:
	default:
		if goja.IsUndefined(v) || goja.IsNull(v) {
			typeError(r, "%s takes text, an ArrayBuffer or a Uint8Array, and got none", fn)
		}
	}
	text := r.UTF8Text(fn, "the text", v)
	r.Spend(len(text)>>10, int64(len(text)))
	return []byte(text)
}

// filesWrite writes in place of what is there, or behind it.
func (a *api) filesWrite(how int) func(*hostfn.Run, goja.FunctionCall) goja.Value {
	fn := "files.write"
	if how == os.O_APPEND {
		fn = "files.append"
	}
	return func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
		name, data := pathOf(r, fn, call), contentOf(r, fn, call.Argument(1))
		a.put(r, fn, name, data, how)
		return goja.Undefined()
	}
}

// put writes a regular file: opening a pipe would wait for its other end.
func (a *api) put(r *hostfn.Run, fn, name string, data []byte, how int) {
	if len(data) > maxFile {
		r.Throwf("%s: %d bytes are too many: a file has up to %d", fn, len(data), maxFile)
	}
	a.onDisk(r, fn, name, func() error {
		if info, err := a.Files.Stat(name); err == nil && !info.Mode().IsRegular() {
			return errors.New("not a regular file")
		} else if err == nil && how == os.O_APPEND && info.Size()+int64(len(data)) > maxFile {
			return errTooLong
		}
		file, err := a.Files.OpenFile(name, os.O_WRONLY|os.O_CREATE|how, 0o644)
		if err != nil {
			return err
		}
		_, err = file.Write(data)
		return errors.Join(err, file.Close())
	})
}

func (a *api) filesList(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	const fn = "files.list"
	name := "."
	if v := call.Argument(0); !goja.IsUndefined(v) {
		name = pathOf(r, fn, call)
	}
	type entry struct {
		name string
		info os.FileInfo
	}
	var entries []entry
	a.onDisk(r, fn, name, func() error {
		info, err := a.Files.Stat(name)
		if err == nil && !info.IsDir() {
			err = errors.New("not a directory")
		}
		if err != nil {
			return err
		}
		names, err := fs.ReadDir(rootFS{a.Files}, path.Clean(name))
		if len(names) > maxEntries {
			return errTooLong
		}
		for _, e := range names {
			if info, err := e.Info(); err == nil { // one that is gone meanwhile is left out
				entries = append(entries, entry{e.Name(), info})
			}
		}
		return err
	})
	list := make([]any, len(entries))
	for i, e := range entries {
		r.Spend(5, 600)
		o := r.VM.NewObject()
		hostfn.SetOwn(o, "name", r.VM.ToValue(e.name))
		hostfn.SetOwn(o, "directory", r.VM.ToValue(e.info.IsDir()))
		hostfn.SetOwn(o, "size", r.VM.ToValue(e.info.Size()))
		hostfn.SetOwn(o, "modified", r.Construct("Date", r.VM.ToValue(e.info.ModTime().UnixMilli())))
		list[i] = o
	}
	return r.VM.NewArray(list...)
}

// rootFS lets fs.ReadDir open directories of Files.
type rootFS struct{ Files }

// Open implements fs.FS.
func (f rootFS) Open(name string) (fs.File, error) { return f.Files.Open(name) }

func (a *api) filesMkdir(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	name := pathOf(r, "files.mkdir", call)
	a.onDisk(r, "files.mkdir", name, func() error { return a.Files.MkdirAll(path.Clean(name), 0o755) })
	return goja.Undefined()
}

func (a *api) filesRemove(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	name, found := pathOf(r, "files.remove", call), true
	a.onDisk(r, "files.remove", name, func() error {
		err := a.Files.Remove(name)
		if errors.Is(err, fs.ErrNotExist) {
			found, err = false, nil
		}
		return err
	})
	return r.VM.ToValue(found)
}

func (a *api) filesExists(r *hostfn.Run, call goja.FunctionCall) goja.Value {
	name, found := pathOf(r, "files.exists", call), true
	a.onDisk(r, "files.exists", name, func() error {
		_, err := a.Files.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			found, err = false, nil
		}
		return err
	})
	return r.VM.ToValue(found)
}

// errTooLong is a file or a directory beyond the limits.
var errTooLong = errors.New("too long")
