#!/bin/sh
# Go's net/http, go1.26.8: a write deadline that passes while a handler writes nothing ends an HTTP/2 stream for good.
#
# Over HTTP/1.1 a deadline that passed and was cleared before the next write does no harm: the client has the answer. Over
# HTTP/2 the same handler resets the stream with INTERNAL_ERROR, and the write after it reports no error. http.ResponseController
# describes SetWriteDeadline without that difference. Seen: HTTP/1.1 "hello", HTTP/2 "INTERNAL_ERROR".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOTOOLCHAIN=go1.26.8 GOFLAGS=
cat >main.go <<'GO'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"time"
)

func get(http2 bool) string {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_ = c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
		time.Sleep(200 * time.Millisecond)
		_ = c.SetWriteDeadline(time.Time{})
		if _, err := io.WriteString(w, "hello"); err != nil {
			fmt.Println("write:", err)
		}
	}))
	s.EnableHTTP2 = http2
	s.StartTLS()
	defer s.Close()
	res, err := s.Client().Get(s.URL)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return string(b)
}

func main() {
	one, two := get(false), get(true)
	fmt.Printf("%s: HTTP/1.1 %q, HTTP/2 %q\n", runtime.Version(), one, two)
	if one != "hello" || !strings.Contains(two, "INTERNAL_ERROR") {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run main.go
