// What the walk over all functions hands them: for each kind of parameter a list of hostile values of about n characters or
// elements. One request makes one call; see walk_test.go.

function walkNested(depth, wrap) { let v = 1; for (let i = 0; i < depth; i++) v = wrap(v); return v }
function walkRange(n) { return Array.from(Array(Math.ceil(n)).keys()) } // without a loop, which costs operations
function walkTexts(n) { return ("text" + walkRange(n).join(" text")).split(" ") }
function walkWide(n, v) { return Object.fromEntries(walkTexts(n).map(k => [k, v])) }
function walkDoubled(n) { return Math.ceil(Math.log2(n)) } // levels of a tree of n leaves that shares its halves
function walkLong() { return Object.assign(new Array(4294967295), { toJSON: () => 1 }) } // for who makes room for its length
function walkCircle() { const o = { a: 1 }; o.self = o; return o }

// walkEndless marks what never comes to an end by itself: the walk calls these side by side, and of one size.
function walkEndless(f) { f.endless = true; return f }

// walkRich is data for what evaluates: lists to loop over, long texts, many keys.
function walkRich(n) {
  const m = Math.floor(n / 50)
  return {
    list: walkRange(m), more: walkRange(m), texts: walkTexts(m), objects: walkRange(Math.floor(m / 4)).map(i => ({ a: i, b: { c: "x" + i } })),
    t: "ab".repeat(n / 2), u: "ñ".repeat(n / 4), one: "a", wide: walkWide(Math.floor(m / 4), 1), nested: walkNested(100, v => [v]), price: 1e308, tiny: 1e-300,
  }
}

