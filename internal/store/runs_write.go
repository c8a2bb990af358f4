package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
)

// rowsAtOnce is how many rows one INSERT of the history takes.
const rowsAtOnce = 50

const insertRuns = ` INTO nflow_runs (id, wid, parent, story, app, flow, version, instance, kind, starter, method, path,
	username, started, took, status, answer, operations, peak_memory, nodes, error, stack, failed_at, exceeded, input, bytes, in_vm) VALUES `

// WriteRuns implements [History].
func (b *Base) WriteRuns(ctx context.Context, runs []*Run) error {
	if len(runs) == 0 {
		return nil
	}
	err := b.writeRuns(ctx, runs)
	if err != nil && b.d.Again(err) { // another process has taken an id, or dropped a day
		b.days.Clear()
		err = b.writeRuns(ctx, runs)
	}
	return failed(err, "writing %d runs", len(runs))
}

func (b *Base) writeRuns(ctx context.Context, runs []*Run) error {
	days := dayCounts{}
	places := map[int64]Place{}
	b.numberRuns(runs)
	for _, r := range runs {
		r.Bytes = sizeOf(r)
		days.add(r.ID/runsPerDay, r.Bytes)
		for i := range r.Visits {
			p := r.Visits[i].Place
			if id := p.ID(); !b.knowsPlace(id) {
				places[id] = p
			}
		}
	}
	if err := b.makeDays(ctx, days); err != nil {
		return err
	}
	err := b.write(ctx, "", func(tx *sql.Tx) error {
		if err := b.insertRows(ctx, tx, insertRuns, "", 27, len(runs), func(i int, to []any) []any { return runArgs(runs[i], to) }); err != nil {
			return err
		}
		if err := b.insertVisits(ctx, tx, runs); err != nil {
			return err
		}
		if err := b.insertPlaces(ctx, tx, places); err != nil {
			return err
		}
		if err := endWaiting(ctx, tx, runs); err != nil {
			return err
		}
		return days.write(ctx, tx)
	})
	if err == nil {
		for id := range places {
			b.places.Store(id, true)
		}
	}
	return err
}

func (b *Base) knowsPlace(id int64) bool {
	_, known := b.places.Load(id)
	return known
}

// numberRuns assigns ids to the runs, different ones within the batch.
func (b *Base) numberRuns(runs []*Run) {
	var seed [2]byte
	rand.Read(seed[:]) // never fails
	n := int64(binary.NativeEndian.Uint16(seed[:]))
	taken := make(map[int64]bool, len(runs))
	for _, r := range runs {
		n++
		for r.ID = RunID(r.Started.Add(r.Took)) + n%runIDUnit; taken[r.ID]; r.ID++ {
		}
		taken[r.ID] = true
	}
}

// sizeOf estimates what a run takes in the database.
func sizeOf(r *Run) int64 {
	const run, visit = 400, 60
	n := run + len(r.Path) + len(r.Error) + len(r.Stack) + len(r.Input)
	for i := range r.Visits {
		n += visit + len(r.Visits[i].Changes) + len(r.Visits[i].Logs)
	}
	return int64(n)
}

func runArgs(r *Run, to []any) []any {
	const maxName = 255
	return append(to, r.ID, cut(r.Wid, maxName), cut(r.Parent, maxName), cut(r.Story, maxName), clean(r.App), clean(r.Flow), cut(r.Version, maxName),
		cut(r.Instance, maxName), r.Kind, cut(r.Starter, maxName), cut(r.Method, 32), clean(r.Path), cut(r.User, maxName), r.Started.UnixMicro(),
		r.Took.Microseconds(), string(r.Status), r.Answer, r.Operations, r.PeakMemory, r.Nodes, clean(r.Error), clean(r.Stack),
		cut(r.FailedAt, maxName), cut(r.Exceeded, 32), clean(string(r.Input)), r.Bytes, r.InVM.Microseconds())
}

func (b *Base) insertVisits(ctx context.Context, tx *sql.Tx, runs []*Run) error {
	type visit struct {
		run int64
		*Visit
	}
	var all []visit
	for _, r := range runs {
		for i := range r.Visits {
			all = append(all, visit{r.ID, &r.Visits[i]})
		}
	}
	const insert = ` INTO nflow_run_nodes (run, visit, place, at, took, output, status, changes, logs) VALUES `
	return b.insertRows(ctx, tx, insert, "", 9, len(all), func(i int, to []any) []any {
		v := all[i]
		return append(to, v.run, v.Order, v.Place.ID(), v.At.Microseconds(), v.Took.Microseconds(), clean(v.Output), string(v.Status),
			clean(string(v.Changes)), clean(string(v.Logs)))
	})
}

func (b *Base) insertPlaces(ctx context.Context, tx *sql.Tx, places map[int64]Place) error {
	list := make([]Place, 0, len(places))
	for _, p := range places {
		list = append(list, p)
	}
	const insert = ` INTO nflow_run_places (id, app, flow, node, name, type) VALUES `
	return b.insertRows(ctx, tx, insert, " ON CONFLICT (id) DO NOTHING", 6, len(list), func(i int, to []any) []any {
		p := list[i]
		return append(to, p.ID(), clean(p.App), clean(p.Flow), cut(p.Node, 255), clean(p.Name), clean(p.Type))
	})
}

