package jsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/dop251/goja"
	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/problem"
)

const (
	filesystem = "enable_filesystem"
	process    = "enable_process"

	// maxFile is the largest file that file_to_string reads.
	maxFile = 16 << 20

	// maxFilePath and maxFolders are how long and how deep a path may be: a tree that is deeper can hardly be removed.
	maxFilePath = 4096
	maxFolders  = 64

	// maxEnv is how long the name and the value of set_env may be, in bytes: they stay with the process.
	maxEnv = 32 << 10
)

// fileRows: files below the configured directory.
func (a *api) fileRows() []hostfn.Row {
	return []hostfn.Row{
		a.filesRow(),
		{
			Name: "file_to_string", Sig: "file_to_string(path)", Needs: filesystem,
			Doc:     "Returns the text of a file below the configured directory ([vm_pool] filesystem_root), in UTF-8 without a byte order mark; files.read takes others as bytes.",
			Example: `string_to_file("note.txt", "hello"); payload.note = file_to_string("note.txt")`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				name := hostfn.String(call, 0)
				size := a.statFile(r, "file_to_string", name, maxFile).Size()
				r.Spend(int(size>>10), 2*size)
				var data []byte
				a.onDisk(r, "file_to_string", name, func() (err error) { data, err = a.Files.ReadFile(name); return err })
				return fileText(r, "file_to_string", name, data)
			}),
		},
		{
			Name: "string_to_file", Sig: "string_to_file(path, text)", Needs: filesystem,
			Doc:     "Writes text or bytes to a file below the configured directory and replaces its content.",
			Example: `string_to_file("note.txt", "hello")`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				a.mayFiles(r, "string_to_file")
				data := []byte{}
				if v := call.Argument(1); !goja.IsUndefined(v) && !goja.IsNull(v) {
					data = contentOf(r, "string_to_file", v)
				}
				a.put(r, "string_to_file", hostfn.String(call, 0), data, os.O_TRUNC)
				return goja.Undefined()
			}),
		},
	}
}

// fileAnswerMembers: answers of c that are files.
func fileAnswerMembers() map[string]member {
	answer := func(fn, disposition string) member {
		return method(func(s *scope, call goja.FunctionCall) goja.Value {
			name := hostfn.String(call, 0)
			info := s.api.statFile(s.Run, fn, name, 0)
			shown := hostfn.String(call, 1)
			if shown == "" {
				shown = path.Base(name)
			}
			var file *os.File
			s.api.onDisk(s.Run, fn, name, func() (err error) { file, err = s.api.Files.Open(name); return err })
			kept := false
			defer func() {
				if !kept {
					_ = file.Close()
				}
			}()
			return s.answer(func(c echo.Context) error {
				if disposition != "" {
					c.Response().Header().Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": shown}))
				}
				h := c.Response().Header()
				if h.Get("ETag") == "" {
					h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
				}
				q := c.Request()
				if given := q.Header.Get("Range"); given != "" {
					q = q.Clone(q.Context())
					if q.Header.Del("Range"); body.Ranges(given, info.Size()) != "" {
						q.Header.Set("Range", body.Ranges(given, info.Size()))
					}
				}
				http.ServeContent(&fileWriter{problem.ForFile(c.Response(), q, info.Size()), c.Response(), file, &kept}, q, path.Base(name), info.ModTime(), file)
				return nil
			})
		})
	}
	return map[string]member{
		"File":       answer("c.File", ""),
		"Attachment": answer("c.Attachment", "attachment"),
		"Inline":     answer("c.Inline", "inline"),
	}
}

// fileWriter writes a file as the response. Where the engine can, it takes the file over and sends it when the run has ended, so that
// a client may take as long as it needs.
type fileWriter struct {
	*problem.FileWriter
	response *echo.Response
	file     *os.File
	kept     *bool
}

// ReadFrom implements io.ReaderFrom, which io.CopyN of http.ServeContent calls.
func (w *fileWriter) ReadFrom(from io.Reader) (int64, error) {
	part, ok := from.(*io.LimitedReader)
	keeper, can := w.response.Writer.(interface{ Keep(*os.File, int64) bool })
	if ok && can && part.R == io.Reader(w.file) && keeper.Keep(w.file, part.N) {
		*w.kept = true
		w.response.Size += part.N
		return part.N, nil
	}
	return io.Copy(struct{ io.Writer }{w.response}, from)
}

