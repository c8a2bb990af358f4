package ordered

import "testing"

// Half a surrogate pair survives in names and texts, next to what UTF-8 can say.
func TestHalvesOfPairs(t *testing.T) {
	t.Parallel()
	const text = `{"a":"\ud83dx","\udfff":1,"é\ud800😀":[{"\udc00":"\ud83d\ude00"}],"\ud83d\ude00":"\udc00"}`
	o, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"a":"\ud83dx","\udfff":1,"\u00e9\ud800\ud83d\ude00":[{"\udc00":"\ud83d\ude00"}],"😀":"\udc00"}`
	if written, err := o.MarshalJSON(); err != nil || string(written) != want {
		t.Errorf("%s, %v", written, err)
	}
	for _, name := range []string{"", "a", "é😀", "\ufffd"} {
		if units := Units(name); units != nil {
			t.Errorf("%q is %x", name, units)
		}
	}
}