var walkKinds = {
  text: n => [
    () => "a".repeat(n), () => "ñ".repeat(n / 2), () => "😀".repeat(n / 4), () => "0".repeat(n), () => "%41".repeat(n / 3), () => "\n".repeat(n),
    () => "\\".repeat(n), () => '"<&>'.repeat(n / 4), () => "{{".repeat(n / 2), () => "a,".repeat(n / 2), () => "ab@c.de, ".repeat(n / 9),
    () => "(".repeat(n), () => "a.".repeat(n / 2), () => " ".repeat(n) + "x", () => "```".repeat(n / 3), () => "%s".repeat(n / 2),
    () => "a/".repeat(n / 2), () => "=;".repeat(n / 2), () => "[1," .repeat(n / 3), () => "\ud800".repeat(n / 2), () => "xn--".repeat(n / 4),
    () => "$1 ".repeat(n / 3), () => "-- '".repeat(n / 4), ...walkSome("object", n, 6, 7),
  ],
  number: n => [
    () => 0, () => -1, () => 1e9, () => 2 ** 53, () => 1e308, () => NaN, () => Infinity, () => -Infinity, () => 0.5, () => -0.5, () => 4294967296,
    () => -1e308, () => "9".repeat(n), () => ({ valueOf() { return 7 } }), ...walkSome("object", n, 6, 7),
  ],
  flag: n => [
    () => true, () => false, () => "x", () => null,
  ],
  list: n => [
    () => Array(n / 4).fill(1), () => Array(Math.ceil(n / 500)).fill("ñ".repeat(n)), () => Array(Math.floor(n / 10)).fill("ab"),
    () => walkTexts(n / 10), () => walkNested(900, v => [v]), () => walkNested(walkDoubled(n), v => [v, v]),
    () => Array(Math.floor(n / 20)).fill({ a: "x", b: 1, c: [1, 2] }), () => new Array(4294967295), () => walkLong(), () => ({ length: 1e9 }),
    () => Array(Math.ceil(n / 1600)).fill("a".repeat(n)), () => walkNested(Math.ceil(n / 100), v => [v]), () => walkRange(Math.floor(n / 20)).map(i => ["k" + i, "v"]),
    () => Array(Math.ceil(n / 2500)).fill(new Uint8Array(n / 20)), () => walkCircle(), () => Array(Math.ceil(n / 200)).fill(walkWide(Math.ceil(n / 400), "x")),
    () => walkRange(Math.floor(n / 100)).map(i => ({ name: "f" + i, content: "x", role: "user", description: "d", parameters: { type: "object" } })),
    ...walkSome("list", n),
  ],
  data: n => [
    () => walkWide(Math.floor(n / 20), 1), () => walkWide(Math.ceil(n / 500), "ñ".repeat(n)), () => ({ a: Array(Math.floor(n / 4)).fill(1) }),
    () => walkNested(900, v => ({ a: v })), () => walkNested(walkDoubled(n), v => ({ a: v, b: v })), () => ({ toJSON() { return "x".repeat(n) } }),
    () => ({ a: new Proxy({}, { ownKeys: () => walkRange(Math.ceil(n / 1000)).map(String), getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), get: () => "x".repeat(n) }) }),
    walkEndless(() => ({ get a() { for (;;) {} } })), () => walkCircle(), () => ({ a: "x".repeat(n) }), () => ({ a: "ñ".repeat(n) }), () => walkRich(n),
    () => ({ ["k".repeat(n)]: 1 }), () => ({ a: new Uint8Array(n) }), () => walkNested(Math.ceil(n / 100), v => ({ a: v })),
    () => ({ a: Array(Math.floor(n / 20)).fill({ x: 1 }) }), () => ({ aud: Array(Math.floor(n / 20)).fill("x") }),
    ...walkSome("object", n), ...walkSome("list", n, 0, 5, 8).map(f => Object.assign(() => ({ a: f() }), { made: f, trap: true })),
  ],
  bytes: n => [
    () => new Uint8Array(n), () => "a".repeat(n), () => "ñ".repeat(n), () => new ArrayBuffer(n * 4), () => Array(n / 4).fill(300),
    () => ({ length: 1e9 }), () => new Float64Array(n / 8), () => new Array(4294967295), () => new Uint8Array(40 * n),
    ...walkSome("list", n, 0, 1, 3, 5, 8), ...walkSome("object", n, 6, 7),
  ],
  fn: n => [
    () => () => 1, () => () => { throw new Error("x") }, () => function f() { return f() }, () => () => "ñ".repeat(2 * n), walkEndless(() => () => { for (;;) {} }),
    () => async () => 1, () => send => { for (let i = 0; i < n / 5; i++) send("ñ".repeat(n / 5)) }, walkEndless(() => send => { for (;;) send("x") }), () => 7,
  ],
  url: n => [
    () => WALK_BASE + "/ping?" + "a=b&".repeat(n / 4), () => "http://" + "a".repeat(n), () => WALK_BASE + "/" + "ñ".repeat(n / 2),
    () => "http://" + "a.".repeat(n / 2), () => WALK_BASE + "/ping#" + "%".repeat(n), () => "x:".repeat(n / 2), () => "http://" + "ñ.".repeat(n / 3),
    () => WALK_BASE + "/" + "../".repeat(n / 3), () => "http://[" + ":".repeat(n), () => "http://u:" + "p".repeat(n) + "@127.0.0.1:1/",
    () => "\t".repeat(n), () => WALK_BASE + "/ping?" + "<".repeat(n),
  ],
  sql: n => [
    () => "SELECT " + "1,".repeat(n / 2) + "1", () => "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a",
    () => "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT x FROM a", () => "SELECT hex(zeroblob(" + n * 1000 + "))",
    () => "SELECT group_concat(x) FROM (WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a LIMIT " + n * 10 + ") SELECT x FROM a)",
    () => "SELECT printf('%1000000000d', 1)", () => "SELECT replace(printf('%" + n + "d', 1), ' ', printf('%" + n + "d', 1))", () => "(".repeat(n), () => "SELECT '" + "x".repeat(n) + "'",
    () => "SELECT 1 WHERE 1 IN (" + "1,".repeat(n / 2) + "1)", () => "SELECT json_array_length('" + "[".repeat(Math.min(n, 60000)) + "')",
    () => "SELECT 'a' LIKE '" + "%a".repeat(n / 2) + "'", () => "-- " + "x".repeat(n), () => "SELECT $1 /* " + "$2 ".repeat(n / 3) + "*/",
    () => "CREATE TABLE IF NOT EXISTS a" + n + " (x); INSERT INTO a" + n + " SELECT 1", () => "SELECT 1; ".repeat(n / 10), () => "$1,".repeat(n / 3), () => "ñ".repeat(n / 2),
  ],
  postgres: n => [
    walkEndless(() => "SELECT pg_sleep(30)"), walkEndless(() => "SELECT count(*) FROM generate_series(1, 100000000000)"), () => "SELECT x FROM generate_series(1, 10000000) x",
    () => "SELECT repeat('x', " + n * 1000 + ")", () => "SELECT repeat('x', 1000000) FROM generate_series(1, 1000)", () => "SELECT array_agg(x) FROM generate_series(1, " + n * 10 + ") x",
    () => "SELECT json_agg(x) FROM generate_series(1, " + n * 10 + ") x", () => "SELECT string_agg('ñ', '') FROM generate_series(1, " + n * 50 + ") x",
    () => "SELECT " + "1,".repeat(n / 2) + "1", () => "(".repeat(n), () => "SELECT '" + "ñ".repeat(n) + "'", () => "SELECT 1 WHERE 1 IN (" + "1,".repeat(n / 2) + "1)",
    () => "SELECT '" + "[".repeat(n) + "'::json", () => "SELECT '" + "[],".repeat(n / 3) + "'::json", () => "SELECT repeat('a', 50) ~ '(a|a)*(a|a)*b'", () => "SELECT 'a' ~ '" + "(a*)*".repeat(n / 5) + "'",
    () => "DO $$ BEGIN FOR i IN 1.." + n + " LOOP RAISE NOTICE 'x%', i; END LOOP; END $$", () => "COPY (SELECT 1) TO STDOUT", () => "SELECT 1; ".repeat(n / 10), () => "SELECT $1 /* " + "$2 ".repeat(n / 3) + "*/",
    () => "SELECT ARRAY[" + "1,".repeat(n / 2) + "1]", () => "SELECT " + "ARRAY[".repeat(1000) + "1" + "]".repeat(1000), () => "SELECT row(" + "1,".repeat(n / 4) + "1)", () => "SELECT 1e308 * 1::numeric ^ " + n, () => "SELECT " + walkRange(1600).map(i => "1 AS " + "c".repeat(50) + i).join(),
    () => "WITH RECURSIVE a(x) AS (SELECT '1' UNION ALL SELECT x || x FROM a) SELECT length(x) FROM a",
  ],
  mysql: n => [
    walkEndless(() => "SELECT sleep(3)"), walkEndless(() => "SELECT benchmark(1000000000000, md5('a'))"), () => "SELECT a.*, b.* FROM information_schema.columns a, information_schema.columns b",
    () => "SELECT repeat('x', " + n * 1000 + ")", () => "SELECT repeat('x', 1000000) FROM information_schema.columns", () => "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a WHERE x < " + n * 10 + ") SELECT x FROM a",
    () => "SELECT " + "1,".repeat(n / 2) + "1", () => "(".repeat(n), () => "SELECT '" + "ñ".repeat(n) + "'", () => "SELECT 1 WHERE 1 IN (" + "1,".repeat(n / 2) + "1)", () => "SELECT json_depth('" + "[".repeat(n) + "')",
    () => "SELECT repeat('a', 50) REGEXP '(a|a)*(a|a)*b'", () => "SELECT 'a' REGEXP '" + "(a*)*".repeat(n / 5) + "'", () => "SELECT ? /* " + "? ".repeat(n / 2) + "*/", () => "SELECT 1; ".repeat(n / 10), () => "SELECT group_concat(a.column_name) FROM information_schema.columns a, information_schema.columns b",
    () => "SELECT " + walkRange(1600).map(i => "1 AS " + "c".repeat(50) + i).join(), () => "SELECT 9e307 * " + "9".repeat(n), () => "SELECT load_file('/etc/passwd')",
  ],
  csv: n => [
    () => walkRange(9999).join(",") + "\n" + "a\n".repeat(n / 200), () => walkRange(9999).join(",") + "\n" + "1,".repeat(n / 4),
    () => '"' + "a".repeat(n), () => "a,b\n".repeat(n / 4), () => ",".repeat(n), () => "\n".repeat(n), () => '"a""'.repeat(n / 4),
    () => "ñ,".repeat(n / 3), () => "#\n".repeat(n / 2), () => "a" + " ".repeat(n),
  ],
  xml: n => [
    () => "<a>".repeat(n / 3), () => "<a>" + "<b/>".repeat(n / 4) + "</a>",
    () => "<a " + walkRange(Math.floor(n / 12)).map(i => "x" + i + "='1'").join(" ") + "/>", () => "<a>" + "&amp;".repeat(n / 5) + "</a>",
    () => "<a>" + "x".repeat(n) + "</a>", () => "<a><!--" + "-x".repeat(n / 2) + "--></a>", () => "<a><![CDATA[" + "x".repeat(n) + "]]></a>",
    () => "<" + "a".repeat(n) + "/>", () => "<a>" + "<b c='d'>e</b>".repeat(n / 14) + "</a>", () => "<a>" + "ñ<b/>".repeat(n / 6) + "</a>",
    () => "<a>".repeat(150) + "<b/>".repeat(n / 5) + "</a>".repeat(150), () => "<?xml version='1.0'?>".repeat(n / 21),
    () => "<a x='" + "&#65;".repeat(n / 5) + "'/>",
  ],
  yaml: n => [
    () => "- a\n".repeat(n / 4), () => "[".repeat(n), () => "{a: ".repeat(n / 4), () => "- ".repeat(n / 2),
    () => "a: &a [x,x,x,x,x,x,x,x,x]\n" + "bcdefghij".split("").map((k, i) => k + ": &" + k + " [" + Array(9).fill("*" + "abcdefghij"[i]).join(",") + "]\n").join(""),
    () => "[" + "a,".repeat(n / 2) + "]", () => "[" + "[],".repeat(n / 3) + "]",
    () => walkRange(Math.floor(n / 8)).map(i => "k" + i + ": 1").join("\n"), () => "---\n".repeat(n / 4), () => "a: \"" + "\\x41".repeat(n / 4) + "\"",
    () => "a: |\n" + "  x\n".repeat(n / 4), () => "? ".repeat(n / 2), () => "&a ".repeat(n / 3), () => "- &a x\n".repeat(n / 7),
    () => "a: !!binary " + "AAAA".repeat(n / 4), () => "ñ".repeat(n / 2), () => "{" + "a,".repeat(n / 2) + "}", () => "a: " + "9".repeat(n),
    () => "#\n".repeat(n / 2), () => "<<: [" + "{a: 1},".repeat(n / 7) + "]", () => "- !!int 1\n".repeat(n / 10),
    () => "[" + "1e308,".repeat(n / 6) + "]",
    () => "x: &x\n" + walkRange(Math.floor(n / 100)).map(i => " k" + i + ": 1\n").join("") + walkRange(Math.floor(n / 100)).map(i => "y" + i + ": {<<: *x}\n").join(""),
  ],
  token: n => [
    () => "a.".repeat(n / 2), () => "a".repeat(n), () => jwt.sign({ aud: walkRange(4000).map(i => "a" + i) }, "key"),
    () => jwt.sign({ a: walkNested(100, v => [v]) }, "key"), () => "eyJhbGciOiJIUzI1NiJ9." + "W1tb".repeat(Math.min(n, 60000) / 4) + ".x",
    () => jwt.sign({ a: "x".repeat(30000) }, "key"),
  ],
  expression: n => [
    () => "all(list, all(more, # >= 0))", () => "count(list, count(more, # > 3) > 1)", () => "uniq(list)", () => "uniq(texts)",
    () => "groupBy(list, # % 1000)", () => "countBy(texts, #)", () => "sortBy(list, -#)", () => "sort(texts)", () => "sort(list, 'desc')",
    () => "t matches '(a|ab)*c'", () => "t matches '((a{1,30}){1,30}){1,1}c'", () => "any(texts, # matches '(x+x+)+y')", () => "t contains u",
    () => "t contains (t + 'c')", () => "split(t, '')", () => "split(t, 'a')", () => "join(texts, t)", () => "replace(t, 'a', t)",
    () => "repeat(t, 1000)", () => "t + t + t + t + t + t + t", () => "toJSON(list)", () => "toJSON(t)", () => "map(1..1000000, t)",
    () => "1..100000000", () => "flatten([list, [list, [more]]])", () => "indexOf(t, t)", () => "lastIndexOf(t, 'c')", () => "upper(t)",
    () => "lower(u)", () => "trim(t, 'ab')", () => "fromJSON(t)", () => "concat(list, list, list)", () => "reduce(list, #acc + t, '')",
    () => "reduce(list, [#acc, #acc], 1)", () => "map(list, t)", () => "map(list, list)", () => "map(list, t + one)", () => "toPairs(wide)",
    () => "fromPairs(map(list, [string(#), #]))", () => "2 ** 100000", () => "mean(list)", () => "median(list)", () => "string(list)",
    () => "string(t)", () => "(".repeat(Math.min(n, 16000)), () => "!".repeat(Math.min(n, 16000)) + "true", () => "list == more",
    () => "filter(list, list == more)", () => "filter(list, t in texts)", () => "filter(texts, # in texts)", () => "take(list, 10)",
    () => "reverse(list)", () => "t[1:]", () => "map(list, t[#:])", () => "map(list, list[#:])", () => "toBase64(t)", () => "fromBase64(t)",
    () => "sum(list, sum(more))", () => "find(list, none(more, # == 3))", () => "keys(wide)", () => "values(wide)",
    () => "let x = [t, t]; let y = [x, x]; let z = [y, y]; [z, z]", () => "[" + "t,".repeat(500) + "t]", () => "map(list, keys(wide))", () => "date(t)",
    () => "duration(t)", () => "map(list, date('2026-01-01'))", () => "int(t)", () => "float(t)", () => "len(t)", () => "map(list, toJSON(wide))",
    () => "min(list)", () => "max(list, more)", () => "list | map(# + 1) | filter(# > 2) | sum()", () => "one ?: t", () => "wide?.k1 ?? t",
    () => "hasPrefix(t, t)", () => "splitAfter(t, 'a')", () => "trimPrefix(t, t)", () => "bitshl(1, 1000000)", () => "ascii(t)",
    () => "now().UnixMilli()", () => "now()", () => "now", () => "string(now())", () => "map(list, now())", () => "timezone(t)",
    () => "filter(list, t == u)", () => "any(list, t startsWith t)", () => "map(texts, split(t, #))", () => "map(texts, replace(t, #, 'y'))",
    () => "get(wide, 'k1')", () => "type(list)", () => "abs(-1)", () => "map(list, {'a': t, 'b': #})",
    () => "when true then a = t; b = [t, t]; c = [output.a, output.b]", () => "x = " + "1+".repeat(500) + "1",
    () => "'" + "a".repeat(15000) + "' matches '" + "(a?)".repeat(100) + "'", () => "sortBy(texts, #)", () => "sortBy(objects, .b.c)",
    () => "groupBy(objects, .b)", () => "countBy(objects, .b)", () => "sort(map(list, t))", () => "uniq(map(list, t))", () => "uniq(objects)",
    () => "concat(texts, uniq(objects))", () => "list in [list, more]", () => "objects in [objects, objects]", () => "filter(objects, # in objects)",
    () => "lastIndexOf(t, t[1:])", () => "indexOf(t, u)",
  ],
  source: n => [
    () => "{{range .list}}{{range $.more}}{{end}}{{end}}", () => '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
    () => '{{define "a"}}{{template "a" .}}{{template "a" .}}{{end}}{{template "a" .}}', () => "{{.t}}".repeat(1000),
    () => "{{range .list}}{{$.t}}{{end}}", () => "{{range .list}}{{html $.t}}{{end}}", () => "{{range .list}}{{if eq $.t $.u}}{{end}}{{end}}",
    () => "{{range .list}}{{if eq $.t (print $.t)}}{{end}}{{end}}", () => "{{js (js (js (js (js (js .t)))))}}",
    () => "{{printf \"%999d\" 1}}".repeat(1000), () => "{{printf \"%s%s%s\" .t .t .t}}", () => "{{print .list .list .list .list}}",
    () => "{{if .t}}".repeat(Math.min(n / 9, 1000)), () => "{{range .list}}".repeat(12) + "{{end}}".repeat(12),
    () => "{{range .list}}{{slice $.t 1}}{{end}}", () => "{{range .list}}{{len $.t}}{{end}}", () => "{{range .list}}{{urlquery $.t}}{{end}}",
    () => "{{range .list}}{{index $.wide \"k1\"}}{{end}}", () => "<script>var x = {{.list}}</script>",
    () => "<script>var x = {{.wide}}; {{range .list}}var y = {{$.list}};{{end}}</script>", () => "<a href='{{.t}}'>".repeat(100),
    () => "<style>{{.t}}</style>", () => "{{range .list}}<script>{{$.objects}}</script>{{end}}", () => "{{#list}}{{#more}}{{/more}}{{/list}}",
    () => "{{#list}}{{#more}}x{{/more}}{{/list}}", () => "{{#list}}{{t}}{{/list}}", () => "{{t}}".repeat(1000),
    () => "{{#list}}".repeat(150) + "{{/list}}".repeat(150), () => "{{>a}}", () => "{{#wide}}{{#list}}{{none}}{{/list}}{{/wide}}",
    () => "{{#list}}{{^none}}{{/none}}{{/list}}", () => "{{#list}}" + "{{none}}".repeat(1000) + "{{/list}}", () => "a".repeat(n),
    () => "{{/*" + "x".repeat(n) + "*/}}", () => "{{".repeat(n / 2),
    () => "{{range $i, $x := .list}}{{range $j, $y := $.more}}{{if eq $i $j}}{{end}}{{end}}{{end}}", () => "{{range 100000000}}{{end}}",
    () => "{{range 100000000}}{{break}}{{end}}", () => "{{with .t}}{{with .}}{{.}}{{end}}{{end}}", () => "{{and .list .more}}", () => "{{not .t}}",
    () => "{{range .texts}}{{unescapeHTML $.t}}{{end}}", () => "{{#list}}{{{t}}}{{/list}}", () => "{{#objects}}{{b.c}}{{/objects}}",
    () => "{{=<% %>=}}".repeat(1000), () => "<div {{.t}}>".repeat(50), () => "{{range .list}}{{call .}}{{end}}",
    () => "{{range .list}}{{lt . 1}}{{end}}", () => "<p title=\"{{range .list}}{{$.u}}{{end}}\">",
  ],
  schema: n => [
    () => ({ properties: { list: { uniqueItems: true } } }), () => ({ properties: { texts: { uniqueItems: true, items: { pattern: "(a|ab)*c" } } } }),
    () => ({ properties: { objects: { uniqueItems: true } } }), () => ({ properties: { t: { pattern: "(a|ab)*c" } } }),
    () => ({ properties: { t: { pattern: "((a{1,30}){1,30}){1,1}c" } } }),
    () => ({ patternProperties: { ".*": { patternProperties: { "(a|ab)*c": {} } } } }),
    () => ({ $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }, { $ref: "#/$defs/b" }, { $ref: "#/$defs/b" }] }, b: { anyOf: [{ properties: { a: { $ref: "#/$defs/a" } }, required: ["zz"] }, { items: { $ref: "#/$defs/a" }, minItems: 1e9 }] } }, $ref: "#/$defs/a" }),
    () => walkNested(12, v => ({ anyOf: [v, v, v, v] })), () => walkNested(14, v => ({ not: { allOf: [v, v] } })),
    () => ({ properties: { list: { items: { enum: walkRange(3000) } } } }),
    () => ({ properties: { texts: { items: { enum: walkRange(3000).map(i => "x" + i) } } } }), () => ({ properties: { t: { format: "email" } } }),
    () => ({ properties: { t: { format: "regex" } } }), () => ({ properties: { t: { format: "uri" } } }),
    () => ({ properties: { t: { format: "idn-email" } } }), () => ({ properties: { t: { format: "iri" } } }),
    () => ({ properties: { t: { format: "hostname" } } }), () => ({ properties: { t: { format: "duration" } } }),
    () => ({ properties: { u: { maxLength: 5 } } }), () => ({ properties: { list: { contains: { contains: { const: 1 } } } } }),
    () => ({ properties: { price: { multipleOf: 1e-300 } } }), () => ({ properties: { price: { multipleOf: 3 }, tiny: { multipleOf: 1e-308 } } }),
    () => ({ properties: { list: { items: { multipleOf: 0.0001 } } } }), () => ({ properties: { list: { items: { type: "string" } } } }),
    () => ({ additionalProperties: { type: "null" } }), () => ({ propertyNames: { pattern: "(x+x+)+y" } }),
    () => ({ properties: { wide: { propertyNames: { maxLength: 1 } } } }), () => ({ unevaluatedProperties: false }),
    () => ({ properties: { wide: { minProperties: 1e9, dependentRequired: { k1: walkRange(3000).map(String) } } } }),
    () => ({ const: walkRich(Math.min(n, 3000)) }), () => ({ properties: { list: { prefixItems: walkRange(2000).map(() => ({ type: "string" })) } } }),
    () => ({ properties: { t: { contentMediaType: "application/json", contentEncoding: "base64" } } }),
    () => walkNested(800, v => ({ properties: { a: v } })), () => ({ $ref: "#" }), () => ({ pattern: "(".repeat(Math.min(n, 60000)) }),
    () => ({ properties: { t: { pattern: "(\\pL{1,1000}){1,1}" } } }),
    () => ({ properties: walkWide(2000, { type: "string", pattern: "\\pL{1,500}" }) }),
    () => ({ patternProperties: Object.fromEntries(walkRange(500).map(i => ["k" + i, { type: "null" }])), properties: { wide: { patternProperties: Object.fromEntries(walkRange(500).map(i => ["k" + i, { type: "null" }])) } } }),
    () => ({ properties: { list: { allOf: Array(500).fill({ uniqueItems: true }) } } }),
    () => ({ properties: { texts: { items: { anyOf: Array(300).fill({ pattern: "^[a-z]+z$" }) } } } }),
  ],
}

