package debug

import (
	"net/http"
	"net/http/pprof"
)

// addProfiles adds /debug/pprof/*.
func (d *pages) addProfiles(routes map[string]http.HandlerFunc) {
	routes["GET /debug/pprof/"] = pprof.Index // with the profiles by name
	routes["GET /debug/pprof/symbol"] = pprof.Symbol
	routes["POST /debug/pprof/symbol"] = pprof.Symbol
	routes["GET /debug/pprof/trace"] = pprof.Trace
	routes["GET /debug/pprof/profile"] = func(w http.ResponseWriter, r *http.Request) {
		defer d.Runtime.Profile()()
		pprof.Profile(w, r)
	}
}