// endWaiting makes runs that waited OK when a later run of their story is kept. It looks from both sides: the later run
// may have been written first, by another process.
func endWaiting(ctx context.Context, tx *sql.Tx, runs []*Run) error {
	stories := map[string]bool{}
	for _, r := range runs {
		if r.Story != "" {
			stories[cut(r.Story, 255)] = true
		}
	}
	for story := range stories {
		const update = `UPDATE nflow_runs SET status = 'ok' WHERE story = $1 AND story <> '' AND status = 'waiting'
			AND id < (SELECT max(id) FROM nflow_runs WHERE story = $1 AND story <> '')`
		if _, err := tx.ExecContext(ctx, update, story); err != nil {
			return err
		}
	}
	return nil
}

// insertRows adds rows, several with each statement; head is the statement from INTO on, and args appends the values of
// row i.
func (b *Base) insertRows(ctx context.Context, tx *sql.Tx, head, tail string, columns, rows int, args func(i int, to []any) []any) error {
	head = b.d.Insert + head
	values := make([]any, 0, columns*min(rows, rowsAtOnce))
	var full *sql.Stmt
	defer func() {
		if full != nil {
			full.Close() //nolint:errcheck // the transaction reports what failed
		}
	}()
	for done := 0; done < rows; {
		n := min(rowsAtOnce, rows-done)
		values = values[:0]
		for i := range n {
			values = args(done+i, values)
		}
		done += n
		if n < rowsAtOnce {
			_, err := tx.ExecContext(ctx, head+b.placeholders(columns, n)+tail, values...)
			return err
		}
		if full == nil {
			var err error
			if full, err = tx.PrepareContext(ctx, head+b.placeholders(columns, n)+tail); err != nil {
				return err
			}
		}
		if _, err := full.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}

// placeholders writes "($1, $2), ($3, $4)", or question marks.
func (b *Base) placeholders(columns, rows int) string {
	var s strings.Builder
	for n := range columns * rows {
		switch {
		case n == 0:
			s.WriteString("(")
		case n%columns == 0:
			s.WriteString("), (")
		default:
			s.WriteString(", ")
		}
		if b.d.Unnamed {
			s.WriteString("?")
		} else {
			s.WriteString("$" + strconv.Itoa(n+1))
		}
	}
	s.WriteString(")")
	return s.String()
}

// dayCounts counts runs and bytes by day.
type dayCounts map[int64]*struct{ runs, bytes int64 }

func (d dayCounts) add(day, bytes int64) {
	if d[day] == nil {
		d[day] = &struct{ runs, bytes int64 }{}
	}
	d[day].runs++
	d[day].bytes += bytes
}

func (d dayCounts) write(ctx context.Context, tx *sql.Tx) error {
	for day, n := range d {
		_, err := tx.ExecContext(ctx, `INSERT INTO nflow_run_days (day, runs, bytes) VALUES ($1, $2, $3)
			ON CONFLICT (day) DO UPDATE SET runs = nflow_run_days.runs + excluded.runs, bytes = nflow_run_days.bytes + excluded.bytes`, day, n.runs, n.bytes)
		if err != nil {
			return err
		}
	}
	return nil
}

// makeDays makes the partitions that are missing, where the database has some.
func (b *Base) makeDays(ctx context.Context, days dayCounts) error {
	if b.d.Day == nil {
		return nil
	}
	for day := range days {
		if _, made := b.days.Load(day); made {
			continue
		}
		err := b.write(ctx, "history days", func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, b.d.Day(day, day*runsPerDay, (day+1)*runsPerDay))
			return err
		})
		if err != nil {
			return err
		}
		b.days.Store(day, true)
	}
	return nil
}

// AddNodeStats implements [History].
func (b *Base) AddNodeStats(ctx context.Context, stats []NodeStat) error {
	if len(stats) == 0 {
		return nil
	}
	places := map[int64]Place{}
	for i := range stats {
		if id := stats[i].Place.ID(); !b.knowsPlace(id) {
			places[id] = stats[i].Place
		}
	}
	const insert = ` INTO nflow_node_stats (place, hour, class, visits, failed) VALUES `
	const add = ` ON CONFLICT (place, hour, class) DO UPDATE SET visits = nflow_node_stats.visits + excluded.visits, failed = nflow_node_stats.failed + excluded.failed`
	err := b.write(ctx, "node stats", func(tx *sql.Tx) error { // one at a time: two that update the same rows in another order would lock each other out
		if err := b.insertPlaces(ctx, tx, places); err != nil {
			return err
		}
		return b.insertRows(ctx, tx, insert, add, 5, len(stats), func(i int, to []any) []any {
			s := &stats[i]
			return append(to, s.Place.ID(), s.Hour, s.Class, s.Visits, s.Failed)
		})
	})
	return failed(err, "counting visits of nodes")
}

// NodeStats implements [History].
func (b *Base) NodeStats(ctx context.Context, app, flow string, since time.Time) ([]NodeStat, error) {
	const query = `SELECT p.node, p.name, p.type, s.class, sum(s.visits), sum(s.failed) FROM nflow_run_places p
		JOIN nflow_node_stats s ON s.place = p.id WHERE p.app = $1 AND p.flow = $2 AND s.hour >= $3
		GROUP BY p.node, p.name, p.type, s.class ORDER BY p.node, s.class`
	var list []NodeStat
	err := b.each(ctx, query, []any{app, flow, since.Unix() / 3600}, func(scan scanner) error {
		s := NodeStat{Place: Place{App: app, Flow: flow}}
		err := scan(&s.Place.Node, &s.Place.Name, &s.Place.Type, &s.Class, &s.Visits, &s.Failed)
		list = append(list, s)
		return err
	})
	return list, failed(err, "reading the counts of flow %q", flow)
}
