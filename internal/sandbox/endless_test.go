package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// TestEndlessLoopsStop: wherever a loop stands, and however many a program has, its operations end it.
func TestEndlessLoopsStop(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, "for (let i = 0; i < 2; i++) { x %s }\n", strings.Repeat("+ 1", i))
	}
	for _, code := range []string{
		"for(;;);", "while(1);", "do ; while(1)", "let x = 1;" + many.String() + "for(;;);", "(() => { for(;;); })()", "function main() { for (;;); }", "class A { static { for(;;); } }",
		"class A { x = (() => { for(;;); })() }; new A()", "((a = (() => { for(;;); })()) => a)()", "const o = { get x() { for(;;); } }; o.x", "a: for(;;) { for(;;) continue a }",
		"function* g() { for(;;) yield 1 } for (const x of g());", "async function f() { for(;;) await 1 } function main() { return f() }", "async function main() { for await (const x of (function*(){ for(;;) yield 1 })()); }",
		"for (const [a = (() => { for(;;); })()] of [[]]);", "for (var k in new Proxy({}, { ownKeys() { for(;;); } }));", "switch (1) { case (() => { for(;;); })(): }", "try { for(;;); } finally { for(;;); }",
		"let i = 0; for (i of (function*(){ for(;;) yield 1 })()) {}", "label: { for(;;) { if (0) break label } }", "if (1) for(;;);", "let f; for (let i = 0; i < 1; i++) f = () => { for(;;); }; f()",
		"[1].forEach(() => { for(;;); })", "x => 1; `${(() => { for(;;); })()}`", "async function main() { await using x = { async [Symbol.asyncDispose]() { for(;;); } } }", "const t = (s) => { for(;;); }; t`a`",
		"function main() { with_ = 1; for (;;) ; }", "export function main() { for(;;); }", "var g = async () => { for await (const x of { [Symbol.asyncIterator]: () => ({ next: async () => ({ value: 1, done: false }) }) }); }; function main() { return g() }",
	} {
		if _, err := limitedVM(t.Context(), Limits{Operations: 1e5}).Run(program(t, "endless", code)); err == nil || !strings.Contains(err.Error(), "operations") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestDeadCodeJumpsNowhere: a break or continue in code that never runs changes nothing around it.
func TestDeadCodeJumpsNowhere(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"l: { for (;;) { if (++n > 9) throw n; if (false) break l } }":                               "10",
		"l: { while (1) { if (++n > 9) throw n; if (0) { break l } } }":                              "10",
		"l: { switch (1) { case 1: n = 1; if (0) break l; n += 2 } n += 4 } throw n":                 "7",
		"for (;;) { let x = 1; if (null) break; n += x; if (n > 5) throw n }":                        "6",
		"for (;;) { try { if ('') continue; n++ } finally { n++ } if (n > 5) throw n }":              "6",
		"l: for (;;) { n++; while (0) { break l } while (false) { continue l } if (n > 5) throw n }": "6",
		"l: for (;;) { n++; for (; !1;) { break l } if (n > 5) throw n }":                            "6",
		"l: for (;;) { n++; for (const x of [1, 2]) { if (-0) continue l; n += x } throw n }":        "4",
		"l: { for (;;) { if (++n > 3) break; continue; break l } n = 8 } throw n":                    "8",
		"l: { if (1) { n = 1 } else { break l } n += 2 } throw n":                                    "3",
		"l: { if (1 || x) { n = 1 } else { break l } n += 2 } throw n":                               "3",
		"l: { do { n++; if (void 0) break l } while (n < 4); throw n }":                              "4",
		"l: { n = 1; if (true) { break l } n = 2 } throw n":                                          "1",
		"while (true) { if (++n > 2) { break } } throw n":                                            "3",
		"for (; 0.5;) { if (++n > 2) { break } } throw n":                                            "3",
	} {
		for _, form := range []string{"let n = 0; %s", "function main() { let n = 0; %s }", "(() => { let n = 0; %s })()", "class A { static { let n = 0; %s } }", "function* g() { let n = 0; %s } [...g()]"} {
			_, err := limitedVM(t.Context(), Limits{Operations: 1e5}).Run(program(t, "dead", fmt.Sprintf(form, code)))
			if got, _, _ := strings.Cut(fmt.Sprint(err), "\n"); got != want {
				t.Errorf(form+": got %s, want %s", code, got, want)
			}
		}
	}
}

// TestFinallyThrowsOutwards: what finally throws is not for the catch beside it.
func TestFinallyThrowsOutwards(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"try { try { r.push(1) } catch (e) { r.push('own') } finally { throw 2 } } catch (e) { r.push(e) }":                                                                      "1,2",
		"try { try { throw 1 } catch (e) { r.push(e) } finally { throw 2 } } catch (e) { r.push(e) }":                                                                            "1,2",
		"try { try { throw 1 } catch (e) { throw 3 } finally { r.push(2) } } catch (e) { r.push(e) }":                                                                            "2,3",
		"(() => { try { return r.push(1) } catch { r.push('own') } finally { r.push(2) } })()":                                                                                   "1,2",
		"for (const x of [1, 2, 3]) { try { if (x == 2) continue; r.push(x) } catch (e) { r.push('own') } finally { if (x == 3) break; r.push(-x) } }":                           "1,-1,-2,3",
		"l: try { r.push(1); break l } catch { r.push('own') } finally { r.push(2) }":                                                                                            "1,2",
		"function* g() { try { yield 1 } catch (e) { yield e } finally { yield 9 } } const i = g(); r.push(i.next().value, i.throw(5).value, i.return(7).value, i.next().value)": "1,5,9,7",
		"function* g() { try { yield 1 } catch (e) { yield 'own' } finally { throw 4 } } const i = g(); i.next(); try { i.return() } catch (e) { r.push(e) }":                    "4",
		"try { (() => { try { return 1 } catch { r.push('own') } finally { null.x } })() } catch (e) { r.push(e.name) }":                                                         "TypeError",
		"try { try { try { } catch { r.push(0) } finally { throw 1 } } catch (e) { r.push(e); throw 2 } finally { r.push(3) } } catch (e) { r.push(e) }":                         "1,3,2",
	} {
		_, err := limitedVM(t.Context(), Limits{Operations: 1e5}).Run(program(t, "finally", "const r = []; "+code+"; throw r.join()"))
		if got, _, _ := strings.Cut(fmt.Sprint(err), "\n"); got != want {
			t.Errorf("%s: got %s, want %s", code, got, want)
		}
	}
}