walkKinds.any = n => {
  const of = (kind, places) => walkGrouped(kind, walkKinds[kind](n)).filter((_, i) => !places || places.includes(i))
  return [...of("text", [0, 1, 2, 19]), ...of("list", [0, 1, 3, 5, 8, 9, 11, 13, 15]), ...of("data").slice(0, -3), ...of("bytes", [0, 3, 6]), ...of("number", [4, 5, 13]), ...of("fn", [1, 4]),
    ...walkGrouped("traps", walkSome("list", n, 0, 1, 3, 5, 7, 9, 10))] // data ends with the same in an object
}

// walkNew returns another text of n characters each time; walkBusy works n times as long as a step takes.
var walkMade = 0
function walkNew(n) { return "x".repeat(n) + walkMade++ }
function walkBusy(n) { for (let i = 0; i < n; i++); return "x" }

// walkGetters defines as many getters on an object.
function walkGetters(o, count, get) {
  for (const i of walkRange(count)) Object.defineProperty(o, Array.isArray(o) || "length" in o ? i : "k" + i, { get: () => get(i), set() {}, enumerable: true, configurable: true })
  return o
}

// walkSome returns traps, all without places.
function walkSome(kind, n, ...places) {
  return walkTraps[kind](n).filter((_, i) => places.length === 0 || places.includes(i)).map(f => Object.assign(f, { trap: true }))
}

