package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// Named adds to the error about an app which one it is about: the path as the user gave it, or of an app that the
// database does not hold the names of those that it holds. It is for the operator, not for visitors.
func Named(ctx context.Context, st store.Records, name string, err error) error {
	if err == nil {
		return nil
	}
	e := fault.From(err)
	if source.IsPath(name) {
		return &fault.Error{Kind: e.Kind, Text: name + ": " + e.Text, Cause: e.Cause}
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	names, listing := st.Apps(ctx)
	if listing != nil || len(names) == 0 {
		return err
	}
	text := fmt.Sprintf("%s; the database holds: %s", e.Text, strings.Join(names, ", "))
	return &fault.Error{Kind: e.Kind, Text: text, Cause: e.Cause}
}
