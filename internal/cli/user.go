package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/arturoeanton/nflow-runtime/internal/accounts"
	"github.com/arturoeanton/nflow-runtime/internal/store"
)

// withAccounts opens the database with one of store and mustExist, and runs f with its accounts.
func (s *shell) withAccounts(ctx context.Context, open func(context.Context) (store.Store, error), f func(*accounts.Accounts) error) error {
	st, err := open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	return f(accounts.New(accounts.Options{Store: st, Log: s.log()}))
}

func (s *shell) user() *cobra.Command {
	return s.group("user", "Manage the logins of flows",
		s.userAdd(), s.userPasswd(), s.userList(), s.userDisable(), s.userEnable())
}

func (s *shell) userAdd() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a user",
		Long: `Add a user. The command asks for the password on a terminal, and otherwise reads it as one line of standard input. There is no
flag for it, because other users of the machine could see it.`,
		Example: `  nflow-runtime user add ana
  nflow-runtime user add bruno --role ROL_DEV < password.txt`,
		Args: named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withAccounts(cmd.Context(), s.store, func(a *accounts.Accounts) error {
				password, err := s.password(cmd.Context())
				if err == nil {
					err = a.AddUser(cmd.Context(), args[0], password, role)
				}
				if !slices.Contains([]string{accounts.DefaultRole, "ROL_DEV", "ROL_ADMIN"}, role) {
					s.say("warning: role %q has no meaning to the runtime; flows have to check it", role)
				}
				return s.done(err, "user %q was added with role %s", args[0], role)
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", accounts.DefaultRole, "`role` of the user: ROL_USER, ROL_DEV, ROL_ADMIN or one of your own")
	return cmd
}

func (s *shell) userPasswd() *cobra.Command {
	return &cobra.Command{
		Use:     "passwd NAME",
		Short:   "Change the password of a user",
		Long:    "Change the password of a user. The command asks for it as user add does.",
		Example: "  nflow-runtime user passwd ana",
		Args:    named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withAccounts(cmd.Context(), s.mustExist, func(a *accounts.Accounts) error {
				if _, err := a.GetUser(cmd.Context(), args[0]); err != nil {
					return err // before a password is typed
				}
				password, err := s.password(cmd.Context())
				if err == nil {
					err = a.SetPassword(cmd.Context(), args[0], password)
				}
				return s.done(err, "user %q has a new password", args[0])
			})
		},
	}
}

func (s *shell) userDisable() *cobra.Command {
	return &cobra.Command{
		Use:   "disable NAME",
		Short: "Disable the login of a user",
		Long: `Disable the login of a user. Servers notice immediately. A user who is logged in stays so until the session ends, unless the
app's auth() checks get_user(get_profile().username).active, as the demo app's does. A new [session] key ends all sessions.`,
		Example: "  nflow-runtime user disable ana",
		Args:    named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withAccounts(cmd.Context(), s.mustExist, func(a *accounts.Accounts) error {
				return s.done(a.Disable(cmd.Context(), args[0]), "user %q is disabled", args[0])
			})
		},
	}
}

func (s *shell) userEnable() *cobra.Command {
	return &cobra.Command{
		Use:     "enable NAME",
		Short:   "Enable the login of a disabled user",
		Example: "  nflow-runtime user enable ana",
		Args:    named("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return s.withAccounts(cmd.Context(), s.mustExist, func(a *accounts.Accounts) error {
				return s.done(a.Enable(cmd.Context(), args[0]), "user %q may log in again", args[0])
			})
		},
	}
}

func (s *shell) userList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the users",
		Example: "  nflow-runtime user list\n  nflow-runtime user list --json",
		Args:    named(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.withAccounts(cmd.Context(), s.mustExist, func(a *accounts.Accounts) error {
				users, err := a.Users(cmd.Context())
				if err != nil {
					return err
				}
				return s.listUsers(users, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (s *shell) listUsers(users []store.User, asJSON bool) error {
	type row struct {
		Name   string `json:"name"`
		Role   string `json:"role"`
		Active bool   `json:"active"`
	}
	list, rows := []row{}, [][]string{{"NAME", "ROLE", "ACTIVE"}}
	for _, u := range users {
		list = append(list, row{u.Username, u.Role, u.Active})
		rows = append(rows, []string{u.Username, u.Role, yes(u.Active)})
	}
	if asJSON {
		return s.json(list)
	}
	return s.table(rows)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// done prints what was done, unless it failed.
func (s *shell) done(err error, format string, args ...any) error {
	if err == nil {
		_, err = fmt.Fprintf(s.out, format+"\n", args...)
	}
	return err
}
