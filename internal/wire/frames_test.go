package wire

import (
	"strings"
	"testing"
	"time"
)

func TestFramesThatBringNothingAreCounted(t *testing.T) {
	t.Parallel()
	const masked, final = 0x80, 0x80
	frame := func(first byte, body string) string {
		n := len(body)
		head := string([]byte{first, masked | byte(min(n, 126))})
		switch {
		case n > 65535:
			head = string([]byte{first, masked | 127, 0, 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		case n > 125:
			head = string([]byte{first, masked | 126, byte(n >> 8), byte(n)})
		}
		return head + "mask" + body
	}
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"nothing":                    {"", 0},
		"small messages":             {strings.Repeat(frame(final|1, "hello"), 10), 0},
		"empty messages":             {strings.Repeat(frame(final|2, ""), 10), 10},
		"a large message":            {frame(final|1, strings.Repeat("\x89\x80", 50_000)), 0},
		"a message in large parts":   {frame(1, strings.Repeat("x", 200)) + strings.Repeat(frame(0, strings.Repeat("\x89", 70_000)), 3) + frame(final, strings.Repeat("x", 126)), 0},
		"a message in small parts":   {frame(1, "a") + strings.Repeat(frame(0, "b"), 10) + frame(final, "c"), 12},
		"pings, pongs and the end":   {frame(final|9, "ping") + frame(final|10, strings.Repeat("x", 125)) + frame(final|8, "\x03\xe8"), 3},
		"a frame without a mask":     {"\x89\x00\x89\x00", 2},
		"a length beyond all bounds": {"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffmask" + strings.Repeat("\x89\x80mask", 1000), 0},
	} {
		for _, size := range []int{1, 3, 4096} {
			var f frames
			got := 0
			for text := c.text; text != ""; {
				part := text[:min(size, len(text))]
				text = text[len(part):]
				n, _ := f.count([]byte(part))
				got += n
			}
			if got != c.want {
				t.Errorf("%s, %d bytes at a time: %d, want %d", name, size, got, c.want)
			}
		}
	}
}

func TestFramesThatBringNothingHaveToWait(t *testing.T) {
	t.Parallel()
	var f frames
	now := time.Now()
	for _, c := range []struct {
		after time.Duration
		n     int
		want  time.Duration
	}{
		{0, freeFrames, 0}, {0, frameRate, time.Second}, {time.Second, 0, 0}, {0, frameRate, time.Second}, {time.Hour, freeFrames, 0}, {0, 1, time.Second / frameRate},
	} {
		now = now.Add(c.after)
		if got := f.wait(c.n, now); got != c.want {
			t.Errorf("%d after %v: %v, want %v", c.n, c.after, got, c.want)
		}
	}
}
