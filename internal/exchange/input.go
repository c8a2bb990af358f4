package exchange

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/internal/body"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

const (
	// formMemory is how much of a multipart form is kept in memory; what is beyond goes to the disk until the request ends.
	formMemory = 1 << 20
	// maxParameters is how many parameters a query or a form may have.
	maxParameters = 10000
	// charsetField names the charset of a multipart form, as browsers send it (HTML standard, "multipart/form-data encoding").
	charsetField = "_charset_"
)

// input is what a request brings: its parameters, and its body.
type input struct {
	media  body.MediaType
	query  body.Form
	fields body.Form  // of a form in the body
	isForm bool       // the body was read as a form
	form   url.Values // query and body
	names  []string   // of form, in the order in which they came

	raw    []byte   // of the body, as far as it was read and fits into memory
	read   bool     // raw is all of it
	failed error    // reading it failed: what is left of it is no body
	file   *os.File // what a multipart body was spooled to that does not fit
}

// input returns what x knows of the request's query and body.
func (x *Exchange) input() *input {
	if x.in == nil {
		x.in = new(input)
	}
	return x.in
}

// hasBody reports whether a request brings a body.
func hasBody(q *http.Request) bool { return q.Body != nil && q.Body != http.NoBody }

// ReadParameters reads the query, and a body that is a form. A body of another kind is left for the code that reads it,
// except that an unknown coding or charset is refused immediately.
func (x *Exchange) ReadParameters() error {
	limit := x.limits.Body
	q := x.echo.Request()
	if q.URL.RawQuery == "" && !hasBody(q) {
		return nil
	}
	in := x.input()
	var err error
	if in.query, err = body.ParseForm(q.URL.RawQuery, "", maxParameters); err != nil {
		return err
	}
	in.form, in.names = in.query.Values(), in.query.Names()
	if !hasBody(q) {
		return nil
	}
	if limit > 0 {
		if q.ContentLength > limit {
			return ErrTooLarge(limit)
		}
		q.Body = http.MaxBytesReader(&x.held, q.Body, limit)
	}
	if q.Body, err = body.Decode(q.Body, q.Header["Content-Encoding"], limit); err != nil {
		return err
	}
	in.media = body.ParseMediaType(q.Header.Get("Content-Type"))
	if in.media.IsText() {
		if _, err := body.FindCharset(in.media.Charset); err != nil {
			return err
		}
	}
	switch {
	case q.Method == http.MethodGet || q.Method == http.MethodHead:
		return nil // a body means nothing there
	case in.media.IsForm():
		return x.readForm()
	case in.media.IsMultipart():
		return x.readMultipart(limit)
	}
	return nil
}

// readForm reads a form in the way of a query.
func (x *Exchange) readForm() error {
	raw, err := x.readBody()
	if err != nil {
		return err
	}
	in := x.input()
	if in.fields, err = body.ParseForm(string(raw), in.media.Charset, maxParameters); err != nil {
		return err
	}
	in.isForm = true
	in.join(in.fields, in.query)
	x.offerForm(nil)
	return nil
}

// join makes the parameters of query and body.
func (in *input) join(first, second body.Form) {
	all := append(first[:len(first):len(first)], second...)
	in.form, in.names = all.Values(), all.Names()
}

// offerForm shows the form to Go code that reads it from the request.
func (x *Exchange) offerForm(m *multipart.Form) {
	q, in := x.echo.Request(), x.input()
	q.Form, q.PostForm, q.MultipartForm = in.form, in.fields.Values(), m
}

// readMultipart reads a form of parts. All of the body is kept, in memory or on the disk, for c.Body().
func (x *Exchange) readMultipart(limit int64) error {
	in := x.input()
	if in.media.Boundary == "" {
		return fault.New(fault.Invalid, "the multipart form has no boundary")
	}
	source, err := x.spool()
	if err != nil {
		return err
	}
	form, err := multipart.NewReader(source, in.media.Boundary).ReadForm(formMemory)
	if err != nil {
		return readFailure(err)
	}
	x.echo.Request().MultipartForm = form // net/http removes its files from now on
	if in.fields, err = x.orderedFields(form); err != nil {
		return err
	}
	in.isForm = true
	in.join(in.query, in.fields)
	x.offerForm(&multipart.Form{Value: in.fields.Values(), File: form.File})
	return nil
}

// spool reads the whole body and returns what reads it again.
func (x *Exchange) spool() (io.Reader, error) {
	in, q := x.input(), x.echo.Request()
	raw, err := io.ReadAll(io.LimitReader(q.Body, formMemory+1))
	if err != nil {
		return nil, readFailure(err)
	}
	if len(raw) <= formMemory {
		in.raw, in.read = raw, true
		q.Body = io.NopCloser(bytes.NewReader(raw))
		return bytes.NewReader(raw), nil
	}
	if in.file, err = os.CreateTemp("", "nflow-body-*"); err != nil {
		return nil, readFailure(err)
	}
	_ = os.Remove(in.file.Name()) // where the system allows it the file goes with the process, however that ends
	if _, err = in.file.Write(raw); err == nil {
		_, err = io.Copy(in.file, q.Body)
	}
	if err != nil {
		return nil, readFailure(err)
	}
	q.Body = io.NopCloser(in.section())
	return in.section(), nil
}

// section returns what reads the spooled body from its start.
func (in *input) section() io.Reader {
	size, err := in.file.Seek(0, io.SeekEnd)
	if err != nil {
		size = 0
	}
	return io.NewSectionReader(in.file, 0, size)
}

