package sqldb

import (
	"database/sql"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// cellCost is what one value of a response counts beside its own bytes.
const cellCost = 16

// answer is what a statement gave. Values are nil, bool, int64, uint64, float64, string, []byte, time.Time, document
// and []any of these.
type answer struct {
	columns  []string
	values   [][]any
	affected int64
	lastID   int64 // 0 for none

	rowCap  int
	byteCap int64
	size    int64
	full    error  // which cap was reached
	stop    func() // ends the statement
}

// document is the text of a JSON value.
type document string

// room reports whether a row of that many bytes fits; when it does not, the statement ends and full says why.
func (a *answer) room(bytes int) bool {
	a.size += int64(bytes) + int64(len(a.columns))*cellCost
	switch {
	case len(a.values) >= a.rowCap:
		a.full = fault.New(fault.Script, "the query returns more than %d rows: select fewer, with LIMIT", a.rowCap)
	case a.size > a.byteCap:
		a.full = tooLarge(a.byteCap)
	default:
		return true
	}
	a.stop()
	return false
}

// ambiguous returns an error where two columns have one name: a row of JavaScript has room for one of them.
func (a *answer) ambiguous() error {
	seen := make(map[string]bool, len(a.columns))
	for _, name := range a.columns {
		if seen[name] {
			return fault.New(fault.Script, "two columns of the result are named %.64q: give each a name of its own with AS, "+
				"as in SELECT a.id AS a_id, b.id AS b_id", name)
		}
		seen[name] = true
	}
	return nil
}

func tooLarge(limit int64) error {
	return fault.New(fault.Script, "the result of the query is larger than %d MiB: select fewer rows or columns", max(1, limit>>20))
}

// read takes the rows that a driver of database/sql returns. decode converts a value of the driver.
func (a *answer) read(rows *sql.Rows, err error, decode func(v any, kind string) any) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	kinds, cells, targets := make([]string, len(types)), make([]any, len(types)), make([]any, len(types))
	for i, t := range types {
		a.columns = append(a.columns, t.Name())
		kinds[i], targets[i] = t.DatabaseTypeName(), &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		row, size := make([]any, len(cells)), 0
		for i, v := range cells {
			row[i] = decode(v, kinds[i])
			size += bytesIn(v)
		}
		if !a.room(size) {
			return a.full
		}
		a.values = append(a.values, row)
	}
	return rows.Err()
}

func bytesIn(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 0
}

// did takes what a statement without rows did, by database/sql.
func (a *answer) did(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	a.affected, _ = result.RowsAffected()
	a.lastID, _ = result.LastInsertId()
	return nil
}

// ordered returns the parameters in the order of the ? of a statement.
func ordered(st statement, params []any, encode func(any) any) []any {
	args := make([]any, len(st.order))
	for i, n := range st.order {
		args[i] = encode(params[n-1])
	}
	return args
}
