#!/bin/sh
# golang.org/x/text v0.43.0: message and currency write every amount with the sign first and a blank, in all languages.
#
# CLDR has a pattern per locale: German "1.234,50 €", English "€1,234.50". x/text has the digits of the locale right and
# ignores the pattern. Seen: "€ 1.234,50" for de, "€ 1,234.50" for en.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=
go mod init finding 2>/dev/null
go get golang.org/x/text@v0.43.0 2>/dev/null
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

func main() {
	price := currency.Symbol(currency.EUR.Amount(1234.5))
	de, en := message.NewPrinter(language.German).Sprint(price), message.NewPrinter(language.English).Sprint(price)
	fmt.Printf("golang.org/x/text v0.43.0: de %q, en %q\n", de, en)
	if de != "€ 1.234,50" || en != "€ 1,234.50" {
		fmt.Println("changed")
		os.Exit(1)
	}
}
GO
go run .
