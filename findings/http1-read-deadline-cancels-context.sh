#!/bin/sh
# Go's net/http, go1.26.8: a read that runs into its deadline cancels the request's context over HTTP/1.1, not over HTTP/2.
#
# The context is documented to end when the client's connection closes, the request is canceled, or ServeHTTP returns. A
# handler that sets a read deadline of its own has a client that is still there and waits for the 408, but over HTTP/1.1 what
# the handler calls with the request's context fails from then on. Seen: HTTP/1.1 "context canceled", HTTP/2 none; both
# clients get the 408.
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
	"time"
)

// post sends a body that pauses, to a handler with a read deadline, and returns the error of its context.
func post(http2 bool) (ctx error, status int) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = io.ReadAll(r.Body)
		time.Sleep(50 * time.Millisecond)
		ctx = r.Context().Err()
		w.WriteHeader(http.StatusRequestTimeout)
	}))
	s.EnableHTTP2 = http2
	s.StartTLS()
	defer s.Close()
	body, write := io.Pipe()
	go func() {
		_, _ = write.Write([]byte("half"))
		time.Sleep(time.Second)
		_ = write.Close()
	}()
	res, err := s.Client().Post(s.URL, "text/plain", body)
	if err != nil {
		return err, 0
	}
	_ = res.Body.Close()
	return ctx, res.StatusCode
}

func main() {
	one, status1 := post(false)
	two, status2 := post(true)
	fmt.Printf("%s: HTTP/1.1 %d, context: %v; HTTP/2 %d, context: %v\n", runtime.Version(), status1, one, status2, two)
	if one == nil || two != nil || status1 != 408 || status2 != 408 {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run main.go
