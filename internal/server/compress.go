package server

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// minCompressed is how many bytes a response has to have before gzip makes it smaller by anything that counts.
const minCompressed = 1 << 10

// mayCompress decides, when the header is complete and the response long enough, whether it is compressed. Caches are told
// where that depends on the client.
func (w *writer) mayCompress() bool {
	h := w.Header()
	if w.status < 200 || w.status == http.StatusNoContent || w.status == http.StatusNotModified || w.status == http.StatusPartialContent ||
		!isText(h["Content-Type"]) || h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" ||
		strings.Contains(h.Get("Cache-Control"), "no-transform") {
		return false
	}
	h.Add("Vary", "Accept-Encoding")
	return takesGzip(w.request)
}

// compress sends the header of a compressed response.
func (w *writer) compress() {
	h := w.Header()
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	h.Del("Accept-Ranges")
	if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) {
		h.Set("Etag", "W/"+tag) // other bytes, same meaning
	}
	w.start()
	w.zip = w.server.zip.Get().(*gzip.Writer)
	w.zip.Reset(&w.conn)
}

func (w *writer) endCompression() {
	w.zip.Reset(nil)
	w.server.zip.Put(w.zip)
	w.zip = nil
}

// takesGzip reports whether the response of a request may be compressed.
func takesGzip(r *http.Request) bool {
	if r.Method == http.MethodHead || r.Header.Get("Range") != "" {
		return false
	}
	for _, line := range r.Header["Accept-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(coding, ";")
			if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
				continue
			}
			q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			weight, err := strconv.ParseFloat(q, 64)
			return !ok || err == nil && weight > 0
		}
	}
	return false
}

// isText reports whether a type is text that compresses. Event streams are left alone: each event has to arrive immediately.
func isText(contentType []string) bool {
	switch kind := mediaType(contentType); kind {
	case "text/event-stream":
		return false
	case "application/json", "application/javascript", "application/xml", "application/manifest+json", "image/svg+xml":
		return true
	default:
		return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml")
	}
}

func isPlain(contentType []string) bool { return mediaType(contentType) == "text/plain" }

// mediaType returns the type that a header names, without its parameters.
func mediaType(contentType []string) string {
	if len(contentType) == 0 {
		return ""
	}
	kind, _, _ := strings.Cut(contentType[0], ";")
	return strings.ToLower(strings.TrimSpace(kind))
}
