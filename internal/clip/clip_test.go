package clip

import "testing"

func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc…"},
		{"abc", 0, "…"},
		{"aé", 2, "a…"},
		{"aéb", 3, "aé…"},
		{"a€€", 3, "a…"},
		{"a€€", 4, "a€…"},
		{"😀😀", 7, "😀…"},
		{"\x80\x80\x80\x80\x80\x80", 5, "\x80\x80\x80\x80\x80…"}, // no character begins there: nothing to keep whole
	} {
		if got := Text(c.in, c.n); got != c.want {
			t.Errorf("Text(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestChars(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"ñandú", 2, "ña"}, {"abc", 0, ""}} {
		if got := Chars(c.in, c.n); got != c.want {
			t.Errorf("Chars(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}
