#!/bin/sh
# github.com/dop251/goja v0.0.0-20260917113740-793a2a65c13b: Number.prototype.toLocaleString takes its locale for a radix.
#
# ECMA-262 (21.1.3.4) has toLocaleString(reserved1, reserved2) and forbids to use the two for anything but a locale and its
# options. goja's is its toString: with the tag of a language it throws a RangeError about the radix.
# Seen: "RangeError: toString() radix argument must be between 2 and 36".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=
go mod init finding 2>/dev/null
go get github.com/dop251/goja@v0.0.0-20260917113740-793a2a65c13b 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/dop251/goja"
)

func main() {
	v, err := goja.New().RunString(`(1234.5).toLocaleString("de-DE")`)
	fmt.Printf("goja 793a2a65c13b: %v, error %v\n", v, err)
	if err == nil || !strings.Contains(err.Error(), "radix") {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
