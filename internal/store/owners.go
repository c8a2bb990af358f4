package store

import (
	"context"
	"database/sql"
)

// Owners implements [Records].
func (r records) Owners(ctx context.Context) (list []Owner, err error) {
	const query = `SELECT kind, name, app FROM nflow_owners WHERE kind IN ('module', 'template') ORDER BY kind, name, app`
	err = r.each(ctx, query, nil, func(scan scanner) error {
		var o Owner
		err := scan(&o.Kind, &o.Name, &o.App)
		list = append(list, o)
		return err
	})
	return list, failed(err, "listing the owners of modules and templates")
}

const addOwner = `INSERT INTO nflow_owners (kind, name, app) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`

// AddOwner implements [Records].
func (r records) AddOwner(ctx context.Context, o Owner) error {
	err := r.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, addOwner, o.Kind, o.Name, o.App)
		return err
	})
	return failed(err, "recording that app %q owns %s %q", o.App, o.Kind, o.Name)
}

// OwnsOldSessions implements [Store].
func (b *Base) OwnsOldSessions(ctx context.Context, app, id string) (owns bool, err error) {
	owner, served, err := b.sessionOwner(ctx, b.db)
	if err == nil && owner == "" && (served == "" || served == app) {
		err = b.write(ctx, "owners", func(tx *sql.Tx) error {
			if owner, _, err = b.sessionOwner(ctx, tx); err != nil || owner != "" { // another process was faster
				return err
			}
			owner = id
			_, err := tx.ExecContext(ctx, addOwner, "sessions", "", id)
			return err
		})
	}
	return err == nil && owner == id, failed(err, "reading the owner of the old sessions")
}

// sessionOwner reads the owner of the old sessions, and the app that was served while they were made; "" for none.
func (b *Base) sessionOwner(ctx context.Context, q querier) (owner, served string, err error) {
	err = each(ctx, q, `SELECT kind, app FROM nflow_owners WHERE kind IN ('sessions', 'served')`, nil, func(scan scanner) error {
		var kind, app string
		err := scan(&kind, &app)
		if kind == "sessions" {
			owner = app
		} else {
			served = app
		}
		return err
	})
	return owner, served, err
}