// walkTraps are values, of objects or of lists, that run code when they are read: it makes something new, works long, throws, or changes what is read.
var walkTraps = {
  object: n => [
    () => walkGetters({}, 20, () => walkNew(n)), () => walkGetters({}, 20, () => walkBusy(n)), () => walkGetters({}, 9, i => { if (i > 3) throw new Error(walkNew(n)); return i }),
    () => { const o = walkGetters({}, 20, i => { for (const k of Object.keys(o)) if (k !== "k" + i) delete o[k]; o["z" + walkNew(n)] = 1; return i }); return o },
    () => new Proxy({}, { ownKeys: () => walkGetters([], 20, i => "k" + i + walkNew(n)), getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }), get: () => 1 }),
    () => new Proxy({}, { ownKeys: () => walkRange(20).map(String), getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, get value() { return walkNew(n) } }), get: (o, k) => typeof k === "symbol" ? undefined : walkNew(n), has: () => walkBusy(n) }),
    () => ({ toString: () => walkNew(n), valueOf: () => walkNew(n), toJSON: () => walkNew(n), [Symbol.toPrimitive]: () => walkNew(n) }), () => ({ toString: () => walkBusy(n), toJSON: () => walkBusy(n), then: r => r(walkBusy(n)) }),
    () => ({ toJSON() { return { a: this, b: walkNew(n) } }, get then() { return walkNew(n) } }), () => ({ get a() { return walkNested(9, v => ({ a: v, get b() { return walkNew(n) } })) } }),
    () => ({ get a() { return { get a() { return this.b }, get b() { return { a: this } }, [walkNew(n)]: 1, toJSON: () => this } } }),
  ],
  list: n => [
    () => walkGetters(Array(20), 20, () => walkNew(n)), () => walkGetters({ length: 20 }, 20, () => walkNew(n)), () => walkGetters(Array(9), 9, i => { if (i > 3) throw new Error(walkNew(n)); return "a" }),
    () => { const a = walkGetters(walkRange(20), 20, i => { a.length = Math.min(a.length, 21 - i); return walkNew(n) }); return a },
    () => { const a = walkGetters(Array(5), 5, i => { for (let j = 0; j < n / 20; j++) a.push("a"); return "a" }); return a },
    () => new Proxy({}, { get: (o, k) => k === "length" ? 1e9 : typeof k === "symbol" ? undefined : walkNew(n), has: () => true }), () => walkGetters({ length: 2 ** 53 - 1 }, 20, () => walkNew(n)),
    () => new Proxy([], { get: (o, k) => k === "length" ? 1e6 : k === Symbol.iterator ? o[k] : walkBusy(n) }), () => ({ get length() { return walkNew(n) }, [Symbol.iterator]: function* () { for (let i = 0; i < 20; i++) yield walkNew(n) } }),
    () => Array.from(Array(20), (x, i) => ({ toString: () => walkNew(n), get name() { return walkNew(n) }, get content() { return walkNew(n) } })), () => Array.from(Array(20), () => walkGetters(Array(2), 2, () => walkNew(n))),
    () => ({ length: 1, [Symbol.iterator]: () => ({ next: () => ({ get value() { return walkNew(n) }, get done() { return !walkNew(n) } }) }) }),
  ],
}

