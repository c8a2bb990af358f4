package syncsession_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// A handler of the program reads and writes the session that flows see: engine.Runtime.Sessions returns their store.
func ExampleCookieStore() {
	ctx := context.Background()
	key := make([]byte, 32)
	rand.Read(key) // never fails
	sessions, err := syncsession.NewCookie(syncsession.Options{Name: "shop", Keys: [][]byte{key}})
	if err != nil {
		fmt.Println(err)
		return
	}
	visit := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	s, err := sessions.Load(ctx, visit)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Get("basket") == nil)
	if err := s.Set("basket", map[string]any{"apples": 3}); err != nil {
		fmt.Println(err)
		return
	}
	answer := httptest.NewRecorder()
	if err := sessions.Save(ctx, answer.Header(), visit, s); err != nil {
		fmt.Println(err)
		return
	}

	again := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	for _, c := range answer.Result().Cookies() {
		again.AddCookie(c)
	}
	if s, err = sessions.Load(ctx, again); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Get("basket"))
	// Output:
	// true
	// map[apples:3]
}
