package validate

import (
	"testing"
	"time"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
)

func newWorld(t testing.TB) *hosttest.World {
	return hosttest.NewWorld(t, func() []hostfn.Row { return []hostfn.Row{New().Row()} })
}

func TestValidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const s = {type: "object", required: ["email", "items"], properties: {
		email: {type: "string", format: "email"}, items: {type: "array", minItems: 1, items: {$ref: "#/$defs/item"}}, kind: {enum: ["a", "b"]}},
		additionalProperties: false, $defs: {item: {type: "object", properties: {price: {type: "number", minimum: 0}, "a/b": {type: "string"}}}}};
		validate(s, {email: "a@b.c", items: [{price: 1.5}], kind: "a"})`, `{"errors":[],"valid":true}`)
	w.Eq(`validate(s, {email: "no", items: [{price: 1}, {price: -1, "a/b": 7}], kind: "z", extra: 1}).errors.map(e => e.path)`,
		`["","/email","/items/1/a~1b","/items/1/price","/kind"]`)
	w.Eq(`validate(s, {}).errors`, `[{"message":"missing properties 'email', 'items'","path":""}]`)
	w.Eq(`[validate(true, 1).valid, validate(false, 1).valid, validate({}, undefined).valid, validate({type: "integer"}, 1.0).valid, validate({type: "integer"}, 1.5).valid, validate({const: 9007199254740991}, 9007199254740991).valid]`,
		`[true,false,true,true,false,true]`)
	w.Eq(`validate({properties: {"__proto__x": {type: "string"}}}, JSON.parse('{"__proto__": 1}')).valid`, `true`)
	w.Eq(`validate({$schema: "https://json-schema.org/draft/2020-12/schema", oneOf: [{type: "string"}, {type: "null"}]}, 1).valid`, `false`)
	w.Eq(`validate({$ref: "https://json-schema.org/draft/2020-12/schema"}, {type: "no such"}).valid`, `false`)
	w.Eq(`validate({"x-note": 1, note: "n", example: 1, unit: "kg", enum: [{requred: 1}], default: {typ: 1}, properties: {requred: {}, typ: {format: "int32"}}}, {requred: 1}).valid`, `true`)
	w.Eq(`[["\ud83d"], {a: [{"\ude00": 1}]}, {a: "x\ud83d"}].map(v => validate({}, v).errors)`, `[[{"message":"the text holds half a surrogate pair, which is no text","path":"/0"}],`+
		`[{"message":"a name holds half a surrogate pair, which is no text","path":"/a/0"}],[{"message":"the text holds half a surrogate pair, which is no text","path":"/a"}]]`)
	w.Eq(`["\ud83d\ude00", "\ufffd", "\\ud83d", {"\\\ud83d\ude00": 1}].map(v => validate({}, v).valid)`, `[true,true,true,true]`)
	for script, text := range map[string]string{
		`validate({required: ["\ud83d"]}, {"\ufffd": 1})`:                    "the schema holds half a surrogate pair",
		`validate({type: "no such"}, 1)`:                                     "the schema is wrong",
		`validate({$ref: "http://localhost:1/x.json"}, 1)`:                   "only what is in the schema itself",
		`validate({$ref: "file:///etc/passwd"}, 1)`:                          "only what is in the schema itself",
		`validate({$dynamicRef: "#x"}, 1)`:                                   "use $ref",
		`validate({pattern: "(?P<a>b)"}, "a")`:                               "the schema is wrong",
		`validate({$id: ":"}, 1)`:                                            "validate: ",
		`validate({enum: ["x".repeat(200000)]}, 1)`:                          "larger than 128 KiB",
		`validate({requred: ["a"]}, {})`:                                     `unknown keyword "requred" (at /requred); did you mean required?`,
		`validate({properties: {a: {minlength: 3}}}, {})`:                    `(at /properties/a/minlength); did you mean minLength?`,
		`validate({anyOf: [{}, {items: [{typ: "string"}]}]}, {})`:            "did you mean type?",
		`validate({$defs: {x: {additionalPropertys: false}}}, {})`:           "did you mean additionalProperties?",
		`validate({properties: {a: {type: "string", format: "emial"}}}, {})`: `unknown format "emial" (at /properties/a/format); did you mean email?`,
		`validate({}, {}, {allErrors: true})`:                                `validate takes no options: "allErrors" is unknown`,
		`validate(undefined, 1)`:                                             "validate: ",
		`validate({$defs: {d0: {type: "string"}, ...Object.fromEntries(Array.from({length: 40}, (_, i) => ["d" + (i + 1), {anyOf: [{$ref: "#/$defs/d" + i}, {$ref: "#/$defs/d" + i}]}]))}, $ref: "#/$defs/d40"}, 1)`:                                                       "takes more than",
		`validate({$defs: {a: {not: {anyOf: [{patternProperties: {".": {$ref: "#/$defs/a"}, "x": {$ref: "#/$defs/a"}, "^x": {$ref: "#/$defs/a"}}}, {$ref: "#/$defs/b"}]}}, b: {type: "null"}}, $ref: "#/$defs/a"}, JSON.parse('{"x":'.repeat(25) + "1" + "}".repeat(25)))`: "takes more than",

		`validate({items: {enum: Array.from({length: 9000}, (_, i) => i)}}, Array(100000).fill(-1))`: "takes more than",
	} {
		start := time.Now()
		w.Throws(script, text)
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%.60s took %v", script, d)
		}
	}
}

// TestFormats: a format holds for what its standard says, and for nothing else.
func TestFormats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for format, texts := range map[string][2]string{ // those that are, those that are none
		"email":         {`["a@b.example", "a.b+c@x-y.example", "\"a b\"@x.example", "a@[127.0.0.1]", "a@[IPv6:::1]"]`, `["@example.com", "a", "a@", "a..b@c.example", ".a@b.example", "a@-b.example", "a b@c.example", "a@b@c.example", "é@b.example", "a@[300.0.0.1]"]`},
		"idn-email":     {`["é@münchen.example", "실례@실례.테스트"]`, `["@münchen.example", "a b@c.example"]`},
		"uri":           {`["https://a.example/x%20y", "urn:isbn:1", "mailto:a@b.example", "http://[::1]:80/", "http://u:p@h:/?q#f", "x:"]`, `["https://a.example/x y", "https://a.example/\"x\"", "https://a.example/<b>", "https://a.example/é", "/x", "//h", "http://[::1", "http://a:b:1/", "http://h/%zz", "a b:c", ":x", "http://h/[x]", "http://h:80a/"]`},
		"uri-reference": {`["/x", "x", "", "?q", "#f", "//h/x", "./a:b", "https://a.example"]`, `["1:x", "/é", "\\\\x", "#a#b", "/%a"]`},
		"iri":           {`["https://é.example/ñ?ü#ß"]`, `["/é", "https://é.example/<b>"]`},
		"ipv4":          {`["1.2.3.4", "255.255.255.255"]`, `["+1.2.3.4", "01.2.3.4", "1.2.3", "256.1.1.1", "1.2.3.4 ", "::1"]`},
		"duration":      {`["P1Y2M3DT4H5M6S", "P1W", "PT1H2M", "P1M", "PT36H", "P1DT12H"]`, `["PT1H2S", "P1Y3D", "P", "PT", "P1YT", "P1.5D", "P-1D", "P1W2D", "1D", "PT1D"]`},
		"hostname":      {`["a.example", "xn--mnchen-3ya.example", "1.2"]`, `["a_b", "-a", "a-", "a..b", "a.", "xn--X", "é"]`},
		"idn-hostname":  {`["münchen.example", "l·l", "例え.テスト"]`, `["-> $1", "a·b", "\u302e", "ab\u200d", "xn--X"]`},
		"uri-template":  {`["/p{?q}", "/p{/q}", "/p{#q}", "{a,b:3,c*}", "/a'b", "é", "{a.b}"]`, `["{}", "a b", "{a", "a}", "{a b}", "{*a}", "{a:0}", "%2", "{?}"]`},
	} {
		for i, list := range texts {
			w.Eq(`JSON.stringify(`+list+`.filter(t => validate({type: "string", format: "`+format+`"}, t).valid === `+[]string{"false", "true"}[i]+`))`, `"[]"`)
		}
		w.Eq(`validate({format: "`+format+`"}, 7).valid`, `true`)
	}
}

// TestPatternsOfSchemas: patterns are those of the language wherever a schema has one.
func TestPatternsOfSchemas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`["abcdefg1", "abc"].map(t => validate({ type: "string", pattern: "^(?=.*\\d).{8,}$" }, t).valid)`:                                                       `[true,false]`,
		`["bob", "admin"].map(t => validate({ type: "string", pattern: "^(?!admin)" }, t).valid)`:                                                                `[true,false]`,
		`[validate({ pattern: "^[\\u00e1a-z]+$" }, "á").valid, validate({ pattern: "^\\u{1F600}$" }, "😀").valid, validate({ pattern: "^(.)\\1$" }, "aa").valid]`: `[true,true,true]`,
		`[validate({ pattern: "^\\S+$" }, "a\u00a0b").valid, validate({ pattern: "^\\s$" }, "\u2003").valid]`:                                                    `[false,true]`,
		`validate({ patternProperties: { "^(?!x-)": { type: "number" } } }, { a: "1", "x-b": "1" }).errors.map(e => e.path)`:                                     `["/a"]`,
		`validate({ propertyNames: { pattern: "^\\p{L}+$" } }, { é: 1, "1": 2 }).valid`:                                                                          `false`,
		`["a{1,2}", "(?<=a)b", "[", "\\Z", "(?i)a"].map(t => validate({ format: "regex" }, t).valid)`:                                                            `[true,true,false,false,false]`,
	} {
		w.Eq(script, want)
	}
	w.Throws(`validate({ pattern: "^[[:alpha:]_]+$" }, "x")`, "a class such as [:alpha:]")
	w.Eq(`validate({ pattern: "^[[:,]$" }, "[").valid`, `true`)
	w.Throws(`validate({ pattern: "(?P<n>x)" }, "x")`, "only (?: (?= (?! (?<= (?<! and (?<name> begin with (?")
	w.Throws(`validate({ patternProperties: { "a++": {} } }, {})`, "repeats nothing")
}