// walkGrouped marks values with what they have in common.
function walkGrouped(group, values) {
  for (const v of values) v.group = v.group || group
  return values
}

// walkPlain are arguments that a function takes, by the names of its parameters and else by their kind.
var walkPlain = {
  method: "POST", algorithm: "sha256", status: 200, redirect: 302, contentType: "text/plain", header: "X-A", cipherKey: "0123456789abcdef0123456789abcdef", zone: "Europe/Madrid", unit: "day", pattern: "YYYY-MM-DD", separator: ";", comment: "#", path: "/ping",
  to: "ada@example.com", from: "ada@example.com", cc: "ada@example.com", bcc: "ada@example.com", replyTo: "ada@example.com", encoding: "hex", form: "hex", date: 0, claims: { a: 1 }, key: "key", format: "text", smtp: "127.0.0.1", port: 1, domain: "example.com", sameSite: "lax", rules: "a = 1", sql: "SELECT $1", params: ["a"], callback: "f",
  output: {}, base64: "AAAA", as: "text", indent: 2, algorithms: ["HS256"], seconds: 10, ms: 1, model: "m", provider: "openai", baseURL: "", headers: { "X-A": "1" }, elements: { a: { b: ["c", "d"] } }, rows: [{ a: 1 }], password: "p", amount: 1, attachment: "", subject: "s", form_: {}, size: 16, host: "example.com", query: "a=b",
  csv: "a,b\n1,2", xml: "<a/>", yaml: "a: 1", expression: "true", source: "x", schema: {}, html: "x", prompt: "x", template: "page", jwt: "x", messages: [{ role: "user", content: "x" }], tools: [], url: "/ping", name: "n", field: "f", channel: "c",
}
var walkData = ["data", "input", "values"] // parameters that get much also where another is the hostile one
var walkByKind = { text: "text", number: 1, flag: true, any: "any", list: [1, 2], data: { a: 1 }, bytes: "bytes", fn: () => 1, token: "a.b.c" }

