package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plan lists the first call with each value of each row whose name matches: those that end by themselves or by the meter, and
// those that only their time ends.
func (k *walk) plan(only *regexp.Regexp) (jobs, endless []walkJob) {
	place, size := families(k.calls)
	for i, c := range k.calls {
		if k.rows[i].name = c.name; !only.MatchString(c.name) {
			continue
		}
		if c.client != nil {
			for reader := range walkReaders {
				jobs = append(jobs, walkJob{index: i, at: reader, n: walkFirst, name: c.name, client: c.client})
			}
			continue
		}
		for _, j := range k.crew[0].values(i, c) {
			if j.at >= 0 && j.at == len(c.params)-1 && j.variant%size[i] != place[i] {
				continue
			}
			if !j.endless {
				jobs = append(jobs, j)
			} else if !slices.ContainsFunc(endless, j.alike) {
				endless = append(endless, j)
			}
		}
	}
	return jobs, endless
}

// families returns for each row which of those it is that take the same options, and how many they are: they read them by one
// piece of code, so each value of an option is for one of them.
func families(calls []walkCall) (place, size []int) {
	place, size = make([]int, len(calls)), make([]int, len(calls))
	names, count := make([]string, len(calls)), map[string]int{}
	for i, c := range calls {
		last := len(c.params) - 1
		if last < 0 || c.params[last].Kind != "options" {
			continue
		}
		names[i] = fmt.Sprint(c.row, c.params[last].Keys)
		place[i] = count[names[i]]
		count[names[i]]++
	}
	for i := range calls {
		size[i] = max(1, count[names[i]])
	}
	return place, size
}

// walkValues are the values of a parameter.
type walkValues struct {
	At     int
	Values []struct {
		Endless, Fixed bool
		Trap           bool // it runs code when it is read
		Like, Group    string
	}
}

// values asks a process for the first calls of a row.
func (w *walker) values(i int, c walkCall) (jobs []walkJob) {
	var plan []walkValues
	for range 10 { // a busy machine may be why a run for a list of values took too long
		status, err := w.list(i, &plan)
		if err == nil && status == http.StatusOK {
			break
		}
		plan = nil
		w.t.Logf("the values for %s: %d %v", c.name, status, err)
	}
	if plan == nil {
		w.t.Fatalf("no values for %s", c.name)
	}
	for _, p := range plan {
		for v, value := range p.Values {
			if value.Trap && (i+v)%walkTrapEvery != 0 && !walkFull() {
				continue
			}
			jobs = append(jobs, walkJob{index: i, at: p.At, variant: v, n: walkFirst, name: c.name, fixed: value.Fixed, endless: value.Endless, like: value.Like, group: value.Group})
		}
	}
	return jobs
}

func (w *walker) list(i int, plan *[]walkValues) (status int, err error) {
	res, err := w.client.Get(w.base + "/plan/" + strconv.Itoa(i))
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, json.NewDecoder(res.Body).Decode(plan)
}

// alike reports whether two calls hand the same value to options of one function.
func (j walkJob) alike(other walkJob) bool {
	return j.like != "" && j.like == other.like && j.index == other.index && j.at == other.at
}

// worthGrowing lists the calls that no limit ended, with values that can be larger.
func worthGrowing(small []*walked) []*walked {
	return slices.DeleteFunc(slices.Clone(small), func(g *walked) bool { return g.fixed || g.limit() != "" })
}

