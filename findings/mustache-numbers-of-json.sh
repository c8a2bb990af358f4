#!/bin/sh
# github.com/cbroglie/mustache v1.4.2 with encoding/json: a number of a JSON document is rendered with an exponent.
#
# encoding/json makes a float64 of 1234567, and the template writes what Go's %v makes of it: 1.234567e+06. Implementations
# in other languages, with the same template and the same JSON, write 1234567. Seen: "1.234567e+06".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=
go mod init finding 2>/dev/null
go get github.com/cbroglie/mustache@v1.4.2 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/cbroglie/mustache"
)

func main() {
	var order map[string]any
	if err := json.Unmarshal([]byte(`{"total": 1234567}`), &order); err != nil {
		panic(err)
	}
	text, err := mustache.Render("{{total}}", order)
	fmt.Printf("github.com/cbroglie/mustache v1.4.2: %q, error %v\n", text, err)
	if text != "1.234567e+06" {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