function walkUsual(p, n) {
  if (walkData.includes(p.name)) return walkRich(n)
  if (p.name === "token") return jwt.sign({ a: 1, aud: ["a"] }, "key")
  if (p.name === "url") return WALK_BASE + "/ping"
  if (p.kind === "options") return undefined
  const usual = p.name in walkPlain ? walkPlain[p.name] : walkByKind[p.kind]
  return usual === undefined ? walkKinds[p.kind](10)[0]() : usual
}

// walkVariants are the hostile values of a parameter; of options those of each key alone.
function walkVariants(p, n) {
  if (p.name === "ms") return walkKinds.number(n).map(walkEndless) // most are long
  if (p.kind !== "options") return walkKinds[p.kind](n)
  const all = []
  for (const key of p.keys) walkKinds[key.kind](n).forEach((v, i) => all.push(Object.assign(() => v, { made: v.made || v, endless: v.endless, trap: v.trap, like: key.kind + i, group: key.name + " " + (v.group || "") })))
  return all.concat(walkKinds.data(n))
}

// walkPick makes a value of walkVariants, and no more of the others than it must: each call pays for it.
function walkPick(p, n, variant) {
  if (p.kind !== "options") {
    const list = p.name === "ms" ? walkKinds.number(n) : walkKinds[p.kind](n)
    return list[variant % list.length]()
  }
  const lists = {}, of = kind => lists[kind] || (lists[kind] = walkKinds[kind](n))
  variant %= p.keys.reduce((sum, key) => sum + of(key.kind).length, of("data").length)
  for (const key of p.keys) {
    const list = of(key.kind)
    if (variant >= list.length) {
      variant -= list.length
      continue
    }
    const o = {}
    for (const other of p.keys) if (["to", "prompt", "name", "text"].includes(other.name)) o[other.name] = walkUsual(other, n)
    o[key.name] = list[variant]()
    if (key.name === "messages") delete o.prompt
    return o
  }
  return of("data")[variant]()
}

