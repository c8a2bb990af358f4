package sandbox

import (
	"strings"
	"testing"
)

// deepPrelude are functions that nest in many ways; each calls itself n times.
const deepPrelude = `
	const plain = n => n ? 1 + plain(n - 1) : 0
	const even = n => n === 0 ? true : odd(n - 1), odd = n => n === 0 ? false : even(n - 1)
	const mapped = n => n ? [1].map(() => mapped(n - 1))[0] + 1 : 0
	const sorted = n => { let r = 0; if (n) [2, 1].sort((a, b) => { r ||= 1 + sorted(n - 1); return 0 }); return r }
	const replaced = n => n ? +"a".replace("a", () => replaced(n - 1)) + 1 : 0
	const got = n => n ? { get x() { return got(n - 1) } }.x + 1 : 0
	const texted = n => n ? +String({ toString: () => texted(n - 1) + "" }) + 1 : 0
	const proxied = n => n ? new Proxy({}, { get: () => proxied(n - 1) }).x + 1 : 0
	const revived = n => n ? JSON.parse("1", () => revived(n - 1)) + 1 : 0
	const written = n => n ? +JSON.stringify({ toJSON: () => written(n - 1) }) + 1 : 0
	class Made { constructor(n) { this.n = n ? Reflect.construct(Made, [n - 1]).n + 1 : 0 } }
	const yielded = n => n ? [...(function* () { yield yielded(n - 1) })()][0] + 1 : 0
	const applied = n => n ? applied.apply(null, [n - 1]) + 1 : 0
	const tried = n => { try { return n ? 1 + tried(n - 1) : 0 } finally { } }
	async function awaited(n) { return n ? 1 + await awaited(n - 1) : 0 }
	const walk = o => 1 + o.reduce((s, x) => s + walk(x), 0), build = n => n ? [build(n - 1)] : []
	const given = (n, m = n ? given(n - 1) : 0) => m + 1
`

func TestDeepCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`[plain(5000), even(5000), tried(900), applied(900)]`, `[5000,true,900,900]`},
		{`[mapped(450), sorted(450), replaced(450), got(900), texted(450), proxied(900), revived(300), written(300)]`, `[450,450,450,900,450,900,300,300]`},
		{`[new Made(450).n, yielded(300), walk(build(400)), given(2000)]`, `[450,300,401,2001]`},
		{`return await awaited(900)`, `900`},
		// What never ends is a RangeError, wherever it is caught, and the run goes on.
		{
			`const caught = []; for (const f of [plain, even, mapped, sorted, replaced, got, texted, proxied, revived, written, n => new Made(n), yielded, applied, tried, n => given(n)]) try { f(-1) } catch (e) { caught.push(e instanceof RangeError && e.name) } return [new Set(caught).size, caught.length, caught[0], plain(100)]`,
			`[1,15,"RangeError",100]`,
		},
		{`try { await awaited(-1) } catch (e) { return [e instanceof RangeError, e.message] }`, `[true,"Maximum call stack size exceeded: too many functions are called by built-in ones"]`},
		{`const depth = () => { try { return depth() + 1 } catch { return 1 } }; return depth() > 900`, `true`},
		{`let n = 0; const down = () => { n++; down() }; try { down() } catch (e) { return [n > 5000, n < 6000, e.message, e.stack.length > 1000] }`, `[true,true,"Maximum call stack size exceeded",true]`},
	} {
		if strings.HasPrefix(c.code, "[") {
			c.code = "return " + c.code
		}
		vm := New(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}, Limits: Limits{Operations: 1e6, Memory: 32 << 20}})
		v, err := vm.Run(program(t, "deep", "async function main() {"+deepPrelude+"return JSON.stringify(await (async () => {"+c.code+"})()) }"))
		if err != nil || v.String() != c.want {
			t.Errorf("%s\n got %.1000v, %.1000v\nwant %s", c.code, v, err, c.want)
		}
	}
}
