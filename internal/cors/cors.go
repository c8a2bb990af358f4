// Package cors says which pages of other origins may read a response (Fetch standard, "CORS protocol"): the policy of the
// configuration, and those that starters have of their own.
//
// The engine calls it at each response and preflight. It knows neither runs nor their responses.
package cors

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/graph"
)

// Options are the keys of [server.cors], and of a starter's cors.
type Options struct {
	Origins     []string // as browsers send them; "*" for all. None: no page may
	Methods     []string // Defaults to all that the path has
	Headers     []string // of a request; "*" for all
	Credentials bool     // pages may use the visitor's cookies
	MaxAge      time.Duration
}

// corsKey is the key of a starter with a policy of its own, an object with the keys of [server.cors]; false for none.
const corsKey = "cors"

// Policy is the rule which pages of other origins may read a response. A nil Policy allows none. It is read-only.
type Policy struct {
	origins     []string
	methods     []string
	headers     []string // in lower case
	credentials bool
	maxAge      string // seconds
}

// New returns the policy of o, nil where no origin is named.
func New(o Options) *Policy {
	if len(o.Origins) == 0 {
		return nil
	}
	p := &Policy{origins: o.Origins, methods: o.Methods, credentials: o.Credentials}
	for _, h := range o.Headers {
		p.headers = append(p.headers, strings.ToLower(h))
	}
	if o.MaxAge > 0 {
		p.maxAge = strconv.Itoa(int(o.MaxAge.Seconds()))
	}
	return p
}

// OfStarters reads what the starters of a graph say of their policy; most say nothing.
func OfStarters(g *graph.Graph) map[*graph.Starter]*Policy {
	var own map[*graph.Starter]*Policy
	for _, f := range g.Flows {
		for _, s := range f.Starters {
			policy := s.Node.Data[corsKey]
			if policy == nil {
				continue
			}
			if own == nil {
				own = map[*graph.Starter]*Policy{}
			}
			own[s] = read(policy)
		}
	}
	return own
}

// said is a policy as a starter holds it.
type said struct {
	Origins, Methods, Headers []string
	Credentials               bool
	MaxAge                    float64 `json:"max_age"`
}

// Wrong reports in words what of a starter's policy has no effect, "" for nothing.
func Wrong(policy any) string {
	text, err := json.Marshal(policy)
	if err != nil {
		return err.Error()
	}
	var own said
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	switch err := d.Decode(&own); {
	case err != nil:
		return strings.TrimPrefix(err.Error(), "json: ") + "; the keys are origins, methods, headers, credentials and max_age, in seconds"
	case own.Credentials && slices.Contains(own.Origins, "*"):
		return `credentials with "*" as origin allow no page: name the origins`
	}
	return ""
}

// read reads a policy as a starter holds it; nil, which allows none, for an invalid policy.
func read(policy any) *Policy {
	text, err := json.Marshal(policy)
	if err != nil {
		return nil
	}
	var own said
	if json.Unmarshal(text, &own) != nil {
		return nil
	}
	return New(Options{
		Origins: own.Origins, Methods: own.Methods, Headers: own.Headers, Credentials: own.Credentials,
		MaxAge: time.Duration(max(0, own.MaxAge) * float64(time.Second)),
	})
}

// Allow lets a page of another origin read the response, where the policy allows that origin, and
// reports whether it does.
func (p *Policy) Allow(h http.Header, q *http.Request) bool {
	if p == nil {
		return false
	}
	all := slices.Contains(p.origins, "*")
	if !all || p.credentials {
		h.Add("Vary", "Origin")
	}
	origin := q.Header.Get("Origin")
	switch {
	case origin == "":
		return false
	case slices.Contains(p.origins, origin):
	case all && !p.credentials: // no page of anywhere gets the visitor's cookies
		origin = "*"
	default:
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin)
	if p.credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	return true
}

// IsPreflight reports whether a browser asks whether a page may send a request, and with which method.
func IsPreflight(q *http.Request) (method string, ok bool) {
	method = q.Header.Get("Access-Control-Request-Method")
	return method, q.Method == http.MethodOptions && method != "" && q.Header.Get("Origin") != ""
}

// AnswerPreflight writes the permissions of the page into the header of the response. methods are those that the path has.
func (p *Policy) AnswerPreflight(h http.Header, q *http.Request, methods []string) {
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	if !p.Allow(h, q) {
		return
	}
	if len(p.methods) > 0 && !slices.Contains(p.methods, "*") {
		methods = p.methods
	}
	h.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	if names := p.allowedHeaders(q.Header.Get("Access-Control-Request-Headers")); names != "" {
		h.Set("Access-Control-Allow-Headers", names)
	}
	if p.maxAge != "" {
		h.Set("Access-Control-Max-Age", p.maxAge)
	}
}

// allowedHeaders returns the headers that a page may send: those of the policy, or those it requests where all may be sent.
func (p *Policy) allowedHeaders(asked string) string {
	if slices.Contains(p.headers, "*") {
		return asked
	}
	return strings.Join(p.headers, ", ")
}
