// Package problem writes the response of a request that failed: JSON for programs, a plain page for people.
//
// The engine and the server answer their errors with it, so that all look alike. It knows neither flows nor kinds of
// errors: the caller decides on status and text, which must hold nothing that a visitor may not read.
package problem

import (
	"encoding/json"
	"html"
	"net/http"
	"strconv"
	"strings"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

// WidHeader carries the id of the run back to the client.
const WidHeader = "Nflow-Wid-1"

// Answer is the JSON of an error.
type Answer struct {
	Message string      `json:"message"`
	Code    int         `json:"code"`            // the HTTP status
	Wid     string      `json:"wid,omitempty"`   // of the run that failed
	Node    *fault.Node `json:"node,omitempty"`  // where it failed
	Limit   string      `json:"limit,omitempty"` // which one it went over: "time", "memory", …
}

// JSON returns the response as programs read it.
func (a Answer) JSON() []byte {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // the types are ours
	}
	return text
}

// Write writes the response, in the form that the request accepts. The error is that of the connection.
func Write(w http.ResponseWriter, r *http.Request, a Answer) error {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept")
	body := a.JSON()
	if WantsPage(r.Header) {
		h.Set("Content-Type", "text/html; charset=UTF-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		body = a.page()
	} else {
		h.Set("Content-Type", "application/json")
	}
	w.WriteHeader(a.Code)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// WantsPage reports whether a request is a browser's that opens a page: its Accept names text/html, and does not prefer
// JSON. Scripts of a page, and most programs, name neither or */*.
func WantsPage(h http.Header) bool {
	page, data := -1.0, -1.0
	for _, line := range h["Accept"] {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "text/html", "application/xhtml+xml":
				page = max(page, quality(params))
			case "application/json":
				data = max(data, quality(params))
			}
		}
	}
	return page > 0 && page >= data
}

// quality returns the q of a part of Accept, 1 without one.
func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				return q
			}
		}
	}
	return 1
}

// page returns the response as a page without scripts.
func (a Answer) page() []byte {
	var b strings.Builder
	title := strconv.Itoa(a.Code) + " " + http.StatusText(a.Code)
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`)
	b.WriteString(`<title>` + title + `</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40em;` +
		`margin:15vh auto;padding:0 1.5em}small{opacity:.7}</style></head><body><h1>` + title + `</h1><p>`)
	b.WriteString(html.EscapeString(a.Message) + `</p>`)
	if a.Node != nil {
		b.WriteString(`<p><small>Node: ` + html.EscapeString(a.Node.Name) + ` (` + html.EscapeString(a.Node.ID) + `)</small></p>`)
	}
	if a.Wid != "" {
		b.WriteString(`<p><small>Run: ` + html.EscapeString(a.Wid) + `</small></p>`)
	}
	b.WriteString(`</body></html>`)
	return []byte(b.String())
}
