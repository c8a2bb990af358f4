#!/bin/sh
# github.com/gorilla/securecookie v1.1.2: Encode with NopEncoder overwrites the caller's bytes with their ciphertext.
#
# The value is an input by every word of the documentation, but it is encrypted in place: who encodes the same bytes for a
# second cookie, or logs them after, has noise. Hand Encode a copy. Seen: the bytes differ after Encode.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=
go mod init finding 2>/dev/null
go get github.com/gorilla/securecookie@v1.1.2 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/gorilla/securecookie"
)

func main() {
	s := securecookie.New(securecookie.GenerateRandomKey(32), securecookie.GenerateRandomKey(32))
	s.SetSerializer(securecookie.NopEncoder{})
	const text = "the visitor's basket"
	value := []byte(text)
	if _, err := s.Encode("session", value); err != nil {
		panic(err)
	}
	same := bytes.Equal(value, []byte(text))
	fmt.Printf("github.com/gorilla/securecookie v1.1.2: the value is the same after Encode: %v\n", same)
	if same {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
