package syncsession

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/gorilla/securecookie"

	"github.com/arturoeanton/nflow-runtime/internal/ordered"
)

// MinKeyBytes is the least length of a key.
const MinKeyBytes = 32

// sealer encrypts and signs for one purpose: with its first key, and opens what any of its keys sealed.
type sealer []*securecookie.SecureCookie

// newSealer derives, from every key, keys that serve the purpose alone.
func newSealer(keys [][]byte, purpose string) (sealer, error) {
	var s sealer
	for i, key := range keys {
		if len(key) < MinKeyBytes {
			return nil, fmt.Errorf("session key %d has %d bytes, at least %d are needed", i+1, len(key), MinKeyBytes)
		}
		sign, err := hkdf.Key(sha256.New, key, nil, "nflow session "+purpose+" sign", sha256.Size)
		if err != nil {
			return nil, err
		}
		encrypt, err := hkdf.Key(sha256.New, key, nil, "nflow session "+purpose+" encrypt", 32) // AES-256
		if err != nil {
			return nil, err
		}
		// Age and length are ours to check: by the injected clock, and not at all for blobs.
		c := securecookie.New(sign, encrypt).SetSerializer(securecookie.NopEncoder{}).MaxAge(0).MaxLength(0)
		s = append(s, c)
	}
	return s, nil
}

// seal makes text that opens under the same name only.
func (s sealer) seal(name string, plain []byte) (string, error) {
	return s[0].Encode(name, bytes.Clone(plain)) // Encode encrypts in place
}

// open returns what was sealed, and whether by a key that is not the first.
func (s sealer) open(name, sealed string) (plain []byte, old, ok bool) {
	for i, c := range s {
		if c.Decode(name, sealed, &plain) == nil {
			return plain, i > 0, true
		}
	}
	return nil, false, false
}

// record is what is sealed: a session, or where it is.
type record struct {
	Saved  int64  `json:"t"`           // unix seconds
	Blob   string `json:"b,omitempty"` // id of the blob that holds the values
	Values Values `json:"v,omitempty"`
}

func (r record) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // pages in a session would grow by a half
	var v any = r
	for name := range r.Values {
		if !utf8.ValidString(name) {
			v = r.wide()
			break
		}
	}
	err := e.Encode(v)
	return b.Bytes(), err
}

// decodeRecord reads what encode wrote, its numbers in canonical form.
func decodeRecord(plain []byte) (record, bool) {
	var r record
	err := json.Unmarshal(plain, &r)
	if err != nil || !bytes.Contains(plain, []byte(`\ud`)) {
		return r, err == nil
	}
	var w wideRecord // names may have half a surrogate pair, which becomes U+FFFD in a map
	if err := json.Unmarshal(plain, &w); err != nil {
		return r, false
	}
	r.Values = make(Values, w.Values.Len())
	for name, v := range w.Values.All() {
		text, ok := v.(json.RawMessage)
		if !ok {
			continue
		}
		if r.Values[name], err = ordered.Parse(text); err != nil {
			return r, false
		}
	}
	return r, true
}

// wideRecord is a record as it is written where names have halves of surrogate pairs.
type wideRecord struct {
	Saved  int64           `json:"t"`
	Blob   string          `json:"b,omitempty"`
	Values *ordered.Object `json:"v,omitempty"`
}

func (r record) wide() wideRecord {
	values := make(map[string]any, len(r.Values))
	for name, v := range r.Values {
		values[name] = v
	}
	return wideRecord{r.Saved, r.Blob, ordered.From(values)}
}
