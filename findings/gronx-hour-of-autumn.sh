#!/bin/sh
# github.com/adhocore/gronx v1.20.4: an hourly expression loses an hour on the day on which clocks go back.
#
# New York, 1 November 2026: 01:00 comes twice, at 05:00 and 06:00 UTC. NextTickAfter goes from 01:00 EDT to 02:00 EST, so
# that "0 * * * *" is not due for two hours. Seen: 05:00, 07:00, 08:00 UTC.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=
go mod init finding 2>/dev/null
go get github.com/adhocore/gronx@v1.20.4 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/adhocore/gronx"
)

func main() {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	at, seen := time.Date(2026, 11, 1, 0, 30, 0, 0, zone), ""
	for range 3 {
		if at, err = gronx.NextTickAfter("0 * * * *", at, false); err != nil {
			panic(err)
		}
		seen += at.UTC().Format(" 15:04")
	}
	fmt.Printf("github.com/adhocore/gronx v1.20.4:%s UTC\n", seen)
	if seen != " 05:00 07:00 08:00" {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