// dearest keeps of each parameter the call that took the most time and the one that allocated the most. A hostile request is
// kept where it is the dearest of its kind, or of what reads it. Of functions with one name before the point that take one
// parameter in about the same time, one stands for all: they read it by one piece of code.
func (k *walk) dearest(all []*walked) (kept []*walked) {
	best := map[string]*walked{}
	for _, g := range all {
		if g.at < 0 {
			continue
		}
		of := []string{fmt.Sprint(g.index, " ", g.at)}
		if g.client != nil {
			of = []string{g.name, fmt.Sprint("reader ", g.at)}
		}
		for _, key := range of {
			if was := best["time "+key]; was == nil || g.inside > was.inside {
				best["time "+key] = g
			}
			if was := best["memory "+key]; was == nil || g.bytes > was.bytes {
				best["memory "+key] = g
			}
		}
	}
	alike := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(best)) {
		g := best[key]
		if c := k.calls[g.index]; g.client == nil && len(c.params) > 0 && c.row != "language" && c.row != "steps" {
			key = fmt.Sprint(c.row, c.params[g.at], bits.Len64(uint64(g.inside/walkAlike)), bits.Len64(uint64(g.bytes/walkLight)))
		}
		if !alike[key] && !slices.Contains(kept, g) {
			kept = append(kept, g)
		}
		alike[key] = true
	}
	return kept
}

// steep lists the calls whose cost grew faster than their size, from a small call to a larger one with the same value.
func steep(small, larger []*walked) (kept []*walked) {
	before := map[walkJob]*walked{}
	for _, g := range small {
		before[g.of()] = g
	}
	for _, g := range larger {
		was := before[g.of()]
		if was == nil {
			continue
		}
		most := 4 * time.Duration(g.n/was.n)
		if g.inside > walkSteep && g.inside > most*max(was.inside, walkAlike) || g.bytes > walkTidy && g.bytes > int64(most)*max(was.bytes, walkLight/walkMore) {
			kept = append(kept, g)
		}
	}
	return kept
}

// together groups calls with values of one parameter, of functions that do not answer the request.
func (k *walk) together(jobs []walkJob) (groups [][]walkJob) {
	jobs = slices.Clone(jobs)
	slices.SortStableFunc(jobs, func(a, b walkJob) int { return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.at, b.at)) })
	for _, j := range jobs {
		last := len(groups) - 1
		alone := j.client != nil || k.calls[j.index].step != "" || k.calls[j.index].row == "c"
		if alone || last < 0 || len(groups[last]) == walkTogether || groups[last][0].index != j.index || groups[last][0].at != j.at {
			groups = append(groups, []walkJob{j})
			continue
		}
		groups[last] = append(groups[last], j)
	}
	return groups
}

// apart are calls that are made by themselves.
func apart(jobs []walkJob) (groups [][]walkJob) {
	for _, j := range jobs {
		groups = append(groups, []walkJob{j})
	}
	return groups
}

// of is a call whatever its size is.
func (j walkJob) of() walkJob {
	j.n = 0
	return j
}

// sized are calls with the same values of another size.
func sized(all []*walked, n int) (jobs []walkJob) {
	for _, g := range all {
		j := g.walkJob
		j.n = n
		jobs = append(jobs, j)
	}
	return jobs
}

func jobsOf(all []*walked) (jobs []walkJob) {
	slices.SortFunc(all, func(a, b *walked) int { return cmp.Compare(b.inside, a.inside) })
	for _, g := range all {
		if !slices.Contains(jobs, g.walkJob) {
			jobs = append(jobs, g.walkJob)
		}
	}
	return jobs
}

// grow makes calls with larger and larger values, until one is refused, ended, or so light that it does not grow.
func (w *walker) grow(jobs []walkJob) (all []*walked) {
	j := jobs[0]
	for j.n *= walkMore; j.n < walkMost && !w.gone(); j.n *= walkMore {
		w.tidy()
		got := w.call(j)
		if all = append(all, got); got.end() != "" {
			break
		}
	}
	return all
}

// members wants a row for each function that a response has.
func (k *walk) members(got *walked) {
	var answer struct{ Members []string }
	if json.Unmarshal([]byte(got.answer), &answer) != nil {
		return
	}
	row := k.calls[got.index].row
	for _, m := range answer.Members {
		declared := func(c walkCall) bool { return c.row == row && strings.HasSuffix(c.name, "."+m) }
		if missing := got.name + " " + m; !slices.ContainsFunc(k.calls, declared) && !k.missing[missing] {
			k.missing[missing] = true
			k.fail("what %s returns has a function %s that no row calls: add %s(…).%s() to Calls", got.name, m, got.name, m)
		}
	}
}
