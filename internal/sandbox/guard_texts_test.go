package sandbox

import "testing"

// TestLongTextsInLists: what is found among long texts, and what is made of them, is what the language says.
func TestLongTextsInLists(t *testing.T) {
	t.Parallel()
	const setup = `const a = "1".repeat(1e6), b = "1".repeat(1e6 - 1) + "2", list = [a, , b, a, 7, b]; `
	for _, c := range []nativeCase{
		{`return [list.indexOf("1".repeat(1e6 - 1) + "2"), list.indexOf(b, 3), list.indexOf(b, -1), list.indexOf(b + "x")]`, `[2,5,5,-1]`},
		{`return [list.lastIndexOf(a), list.lastIndexOf(a, 2), list.lastIndexOf(b, undefined)]`, `[3,0,-1]`},
		{`return [list.includes(b), list.includes(b, 6), [].indexOf.call({length: 2, 1: a}, a), [].includes.call(a, a)]`, `[true,false,1,false]`},
		{`return [new Set(Array(40).fill(a)).size, new Map(Array(40).fill([a, 1])).get(a), Object.keys(Object.fromEntries(Array(40).fill([b, 1])))[0] === b]`, `[1,1,true]`},
		{`return [Math.max("3", a.slice(0, 300), 2), Math.min(4, "3", 5)]`, `[1.1111111111111112e+299,3]`},
		{`const set = new Float64Array(3); set.set({length: 2, 0: "4", 1: 5}, 1); return set`, `{"0":0,"1":4,"2":5}`},
		{`return [...new Float64Array({length: 3, 0: "1", 2: {valueOf: () => 5}}), ...Float64Array.from({length: 2, 0: "4"}, v => v + 1)]`, `[1,null,5,41,null]`},
		{`return [...(function () { return new Uint8Array(arguments) })(1, "2"), ...new Uint8Array(new Float64Array([1, 2.9]))]`, `[1,2,1,2]`},
		{`try { Math.max(...Array(40).fill(a)) } catch (e) { return e.name }`, `"RangeError"`},
		{`try { new Float64Array({length: 40, 0: a.repeat(20)}) } catch (e) { return e.name }`, `"RangeError"`},
		{`return new Date("2020", "1", "3").getDate()`, `3`},
	} {
		c.code = setup + c.code
		c.check(t)
	}
}
