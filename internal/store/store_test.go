package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/fault"
)

func TestDriver(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Kind{
		"": SQLite, "sqlite": SQLite, "sqlite3": SQLite, " SQLite3 ": SQLite, "postgres": Postgres, "pgx": Postgres, "postgresql": Postgres,
	} {
		if got, err := Driver(name); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", name, got, err, want)
		}
	}
	if _, err := Driver("mysql"); err == nil || fault.From(err).Kind != fault.Invalid {
		t.Errorf("mysql: got %v, want an Invalid error", err)
	}
}

func TestTruth(t *testing.T) {
	t.Parallel()
	for _, src := range []any{true, int64(1), int64(-1), 1.0, "1", "t", "TRUE ", " yes", "On", []byte("true"), []byte{1}} {
		if b := truth(false); b.Scan(src) != nil || !b {
			t.Errorf("%#v must be true", src)
		}
	}
	for _, src := range []any{nil, false, int64(0), 0.0, "", "0", "f", "no", "2", "active", []byte{0}, []byte{1, 1}, []byte{}, time.Now()} {
		if b := truth(true); b.Scan(src) != nil || b {
			t.Errorf("%#v must be false", src)
		}
	}
}

func TestMoment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  any
		want string
	}{
		{nil, "never"},
		{"", "never"},
		{[]byte("  "), "never"},
		{int64(5), "5"},
		{5.9, "5"},
		{"5", "5"},
		{" 1.7e9 ", "1700000000"},
		{[]byte("-5"), "-5"},
		{time.Unix(7, 8), "7"},
		{"1970-01-01T00:00:09Z", "9"},
		{"1970-01-01 00:00:08", "8"},
		{"1970-01-02", "86400"},
		// What cannot be read is long ago.
		{"soon", "0"},
		{"NaN", "0"},
		{"1e300", "0"},
		{1e300, "0"},
		{true, "0"},
		{struct{}{}, "0"},
	} {
		var m moment
		err := m.Scan(c.src)
		got := "never"
		if m.unix != nil {
			got = fmt.Sprint(*m.unix)
		}
		if err != nil || got != c.want {
			t.Errorf("%#v: got %s, %v; want %s", c.src, got, err, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"ñandú", 2, "ña"}, {"a\xffb\x00c", 3, "a\uFFFDb"}, {"abc", 0, ""}} {
		if got := cut(c.in, c.n); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}
