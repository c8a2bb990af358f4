package syncsession_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

func TestSetKeepsNobodysMemory(t *testing.T) {
	t.Parallel()
	var s syncsession.Session
	in := map[string]any{"list": []any{"a"}, "o": map[string]any{"k": "v"}}
	must(t, s.Set("form", in))
	in["list"].([]any)[0] = "changed"
	in["o"].(map[string]any)["k"] = "changed"
	in["more"] = 1
	want := map[string]any{"list": []any{"a"}, "o": map[string]any{"k": "v"}}
	equal(t, s.Get("form"), want)

	out := s.Get("form")
	out["list"].([]any)[0] = "changed"
	out["o"].(map[string]any)["k"] = "changed"
	delete(out, "list")
	v, _ := s.Value("form", "o")
	v.(map[string]any)["k"] = "changed"
	equal(t, s.Get("form"), want)
}

func TestChanged(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		do   func(*syncsession.Session) error
		want bool
	}{
		"nothing":          {func(s *syncsession.Session) error { return nil }, false},
		"read":             {func(s *syncsession.Session) error { s.Get("a")["n"] = 9; s.Get("none"); return nil }, false},
		"same":             {func(s *syncsession.Session) error { return s.Set("a", map[string]any{"n": 1, "t": "x"}) }, false},
		"same key":         {func(s *syncsession.Session) error { return s.SetKey("a", "n", 1.0) }, false},
		"other key":        {func(s *syncsession.Session) error { return s.SetKey("a", "n", "1") }, true},
		"new key":          {func(s *syncsession.Session) error { return s.SetKey("a", "new", nil) }, true},
		"new name":         {func(s *syncsession.Session) error { return s.SetKey("b", "n", 1) }, true},
		"key less":         {func(s *syncsession.Session) error { return s.Set("a", map[string]any{"n": 1}) }, true},
		"empty new":        {func(s *syncsession.Session) error { return s.Set("b", nil) }, false},
		"emptied":          {func(s *syncsession.Session) error { return s.Set("a", nil) }, true},
		"delete key":       {func(s *syncsession.Session) error { s.DeleteKey("a", "n"); return nil }, true},
		"delete no key":    {func(s *syncsession.Session) error { s.DeleteKey("a", "x"); s.DeleteKey("b", "n"); return nil }, false},
		"delete":           {func(s *syncsession.Session) error { s.Delete("a"); return nil }, true},
		"delete no name":   {func(s *syncsession.Session) error { s.Delete("b"); return nil }, false},
		"clear":            {func(s *syncsession.Session) error { s.Clear(); return nil }, true},
		"renew":            {func(s *syncsession.Session) error { s.Renew(); return nil }, true},
		"refused is as is": {func(s *syncsession.Session) error { _ = s.SetKey("a", "n", func() {}); return nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, syncsession.Options{})
			b.run(func(s *syncsession.Session) { must(t, s.Set("a", map[string]any{"n": 1, "t": "x"})) })
			s := b.load()
			must(t, tc.do(s))
			if got := s.Changed(); got != tc.want {
				t.Errorf("changed = %v, want %v", got, tc.want)
			}
			if sent := b.save(s) != ""; sent != tc.want {
				t.Errorf("cookie sent = %v, want %v", sent, tc.want)
			}
			if s.Changed() || b.save(s) != "" {
				t.Error("a second save writes again")
			}
		})
	}
}

// Values as they come in, and as they are at once, in the next request, and after JSON.
func TestValueShapes(t *testing.T) {
	t.Parallel()
	type text string
	for name, tc := range map[string]struct{ in, want any }{
		"null":         {nil, nil},
		"bool":         {true, true},
		"text":         {"añ <b>&\"\\\u2028\x00 ’", "añ <b>&\"\\\u2028\x00 ’"},
		"broken text":  {"a\xffb", "a\uFFFDb"},
		"empty text":   {"", ""},
		"int":          {7, int64(7)},
		"biggest":      {int64(math.MaxInt64), int64(math.MaxInt64)},
		"smallest":     {int64(math.MinInt64), int64(math.MinInt64)},
		"above 2^53":   {int64(1<<53 + 1), int64(1<<53 + 1)},
		"uint8":        {uint8(200), int64(200)},
		"huge uint":    {uint64(math.MaxUint64), float64(math.MaxUint64)},
		"whole float":  {3.0, int64(3)},
		"minus zero":   {math.Copysign(0, -1), int64(0)},
		"2^60 float":   {math.Pow(2, 60), int64(1 << 60)},
		"2^63 float":   {math.Pow(2, 63), math.Pow(2, 63)},
		"float":        {0.1, 0.1},
		"float32":      {float32(0.5), 0.5},
		"tiny":         {math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64},
		"huge":         {math.MaxFloat64, math.MaxFloat64},
		"NaN":          {math.NaN(), nil},
		"infinity":     {math.Inf(-1), nil},
		"number":       {json.Number("12345678901234567890"), 12345678901234567890.0},
		"named type":   {text("x"), "x"},
		"time":         {time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), "2026-01-02T03:04:05.000006Z"},
		"list":         {[]any{1, "a", nil, []any{}, 1.5}, []any{int64(1), "a", nil, []any{}, 1.5}},
		"texts":        {[]string{"a", "b"}, []any{"a", "b"}},
		"pairs":        {[][2]any{{"k", 1}}, []any{[]any{"k", int64(1)}}},
		"object":       {map[string]any{"a": map[string]any{}, "": 1}, map[string]any{"a": map[string]any{}, "": int64(1)}},
		"other object": {map[string][]string{"H": {"x"}}, map[string]any{"H": []any{"x"}}},
		"nil list":     {[]any(nil), []any{}},
		"nil object":   {map[string]any(nil), map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, syncsession.Options{})
			want := map[string]any{"v": tc.want}
			b.run(func(s *syncsession.Session) {
				must(t, s.Set("set", map[string]any{"v": tc.in}))
				must(t, s.SetKey("key", "v", tc.in))
				equal(t, s.Get("set"), want)
				equal(t, s.Get("key"), want)
			})
			b.run(func(s *syncsession.Session) {
				equal(t, s.Get("set"), want)
				equal(t, s.Get("key"), want)
				v, ok := s.Value("key", "v")
				equal(t, []any{v, ok}, []any{tc.want, true})
			})
		})
	}
}

