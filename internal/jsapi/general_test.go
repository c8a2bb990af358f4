package jsapi

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
)

func TestFindElement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`var v = {a: {b: [{c: 7}, null]}, "": 1, f: 0, toString: "own"}; class P { get inherited() { return 1 } }; var p = new P(); p.own = 2`)
	for script, want := range map[string]string{
		`find_element("a.b.0.c", v)`:                                       `7`,
		`find_element("a.b.1", v)`:                                         `null`,
		`find_element("a.b.1.x", v)`:                                       `undefined`,
		`find_element("a.b.length", v)`:                                    `2`,
		`find_element("a.b.9", v)`:                                         `undefined`,
		`find_element("a.x.y", v)`:                                         `undefined`,
		`find_element("f", v)`:                                             `0`,
		`find_element("f.x", v)`:                                           `undefined`,
		`find_element("toString", v)`:                                      `"own"`,
		`find_element("constructor", v)`:                                   `undefined`,
		`find_element("__proto__", v)`:                                     `undefined`,
		`find_element("a.__proto__.x", v)`:                                 `undefined`,
		`find_element("a.b.map", v)`:                                       `undefined`,
		`find_element("inherited", p)`:                                     `undefined`,
		`find_element("own", p)`:                                           `2`,
		`find_element("a", null)`:                                          `undefined`,
		`find_element("a", "text")`:                                        `undefined`,
		`find_element("", v)`:                                              `1`,
		`find_element(undefined, {})`:                                      `undefined`,
		`find_element("__proto__.a", JSON.parse('{"__proto__":{"a":1}}'))`: `1`,
	} {
		w.eq(script, want)
	}
	w.throws(`find_element("a", {get a() { throw new Error("getter") }})`, "Error: getter")
}

func TestGeneral(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for script, want := range map[string]string{
		`[btoa("hello"), btoa(""), btoa("\xff\x00"), atob("aGVsbG8="), atob(" aGVs\nbG8 "), atob("/w==").charCodeAt(0), atob("")]`: `["aGVsbG8=","","/wA=","hello","hello",255,""]`,
		`uuid()`: `"11111111-2222-4333-8444-555555555555"`,
		"['```json\\n{\"a\":1}\\n```', 'Sure:\\n```\\n[1]\\n```\\nBye', ' {} ', '```{\"b\":2}```', ''].map(clean_json)":                                                     `["{\"a\":1}","[1]","{}","{\"b\":2}",""]`,
		"['```json\\n{\"md\":\"```js\\\\nx\\\\n```\"}\\n```', '{\"md\":\"```js\\\\nx\\\\n```\"}', '```json\\n{\"a\":1}', '{\"md\":\"use ```sh``` here\"}'].map(clean_json)": `["{\"md\":\"` + "```js\\\\nx\\\\n```" + `\"}","{\"md\":\"` + "```js\\\\nx\\\\n```" + `\"}","{\"a\":1}","{\"md\":\"use ` + "```sh```" + ` here\"}"]`,
		"['Use ```sh```, then:\\n```json\\n[\"```\"]\\n```\\nor ```\\n{}\\n```', '```\\nplain\\n```', '\"a ```b``` c\"', '```json\\n{\"a\":', '[cut ```'].map(clean_json)":  `["[\"` + "```" + `\"]","plain","\"a ` + "```b```" + ` c\"","{\"a\":","[cut ` + "```" + `"]`,
		`[btoa(new Uint8Array([104, 105])), btoa(new Uint8Array([255, 0]).buffer), btoa(new String("a")), btoa(1)]`:                                                         `["aGk=","/wA=","YQ==","MQ=="]`,
		`[new_map(), Object.getPrototypeOf(new_map()) === Object.prototype]`:                                                                                                `[{},true]`,
		`url_values_to_map({a: ["1", "2"], b: [], c: "x"})`:                                                                                                                 `{"a":"1","b":"","c":"x"}`,
		`url_values_to_map(c.QueryParams())`: `{"name":"ada","tag":"a"}`,
		`[url_values_to_map(null), url_values_to_map("x"), Object.keys(url_values_to_map(JSON.parse('{"__proto__":["a"]}')))]`:                            `[{},{},["__proto__"]]`,
		`[time_now_unix(), time_now_day(), time_now_month(), time_now_year(), time_now_hour(), time_now_minute(), time_now_second(), time_now_weekday()]`: `[1772600767,4,3,2026,5,6,7,3]`,
		`time_now_unix_nano() > 1.7e18`: `true`,
	} {
		w.eq(script, want)
	}
	for script, want := range map[string]string{
		`btoa("€")`:               "U+00FF",
		`atob("a")`:               "base64",
		`btoa([104, 105])`:        "btoa takes text or bytes, not an object",
		`btoa({})`:                "btoa: text cannot be an object",
		`atob(new Uint8Array(1))`: "atob takes base64, not an object",
		`clean_json({})`:          "clean_json: text cannot be an object",
		`atob("a=b=")`:            "base64",
		`atob("aGVsbG8_")`:        "base64",
		`atob("=====")`:           "base64",
	} {
		w.throws(script, want)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.js(`sleep(15); sleep("5"); sleep(-1); sleep(NaN); sleep()`)
	if w.slept != 20*time.Millisecond {
		t.Errorf("slept %v", w.slept)
	}
	w.slept = 0
	w.js(`sleep(Infinity)`)
	if w.slept != maxSleep {
		t.Errorf("slept %v", w.slept)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("the run was killed"))
	w.ctx = ctx
	if v, err := w.try(`sleep(1); "went on"`); err == nil {
		t.Errorf("a sleep in a run that ended answered %v", v)
	}
}

func TestEnvironment(t *testing.T) {
	t.Cleanup(func() { unsetenv(t, "NFDEMO_TEST") })
	t.Setenv("NFLOW_DATABASE_NFLOW_DSN", "secret")
	w := newWorld(t, nil)
	w.throws(`set_env("NFDEMO_TEST", "x")`, "set_env is off: set [vm_pool] enable_process = true")
	if os.Getenv("NFDEMO_TEST") != "" {
		t.Fatal("a blocked set_env took effect")
	}
	w.on[process] = true
	w.js(`set_env("NFDEMO_TEST", "x")`)
	w.eq(`[get_env("NFDEMO_TEST"), get_env("NFDEMO_NONE")]`, `["x",""]`)
	w.throws(`get_env("NFLOW_DATABASE_NFLOW_DSN")`, "is a setting of the server")
	w.throws(`get_env("nflow_database_nflow_dsn")`, "is a setting of the server")
	w.throws(`set_env("NFLOW_X", "1")`, "is a setting of the server")
	w.throws(`set_env("A=B", "1")`, "not valid")
	w.throws(`set_env("A", "\0")`, "not valid")
}

func FuzzFindElement(f *testing.F) {
	for _, seed := range []string{"a.b.0.c", "__proto__.x", "constructor.prototype", "...", "", "a.b.-1", "a.b.length"} {
		f.Add(seed)
	}
	w := newWorld(f, nil)
	value, err := w.try(`({a: {b: [{c: 7}], d: "text"}, n: null})`)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if strings.Count(path, ".") > maxPath { // refused
			return
		}
		if v := findElement(w.run, path, value); v == nil {
			t.Fatalf("%q answers nothing at all", path)
		} else if o, ok := v.(*goja.Object); ok && o.ClassName() != "Array" && path != "a" && path != "a.b.0" {
			t.Fatalf("%q finds %v, which is not in the value", path, o.ClassName())
		}
	})
}
