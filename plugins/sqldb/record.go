package sqldb

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// recorded is a response as a recording of a run keeps it. JSON knows fewer types than databases do: a cell is its type's
// letter and its text.
type recorded struct {
	Columns  []string
	Values   [][]cell
	Affected int64
	LastID   int64
}

// cell is one value; null is one without a kind.
type cell struct {
	Kind string `json:"k,omitempty"`
	Text string `json:"t,omitempty"`
	Data []byte `json:"d,omitempty"`
	List []cell `json:"l,omitempty"`
}

// MarshalJSON and UnmarshalJSON let hostfn.Take record it.
func (a *answer) MarshalJSON() ([]byte, error) {
	r := recorded{Columns: a.columns, Affected: a.affected, LastID: a.lastID}
	for _, row := range a.values {
		cells := make([]cell, len(row))
		for i, v := range row {
			cells[i] = cellOf(v)
		}
		r.Values = append(r.Values, cells)
	}
	return json.Marshal(r)
}

func (a *answer) UnmarshalJSON(text []byte) error {
	var r recorded
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	*a = answer{columns: r.Columns, affected: r.Affected, lastID: r.LastID}
	for _, cells := range r.Values {
		row := make([]any, len(cells))
		for i, c := range cells {
			var err error
			if row[i], err = c.value(); err != nil {
				return err
			}
		}
		a.values = append(a.values, row)
	}
	return nil
}

func cellOf(v any) cell {
	switch v := v.(type) {
	case nil:
		return cell{}
	case bool:
		return cell{Kind: "b", Text: strconv.FormatBool(v)}
	case int64:
		return cell{Kind: "i", Text: strconv.FormatInt(v, 10)}
	case uint64:
		return cell{Kind: "u", Text: strconv.FormatUint(v, 10)}
	case float64:
		return cell{Kind: "f", Text: strconv.FormatFloat(v, 'g', -1, 64)}
	case []byte:
		return cell{Kind: "d", Data: v}
	case time.Time:
		return cell{Kind: "t", Text: v.Format(time.RFC3339Nano)}
	case document:
		return cell{Kind: "j", Text: string(v)}
	case []any:
		c := cell{Kind: "l"}
		for _, item := range v {
			c.List = append(c.List, cellOf(item))
		}
		return c
	}
	return cell{Kind: "s", Text: fmt.Sprint(v)}
}

func (c cell) value() (any, error) {
	switch c.Kind {
	case "":
		return nil, nil
	case "b":
		return strconv.ParseBool(c.Text)
	case "i":
		return strconv.ParseInt(c.Text, 10, 64)
	case "u":
		return strconv.ParseUint(c.Text, 10, 64)
	case "f":
		return strconv.ParseFloat(c.Text, 64)
	case "d":
		return append([]byte{}, c.Data...), nil
	case "t":
		return time.Parse(time.RFC3339Nano, c.Text)
	case "j":
		return document(c.Text), nil
	case "l":
		list := make([]any, len(c.List))
		for i := range list {
			var err error
			if list[i], err = c.List[i].value(); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return c.Text, nil
}
