package compile_test

import (
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox"
)

// TestComparisonsGoFromTheLeft holds comparisons in a row to what the standard says: each takes what is on its left.
func TestComparisonsGoFromTheLeft(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"1 < 2 < 3":                               "true",
		"3 > 2 > 1":                               "false",
		"3 > 2 >= 1":                              "true",
		"1 < (2 < 3)":                             "false",
		"1 < /* ( */ (2) < 3":                     "true",
		"1 < ( // )\n 2 < (3))":                   "false",
		"1 < ((2) < 3)":                           "false",
		"1 < (2, 2) < (3)":                        "true",
		"(1) < (2) < (3) < (4)":                   "true",
		"3 > (2 > 1 > 0)":                         "true",
		"5 < [4, ')'][0] < 1":                     "true",
		"5 < (String.raw`4` < 1)":                 "false",
		"5 < String.raw`4` < 1":                   "true",
		"Object instanceof Function in [1]":       "false",
		"'a' in {} instanceof Object":             "false",
		"0 in [0] in { true: 1 }":                 "true",
		"`${1 < 2 < 2}`":                          "true",
		"[5, 6, 7].filter(x => 1 < x < 7).join()": "5,6,7",
		"(() => { for (var i = 0, n = 0; 0 <= i < 5; i++) if (++n > 9) break; return n })()": "10",
	} {
		v, err := newVM(t, sandbox.Limits{}).Run(program(t, "flow/node", "function main() { return String("+code+") }"))
		if err != nil || v.String() != want {
			t.Errorf("%s = %v, %v; want %s", code, v, err, want)
		}
	}
}

// TestArgumentsOutliveTheirFunction: arrow functions see the arguments of the function around them, whenever they run.
func TestArgumentsOutliveTheirFunction(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"(function () { return () => arguments.length })(1, 2)()":                                                           "2",
		"(function (a) { return [a, () => arguments[0] += 'x', () => arguments[0]] })(7).map(f => f.call ? f() : f).join()": "7,7x,7x",
		"(function () { return () => () => typeof arguments + arguments[1] })(1, 2)()()":                                    "object2",
		"(function (a = () => arguments[1]) { return a() })(undefined, 5)":                                                  "5",
		"(function (a = 1, ...b) { return () => arguments.length + b.length })(1, 2, 3)()":                                  "5",
		"(function () { 'use strict'; let x = 5; return () => x + arguments.length })(1)()":                                 "6",
		"[...(function* () { const g = () => arguments.length; yield 1; yield g() })(1, 2)].join()":                         "1,2",
		"(function () { return {g() { return () => arguments.length }} })(1, 2).g(1, 2, 3)()":                               "3",
		"(function () { const f = () => { arguments = [9]; return arguments[0] }; return f() })(1)":                         "9",
		"(() => { const __proto__ = 7; return Object.keys({__proto__}).join() })()":                                         "__proto__",
		"((arguments) => arguments)(4)": "4",
		"(() => typeof arguments)()":    "object",
		"new (class { constructor() { this.f = () => [...arguments].join() } })(1, 2).f()":  "1,2",
		"(function () { return () => { for (const x of arguments) return x } })(3)()":       "3",
		"(function () { return () => Math.max.apply(null, arguments) })(3, 4)()":            "4",
		"(function () { return () => ({arguments}).arguments[0] })(3)()":                    "3",
		"(function () { return () => { const [a, b] = arguments; return a + b } })(3, 4)()": "7",
		"(function () { return (f => f())(() => `${arguments[0]}`) })(8)":                   "8",
	} {
		v, err := newVM(t, sandbox.Limits{}).Run(program(t, "flow/node", "function main() { return String("+code+") }"))
		if err != nil || v.String() != want {
			t.Errorf("%s = %v, %v; want %s", code, v, err, want)
		}
	}
}
