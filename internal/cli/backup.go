package cli

import (
	"os"

	"github.com/spf13/cobra"
)

func (s *shell) backup() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of the SQLite database, also while it is in use",
		Long: `Write a copy of the SQLite database into a new file: all of it as it is at one moment, while servers go on reading and
writing. The copy is a database of its own; to go back to it, stop the servers and put it in place of nflow.db, without the
files nflow.db-wal and nflow.db-shm of the old one. It holds password hashes and keys: keep it as safe as the database.

A PostgreSQL database is backed up with pg_dump.`,
		Example: `  nflow-runtime backup backups/monday.db
  nflow-runtime backup "backups/$(date +%F).db" --data /var/lib/nflow`,
		Args: named("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			st, err := s.existing(cmd.Context())
			if err != nil {
				return err
			}
			if st == nil {
				return noDatabase()
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
