package hostfn

import (
	"io"
	"strings"

	"github.com/dop251/goja"
)

// TextOf returns the text that a value is; false for all else, also for objects that could become text. Unlike Export it
// never copies what an object holds.
func (r *Run) TextOf(v goja.Value) (text string, ok bool) {
	if _, ok := v.(goja.String); !ok {
		return "", false
	}
	return r.Text(v), true
}

// Plain makes Go data of a value that is no object, as its Export does, and charges first what a text copies.
func (r *Run) Plain(v goja.Value) any {
	if text, ok := r.TextOf(v); ok {
		return text
	}
	return v.Export()
}

// Written is a text that a function makes piece by piece. It charges what it grows by, and takes no more than Most bytes.
// It is an io.Writer for libraries that know no bounds: they end with the error that it returns.
type Written struct {
	run    *Run
	most   int
	full   error // what is returned beyond most
	failed error
	text   strings.Builder
}

// NewWritten makes a Written of at most so many bytes; full is the error beyond them.
func (r *Run) NewWritten(most int, full error) *Written {
	return &Written{run: r, most: most, full: full}
}

// Write adds to the text. After an error it returns that error always.
func (w *Written) Write(p []byte) (int, error) {
	if err := w.charge(len(p)); err != nil {
		return 0, err
	}
	return w.text.Write(p)
}

// WriteString adds to the text, as Write does.
func (w *Written) WriteString(s string) (int, error) {
	if err := w.charge(len(s)); err != nil {
		return 0, err
	}
	return w.text.WriteString(s)
}

// WriteByte adds one byte to the text.
func (w *Written) WriteByte(c byte) error {
	if err := w.charge(1); err != nil {
		return err
	}
	return w.text.WriteByte(c)
}

func (w *Written) charge(n int) error {
	if w.failed == nil {
		if w.text.Len()+n > w.most {
			w.failed = w.full
		} else { // a text that outgrows its place is copied
			w.failed = w.run.Charge(1+n>>8, 2*int64(n))
		}
	}
	return w.failed
}

// Err returns the error of a write that failed, nil when none has.
func (w *Written) Err() error { return w.failed }

// Len returns the bytes that were written.
func (w *Written) Len() int { return w.text.Len() }

// String returns the text.
func (w *Written) String() string { return w.text.String() }

// readPiece is how many bytes a Reader returns per call.
const readPiece = 4096

// Reader reads a text for a library that cannot be stopped but by its reader: for each byte it charges so many
// nanoseconds, and fails when the run was stopped.
func (r *Run) Reader(text string, nanoseconds int) io.Reader {
	return &reader{r, strings.NewReader(text), nanoseconds}
}

// reader is a Reader of what it is given.
type reader struct {
	run  *Run
	from io.Reader
	cost int
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p[:min(len(p), readPiece)])
	if stopped := r.run.Charge(1+n*r.cost/100, 0); stopped != nil {
		return 0, stopped
	}
	return n, err
}
