package syncsession

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// A session's id is a hint of two letters, which stays when the session is renewed and keeps both ids on one node of a
// Redis cluster, and 256 random bits.
const hintLength = 2

// newSessionID returns a new id with the hint of the old one, if there is one.
func newSessionID(old string) string {
	hint := old
	if hint == "" {
		hint = newID()
	}
	return hint[:hintLength] + newID()
}

// keyOf returns the name by which the server knows an owner's id: its hint and the hash of both. What cannot be an id has
// none.
func keyOf(owner, id string) (string, bool) {
	if len(id) != hintLength+base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return "", false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return "", false
		}
	}
	sum := sha256.Sum256([]byte(id + owner)) // all ids are of one length
	return id[:hintLength] + base64.RawURLEncoding.EncodeToString(sum[:]), true
}

// fieldName writes session name and key as one text that no other pair has, without NUL, which PostgreSQL refuses: the
// name's length and both, or a JSON list.
func fieldName(name, key string) string {
	if strings.IndexByte(name, 0) < 0 && strings.IndexByte(key, 0) < 0 && utf8.ValidString(name) && utf8.ValidString(key) {
		return strconv.Itoa(len(name)) + ":" + name + key
	}
	text, _ := json.Marshal([2]json.RawMessage{ordered.Quote(name), ordered.Quote(key)}) // texts always can be written
	return string(text)
}

func splitField(field string) (name, key string, ok bool) {
	if strings.HasPrefix(field, "[") {
		var pair [2]string
		err := json.Unmarshal([]byte(field), &pair)
		if err != nil {
			return "", "", false
		}
		r := ordered.Reader{Text: []byte(field)}
		r.Enter()
		name = r.Key() // with halves of surrogate pairs
		return name, r.Key(), true
	}
	length, both, _ := strings.Cut(field, ":")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > len(both) {
		return "", "", false
	}
	return both[:n], both[n:], true
}

func encodeValue(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

func encodeAll(values Values) (map[string]string, error) {
	fields := map[string]string{}
	for name, m := range values {
		ranks := rank(m, nil)
		for key, v := range m.All() {
			text, err := encodeValue(v)
			if err != nil {
				return nil, err
			}
			fields[fieldName(name, key)] = ranked(ranks[key], text)
		}
	}
	return fields, nil
}

// decodeValue reads what encodeValue wrote, numbers in canonical form.
func decodeValue(text string) (any, bool) {
	switch {
	case text == "":
		return nil, false
	case text[0] == '"':
		var v string
		err := json.Unmarshal([]byte(text), &v)
		if strings.ContainsRune(v, utf8.RuneError) && err == nil {
			if _, units := (&ordered.Reader{Text: []byte(text)}).String(); units != nil { // half a surrogate pair
				return json.RawMessage(text), true
			}
		}
		return v, err == nil
	case text[0] == '-' || '0' <= text[0] && text[0] <= '9':
		return number(json.Number(text))
	}
	if !json.Valid([]byte(text)) {
		return nil, false
	}
	switch text[0] {
	case '{', '[':
		return json.RawMessage(text), true
	}
	var v any
	err := json.Unmarshal([]byte(text), &v) // true, false or null
	return v, err == nil
}
