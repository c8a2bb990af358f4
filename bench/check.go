package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// check sends one request for each step, compares the response with what the flow has to answer, and returns the visit whose responses
// every later one must equal.
func check(ctx context.Context, dial dialer, steps []step) (visit, error) {
	v := visit{cookies: len(steps) > 1}
	var w wire
	if err := w.open(ctx, dial, time.Now().Add(time.Minute)); err != nil {
		return v, err
	}
	defer w.close()
	for _, s := range steps {
		q := s.request()
		status, err := w.exchange(q, v.cookies)
		if err != nil {
			return v, fmt.Errorf("%s: %w", s.path, err)
		}
		if status != 200 || !same(s.want, w.body.Bytes()) {
			return v, fmt.Errorf("%s answers %d %.300q, and not %.300q", s.path, status, w.body.Bytes(), s.want)
		}
		q.answer = bytes.Clone(w.body.Bytes())
		v.requests = append(v.requests, q)
	}
	return v, nil
}

// same reports whether two texts say the same: as JSON, where what is wanted is JSON.
func same(want string, got []byte) bool {
	var a, b any
	if json.Unmarshal([]byte(want), &a) != nil {
		return want == string(got)
	}
	return json.Unmarshal(got, &b) == nil && alike(a, b)
}

// alike compares values of JSON. Numbers may differ in their last digits: each engine has a sine of its own.
func alike(a, b any) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(a))
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !alike(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			if v, ok := b[k]; !ok || !alike(a[k], v) {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}
