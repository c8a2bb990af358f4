package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"
)

// A transaction that removes runs takes so many at most, and as many of their visits as take about pruneTime: others wait
// for it.
const (
	pruneRuns   = 100
	pruneLeast  = 50
	pruneVisits = 1000
	pruneTime   = 10 * time.Millisecond
)

// PruneRuns implements [History].
func (b *Base) PruneRuns(ctx context.Context, r Retention) (runs, bytes int64, err error) {
	for visits := pruneLeast; ; {
		started := time.Now()
		n, size, took, err := b.pruneSome(ctx, r, visits)
		runs, bytes = runs+n, bytes+size
		if err != nil {
			return runs, bytes, failed(err, "removing old runs")
		}
		if n == 0 {
			break
		}
		if visits = min(2*visits, pruneVisits); took > pruneTime {
			visits = max(pruneLeast, visits/4)
		}
		if b.d.Settle != nil {
			b.d.Settle(ctx, b.db)
		}
		if err := Pause(ctx, time.Since(started)); err != nil { // as long as it worked: others want to write too
			return runs, bytes, err
		}
	}
	if err := b.pruneStats(ctx, r); err != nil {
		return runs, bytes, failed(err, "removing old counts of nodes")
	}
	if b.d.Reclaim != nil {
		err = b.d.Reclaim(ctx, b.db, func(f func() error) error { return b.alone(ctx, f) })
	}
	return runs, bytes, failed(err, "releasing disk space")
}

// alone runs f while this process does not write, where writers are queued.
func (b *Base) alone(ctx context.Context, f func() error) error {
	if b.writing == nil {
		return f()
	}
	select {
	case b.writing <- struct{}{}:
		defer func() { <-b.writing }()
		return f()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// oldDay is what is kept of a day.
type oldDay struct{ day, runs, bytes int64 }

// pruneSome removes the oldest runs that must go: a whole day where the database keeps days apart, else a few, with about so
// many visits. It returns how long that took.
func (b *Base) pruneSome(ctx context.Context, r Retention, visits int) (runs, bytes int64, took time.Duration, err error) {
	var whole *oldDay
	var began time.Time
	err = b.write(ctx, "history prune", func(tx *sql.Tx) error {
		began = time.Now()
		days, err := keptDays(ctx, tx)
		if err != nil || len(days) == 0 {
			return err
		}
		over := overOf(r, days)
		oldest := days[0]
		if b.d.DropDay != nil && oldest.day < RunID(time.Now())/runsPerDay && over.wholeDay(oldest) {
			whole = &oldest
			return b.dropDay(ctx, tx, oldest)
		}
		runs, bytes, err = pruneRows(ctx, tx, over, visits)
		return err
	})
	if err == nil && whole != nil {
		b.days.Delete(whole.day)
		return max(1, whole.runs), whole.bytes, 0, nil
	}
	return runs, bytes, time.Since(began), err
}

func keptDays(ctx context.Context, tx *sql.Tx) (days []oldDay, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT day, runs, bytes FROM nflow_run_days ORDER BY day`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d oldDay
		if err := rows.Scan(&d.day, &d.runs, &d.bytes); err != nil {
			return nil, err
		}
		days = append(days, d)
	}
	return days, rows.Err()
}

// excess is what must go: runs below an id, or so many of the oldest.
type excess struct {
	below       int64
	runs, bytes int64
}

func overOf(r Retention, days []oldDay) (e excess) {
	var runs, bytes int64
	for _, d := range days {
		runs, bytes = runs+d.runs, bytes+d.bytes
	}
	if !r.Before.IsZero() {
		e.below = RunID(r.Before)
	}
	if r.MaxRuns > 0 {
		e.runs = runs - r.MaxRuns
	}
	if r.MaxBytes > 0 {
		e.bytes = bytes - r.MaxBytes
	}
	return e
}

func (e excess) wholeDay(d oldDay) bool {
	return (d.day+1)*runsPerDay <= e.below || d.runs <= 0 || d.runs <= e.runs || d.bytes <= e.bytes
}

func (b *Base) dropDay(ctx context.Context, tx *sql.Tx, d oldDay) error {
	for _, statement := range b.d.DropDay(d.day) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM nflow_run_days WHERE day = $1`, d.day)
	return err
}

// pruneRows removes a few of the oldest runs, by their ids: an older one may be written meanwhile.
func pruneRows(ctx context.Context, tx *sql.Tx, over excess, most int) (runs, bytes int64, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, nodes, bytes FROM nflow_runs ORDER BY id LIMIT $1`, pruneRuns)
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	gone, visits := dayCounts{}, 0
	var ids []any
	var last int64
	for rows.Next() && visits < most {
		var id, size int64
		var nodes int
		if err := rows.Scan(&id, &nodes, &size); err != nil {
			return 0, 0, err
		}
		if id >= over.below && runs >= over.runs && bytes >= over.bytes {
			break
		}
		gone.add(id/runsPerDay, size)
		ids = append(ids, id)
		last, runs, bytes, visits = id, runs+1, bytes+size, visits+min(nodes, runsMost)
	}
	if err := rows.Err(); err != nil || runs == 0 {
		return 0, 0, err
	}
	rows.Close() //nolint:errcheck // it was read
	for _, statement := range []string{`DELETE FROM nflow_run_nodes WHERE run IN `, `DELETE FROM nflow_runs WHERE id IN `} {
		if _, err := tx.ExecContext(ctx, statement+list(len(ids)), ids...); err != nil {
			return 0, 0, err
		}
	}
	for _, n := range gone {
		n.runs, n.bytes = -n.runs, -n.bytes
	}
	if err := gone.write(ctx, tx); err != nil {
		return 0, 0, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM nflow_run_days WHERE runs <= 0 AND day < $1`, last/runsPerDay)
	return runs, bytes, err
}

// list writes "($1, $2, …)".
func list(n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteString(", $")
		s.WriteString(strconv.Itoa(i + 1))
	}
	return "(" + s.String()[2:] + ")"
}

// pruneStats removes the counts of nodes that are older than the runs.
func (b *Base) pruneStats(ctx context.Context, r Retention) error {
	if r.Before.IsZero() {
		return nil
	}
	return b.write(ctx, "node stats", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM nflow_node_stats WHERE hour < $1`, r.Before.Unix()/3600)
		return err
	})
}
