//go:build large

package postgres_test

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/store/storetest"
)

func TestLarge(t *testing.T) {
	storetest.Large(t, storetest.Driver{New: func(t *testing.T) string { return newSchema(t, server(t)) }, Open: openStore})
}
