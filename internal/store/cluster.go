package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// maxText is how many characters of a name the tables of instances and runs take.
const maxText = 255

// maxForgotten is for how many seconds a row of an instance that is gone, or of an unanswered stop request, stays.
const maxForgotten = 60

// Beat implements [Store].
func (b *Base) Beat(ctx context.Context, i Instance, runs []LiveRun) error {
	beat := `INSERT INTO nflow_instances (id, host, pid, address, version, app, app_version, state, live, started, every, seen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, ` + b.d.Now + `)
		ON CONFLICT (id) DO UPDATE SET address = excluded.address, app_version = excluded.app_version, state = excluded.state,
			live = excluded.live, seen = excluded.seen`
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, beat, i.ID, cut(i.Host, maxText), i.PID, cut(i.Address, maxText), cut(i.Version, maxText),
			cut(i.App, maxText), i.AppVersion, i.State, i.Live, i.Started.Unix(), int64(i.Every/time.Second))
		if err != nil || runs == nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM nflow_live_runs WHERE instance = $1`, i.ID); err != nil {
			return err
		}
		return insertLive(ctx, tx, i.ID, runs)
	})
	return failed(err, "writing the heartbeat of this instance")
}

// insertLive writes all rows with one statement.
func insertLive(ctx context.Context, tx *sql.Tx, instance string, runs []LiveRun) error {
	if len(runs) == 0 {
		return nil
	}
	var rows []string
	var args []any
	for _, r := range runs {
		n := len(args)
		rows = append(rows, fmt.Sprintf("($%d, $%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7, n+8))
		args = append(args, r.Wid, instance, r.Parent, cut(r.App, maxText), cut(r.Flow, maxText), cut(r.Node, maxText), r.Kind, r.Started.UnixMilli())
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO nflow_live_runs (wid, instance, parent, app, flow, node, kind, started) VALUES `+
		strings.Join(rows, ", ")+` ON CONFLICT (wid) DO NOTHING`, args...)
	return err
}

// Leave implements [Store].
func (b *Base) Leave(ctx context.Context, id string) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		for _, sql := range []string{`DELETE FROM nflow_live_runs WHERE instance = $1`, `DELETE FROM nflow_instances WHERE id = $1`} {
			if _, err := tx.ExecContext(ctx, sql, id); err != nil {
				return err
			}
		}
		return nil
	})
	return failed(err, "removing this instance")
}

// PruneInstances implements [Store].
func (b *Base) PruneInstances(ctx context.Context) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		for _, sql := range []string{
			fmt.Sprintf(`DELETE FROM nflow_instances WHERE seen < %s - %d`, b.d.Now, maxForgotten),
			`DELETE FROM nflow_live_runs WHERE instance NOT IN (SELECT id FROM nflow_instances)`,
			fmt.Sprintf(`DELETE FROM nflow_kills WHERE asked < %s - %d`, b.d.Now, maxForgotten),
		} {
			if _, err := tx.ExecContext(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	return failed(err, "removing dead instances")
}

// Instances implements [Store].
func (b *Base) Instances(ctx context.Context) ([]Instance, error) {
	var list []Instance
	query := `SELECT id, host, pid, address, version, app, app_version, state, live, started, every, ` + b.d.Now + ` - seen
		FROM nflow_instances ORDER BY started, id`
	err := b.each(ctx, query, nil, func(scan scanner) error {
		var i Instance
		var started, every, age int64
		err := scan(&i.ID, &i.Host, &i.PID, &i.Address, &i.Version, &i.App, &i.AppVersion, &i.State, &i.Live, &started, &every, &age)
		i.Started, i.Every, i.Age = time.Unix(started, 0), time.Duration(every)*time.Second, time.Duration(age)*time.Second
		list = append(list, i)
		return err
	})
	return list, failed(err, "listing the instances")
}

// LiveRuns implements [Store].
func (b *Base) LiveRuns(ctx context.Context) ([]LiveRun, error) {
	var list []LiveRun
	const query = `SELECT wid, instance, parent, app, flow, node, kind, started FROM nflow_live_runs ORDER BY started, wid`
	err := b.each(ctx, query, nil, func(scan scanner) error {
		var r LiveRun
		var started int64
		err := scan(&r.Wid, &r.Instance, &r.Parent, &r.App, &r.Flow, &r.Node, &r.Kind, &started)
		r.Started = time.UnixMilli(started)
		list = append(list, r)
		return err
	})
	return list, failed(err, "listing the live runs")
}

// AskKill implements [Store].
func (b *Base) AskKill(ctx context.Context, wid string) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO nflow_kills (wid, asked, done) VALUES ($1, `+b.d.Now+`, 0)
			ON CONFLICT (wid) DO UPDATE SET asked = excluded.asked`, wid)
		if err != nil {
			return err
		}
		return b.signal(ctx, tx, SignalKill)
	})
	return failed(err, "requesting the stop of a run")
}

// KillsAsked implements [Store].
func (b *Base) KillsAsked(ctx context.Context) ([]string, error) {
	var list []string
	err := b.each(ctx, `SELECT wid FROM nflow_kills WHERE done = 0`, nil, func(scan scanner) error {
		var wid string
		err := scan(&wid)
		list = append(list, wid)
		return err
	})
	return list, failed(err, "reading stop requests")
}

// AnswerKill implements [Store].
func (b *Base) AnswerKill(ctx context.Context, wid string) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE nflow_kills SET done = 1 WHERE wid = $1`, wid)
		return err
	})
	return failed(err, "reporting a stopped run")
}

// KillDone implements [Store].
func (b *Base) KillDone(ctx context.Context, wid string) (bool, error) {
	var done int
	err := b.db.QueryRowContext(ctx, `SELECT done FROM nflow_kills WHERE wid = $1`, wid).Scan(&done)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return done == 1, failed(err, "reading the stop of a run")
}

// ForgetKill implements [Store].
func (b *Base) ForgetKill(ctx context.Context, wid string) error {
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM nflow_kills WHERE wid = $1`, wid)
		return err
	})
	return failed(err, "removing a stop request")
}

// signal notifies the other processes of this transaction, where the database can.
func (b *Base) signal(ctx context.Context, tx *sql.Tx, what string) error {
	if b.d.Notify == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, b.d.Notify, what)
	return err
}
