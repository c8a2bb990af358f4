#!/bin/sh
# github.com/dop251/goja v0.0.0-20260917113740-793a2a65c13b: comparisons in a row are grouped from the right.
#
# ECMAScript's RelationalExpression groups from the left: 3 > 2 > 1 is (3 > 2) > 1, true > 1, false. Seen: goja's parser reads
# 3 > (2 > 1), which is true, and 2 in [1] instanceof Array as 2 in ([1] instanceof Array), which throws; == in a row and the
# arithmetic operators are grouped from the left. With parentheses the results are those of the standard.
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
	for _, c := range []struct{ code, seen string }{
		{"3 > 2 > 1", "true"}, {"(3 > 2) > 1", "false"}, {"5 >= 1 < 1", "true"}, {"(5 >= 1) < 1", "false"}, {"3 == 3 == 1", "true"}, {"7 - 2 - 1", "4"},
		{"2 in [1] instanceof Array", "TypeError"}, {"(2 in [1]) instanceof Array", "false"},
	} {
		v, err := goja.New().RunString(c.code)
		got := fmt.Sprint(v)
		if err != nil {
			got = "TypeError"
		}
		fmt.Printf("goja 793a2a65c13b: %s is %s\n", c.code, got)
		changed = changed || got != c.seen
	}
	if changed {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
