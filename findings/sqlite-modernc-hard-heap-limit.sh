#!/bin/sh
# modernc.org/sqlite v1.62.0: PRAGMA hard_heap_limit is accepted and does nothing.
#
# The pragma returns the limit that is now set, and SQLite documents that allocations beyond it fail. This build has
# DEFAULT_MEMSTATUS=0, so nothing counts the allocations: a text of 40 MB is made under a limit of 8 MB.
# Seen: limit 8000000, length 40000000, no error.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=
go mod init finding 2>/dev/null
go get modernc.org/sqlite@v1.62.0 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"database/sql"
	"fmt"
	"os"

	_ "modernc.org/sqlite"
)

func main() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		panic(err)
	}
	db.SetMaxOpenConns(1)
	var limit, length int64
	if err := db.QueryRow("PRAGMA hard_heap_limit = 8000000").Scan(&limit); err != nil {
		panic(err)
	}
	err = db.QueryRow("SELECT length(hex(zeroblob(20000000)))").Scan(&length)
	fmt.Printf("modernc.org/sqlite v1.62.0: limit %d, length %d, error %v\n", limit, length, err)
	if limit != 8000000 || length != 40000000 || err != nil {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
