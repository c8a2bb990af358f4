package ordered

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"
)

func TestObjectKeepsOrder(t *testing.T) {
	t.Parallel()
	o, err := Parse([]byte(` {"z": 1, "a" : {"y":[1 , 2],"b":"}]"} ,"n":null,"t":true,"f":-1.5,"big":9007199254740993,"s":"\u00e9\ud83d\ude00\t","z":2} `))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"z":2,"a":{"y":[1 , 2],"b":"}]"},"n":null,"t":true,"f":-1.5,"big":9007199254740993,"s":"é😀\t"}`
	if text, err := o.MarshalJSON(); err != nil || string(text) != want {
		t.Errorf("%s %v", text, err)
	}
	c := o.Clone()
	c.Set("a", 1)
	c.Delete("n")
	c.Delete("none")
	c.Set("new", []any{"<"})
	if text, _ := c.MarshalJSON(); string(text) != `{"z":2,"a":1,"t":true,"f":-1.5,"big":9007199254740993,"s":"é😀\t","new":["<"]}` {
		t.Errorf("%s", text)
	}
	if text, _ := o.MarshalJSON(); string(text) != want {
		t.Errorf("a change of the copy shows: %s", text)
	}
	for _, text := range []string{``, `[1]`, `{"a":1}x`, `{"a":1}{}`, `{"a"}`, `null`} {
		if o, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, o)
		}
	}
	var none *Object
	if none.Len() != 0 || none.Get("a") != nil || none.Has("a") || none.Clone() != nil || len(none.Map()) != 0 {
		t.Error("nil is no empty object")
	}
}

// What a Go program returns for an object stands in that object's order, new keys after it.
func TestLike(t *testing.T) {
	t.Parallel()
	before, _ := Parse([]byte(`{"z":1,"a":{"y":1,"b":2},"list":[{"q":1,"p":2}],"gone":1}`))
	after := map[string]any{"a": map[string]any{"b": 3, "y": 4, "x": 0}, "z": "new", "list": []any{map[string]any{"p": 1, "q": 2}, 7}, "c": 1, "b": 2}
	text, err := json.Marshal(Like(after, before))
	if want := `{"z":"new","a":{"y":4,"b":3,"x":0},"list":[{"q":2,"p":1},7],"b":2,"c":1}`; err != nil || string(text) != want {
		t.Errorf("%s %v", text, err)
	}
}

// FuzzParse compares with encoding/json: the same texts are refused, the same data is read, and what is written is read
// again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,{"b":"\ud83d"}],"é":"\ud83d\ude00\\\"","":{}}`, `{"a":-0,"b":1e999,"c":123456789012345678901}`, `{"a":"\u00"}`, `[{}]`, "{\"\xff\":\"\xff\xfe\"}",
		`{"a":[[[[]]]],"a":{"a":{}}}`, `{"\ude00":{"\ud83d":1},"a":[{"\ude00":2}]}`, `{"a":true,"b":false,"c":null}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want map[string]any
		failed := json.Unmarshal([]byte(text), &want)
		o, err := Parse([]byte(text))
		if failed != nil || want == nil {
			if err == nil && json.Valid([]byte(text)) != (failed != nil) { // numbers beyond float64 are no error here
				t.Fatalf("%q is read", text)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got := floats(o.Map()).(map[string]any)
		if !reflect.DeepEqual(got, want) && !hasHalves(got) { // encoding/json drops half a pair in a name
			t.Fatalf("%q is %#v, want %#v", text, got, want)
		}
		written, err := o.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(written)
		if err != nil || !reflect.DeepEqual(floats(again.Map()), floats(o.Map())) || !slices.Equal(again.keys, o.keys) { // 0e0 is written as 0
			t.Fatalf("%q is written as %s, %v", text, written, err)
		}
		whole, err := Decode([]byte(text))
		if err != nil || !reflect.DeepEqual(Plain(whole), any(o.Map())) {
			t.Fatalf("%q whole is %#v, %v", text, Plain(whole), err)
		}
	})
}

// hasHalves reports whether a name holds half a surrogate pair.
func hasHalves(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, hasHalves)
	case map[string]any:
		for k, inner := range v {
			if !utf8.ValidString(k) || hasHalves(inner) {
				return true
			}
		}
	}
	return false
}

// floats makes float64 of all numbers, as encoding/json does.
func floats(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case map[string]any:
		for _, k := range slices.Collect(maps.Keys(v)) {
			v[k] = floats(v[k])
		}
	}
	return v
}
