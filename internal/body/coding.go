package body

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"

	"github.com/arturoeanton/nflow-runtime/internal/clip"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// maxCodings is how many content codings one body may have over one another.
const maxCodings = 3

// Codings lists the content codings of Decode, for Accept-Encoding.
const Codings = "gzip, deflate, br"

// Decode returns what a body with these Content-Encoding headers says: gzip, deflate (with and without zlib's frame), br
// and identity. limit bounds the decoded bytes, 0 = none. It returns a fault of kind Unsupported for another coding;
// reading returns one of kind Invalid for bytes that are not what the header says, and *http.MaxBytesError over the limit.
// Without any coding it returns r itself. Closing the result closes r.
func Decode(r io.ReadCloser, headers []string, limit int64) (io.ReadCloser, error) {
	names, err := codings(headers)
	if err != nil || len(names) == 0 {
		return r, err
	}
	d := &decoded{source: r, limit: limit}
	in := io.Reader(&sourceReader{d})
	for i := len(names) - 1; i >= 0; i-- { // the last one was applied last
		in = &lazyReader{open: opener(names[i]), in: in}
	}
	d.out = in
	return d, nil
}

// codings returns the names of the codings that need decoding, in the order in which they were applied.
func codings(headers []string) (names []string, err error) {
	for _, h := range headers {
		for name := range strings.SplitSeq(h, ",") {
			switch name = strings.ToLower(strings.TrimSpace(name)); name {
			case "", "identity":
			case "gzip", "x-gzip", "deflate", "br":
				names = append(names, name)
			default:
				return nil, fault.New(fault.Unsupported, "Content-Encoding %q is not supported: use %s", clip.Text(name, maxShown), Codings)
			}
		}
	}
	if len(names) > maxCodings {
		return nil, fault.New(fault.Unsupported, "the body has more than %d content codings", maxCodings)
	}
	return names, nil
}

func opener(name string) func(io.Reader) (io.Reader, error) {
	switch name {
	case "br":
		return func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil }
	case "deflate":
		return inflate
	}
	return func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
}

// inflate reads "deflate" in both of the forms that servers and clients send: with zlib's frame, as RFC 9110 says, and
// without.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err != nil {
		return nil, err
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// lazyReader opens its decoder at the first read, so that making one waits for nothing. An empty body is empty decoded.
type lazyReader struct {
	open func(io.Reader) (io.Reader, error)
	in   io.Reader
	out  io.Reader
}

func (l *lazyReader) Read(p []byte) (int, error) {
	if l.out == nil {
		in := bufio.NewReader(l.in)
		if _, err := in.Peek(1); errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		out, err := l.open(in)
		if err != nil {
			return 0, unexpected(err)
		}
		l.out = out
	}
	return l.out.Read(p)
}

// unexpected makes an error of an end where more should come.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// decoded is a body whose codings were taken off.
type decoded struct {
	source io.ReadCloser
	failed error // of the source
	out    io.Reader
	limit  int64
	read   int64
}

// sourceReader reads the source and remembers its errors: they are not the coding's.
type sourceReader struct{ d *decoded }

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.d.source.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.d.failed = err
	}
	return n, err
}

// Read reads decoded bytes.
func (d *decoded) Read(p []byte) (int, error) {
	if d.limit > 0 && int64(len(p)) > d.limit-d.read+1 {
		p = p[:d.limit-d.read+1]
	}
	n, err := d.out.Read(p)
	d.read += int64(n)
	switch {
	case d.limit > 0 && d.read > d.limit:
		d.read = d.limit
		return 0, &http.MaxBytesError{Limit: d.limit}
	case d.failed != nil:
		return n, d.failed
	case err != nil && !errors.Is(err, io.EOF):
		return n, fault.Wrap(fault.Invalid, err, "the body is not what its Content-Encoding says")
	}
	return n, err
}

// Close closes the source.
func (d *decoded) Close() error { return d.source.Close() }
