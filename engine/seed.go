package engine

import (
	"context"

	"github.com/arturoeanton/nflow-runtime/internal/catalog"
	"github.com/arturoeanton/nflow-runtime/store"
)

// Seed puts the standard modules and the demo app, under that name, into an empty database; it does nothing to one that
// holds anything. All is kept together, or nothing. Beginning means finishing, also when ctx ends.
func Seed(ctx context.Context, st store.Store, app string) error {
	if !st.Fresh() {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	demo, err := catalog.Demo()
	if err != nil {
		return err
	}
	return st.Change(ctx, func(r store.Records) error {
		if apps, err := r.Apps(ctx); err != nil || len(apps) > 0 { // another process was faster
			return err
		}
		if err := r.SaveApp(ctx, store.App{Name: app, JSON: demo.JSON, DefaultJS: demo.DefaultJS}); err != nil {
			return err
		}
		for name, content := range demo.Templates {
			if err := r.SaveTemplate(ctx, store.Template{Name: name, Content: content}); err != nil {
				return err
			}
		}
		for _, m := range catalog.Modules() {
			if err := r.SaveModule(ctx, store.Module(m)); err != nil {
				return err
			}
		}
		return nil
	})
}
