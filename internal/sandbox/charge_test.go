package sandbox

import "testing"

// TestCopiesOfLongTextsAreCharged: + copies what stands on both its sides, and no guard sees it. s has 100,000 letters.
func TestCopiesOfLongTextsAreCharged(t *testing.T) {
	t.Parallel()
	for code, copies := range map[string]int64{
		"t = s + 'y'": 1, "t = 'y' + s": 1, "t = s + y": 1, "t = y + s": 1, "t = s + s": 2, "t = s + 1": 1, "t = s + -y": 1, "t = `${s}y`": 1, "t = `${s}${s}`": 2,
		"s += 'y'": 1, "s += s": 2, "y += s": 1, "s += 1": 1, "o.s += 'y'": 1, "o.s += s": 3, "o['s'] += 'y'": 1, "o.n += s": 2, "t = o.s + 'y'": 1, "t = f() + 'y'": 1,
		"t = s + 'a' + 'b'": 2, "t = s + 'a' + 'b' + 'c' + 'd' + 'e' + 'f'": 6, "t = 'a' + 'b' + ('c' + s)": 2, "t = (s + 'a') + (s + 'b')": 4, "t = (0, s) + 'y'": 1, "t = (s || 1) + 'y'": 1,
		"t = (function() { 'use strict'; return this + 'y' }).call(s)": 1, "Math.f = () => s; t = Math.f() + 'y'": 1, "t = (n => n + 'y')(s)": 1, "let [n] = [s]; t = n + 'y'": 1, "let {n} = {n: s}; t = n + 'y'": 1,
		// Names that hold numbers somewhere, or look as if they did.
		"let n = 1; { let n = s; t = n + 'y' }": 1, "let n = 1; n = s; t = n + 'y'": 1, "let n = 1; n += s; t = n + 'y'": 2, "let n = 1; n ||= s; n &&= s; t = n + 'y'": 1, "let n = 1; [n] = [s]; t = n + 'y'": 1,
		"let n = 1; ({n} = {n: s}); t = n + 'y'": 1, "let n = 1; ({a: n = s} = {}); t = n + 'y'": 1, "let n = 1; for (n of [s]); t = n + 'y'": 1, "let n = 1; for (let n of [s]) t = n + 'y'": 1,
		"globalThis.n = s; { let n = 1 } t = n + 'y'": 1, "var n = 1; globalThis.n = s; t = n + 'y'": 1, "globalThis.n = s; for (let n = 0; n < 1; n++); t = n + 'y'": 1, "let n = 1; try { throw s } catch (n) { t = n + 'y' }": 1,
		"let n = 1; (function(n) { t = n + 'y' })(s)": 1, "let n = 1; (function(...n) { t = n[0] + 'y' })(s)": 1, "const n = s; t = n + 'y'": 1, "let n = 1, m = n = s; t = n + 'y'": 1, "let n = 1; n = n + s; t = n + 'y'": 2,
		"const n = 1; const g = () => { t = n + 'y' }; g()": 0, "let n = 0; for (let i = 0; i < 5; i++) { n += i * 2; n = n + 1; t = 'n' + i + n }": 0, "let n; n = 5; n++; t = n + 'y'": 0, "t = 'a' + 'b' + 1": 0,
	} {
		vm := limitedVM(t.Context(), Limits{Memory: 64 << 20})
		if _, err := vm.Run(program(t, "s", "var s = 'x'.repeat(1e5), y = 'y', o = {s, n: 1}, t; function f() { return s }")); err != nil {
			t.Fatal(err)
		}
		before := vm.meter.charged
		if _, err := vm.Run(program(t, "copy", code)); err != nil {
			t.Errorf("%s: %v", code, err)
		}
		if n := (vm.meter.charged - before) / 1e5; n != copies {
			t.Errorf("%s: %d copies were charged, want %d", code, n, copies)
		}
	}
}
