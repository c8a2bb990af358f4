#!/bin/sh
# github.com/dop251/goja v0.0.0-20260917113740-793a2a65c13b: a break in code that never runs removes another instruction.
#
# A test that is constant and false has its statement compiled into nothing, for the errors in it alone. A break or continue in it
# that names a statement further out is noted there all the same, and its jump is written over what stands at the same place of the real
# program. Seen: the block below never assigns n, though its first statement does so; without the dead line it is 3.
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
	changed := false
	for code, seen := range map[string]string{
		"l: { switch (1) { case 1: n = 1; if (0) break l; n = 2 } n = 3 }":       "<nil>",
		"l: { switch (1) { case 1: n = 1; if (zero) break l; n = 2 } n = 3 }":    "3",
		"l: { switch (1) { case 1: n = 1; if (0) { let x = 1 }; n = 2 } n = 3 }": "3",
	} {
		rt := goja.New()
		_ = rt.Set("zero", 0)
		_, err := rt.RunString(code)
		got := fmt.Sprint(rt.Get("n"))
		fmt.Printf("goja 793a2a65c13b: after %s n is %s, error %v\n", code, got, err)
		changed = changed || got != seen
	}
	if changed {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