func TestNotJSON(t *testing.T) {
	t.Parallel()
	loop := map[string]any{}
	loop["self"] = []any{loop}
	for name, v := range map[string]any{
		"func": func() {}, "struct": struct{ A int }{1}, "pointer": new(int), "bytes": []byte("x"), "raw": json.RawMessage("1"),
		"chan": make(chan int), "int keys": map[int]any{1: 1}, "loop": loop, "number": json.Number("1e999"), "complex": 1i,
		"inside": []any{map[string]any{"deep": []func(){nil}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s syncsession.Session
			must(t, s.SetKey("form", "before", 1))
			for _, err := range []error{s.SetKey("form", "bad", v), s.Set("form", map[string]any{"bad": v})} {
				f := faultOf(t, err, fault.Script)
				if !strings.Contains(f.Text, `"bad"`) || !strings.Contains(f.Text, `"form"`) {
					t.Errorf("%q does not name key and session", f.Text)
				}
			}
			equal(t, s.Get("form"), map[string]any{"before": int64(1)})
		})
	}
}

func TestTooMuchIsRefusedWhenItIsSet(t *testing.T) {
	t.Parallel()
	unfolds := []any{"x"}
	for range 60 { // 2^60 values
		unfolds = []any{unfolds, unfolds}
	}
	var s syncsession.Session
	must(t, s.SetKey("small", "k", "v"))
	half := strings.Repeat("x", syncsession.DefaultMaxBytes/2)
	must(t, s.SetKey("big", "a", half))
	for name, err := range map[string]error{
		"unfolding": s.SetKey("big", "b", unfolds),
		"key":       s.SetKey("big", "b", half),
		"all":       s.Set("other", map[string]any{"b": half}),
		"name":      s.SetKey(half, "b", 1),
		"long key":  s.SetKey("other", half, 1),
	} {
		f := faultOf(t, err, fault.TooLarge)
		if len(f.Text) > 300 {
			t.Errorf("%s: the message has %d bytes", name, len(f.Text))
		}
	}
	if s.Get("other") != nil || s.Get("small")["k"] != "v" || len(s.Get("big")) != 1 {
		t.Error("a refused value left traces")
	}
	// What is taken away makes room, however it is taken away.
	must(t, s.SetKey("big", "a", "short"))
	must(t, s.SetKey("big", "b", half))
	must(t, s.Set("big", map[string]any{"c": half}))
	s.DeleteKey("big", "c")
	must(t, s.SetKey("big", "d", half))
	s.Clear()
	for range 100 {
		must(t, s.Set("big", map[string]any{"a": half, "b": half[:len(half)-100]}))
		s.Delete("big")
	}
}

// Many small pieces take much more memory than their text: a session holds 10,000 keys and 1000 names.
func TestTooManyKeysAreRefused(t *testing.T) {
	t.Parallel()
	var s syncsession.Session
	many := map[string]any{}
	for i := range 9000 {
		many[strconv.Itoa(i)] = i
	}
	must(t, s.Set("many", many))
	for i := range 999 {
		must(t, s.SetKey("n"+strconv.Itoa(i), "k", 1))
	}
	faultOf(t, s.SetKey("another", "k", 1), fault.TooLarge) // name
	must(t, s.SetKey("n1", "more", 1))
	faultOf(t, s.SetKey("n1", "again", 1), fault.TooLarge)
	faultOf(t, s.Set("n2", map[string]any{"a": 1, "b": 2}), fault.TooLarge)
	must(t, s.SetKey("n1", "more", 2)) // what is there may change
	must(t, s.Set("many", map[string]any{"1": 1}))
	must(t, s.SetKey("n1", "again", 1))
	if s.Len() != 1002 || s.Get("another") != nil || s.Get("n2")["k"] != int64(1) {
		t.Error(s.Len(), s.Get("another"), s.Get("n2"))
	}
}

func FuzzValues(f *testing.F) {
	for _, seed := range []string{`{"a":1}`, `{"":[null,true,-0,1e400,"\ud800",{"a":{}}]}`, `{"a":0.1,"b":9007199254740993,"c":1.5e300}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var m map[string]any
		if json.Unmarshal([]byte(text), &m) != nil {
			return
		}
		b := newBrowser(t, syncsession.Options{Overflow: &memoryBlobs{}})
		var want map[string]any
		b.run(func(s *syncsession.Session) {
			if s.Set("form", m) == nil {
				want = s.Get("form")
			}
		})
		b.run(func(s *syncsession.Session) { equal(t, s.Get("form"), want) })
		again, err := json.Marshal(want)
		must(t, err)
		before, err := json.Marshal(m)
		must(t, err)
		var x, y any
		must(t, json.Unmarshal(again, &x))
		must(t, json.Unmarshal(before, &y))
		if len(m) > 0 && want != nil && !reflect.DeepEqual(x, y) {
			t.Errorf("kept %s of %s", again, before)
		}
	})
}