// walkPlan lists what a function can be called with: for each parameter, and for -1, all at once, the values. endless are those
// that only their time ends, fixed those that are the same for each n, where the other arguments are, too.
function walkPlan(params) {
  if (params.length === 0) return [{ at: 0, values: [{ fixed: true }] }]
  const lists = params.map(p => walkVariants(p, 10).map(f => ({ endless: f.endless, trap: f.trap, fixed: !/\bn\b/.test(String(f.made || f)), like: f.like, group: f.group })))
  const plan = lists.map((values, at) => ({ at, values: values.map(v => ({ ...v, fixed: v.fixed && !params.some((p, i) => i !== at && walkData.includes(p.name)) })) }))
  if (params.length > 1) {
    const at = i => lists.map(list => list[i % list.length])
    plan.unshift({ at: -1, values: walkRange(Math.min(Math.max(...lists.map(list => list.length)), 16)).map(i => ({ endless: at(i).some(v => v.endless), fixed: at(i).every(v => v.fixed) })) })
  }
  return plan
}

// walkArguments are those of one call. at is the parameter that gets a hostile value, -1 for all of them.
function walkArguments(params, at, variant, n) {
  return params.map((p, i) => at >= 0 && i !== at ? walkUsual(p, n) : walkPick(p, n, variant))
}

