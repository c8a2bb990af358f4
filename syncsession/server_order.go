package syncsession

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// ranks hold the order of keys on a server, which keeps fields in none: session name → key → rank. A key that is set gets
// a rank between those of its neighbours, so that no other key has to be written. Of two requests at once that add a key
// each, both may use one rank; their keys then come by name. Sessions of older versions have no ranks.
type ranks map[string]map[string]float64

// rank returns a rank for each key of m in its order: the one it had, where that fits.
func rank(m *ordered.Object, had map[string]float64) map[string]float64 {
	all := make(map[string]float64, m.Len())
	last := 0.0
	var waiting []string // the keys since last, which need a rank
	settle := func(step float64) {
		for i, key := range waiting {
			all[key] = last + step*float64(i+1)
		}
		waiting = waiting[:0]
	}
	for key := range m.All() {
		if r := had[key]; r > last {
			settle((r - last) / float64(len(waiting)+1))
			all[key], last = r, r
			continue
		}
		waiting = append(waiting, key)
	}
	settle(1)
	return all
}

// ranked writes a value with its rank: "#3 " and the JSON text. No JSON begins that way.
func ranked(rank float64, text string) string {
	return "#" + strconv.FormatFloat(rank, 'g', -1, 64) + " " + text
}

// unranked reads what ranked wrote; a text without a rank has rank 0.
func unranked(text string) (rank float64, value string) {
	if number, value, ok := strings.Cut(text, " "); ok && strings.HasPrefix(number, "#") {
		rank, _ = strconv.ParseFloat(number[1:], 64)
		return rank, value
	}
	return 0, text
}

// readFields reads the fields of a session, keys in their order; not ok where a field is none of ours.
func readFields(fields map[string]string) (Values, ranks, bool) {
	type field struct {
		name, key string
		rank      float64
		value     any
	}
	list := make([]field, 0, len(fields))
	for _, raw := range slices.Sorted(maps.Keys(fields)) {
		var f field
		var ok, readable bool
		var text string
		f.name, f.key, ok = splitField(raw)
		f.rank, text = unranked(fields[raw])
		f.value, readable = decodeValue(text)
		if !ok || !readable {
			return nil, nil, false
		}
		list = append(list, f)
	}
	slices.SortStableFunc(list, func(a, b field) int { return cmp.Compare(a.rank, b.rank) })
	values, order := Values{}, ranks{}
	for _, f := range list {
		if values[f.name] == nil {
			values[f.name], order[f.name] = ordered.New(1), map[string]float64{}
		}
		values[f.name].Set(f.key, f.value)
		order[f.name][f.key] = f.rank
	}
	return values, order, true
}
