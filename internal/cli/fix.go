package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// fixes is what lint --fix is to do, and did.
type fixes struct {
	wanted, dryRun bool
	changes        []graph.Change
}

// apply repairs the app, and the file or row that it comes from. Invalid JSON is left for lint to report.
func (f *fixes) apply(ctx context.Context, st store.Records, name string, isPath bool, app *graph.App) error {
	fixed, changes, err := graph.Fix(app.JSON)
	if _, broken := errors.AsType[*graph.SyntaxError](err); broken || err == nil && len(changes) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	app.JSON, f.changes = fixed, changes
	switch {
	case f.dryRun:
		return nil
	case isPath:
		if err := source.WriteApp(name, fixed); err != nil {
			return at(name, err)
		}
		return nil
	}
	return st.SaveApp(ctx, store.App{Name: name, JSON: fixed, DefaultJS: app.DefaultJS})
}

// showFixes reports what was repaired, before what is left.
func (s *shell) showFixes(f *fixes) error {
	word := "removed"
	if f.dryRun {
		word = "would remove"
	}
	for _, c := range f.changes {
		place := problemPlace(graph.Problem{Flow: c.Flow, Node: c.Node, Name: c.Name, Key: c.Key, Line: c.Line, Column: c.Column})
		if _, err := fmt.Fprintf(s.out, "%s  %s  %s\n", s.colour("32", word), place, printable(c.Text)); err != nil {
			return err
		}
	}
	if len(f.changes) > 0 {
		_, err := fmt.Fprintln(s.out)
		return err
	}
	return nil
}
