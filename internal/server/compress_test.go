package server_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/arturoeanton/nflow-runtime/internal/server"
)

type gzipTest struct {
	name   string
	accept string
	method string
	header string // "name: value" that the flow sets, or that the request has after "> "
	kind   string
	body   string
	zipped bool
	varies bool // another client would get it compressed
}

func TestGzip(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("a page of a flow; ", 500)
	tests := []gzipTest{
		{name: "page", kind: "text/html; charset=UTF-8", body: page, zipped: true},
		{name: "json", kind: "application/json", body: page, zipped: true},
		{name: "problem", kind: "application/problem+json", body: page, zipped: true},
		{name: "picture", kind: "image/svg+xml", body: page, zipped: true},
		{name: "of several", accept: "br;q=1.0, gzip;q=0.5, *;q=0", kind: "text/css", body: page, zipped: true},
		{name: "short", kind: "text/html", body: page[:1000]},
		{name: "binary", kind: "image/png", body: page},
		{name: "no type", body: page},
		{name: "not accepted", accept: "br", kind: "text/html", body: page, varies: true},
		{name: "refused", accept: "gzip; q=0", kind: "text/html", body: page, varies: true},
		{name: "bad weight", accept: "gzip;q=x", kind: "text/html", body: page, varies: true},
		{name: "encoded already", header: "Content-Encoding: br", kind: "text/html", body: page},
		{name: "asked for a part", header: "> Range: bytes=0-5", kind: "text/html", body: page, varies: true},
		{name: "a part", header: "Content-Range: bytes 0-5/6", kind: "text/html", body: page},
		{name: "no transform", header: "Cache-Control: no-transform", kind: "text/html", body: page},
		{name: "events", kind: "text/event-stream", body: page},
		{name: "head", method: http.MethodHead, kind: "text/html", body: page, varies: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}

func (test gzipTest) run(t *testing.T) {
	t.Helper()
	s := open(t, server.Options{Flows: func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Etag", `"tag"`)
		if name, value, ok := strings.Cut(test.header, ": "); ok && !strings.HasPrefix(name, ">") {
			h.Set(name, value)
		}
		if test.kind != "" {
			h.Set("Content-Type", test.kind)
		}
		c.Response().WriteHeader(http.StatusOK)
		for body := test.body; body != ""; {
			n := min(700, len(body))
			io.WriteString(c.Response(), body[:n])
			body = body[n:]
		}
		return nil
	}})
	method, accept := http.MethodGet, "gzip"
	if test.method != "" {
		method = test.method
	}
	if test.accept != "" {
		accept = test.accept
	}
	header := []string{"Accept-Encoding", accept}
	if line, ok := strings.CutPrefix(test.header, "> "); ok {
		name, value, _ := strings.Cut(line, ": ")
		header = append(header, name, value)
	}
	for range 2 { // the second time with a used compressor
		a := s.do(method, "/", nil, header...)
		body, want := a.body, test.body
		if method == http.MethodHead {
			want = ""
		}
		equal(t, "compressed", a.Header.Get("Content-Encoding") == "gzip", test.zipped)
		if test.zipped {
			equal(t, "etag", a.Header.Get("Etag"), `W/"tag"`)
			equal(t, "vary", a.Header.Get("Vary"), "Accept-Encoding")
			if len(a.body) > 1000 {
				t.Error("the compressed answer has", len(a.body), "bytes")
			}
			body = unzip(t, a.body)
		} else {
			equal(t, "etag", a.Header.Get("Etag"), `"tag"`)
		}
		equal(t, "depends on the client", a.Header.Get("Vary") != "", test.zipped || test.varies)
		equal(t, "body", body, want)
	}
}

func unzip(t *testing.T, text string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

func TestStreamsArriveAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"text/event-stream", "text/html", "text/html large"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			kind, large := strings.CutSuffix(kind, " large")
			pad := ""
			if large {
				pad = strings.Repeat("x", 5000)
			}
			next := make(chan struct{})
			s := open(t, server.Options{Flows: func(c echo.Context) error {
				c.Response().Header().Set("Content-Type", kind)
				for _, word := range []string{"one", "two"} {
					io.WriteString(c.Response(), word+pad+"\n")
					c.Response().Flush()
					<-next
				}
				return nil
			}})
			q, _ := http.NewRequest(http.MethodGet, "http://"+s.addr+"/", nil)
			q.Header.Set("Accept-Encoding", "gzip")
			r, err := s.client.Do(q)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			equal(t, "compressed", r.Header.Get("Content-Encoding") == "gzip", large)
			var from io.Reader = r.Body
			if large {
				if from, err = gzip.NewReader(r.Body); err != nil {
					t.Fatal(err)
				}
			}
			lines := bufio.NewReader(from)
			for _, word := range []string{"one", "two"} {
				line, err := lines.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "line", line, word+pad+"\n")
				next <- struct{}{} // only now the flow continues
			}
		})
	}
}

func TestNosniff(t *testing.T) {
	t.Parallel()
	s := open(t, server.Options{Flows: func(c echo.Context) error {
		if c.QueryParam("own") != "" {
			c.Response().Header().Set("X-Content-Type-Options", "own")
		}
		return c.Blob(http.StatusOK, c.QueryParam("type"), []byte("x"))
	}})
	for query, want := range map[string]string{
		"type=text/html": "nosniff", "type=image/png": "nosniff", "type=text/html&own=1": "own",
		"type=text/plain;charset=UTF-8": "", // scripts and styles of old flows
	} {
		a := s.get("/?" + strings.ReplaceAll(query, ";", "%3B"))
		equal(t, query, a.Header.Get("X-Content-Type-Options"), want)
		equal(t, "frames of flows are the flow's business", a.Header.Get("X-Frame-Options"), "")
	}
}
