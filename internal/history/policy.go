package history

import (
	"hash/fnv"
	"strconv"
	"strings"
)

// Policy is which runs are kept, and how much of them. Its zero value keeps none.
type Policy struct {
	Failures bool    // runs with an actionable failure
	Share    float64 // of all runs, from 0 to 1
	Payloads bool    // with what the nodes changed in the payload
}

// ParsePolicy reads a policy as [history] record and the starter's key history give it: off, errors, all or sample:N%.
// A sample keeps the failures too.
func ParsePolicy(text string) (p Policy, ok bool) {
	switch text = strings.TrimSpace(text); text {
	case "off":
		return Policy{}, true
	case "errors":
		return Policy{Failures: true}, true
	case "all":
		return Policy{Failures: true, Share: 1}, true
	}
	share, sample := strings.CutPrefix(text, "sample:")
	percent, closed := strings.CutSuffix(share, "%")
	n, err := strconv.ParseFloat(percent, 64)
	if !sample || !closed || err != nil || !(n > 0 && n <= 100) {
		return Policy{}, false
	}
	return Policy{Failures: true, Share: n / 100}, true
}

// off reports whether nothing is kept, whatever happens.
func (p Policy) off() bool { return !p.Failures && p.Share == 0 }

// chooses reports whether the share holds the run, or story, of an id: always the same ones.
func (p Policy) chooses(wid string) bool {
	switch p.Share {
	case 0:
		return false
	case 1:
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(wid))
	x := h.Sum32()
	x ^= x >> 16 // ids that are alike must not be chosen alike
	x *= 0x7feb352d
	x ^= x >> 15
	x *= 0x846ca68b
	x ^= x >> 16
	return float64(x) < p.Share*(1<<32)
}
