package sqldb

import (
	"slices"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// place is where a parameter is an element of an IN (…): its text, its number, and whether NOT stands before IN.
type place struct {
	start, end, n int
	not           bool
}

// expand writes IN ($1) with an array for $1 as IN ($1, $2, $3): one parameter for each element, on every database. It
// returns the text and the parameters to parse instead, and false where there is nothing to expand. An empty array is
// in nothing; for NOT IN there is no way to write that, so it is an error.
func (st statement) expand(text string, params []any) (string, []any, bool, error) {
	for _, p := range st.lists {
		if _, isBytes := params[p.n-1].([]byte); isBytes && p.alone(text) {
			return "", nil, false, fault.New(fault.Script, "IN ($%d) with bytes may mean one value or a list of numbers: "+
				"give [bytes] for the one, [...bytes] for the other", p.n)
		}
	}
	if !slices.ContainsFunc(st.lists, func(p place) bool { return isList(params, p.n) }) {
		return text, params, false, nil
	}
	params = slices.Clone(params)
	var out strings.Builder
	copied, names := 0, map[int]string{}
	for _, p := range st.lists {
		if names[p.n] == "" && !isList(params, p.n) {
			continue
		}
		if names[p.n] == "" {
			items := params[p.n-1].(list).items
			if len(items) == 0 && p.not {
				return "", nil, false, fault.New(fault.Script, "NOT IN ($%d) with an empty array excludes nothing: leave the condition out", p.n)
			}
			if slices.ContainsFunc(items, func(v any) bool { _, nested := v.(list); return nested }) {
				return "", nil, false, fault.New(fault.Script, "IN ($%d) takes an array of values; one of them is an array itself", p.n)
			}
			if len(params)+len(items) > maxParameters {
				return "", nil, false, fault.New(fault.Script, "IN ($%d) with %d values makes more than %d parameters: ask for fewer at a time",
					p.n, len(items), maxParameters)
			}
			names[p.n], params = st.elements(p.n, items, params)
		}
		out.WriteString(text[copied:p.start])
		out.WriteString(names[p.n])
		copied = p.end
	}
	out.WriteString(text[copied:])
	return out.String(), params, true, nil
}

// alone reports whether the parameter is all that stands in the parentheses of its IN (…).
func (p place) alone(text string) bool {
	const blanks = " \t\r\n"
	return strings.HasSuffix(strings.TrimRight(text[:p.start], blanks), "(") && strings.HasPrefix(strings.TrimLeft(text[p.end:], blanks), ")")
}

func isList(params []any, n int) bool {
	_, ok := params[n-1].(list)
	return ok
}

// elements makes parameters of the elements of parameter n. The first takes its number, unless it is used elsewhere too.
func (st statement) elements(n int, items []any, params []any) (names string, all []any) {
	if len(items) == 0 {
		items = []any{nil}
	}
	inLists, uses := 0, 0
	for _, p := range st.lists {
		if p.n == n {
			inLists++
		}
	}
	for _, u := range st.used {
		if u == n {
			uses++
		}
	}
	var numbers []string
	if uses == inLists {
		numbers = append(numbers, "$"+strconv.Itoa(n))
		params[n-1], items = items[0], items[1:]
	}
	for _, v := range items {
		params = append(params, v)
		numbers = append(numbers, "$"+strconv.Itoa(len(params)))
	}
	return strings.Join(numbers, ", "), params
}
