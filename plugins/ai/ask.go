package ai

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
)

// ask calls a server once, and yields each piece of text as it comes; the whole text when the question wants no stream.
// The rest of the response is in the reply when a piece is yielded. An error is the last that is yielded.
func (d *retryTransport) ask(ctx context.Context, w wire, to endpoint, q *question, into *reply) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		body, err := d.post(ctx, w.request(to, q))
		if err != nil {
			yield("", err)
			return
		}
		defer func() { _ = body.Close() }()
		if !q.stream {
			data, err := io.ReadAll(body)
			if err != nil {
				yield("", err)
				return
			}
			yield(read(w, data, into))
			return
		}
		for event, err := range w.events(body) {
			var text string
			if err == nil {
				text, err = read(w, event, into)
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}

// read reads a whole response, or one part of a stream. Every format puts an error into a field of that name.
func read(w wire, data []byte, into *reply) (string, error) {
	switch {
	case !json.Valid(data):
		return "", errMalformed
	case isError(data):
		return "", refused(0, data)
	}
	return w.read(data, into)
}

func isError(data []byte) bool {
	type head struct {
		Error any `json:"error"`
	}
	var one head
	if json.Unmarshal(data, &one) == nil {
		return one.Error != nil
	}
	var list []head // Gemini wraps it in an array
	return json.Unmarshal(data, &list) == nil && len(list) > 0 && list[0].Error != nil
}

// lines yields the lines of a body, without white space at their ends.
func lines(body io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		r := bufio.NewReader(body)
		for {
			line, err := r.ReadBytes('\n')
			if err != nil && err != io.EOF {
				yield(nil, err)
				return
			}
			if !yield(bytes.TrimSpace(line), nil) || err != nil {
				return
			}
		}
	}
}

// values yields the JSON values of a body that has one in each line.
func values(body io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for line, err := range lines(body) {
			if (err != nil || len(line) > 0) && !yield(line, err) {
				return
			}
		}
	}
}

// events yields the data of server-sent events up to OpenAI's [DONE]. A body without one event is yielded as a whole:
// some servers ignore that a stream was asked for. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
func events(body io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var data, other []byte
		seen := false
		for line, err := range lines(body) {
			field, value, _ := bytes.Cut(line, []byte(":"))
			switch {
			case err != nil:
				yield(nil, err)
				return
			case string(field) == "data":
				data, seen = append(append(data, value...), '\n'), true
			case len(line) > 0 && !seen:
				other = append(append(other, line...), '\n')
			case len(line) == 0 && len(data) > 0:
				event := bytes.TrimSpace(data)
				if string(event) == "[DONE]" || !yield(event, nil) {
					return
				}
				data = nil
			}
		}
		if !seen {
			data = other
		}
		if json.Valid(data) { // the blank line behind the last event was left out
			yield(data, nil)
		} else if !seen && len(data) > 0 {
			yield(nil, errMalformed)
		}
	}
}
