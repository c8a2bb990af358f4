package sandbox

import (
	"strings"
	"testing"
)

// TestProxiesAreAsTheLanguageSays: what stands between a proxy and its handler shows nowhere.
func TestProxiesAreAsTheLanguageSays(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`const h = { get(o, k, r) { return this === h && r === p && k } }, p = new Proxy({}, h); return p.a`:                                                       "a",
		`const h = Object.freeze({ get: (o, k) => k, ownKeys: () => ["b", "a"] }); return Reflect.ownKeys(new Proxy({}, h)).join()`:                                "b,a",
		`const h = {}, p = new Proxy({ a: 1 }, h); const before = p.a; h.get = () => 2; return before + "," + p.a`:                                                 "1,2",
		`class H { #x = 3; get(o, k) { return this.#x } }; return new Proxy({}, new H()).a`:                                                                        "3",
		`return new Proxy({}, new Proxy({}, { get: (o, k) => k === "get" ? (t, n) => n + "!" : undefined })).a`:                                                    "a!",
		`const order = []; Object.keys(new Proxy({}, { get ownKeys() { order.push("read"); return () => (order.push("called"), ["a"]) } })); return order.join()`:  "read,called",
		`const { proxy, revoke } = Proxy.revocable({ a: 1 }, {}); const a = proxy.a; revoke(); try { proxy.a } catch (e) { return a + e.name }`:                    "1TypeError",
		`try { new Proxy({}, { get: 1 }).a } catch (e) { return e.name }`:                                                                                          "TypeError",
		`try { Object.keys(new Proxy({}, { ownKeys: () => [1] })) } catch (e) { return e.name }`:                                                                   "TypeError",
		`try { Object.keys(new Proxy({}, { ownKeys: () => ["a", "a"] })) } catch (e) { return e.name }`:                                                            "TypeError",
		`try { new Proxy({}, { get() { throw new RangeError("x") } }).a } catch (e) { return e.name }`:                                                             "RangeError",
		`try { new Proxy(1, {}) } catch (e) { return e.name }`:                                                                                                     "TypeError",
		`try { Proxy.revocable({}) } catch (e) { return e.name }`:                                                                                                  "TypeError",
		`try { Proxy({}, {}) } catch (e) { return e.name }`:                                                                                                        "TypeError",
		`return Object.keys(new Proxy({ a: 1, b: 2 }, { ownKeys: () => ({ get length() { return 2 }, get 0() { return "b" }, get 1() { return "a" } }) })).join()`: "b,a",
		`return Proxy.length + Proxy.revocable.name + Proxy.revocable.length`:                                                                                      "2revocable2",
		`return new Proxy(function () {}, { apply: (f, self, args) => args.join(), construct: (f, args) => ({ a: args[0] }) })(1, 2)`:                              "1,2",
		`const p = new Proxy({ a: 1 }, Object.create({ has: () => true })); return ("b" in p) + JSON.stringify(p)`:                                                 `true{"a":1}`,
	} {
		vm := limitedVM(t.Context(), Limits{Operations: 1e6, Memory: 32 << 20})
		_, err := vm.Run(program(t, "proxy", `function main() { `+code+` }; throw new Error("[" + main() + "]")`))
		if err == nil || !strings.Contains(err.Error(), "["+want+"]") {
			t.Errorf("%s: %v instead of %s", code, err, want)
		}
	}
}

// TestProxiesInOneAnother: neither as targets nor as handlers can there be many.
func TestProxiesInOneAnother(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`p = new Proxy(p, {})`, `p = new Proxy({}, p)`, `p = Proxy.revocable(p, {}).proxy`, `p = Proxy.revocable({}, p).proxy`, `p = Reflect.construct(Proxy, [p, p])`,
	} {
		vm := limitedVM(t.Context(), Limits{Operations: 1e6, Memory: 32 << 20})
		_, err := vm.Run(program(t, "proxies", `let p = {}; for (let i = 0; i < 1000; i++) `+code))
		if err == nil || !strings.Contains(err.Error(), "again and again") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
