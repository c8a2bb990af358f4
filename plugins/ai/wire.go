package ai

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// wire is the format of a kind of server.
type wire interface {
	// request returns what to send.
	request(to endpoint, q *question) request
	// events yields the parts of a stream, each a JSON value that is valid until the next.
	events(body io.Reader) iter.Seq2[[]byte, error]
	// read reads a whole response, or a part of a stream, into the reply, and returns its text. Data is JSON and no error of
	// the server. Fails with errMalformed.
	read(data []byte, into *reply) (text string, err error)
}

// endpoint is where to ask.
type endpoint struct{ base, key string } // key is "" for none

// request is a question on its way: body becomes JSON.
type request struct {
	url    string
	header http.Header
	body   any
}

// question is all that is sent to a model.
type question struct {
	model       string
	messages    []message
	temperature *float64
	maxTokens   int64 // 0 for the server's own
	tools       []tool
	schema      map[string]any // nil for free text
	stream      bool
}

// MarshalJSON lets a recording tell questions apart.
func (q *question) MarshalJSON() ([]byte, error) {
	list := []any{q.model, q.temperature, q.maxTokens, q.schema, q.stream}
	for _, m := range q.messages {
		list = append(list, m.role, m.text, m.callID, m.name, recordedCalls(m.calls))
	}
	for _, t := range q.tools {
		list = append(list, t.name, t.description, t.parameters)
	}
	return json.Marshal(list)
}

// message is one turn of a conversation.
type message struct {
	role   string // system, user, assistant or tool
	text   string
	calls  []toolCall // of an assistant
	callID string     // of a tool: what it returns
	name   string     // of a tool
}

// toolCall is what a model wants a tool to do.
type toolCall struct {
	id, name  string
	args      string // JSON, as the model wrote it
	signature string // Gemini's, to be sent back with the call
}

// reply is what a model said.
type reply struct {
	text          strings.Builder
	calls         []toolCall
	input, output int // tokens
	model         string
	finish        string   // "" while a stream continues
	pieces        []string // of text, as they came; kept only for a recording
}

// say adds text, and words with which a model refuses, and returns both.
func (a *reply) say(text, refusal string) string {
	if refusal != "" {
		text, a.finish = text+refusal, "content_filter"
	}
	a.text.WriteString(text)
	return text
}

// end checks a whole reply to a question of some bytes, and bounds what it counts.
func (a *reply) end(streamed bool, asked int) error {
	if a.finish == "" {
		if streamed {
			return errBroken
		}
		a.finish = "stop"
	}
	if len(a.calls) > maxCalls {
		return errMalformed
	}
	for _, c := range a.calls {
		if c.name == "" {
			return errMalformed
		}
	}
	if a.input+a.output == 0 { // a server that does not count: four bytes are about a token
		a.input, a.output = asked/4+1, a.text.Len()/4+1
	}
	a.input, a.output = min(max(a.input, 0), maxTokens), min(max(a.output, 0), maxTokens)
	return nil
}

// recorded is a reply as a recording of a run keeps it.
type recorded struct {
	Text, Model, Finish string
	Calls               []recordedCall
	Input, Output       int
	Pieces              []string
}

type recordedCall struct{ ID, Name, Args, Signature string }

// MarshalJSON and UnmarshalJSON let a recording keep it.
func (a *reply) MarshalJSON() ([]byte, error) {
	r := recorded{Text: a.text.String(), Model: a.model, Finish: a.finish, Input: a.input, Output: a.output, Pieces: a.pieces}
	r.Calls = recordedCalls(a.calls)
	return json.Marshal(r)
}

func recordedCalls(calls []toolCall) (list []recordedCall) {
	for _, c := range calls {
		list = append(list, recordedCall{c.id, c.name, c.args, c.signature})
	}
	return list
}

func (a *reply) UnmarshalJSON(text []byte) error {
	var r recorded
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	a.text.WriteString(r.Text)
	a.model, a.finish, a.input, a.output, a.pieces = r.Model, r.Finish, r.Input, r.Output, r.Pieces
	for _, c := range r.Calls {
		a.calls = append(a.calls, toolCall{c.ID, c.Name, c.Args, c.Signature})
	}
	return nil
}

var errMalformed = errors.New("the response is not what the API documents")

// refusal is an error that a server answered.
type refusal struct {
	status  int
	message string
}

func (e *refusal) Error() string { return fmt.Sprintf("status %d: %s", e.status, e.message) }

// refused reads the body of an error: {"error": {"message": "…"}} or {"error": "…"}.
func refused(status int, body []byte) *refusal {
	var e struct {
		Error json.RawMessage `json:"error"`
	}
	r := &refusal{status: status}
	if json.Unmarshal(body, &e) != nil {
		var list []struct {
			Error json.RawMessage `json:"error"`
		}
		if json.Unmarshal(body, &list) != nil || len(list) == 0 { // Gemini's streams wrap it in an array
			return r
		}
		e.Error = list[0].Error
	}
	var inner struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(e.Error, &r.message) != nil && json.Unmarshal(e.Error, &inner) == nil {
		r.message = inner.Message
	}
	return r
}

// finishes are the ends that several servers name differently.
func finished(word string) string {
	switch word {
	case "STOP", "stop", "end_turn", "unload", "load":
		return "stop"
	case "MAX_TOKENS", "length", "max_tokens":
		return "length"
	case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "content_filter":
		return "content_filter"
	case "tool_calls", "function_call":
		return "tool_calls"
	}
	return word
}

// arguments returns the arguments of a call as a JSON object; an empty one when the model wrote none or nonsense.
func arguments(text string) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &m) != nil || m == nil {
		return json.RawMessage("{}")
	}
	return json.RawMessage(text)
}

func validURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.RawQuery == "" && u.Fragment == ""
}

var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$`)

const maxModel = 200 // bytes
