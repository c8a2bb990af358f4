#!/bin/sh
# github.com/dop251/goja v0.0.0-20260917113740-793a2a65c13b: an interrupt takes the square of the calls that natives have made.
#
# Runtime.Interrupt is documented to stop the code that runs; leaving n nested calls takes time that grows with n, as it does when
# an exception leaves them. Seen: of functions that apply calls, one in another, an exception leaves 1,000 and 4,000 of them in 1 and
# 3 ms, an interrupt in 0.1 and 1.7 s: each level raises the panic anew while the stack of all deeper ones is still there.
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
	"time"

	"github.com/dop251/goja"
)

// leave returns how long it takes to leave n calls.
func leave(n int, interrupt bool) time.Duration {
	rt := goja.New()
	rt.SetMaxCallStackSize(1 << 20)
	var began time.Time
	_ = rt.Set("bottom", func(goja.FunctionCall) goja.Value {
		began = time.Now()
		if !interrupt {
			panic(rt.NewTypeError("thrown"))
		}
		rt.Interrupt("stopped")
		return goja.Undefined()
	})
	_, _ = rt.RunString(fmt.Sprintf(`const f = n => n ? f.apply(null, [n - 1]) : bottom(); try { f(%d) } catch (e) { }`, n))
	return time.Since(began)
}

func main() {
	few, many := leave(1000, true), leave(4000, true)
	fmt.Printf("goja 793a2a65c13b: thrown out of 1,000 calls in %v, of 4,000 in %v; interrupted in %v and %v\n",
		leave(1000, false).Round(time.Millisecond), leave(4000, false).Round(time.Millisecond), few.Round(time.Millisecond), many.Round(time.Millisecond))
	if many < 8*few {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