// mayFiles raises an error unless files are allowed and there is a directory for them.
func (a *api) mayFiles(r *hostfn.Run, fn string) {
	off(r, fn, filesystem)
	if a.Files == nil {
		r.Throw(fault.New(fault.Denied, "%s has no directory to work in: set [vm_pool] filesystem_root", fn))
	}
}

// statFile finds a regular file, of at most limit bytes unless limit is 0.
func (a *api) statFile(r *hostfn.Run, fn, name string, limit int64) (info os.FileInfo) {
	a.mayFiles(r, fn)
	a.onDisk(r, fn, name, func() (err error) { info, err = a.Files.Stat(name); return err })
	if !info.Mode().IsRegular() {
		r.Throwf("%s: %q is not a file", fn, name)
	}
	if limit > 0 && info.Size() > limit {
		r.Throwf("%s: %q has %d bytes; it reads up to %d", fn, name, info.Size(), limit)
	}
	return info
}

// onDisk runs a call of the disk. What the system says of it stays in the log: it holds paths of the machine.
func (a *api) onDisk(r *hostfn.Run, fn, name string, f func() error) {
	if len(name) > maxFilePath || strings.Count(name, "/") > maxFolders {
		r.Throwf("%s: a path has up to %d bytes and %d directories", fn, maxFilePath, maxFolders)
	}
	var err error
	if ended := r.Block(func(context.Context) error { err = f(); return nil }); ended != nil {
		r.Throw(ended)
	}
	if err != nil {
		kind, why := whyNot(err)
		r.Throw(&fault.Error{Kind: kind, Text: fn + ": \"" + name + "\" " + why, Cause: err})
	}
}

// whyNot says what is wrong with a file, or with the disk that it is on.
func whyNot(err error) (kind fault.Kind, why string) {
	switch {
	case errors.Is(err, errTooLong):
		return fault.Script, fmt.Sprintf("gets too long: a file has up to %d MiB, a directory %d entries", maxFile>>20, maxEntries)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.Unavailable, "cannot be written: the disk is full; free space where [vm_pool] filesystem_root points to"
	case errors.Is(err, syscall.EROFS):
		return fault.Unavailable, "cannot be written: the file system is read-only where [vm_pool] filesystem_root points to"
	case errors.Is(err, syscall.EIO):
		return fault.Unavailable, "cannot be used: the disk fails where [vm_pool] filesystem_root points to"
	case !errors.Is(err, fs.ErrNotExist):
		return fault.Script, "cannot be used: it must be a path below the files directory, and readable"
	}
	return fault.Script, "does not exist below the files directory"
}

// envRows: the environment of the process.
func envRows() []hostfn.Row {
	return []hostfn.Row{
		{
			Name: "get_env", Sig: "get_env(name)", Needs: process,
			Doc:     "Returns an environment variable of the server, empty when it is not set. The server's own (NFLOW_…) are hidden.",
			Example: `const region = get_env("REGION") || "eu"`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				name := envName(r, "get_env", call)
				value, _ := hostfn.Do(r.Effects, "env", "get "+name, func() (string, error) { return os.Getenv(name), nil })
				return r.VM.ToValue(value)
			}),
		},
		{
			Name: "set_env", Sig: "set_env(name, value)", Needs: process,
			Doc:     "Sets an environment variable of the server: all runs see it.",
			Example: `set_env("NFDEMO_REGION", "eu")`,
			Bind: hostfn.Func(func(r *hostfn.Run, call goja.FunctionCall) goja.Value {
				name := envName(r, "set_env", call)
				value := hostfn.String(call, 1)
				if len(name)+len(value) > maxEnv {
					r.Throwf("set_env: name and value have more than %d bytes", maxEnv)
				}
				if err := os.Setenv(name, value); err != nil {
					r.Throw(fault.Wrap(fault.Script, err, "set_env: the name or the value of %q is not valid", name))
				}
				return goja.Undefined()
			}),
		},
	}
}

// envName reads the name of a variable. The server's own settings may hold keys and connection strings.
func envName(r *hostfn.Run, fn string, call goja.FunctionCall) string {
	off(r, fn, process)
	name := hostfn.String(call, 0)
	if upper := strings.ToUpper(name); strings.HasPrefix(upper, "NFLOW_") || strings.HasPrefix(upper, "NFLOE_") {
		r.Throwf("%s: %s is a setting of the server; flows see its values in env and config", fn, brief(call.Argument(0)))
	}
	return name
}
