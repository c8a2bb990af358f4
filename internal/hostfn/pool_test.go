package hostfn

import (
	"fmt"
	"strings"
	"testing"
)

func TestPoolIsBounded(t *testing.T) {
	t.Parallel()
	const most = 8 << 20
	cost := func(text string, _ *string) int { return len(text) + 4096 }
	p := NewPool(most, cost, func(text string) (*string, error) { return &text, nil })
	for i := range 400 {
		text := fmt.Sprint(i) + strings.Repeat("x", 100_000)
		made, err := p.Take(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Put(text, made)
	}
	size := 0
	for text, list := range p.free {
		size += cost(text, list[0]) * len(list)
	}
	if size != p.size || size > most || size < most/2 {
		t.Errorf("the pool holds %d bytes and counts %d", size, p.size)
	}
}

func TestWhatIsTakenBelongsToOne(t *testing.T) {
	t.Parallel()
	made := 0
	p := NewPool(1<<20, func(string, *int) int { return 1 }, func(string) (*int, error) { made++; return new(int), nil })
	one, _ := p.Take("a")
	two, _ := p.Take("a")
	if one == two || made != 2 {
		t.Errorf("two takers share one, or %d were made", made)
	}
	p.Put("a", one)
	if other, _ := p.Take("b"); other == one || made != 3 {
		t.Error("another text got it")
	}
	if again, _ := p.Take("a"); again != one || made != 3 {
		t.Error("what is free is not taken again")
	}
	if again, _ := p.Take("a"); again == one || made != 4 || p.size != 0 {
		t.Errorf("it was given twice, or %d still counts as free", p.size)
	}
}
