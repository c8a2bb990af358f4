#!/bin/sh
# github.com/dop251/goja v0.0.0-20260917113740-793a2a65c13b: what a finally throws enters the catch of its own statement.
#
# ECMAScript's TryStatement runs catch for what the try block throws, not for what finally throws. Seen: with a try block that ends
# well, a catch and a finally that throws, the catch runs first. Without a catch, or with the two in statements of their own, one
# inside the other, the results are those of the standard.
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
		{"try { try { } catch (e) { log.push('own ' + e) } finally { throw 2 } } catch (e) { log.push(e) }", "own 2,2"},
		{"try { try { try { } catch (e) { log.push('own ' + e) } } finally { throw 2 } } catch (e) { log.push(e) }", "2"},
		{"try { try { throw 1 } catch (e) { log.push('own ' + e) } finally { throw 2 } } catch (e) { log.push(e) }", "own 1,2"},
	} {
		v, err := goja.New().RunString("const log = []; " + c.code + "; log.join()")
		fmt.Printf("goja 793a2a65c13b: %s: %v, error %v\n", c.code, v, err)
		changed = changed || err != nil || v.String() != c.seen
	}
	if changed {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
