package cli

import (
	"os"

	"github.com/spf13/cobra"
)

func (s *shell) backup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the SQLite database while it is in use",
		Long: `Copy the SQLite database into a new file: one consistent snapshot, taken while servers read and write. To restore it, stop
the servers, replace nflow.db with the copy and delete nflow.db-wal and nflow.db-shm. The copy holds password hashes and
keys: protect it like the database.

For PostgreSQL use pg_dump.`,
		Example: `  nflow-runtime backup backups/monday.db
  nflow-runtime backup "backups/$(date +%F).db" --data /var/lib/nflow`,
		Args: named("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			st, err := s.mustExist(cmd.Context())
			if err != nil {
				return err
			}
			defer st.Close()
			if err := st.Backup(cmd.Context(), args[0]); err != nil {
				return at(args[0], err)
			}
			copied, err := os.Stat(args[0])
			if err != nil {
				return at(args[0], err)
			}
			return s.done(nil, "%s: %.1f MB", args[0], float64(copied.Size())/1e6)
		},
	}
}
