package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"time"
)

// request is one of a visit, with the response that a server has to give. A head lacks the empty line at its end.
type request struct {
	head, body []byte
	answer     []byte
}

// visit is what a client requests again and again: requests in order.
type visit struct {
	requests []request
	cookies  bool // a session goes through it; each visit begins without one
}

// dialer opens a connection to the server.
type dialer func(ctx context.Context) (net.Conn, error)

func dial(address string) dialer {
	return func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", address) }
}

// wire is a connection that speaks just enough of HTTP for servers that we know.
type wire struct {
	conn   net.Conn
	in     *bufio.Reader
	out    []byte
	body   bytes.Buffer
	cookie []byte // name=value; … of the visit
}

func (w *wire) open(ctx context.Context, dial dialer, until time.Time) error {
	conn, err := dial(ctx)
	if err != nil {
		return err
	}
	if err := conn.SetDeadline(until); err != nil {
		conn.Close() //nolint:errcheck // nothing was sent
		return err
	}
	w.conn, w.in = conn, bufio.NewReader(conn)
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		w.conn.Close() //nolint:errcheck // nothing is lost
		w.conn = nil
	}
}

// exchange sends a request and reads its response, whose body stays in w.body until the next.
func (w *wire) exchange(q request, cookies bool) (status int, err error) {
	w.out = append(w.out[:0], q.head...)
	if cookies && len(w.cookie) > 0 {
		w.out = append(append(append(w.out, "Cookie: "...), w.cookie...), "\r\n"...)
	}
	w.out = append(append(w.out, "\r\n"...), q.body...)
	if _, err := w.conn.Write(w.out); err != nil {
		return 0, err
	}
	first, err := w.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(first)
	if len(fields) < 2 {
		return 0, errors.New("no status line")
	}
	if status, err = strconv.Atoi(string(fields[1])); err != nil {
		return 0, err
	}
	length, err := w.headers(cookies)
	if err != nil {
		return 0, err
	}
	w.body.Reset()
	if length >= 0 {
		_, err = io.CopyN(&w.body, w.in, int64(length))
		return status, err
	}
	if _, err := w.body.ReadFrom(httputil.NewChunkedReader(w.in)); err != nil {
		return 0, err
	}
	_, err = w.in.ReadSlice('\n') // the empty trailer, which the reader leaves
	return status, err
}

// headers reads them. A length of -1 says that the body comes in chunks.
func (w *wire) headers(cookies bool) (length int, err error) {
	for {
		header, err := w.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		header = bytes.TrimRight(header, "\r\n")
		if len(header) == 0 {
			return length, nil
		}
		name, value, _ := bytes.Cut(header, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return 0, fmt.Errorf("a length of %q", value)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length = -1
		case cookies && bytes.EqualFold(name, []byte("Set-Cookie")):
			w.keep(value)
		}
	}
}

// keep takes a cookie over, as a browser does.
func (w *wire) keep(header []byte) {
	pair, _, _ := bytes.Cut(header, []byte(";"))
	name, _, _ := bytes.Cut(pair, []byte("="))
	kept := make([]byte, 0, len(w.cookie)+len(pair)+2)
	for _, old := range bytes.Split(w.cookie, []byte("; ")) {
		if n, _, _ := bytes.Cut(old, []byte("=")); len(old) > 0 && !bytes.Equal(n, name) {
			kept = append(append(kept, old...), "; "...)
		}
	}
	w.cookie = append(kept, pair...)
}
