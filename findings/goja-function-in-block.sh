#!/bin/sh
# github.com/dop251/goja v0.0.0-20260917113740-793a2a65c13b: a function declared in a block is not seen after the block.
#
# ECMA-262, annex B.3.3, gives such a function a var binding in sloppy code, which browsers and Node do: "function". Code
# that was written for them, with a function inside an if, fails in goja with a ReferenceError. Seen: "undefined".
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

	"github.com/dop251/goja"
)

func main() {
	v, err := goja.New().RunString(`if (true) { function tax() { return 21 } } typeof tax`)
	fmt.Printf("goja 793a2a65c13b: typeof tax is %q, error %v\n", v, err)
	if err != nil || v.String() != "undefined" {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
