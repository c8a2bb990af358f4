package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// visitor walks through the onboarding wizard and sends a request again that the balancer could not deliver, as people do.
type visitor struct {
	client *http.Client
	base   string
	seen   func(page) // each response of a member
}

func newVisitor(base string, transport http.RoundTripper, seen func(page)) *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{client: &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second}, base: base, seen: seen}
}

// walk goes from the first page to the last response. The error names the first wrong one.
func (v *visitor) walk(ctx context.Context, name string) error {
	const at = "/pepe11"
	p, _, err := v.send(ctx, http.MethodGet, at, nil)
	for _, step := range []struct{ page, field string }{
		{"Paso 1", "nombre=" + name}, {"Paso 2", "tipo=celular"}, {"Paso 3 - Celular", "codigo=1111"}, {"Paso 4", "cantidad=1000"},
	} {
		if err != nil {
			return err
		}
		if p.status != http.StatusOK || !strings.Contains(p.body, step.page) {
			return fmt.Errorf("%s: %d where %s was to come: %.300s", name, p.status, step.page, p.body)
		}
		path, form := p.next(at, step.field)
		again := false
		p, again, err = v.send(ctx, http.MethodPost, path, form)
		if step.page == "Paso 4" && again && p.status == http.StatusConflict {
			return nil // the dead process had ended the form, and could not say so
		}
	}
	if err != nil {
		return err
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(p.body), &got); err != nil {
		return fmt.Errorf("%s: %d in the end: %.300s", name, p.status, p.body)
	}
	if got["nombre"] != name || got["tipo"] != "celular" || got["codigo"] != "1111" || got["paso_codigo"] != "ok" || got["cantidad"] != "1000" {
		return fmt.Errorf("%s has the form %.300s", name, p.body)
	}
	return nil
}

// send sends a request until a member responds, and reports whether it had to try again.
func (v *visitor) send(ctx context.Context, method, path string, form url.Values) (p page, again bool, err error) {
	for range 100 {
		p, err = v.try(ctx, method, path, form)
		if err != nil {
			return p, again, err
		}
		if p.header.Get(failedAt) == "" && p.status != http.StatusBadGateway {
			v.seen(p)
			return p, again, nil
		}
		again = true
		select {
		case <-time.After(20 * time.Millisecond): // nobody presses a button sooner
		case <-ctx.Done():
			return p, again, ctx.Err()
		}
	}
	return p, again, fmt.Errorf("%s %s: nobody answers", method, path)
}

func (v *visitor) try(ctx context.Context, method, path string, form url.Values) (p page, err error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	q, err := http.NewRequestWithContext(ctx, method, v.base+path, body)
	if err != nil {
		return p, err
	}
	if form != nil {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(q)
	if err != nil {
		return p, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return page{res.StatusCode, res.Header, string(text)}, err
}
