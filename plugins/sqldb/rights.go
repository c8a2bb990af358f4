package sqldb

import (
	"context"
	"database/sql"
	"strings"
)

// warn logs once that connections are not used again, and what read_only cannot promise: a transaction that is
// read-only keeps statements and functions from writing to tables, but not from what the account may do to files, other servers and the server itself.
func (d *database) warn(ctx context.Context, c *sql.Conn) {
	if p, ok := d.server.(postgres); ok && d.log != nil {
		if what := p.lingers.Load(); what != nil && d.reused.CompareAndSwap(false, true) {
			d.log.Warn("each statement uses a new connection, which costs milliseconds: sessions of this database cannot be reset; use a database without it",
				"setting", "[db."+d.name+"]", "because", *what)
		}
	}
	if !d.readOnly || d.log == nil || !d.warned.CompareAndSwap(false, true) {
		return
	}
	rights, err := d.server.rights(ctx, c)
	if err != nil {
		d.log.Warn("the rights of the account could not be read: read_only holds for tables; use an account that may only read", "setting", "[db."+d.name+"] read_only")
		return
	}
	if len(rights) > 0 {
		d.log.Warn("read_only holds for tables only: the account may do more; use one that may only read", "setting", "[db."+d.name+"] read_only", "rights", strings.Join(rights, ", "))
	}
}

// texts reads a column of texts.
func texts(ctx context.Context, c *sql.Conn, query string) (all []string, err error) {
	rows, err := c.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// rights are roles that reach files and programs, being a superuser, and extensions and languages that leave the
// transaction. A role is looked at for what it may become, too.
func (postgres) rights(ctx context.Context, c *sql.Conn) ([]string, error) {
	return texts(ctx, c, `SELECT 'superuser' FROM pg_roles WHERE rolsuper AND pg_has_role(current_user, oid, 'member')
		UNION SELECT rolname::text FROM pg_roles WHERE pg_has_role(current_user, oid, 'member')
			AND rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend')
		UNION SELECT 'extension ' || extname FROM pg_extension
			WHERE extname IN ('dblink', 'adminpack', 'file_fdw', 'postgres_fdw', 'http', 'pg_cron', 'pg_background')
		UNION SELECT 'language ' || lanname FROM pg_language WHERE NOT lanpltrusted AND lanname NOT IN ('internal', 'c')
		ORDER BY 1`)
}

// rights are grants for all databases that reach files and the server.
func (mysqlServer) rights(ctx context.Context, c *sql.Conn) (rights []string, err error) {
	grants, err := texts(ctx, c, "SHOW GRANTS")
	for _, grant := range grants {
		list, _, all := strings.Cut(strings.TrimPrefix(grant, "GRANT "), " ON *.*")
		for _, right := range strings.Split(list, ", ") {
			switch right {
			case "ALL PRIVILEGES", "FILE", "SUPER", "SHUTDOWN", "PROCESS":
				if all {
					rights = append(rights, right)
				}
			}
		}
	}
	return rights, err
}

// rights: the file itself is open for reading only.
func (sqliteFile) rights(context.Context, *sql.Conn) ([]string, error) { return nil, nil }