// orderedFields returns the fields of a form of parts as they came, decoded by their charsets, which net/http does not
// look at.
func (x *Exchange) orderedFields(form *multipart.Form) (fields body.Form, err error) {
	if len(form.Value) == 0 {
		return nil, nil
	}
	standard := ""
	if v := form.Value[charsetField]; len(v) > 0 {
		standard = v[0]
	}
	in := x.input()
	source := io.Reader(bytes.NewReader(in.raw))
	if in.file != nil {
		source = in.section()
	}
	left := 0
	for _, values := range form.Value {
		left += len(values)
	}
	for r := multipart.NewReader(source, in.media.Boundary); left > 0; {
		part, err := r.NextPart()
		if err != nil {
			return nil, readFailure(err)
		}
		if part.FormName() == "" || part.FileName() != "" {
			continue
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, readFailure(err)
		}
		charset := body.ParseMediaType(part.Header.Get("Content-Type")).Label(text)
		if charset == "" {
			charset = standard
		}
		value, err := body.Text(text, charset)
		if err != nil {
			return nil, err
		}
		fields = append(fields, body.Pair{Name: part.FormName(), Value: value})
		left--
	}
	return fields, nil
}

// shared returns the input for a fork, which outlives what is on the disk.
func (in *input) shared() *input {
	if in == nil {
		return nil
	}
	s := *in
	s.file, s.read = nil, true
	return &s
}

// close removes what the body was spooled to.
func (in *input) close() {
	if in != nil && in.file != nil {
		_ = in.file.Close()
		_ = os.Remove(in.file.Name())
	}
}

// readBody reads the body, once.
func (x *Exchange) readBody() ([]byte, error) {
	q, in := x.echo.Request(), x.input()
	if in.failed != nil || in.read || !hasBody(q) && in.file == nil {
		return in.raw, in.failed
	}
	defer x.host.Blocked()()
	if in.file != nil {
		raw, err := io.ReadAll(in.section())
		if err != nil {
			return nil, readFailure(err)
		}
		return raw, nil
	}
	raw, err := readAll(q.Body, q.ContentLength)
	if err != nil {
		in.failed = readFailure(err)
		return nil, in.failed
	}
	if err := x.host.Resume(); err != nil {
		return nil, err
	}
	in.raw, in.read = raw, true
	q.Body = io.NopCloser(bytes.NewReader(raw)) // for steps in Go that bind it
	return raw, nil
}

// Body returns a copy of the bytes of the body, after its Content-Encoding.
func (x *Exchange) Body() ([]byte, error) {
	raw, err := x.readBody()
	if err != nil {
		return nil, err
	}
	if x.input().file != nil {
		return raw, nil // it is not shared
	}
	return bytes.Clone(raw), nil
}

// BodyText returns the text of the body by its charset, without a byte order mark.
func (x *Exchange) BodyText() (string, error) {
	raw, err := x.readBody()
	if err != nil {
		return "", err
	}
	charset := ""
	if media := x.input().media; media.IsText() {
		charset = media.Label(raw)
	}
	return body.Text(raw, charset)
}

// JSONText is BodyText for a body that is read as JSON.
func (x *Exchange) JSONText() (string, error) {
	text, err := x.BodyText()
	if err != nil {
		return "", err
	}
	return text, body.Whole(x.input().raw, text)
}

// PostData returns the text of a JSON body as json.RawMessage, which is not checked yet, the first value of each field of a
// form, the text of a body that is text, and the bytes of one that is not.
func (x *Exchange) PostData() (any, error) {
	in := x.input()
	if in.isForm {
		return in.first(), nil
	}
	raw, err := x.readBody()
	switch {
	case err != nil:
		return nil, err
	case len(raw) == 0 || in.media.IsJSON() && len(bytes.TrimSpace(raw)) == 0:
		return ordered.New(0), nil
	case !in.media.IsText() && (in.media.Type != "" || !utf8.Valid(raw)):
		return bytes.Clone(raw), nil
	}
	text, err := body.Text(raw, in.media.Label(raw))
	if err != nil || !in.media.IsJSON() {
		return text, err
	}
	return json.RawMessage(text), body.Whole(raw, text)
}

// first returns the first value of each field.
func (in *input) first() *ordered.Object {
	first := ordered.New(len(in.fields))
	for _, p := range in.fields {
		if !first.Has(p.Name) {
			first.Set(p.Name, p.Value)
		}
	}
	return first
}

// Parameters makes payload values of the request's parameters, in the order in which they came: one value as text, several
// as a list; nil without any.
func (x *Exchange) Parameters() *ordered.Object {
	if x.in == nil || len(x.in.form) == 0 {
		return nil
	}
	data := ordered.New(len(x.in.form))
	for _, k := range x.in.names {
		switch values := x.in.form[k]; {
		case k == NextField, k == "break":
		case len(values) == 1:
			data.Set(k, values[0])
		default:
			list := make([]any, len(values))
			for i := range values {
				list[i] = values[i]
			}
			data.Set(k, list)
		}
	}
	return data
}

// weight returns the bytes of the request's body and parameters that are held in memory.
func (in *input) weight() int64 {
	if in == nil {
		return 0
	}
	n := int64(len(in.raw))
	for _, f := range []body.Form{in.query, in.fields} {
		for _, p := range f {
			n += int64(len(p.Name) + len(p.Value))
		}
	}
	return n
}

// maxAhead is how much memory a body gets for its length alone: the rest comes as it does.
const maxAhead = 64 << 10

// readAll reads a body of a length, -1 where it is not known.
func readAll(body io.Reader, length int64) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, bytes.MinRead+min(max(length, 0), maxAhead))) // with MinRead left, it sees the end
	_, err := b.ReadFrom(body)
	return b.Bytes(), err
}
