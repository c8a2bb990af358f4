package jsapi

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

// uploadMembers: the files of a form.
func uploadMembers() map[string]member {
	return map[string]member{
		"FormFile": method(func(s *scope, call goja.FunctionCall) goja.Value {
			file, err := s.ex.Context().FormFile(hostfn.String(call, 0))
			if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
				return goja.Null()
			}
			if err != nil {
				s.Throw(fault.Wrap(fault.Invalid, err, "c.FormFile: the form cannot be read"))
			}
			return s.file(file)
		}),
		"MultipartForm": method(func(s *scope, _ goja.FunctionCall) goja.Value {
			form, err := s.ex.Context().MultipartForm()
			if err != nil {
				s.Throw(fault.Wrap(fault.Invalid, err, "c.MultipartForm: the request has no multipart form"))
			}
			files := s.VM.NewObject()
			for name, list := range form.File {
				all := make([]any, len(list))
				for i, file := range list {
					all[i] = s.file(file)
				}
				hostfn.SetOwn(files, name, s.VM.NewArray(all...))
			}
			o := s.VM.NewObject()
			hostfn.SetOwn(o, "Value", s.ToJS(form.Value))
			hostfn.SetOwn(o, "File", files)
			return o
		}),
	}
}

// file shows an uploaded file: {name, filename, size, type, text(), bytes()}.
func (s *scope) file(f *multipart.FileHeader) goja.Value {
	read := func() []byte {
		s.Spend(int(f.Size>>10), 3*f.Size)
		in, err := f.Open()
		if err == nil {
			var data []byte
			data, err = io.ReadAll(io.LimitReader(in, f.Size))
			_ = in.Close()
			if err == nil {
				return data
			}
		}
		s.Throw(fault.Wrap(fault.Internal, err, "the uploaded file %q cannot be read", f.Filename))
		return nil
	}
	o := s.VM.NewObject()
	set := func(name string, v any) { hostfn.SetOwn(o, name, s.VM.ToValue(v)) }
	set("name", f.Filename)
	set("filename", f.Filename)
	set("size", f.Size)
	set("type", f.Header.Get("Content-Type"))
	define(s.Run, o, "text", func(call goja.FunctionCall) goja.Value {
		s.NoOptions("FormFile().text", call, 0)
		b := read()
		text, err := body.Text(b, body.ParseMediaType(f.Header.Get("Content-Type")).Label(b))
		if err != nil {
			s.Throw(err)
		}
		return s.VM.ToValue(text)
	})
	define(s.Run, o, "bytes", func(call goja.FunctionCall) goja.Value {
		s.NoOptions("FormFile().bytes", call, 0)
		buffer := s.VM.ToValue(s.VM.NewArrayBuffer(read()))
		view, err := s.VM.New(hostfn.Property(s.VM.GlobalObject(), "Uint8Array"), buffer)
		if err != nil {
			s.Run.Rethrow(err)
		}
		return view
	})
	return o
}
