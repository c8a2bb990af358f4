#!/bin/sh
# Go's net/http, go1.26.8: Server.Shutdown waits about five seconds for a connection on which nothing was sent yet.
#
# Shutdown is documented to close idle connections at once and to wait for active ones. A connection that a browser opened
# ahead of need is neither: it is "new", and counts as idle only after five seconds. Seen: 5 s or a little more, no error.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOTOOLCHAIN=go1.26.8 GOFLAGS=
cat >main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	accepted := make(chan bool, 1)
	s := &http.Server{Handler: http.NotFoundHandler(), ConnState: func(net.Conn, http.ConnState) {
		select {
		case accepted <- true:
		default:
		}
	}}
	go func() { _ = s.Serve(l) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	defer c.Close()
	<-accepted
	start := time.Now()
	err = s.Shutdown(context.Background())
	took := time.Since(start)
	fmt.Printf("%s: Shutdown took %.1f s, error %v\n", runtime.Version(), took.Seconds(), err)
	if took < 3*time.Second || err != nil {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run main.go
