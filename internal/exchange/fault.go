package exchange

import (
	"errors"
	"io/fs"
	"net/http"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// ErrTooLarge is what a request gets whose body is larger than the limit, in bytes.
func ErrTooLarge(limit int64) *fault.Error {
	return fault.New(fault.TooLarge, "the request body is larger than %d MB ([server] max_body_mb)", limit>>20)
}

// readFailure makes the fault of a body that could not be read.
func readFailure(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrTooLarge(tooLarge.Limit)
	}
	if _, ours := errors.AsType[*fs.PathError](err); ours { // a file that keeps a large form
		return fault.Wrap(fault.Unavailable, err, "the upload cannot be stored: free space in the folder for temporary files, which TMPDIR names")
	}
	return fault.Wrap(fault.Invalid, err, "the request body cannot be read")
}
