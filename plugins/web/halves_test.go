package web

import (
	"net/http"
	"testing"
)

// Half a surrogate pair in a name or a value of a form or a query is refused: UTF-8 cannot say it.
func TestHalvesOfPairsAreNotSent(t *testing.T) {
	t.Parallel()
	sent := 0
	w, _ := serve(t, Options{}, func(http.ResponseWriter, *http.Request) { sent++ })
	for _, script := range []string{
		`http.get(base, { query: { "\ud83d": 1 } })`,
		`http.get(base, { params: { a: ["x", "b\ude00"] } })`,
		`http.get(base, { query: "\ud83d=1" })`,
		`http.post(base, { form: { a: { "x\ud83d": 1 } } })`,
		`http.post(base, { form: [["\ud83d", 1]] })`,
		`http.post(base, { form: "\ud83d=1" })`,
		`http.post(base, { multipart: { "\ud83d": 1 } })`,
		`http.post(base, { multipart: { a: ["x", "\ud83d"] } })`,
	} {
		w.throws(script, "half a surrogate pair cannot be sent")
	}
	if sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
	w.eq(`http.post(base, { form: { "\ud83d\ude00": "\ufffd" } }).status`, `200`)
}
