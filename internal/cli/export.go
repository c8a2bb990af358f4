package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/app"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/source"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

func (s *shell) exports() *cobra.Command {
	var force, all bool
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Export an app of the database into a folder",
		Long: `Write the app that -a names into a folder: app.json, default.js, and the modules (modules.csv) and templates
(templates/NAME.html) that were imported with it or that it names. The command lists what it leaves out: modules and templates
of other apps, and standard modules that the app does not use. Names that code builds at run time are not found; --all writes
everything in the database. import reads what export writes.`,
		Example: `  nflow-runtime export shop -a shop
  nflow-runtime export shop -a shop --force`,
		Args: named("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if source.IsPath(s.app) {
				return misused(cmd, "-a %.200q is a path; export takes the name of an app in the database", s.app)
			}
			return s.exportFolder(cmd.Context(), args[0], force, all)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "write into a folder that holds files; those of the same name are replaced")
	cmd.Flags().BoolVar(&all, "all", false, "write all modules and templates of the database")
	return cmd
}

func (s *shell) exportFolder(ctx context.Context, dir string, force, all bool) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 && !force {
		return fault.New(fault.Conflict, "%s: the folder is not empty; name another, or add --force to replace files of the same name", dir)
	}
	st, err := s.mustExist(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	var folder source.Folder
	var left []string
	err = st.Snapshot(ctx, func(r store.Records) error {
		if folder.App, err = r.App(ctx, s.app); err != nil {
			return err
		}
		left, err = collect(ctx, r, &folder, all)
		return err
	})
	if err != nil {
		return app.Named(ctx, st, s.app, err)
	}
	if err := source.WriteFolder(dir, folder); err != nil {
		return at(dir, err)
	}
	if len(left) > 0 {
		defer fmt.Fprintf(s.out, "left out, neither imported with app %q nor named by it: %s; --all writes everything\n", s.app, strings.Join(left, ", "))
	}
	_, err = fmt.Fprintf(s.out, "%s: app %q, %s, %s\n", dir, s.app, plural(len(folder.Modules), "module"), plural(len(folder.Templates), "template"))
	return err
}

// collect puts modules and templates into the folder of an app, all or those that belong to it, and lists the others.
func collect(ctx context.Context, r store.Records, f *source.Folder, all bool) (left []string, err error) {
	has, err := readShared(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, m := range has.modules {
		if all || has.belongs(f.App.Name, "module", m.Name, m.Code) {
			f.Modules = append(f.Modules, source.Module{Module: m})
		} else {
			left = append(left, "module "+m.Name)
		}
	}
	for _, t := range has.templates {
		if all || has.belongs(f.App.Name, "template", t.Name, t.Content) {
			f.Templates = append(f.Templates, t)
		} else {
			left = append(left, "template "+t.Name)
		}
	}
	return left, nil
}
