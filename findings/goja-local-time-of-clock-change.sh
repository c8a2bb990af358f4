#!/bin/sh
# github.com/dop251/goja v0.0.0-20260917113740-793a2a65c13b: a local time that clocks skip moves back in some zones and forward in
# others; one that they repeat is the first in some zones and the second in others.
#
# ECMA-262 (21.4.1.26, UTC(t)) reads both with the offset before the change: 02:30 in a gap is 03:30, 02:30 in an overlap the first
# of both, in every zone. goja hands the fields to Go's time.Date, which promises neither; what comes out depends on which side of
# Greenwich a zone lies.
# Seen, gap and overlap: New York 06:30Z (01:30 local) and 05:30Z; Madrid 01:30Z and 01:30Z. Node 20: 07:30Z, 05:30Z, 01:30Z, 00:30Z.
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

	_ "time/tzdata"

	"github.com/dop251/goja"
)

func main() {
	v, err := goja.New().RunString(`["2024-03-10T02:30 2024-11-03T01:30", "2024-03-31T02:30 2024-10-27T02:30"].map(function (both) {
		return both.split(" ").map(function (local) {
			var f = local.split(/[-T:]/)
			return new Date(f[0], f[1] - 1, f[2], f[3], f[4]).toISOString().slice(11, 16) + "Z"
		})
	}).join(" ")`)
	if err != nil {
		panic(err)
	}
	fmt.Println(v)
}
GO
go build -o finding .
got="$(TZ=America/New_York ./finding | cut -d' ' -f1) $(TZ=Europe/Madrid ./finding | cut -d' ' -f2)"
echo "goja 793a2a65c13b: New York, Madrid: $got"
[ "$got" = "06:30Z,05:30Z 01:30Z,01:30Z" ] || { echo changed; exit 1; }
