#!/bin/sh
# modernc.org/sqlite v1.62.0: a DATETIME column is a time.Time, max() of it is a string.
#
# The driver goes by the type that a column was declared with, and an expression has none. So the same value changes its Go
# type with the query, and Scan into a time.Time works for the one and fails for the other. Seen: time.Time and string.
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
	if _, err := db.Exec("CREATE TABLE orders (paid DATETIME); INSERT INTO orders VALUES ('2026-03-04 05:06:07')"); err != nil {
		panic(err)
	}
	kind := func(query string) string {
		var v any
		if err := db.QueryRow(query).Scan(&v); err != nil {
			panic(err)
		}
		return fmt.Sprintf("%T", v)
	}
	column, aggregate := kind("SELECT paid FROM orders"), kind("SELECT max(paid) FROM orders")
	fmt.Printf("modernc.org/sqlite v1.62.0: paid is a %s, max(paid) a %s\n", column, aggregate)
	if column != "time.Time" || aggregate != "string" {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