// walkFree are the variables that rows name on their way to a function, as in http.get(url).json().
function walkFree() { return { url: WALK_BASE + "/large", name: "f" } }

// log is called after each node, and sees the payload.
function log() {}

// walkId names the call that this run makes.
function walkId() { return c.Request().URL.EscapedPath() }

// walkMeasured makes one call of f and measures it.
async function walkMeasured(f) {
  const id = walkId()
  const { answer } = await walkOnce(id, f)
  payload = {}
  c.JSON(200, answer)
}

// walkMany makes one call after the other, with each of so many values. made makes the call with one.
async function walkMany(made) {
  const all = []
  for (const variant of vars.variants.split(",")) {
    const { answer, used } = await walkOnce(walkId() + "/" + variant, made(+variant))
    all.push({ ...answer, cpu: used[0], bytes: used[1] })
  }
  payload = {}
  c.JSON(200, { all })
}

async function walkOnce(id, f) {
  let out
  walk_began(id)
  try { out = await f() } catch (e) { out = e }
  const used = walk_used(id)
  return { used, answer: { type: typeof out, error: out instanceof Error ? String(out.message).slice(0, 300) : "", members: walkMembers(out) } }
}

// walkMembers lists the functions that an answer has: each must be a row, too.
function walkMembers(out) {
  if (out === null || typeof out !== "object" || Array.isArray(out) || out instanceof Error) return []
  const given = ["toJSON", "toString", "valueOf"] // of our own arguments
  return Object.keys(out).slice(0, 50).filter(key => typeof out[key] === "function" && !given.includes(key))
}
