package layout

import (
	"reflect"
	"testing"
	"time"
)

func TestThePinnedGojaIsKnown(t *testing.T) {
	t.Parallel()
	if l := Learned(); l.Missing() != "" {
		t.Errorf("this goja is not laid out as expected: %s", l.Missing())
	}
}

// What is learned once delays the start of every process.
func TestLearningIsQuick(t *testing.T) {
	best := time.Hour
	for range 5 {
		start := time.Now()
		l := &Layout{}
		if err := l.findFields(); err != nil {
			t.Fatal(err)
		}
		l.readable = true
		if err := l.checkReads(); err != nil {
			t.Fatal(err)
		}
		reads := time.Since(start)
		if err := l.checkAudit(); err != nil {
			t.Fatal(err)
		}
		t.Logf("fields and reads %v, with audits %v", reads, time.Since(start))
		best = min(best, time.Since(start))
	}
	most := 50 * time.Millisecond
	if testing.Short() { // as under the race detector, which takes many times as long
		most *= 40
	}
	if best > most {
		t.Errorf("takes %v", best)
	}
}

func TestFieldsAreCheckedByType(t *testing.T) {
	t.Parallel()
	type named map[string]func()
	type inner struct{ deep *int }
	type sample struct {
		number int64
		table  named
		inner
	}
	of := reflect.TypeOf(sample{number: 1, table: named{}, inner: inner{deep: new(int)}})
	found := func(f func() uintptr) (ok bool) {
		defer func() { ok = recover() == nil }()
		f()
		return true
	}
	for name, tt := range map[string]struct {
		find func() uintptr
		want bool
	}{
		"as it is":           {func() uintptr { return field[int64](of, "number") }, true},
		"another type":       {func() uintptr { return field[int](of, "number") }, false},
		"another name":       {func() uintptr { return field[int64](of, "count") }, false},
		"a name for a map":   {func() uintptr { return field[map[string]func()](of, "table") }, true},
		"a map of something": {func() uintptr { return field[map[string]int](of, "table") }, false},
		"embedded":           {func() uintptr { return field[*int](of, "deep") }, true},
		"embedded otherwise": {func() uintptr { return field[*int64](of, "deep") }, false},
		"a pointer to none":  {func() uintptr { return field[anyPointer](of, "deep") }, false},
		"no interface":       {func() uintptr { return field[anyInterface](of, "number") }, false},
	} {
		if got := found(tt.find); got != tt.want {
			t.Errorf("%s: found is %t", name, got)
		}
	}
}
