package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func (s *shell) exports() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write an app of the database into a folder",
		Long: `Write the app that -a names into a folder: app.json, default.js, and all modules (modules.csv) and templates
(templates/NAME.html) of the database. What import reads is what export writes.`,
		Example: `  nflow-runtime export shop -a shop
  nflow-runtime export shop -a shop --force`,
		Args: named("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if source.IsPath(s.app) {
				return misused(cmd, "-a %.200q is a path: export writes an app of the database, by its name there", s.app)
			}
			return s.exportFolder(cmd.Context(), args[0], force)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "write into a folder that holds files; those of the same name are replaced")
	return cmd
}

func (s *shell) exportFolder(ctx context.Context, dir string, force bool) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 && !force {
		return fault.New(fault.Conflict, "%s: the folder is not empty; name another, or add --force to replace files of the same name", dir)
	}
	st, err := s.existing(ctx)
	if err != nil {
		return err
	}
	if st == nil {
		return noDatabase()
	}
	defer st.Close()
	folder, err := collect(ctx, st, s.app)
	if err != nil {
		return err
	}
	if err := source.WriteFolder(dir, folder); err != nil {
		return at(dir, err)
	}
	_, err = fmt.Fprintf(s.out, "%s: app %q, %s, %s\n", dir, s.app, plural(len(folder.Modules), "module"), plural(len(folder.Templates), "template"))
	return err
}

// collect reads an app from the database as a folder would hold it.
func collect(ctx context.Context, st store.Store, name string) (f source.Folder, err error) {
	if f.App, err = st.App(ctx, name); err != nil {
		return f, app.Named(ctx, st, name, err)
	}
	modules, err := st.Modules(ctx)
	if err != nil {
		return f, err
	}
	slices.SortFunc(modules, func(a, b store.Module) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range modules {
		f.Modules = append(f.Modules, source.Module{Module: m})
	}
	f.Templates, err = st.Templates(ctx)
	return f, err
}
