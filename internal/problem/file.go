package problem

import (
	"fmt"
	"net/http"
)

// FileWriter writes the body that all errors have where net/http refuses a file.
type FileWriter struct {
	http.ResponseWriter
	request *http.Request
	size    int64
	failed  bool
}

// ForFile returns the writer of a file of so many bytes.
func ForFile(w http.ResponseWriter, r *http.Request, size int64) *FileWriter {
	return &FileWriter{ResponseWriter: w, request: r, size: size}
}

// WriteHeader implements http.ResponseWriter.
func (w *FileWriter) WriteHeader(code int) {
	if code < http.StatusBadRequest {
		w.ResponseWriter.WriteHeader(code)
		return
	}
	w.failed = true
	w.Header().Del("Content-Disposition")
	text := "the file cannot be read"
	switch code {
	case http.StatusRequestedRangeNotSatisfiable:
		text = fmt.Sprintf("the range is outside of the file, which has %d bytes", w.size)
	case http.StatusPreconditionFailed:
		text = "the file is not the one that the request asks for"
	}
	_ = Write(w.ResponseWriter, w.request, Answer{Message: text, Code: code, Wid: w.Header().Get(WidHeader)}) // the client may have gone
}

// Write implements http.ResponseWriter. The body of an error has been written.
func (w *FileWriter) Write(b []byte) (int, error) {
	if w.failed {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}
