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
