package kit

import (
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
)

func TestRequire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.eq(`[require("my module").double(2), require("my module").loads, globalThis.loads, require("path") === require("node:path")]`, `[4,1,1,true]`)
	w.eq(`require("a").seen`, `1`)
	w.eq(`new (require("@scope/vendored"))().name`, `"thing"`)
	w.eq(`Object.keys(require.cache)`, `["my module","path","a","b","@scope/vendored"]`)
	w.eq(`globalThis.console = {log: 1}; require("console") === console`, `true`)
	w.throws(`require("broken")`, "TypeError: broken at load")
	w.throws(`require("broken")`, "TypeError: broken at load")
	for _, name := range []string{"./a", "../a", "/etc/passwd", "a/../b", `c:\a`, "file:x", "http://x/y", "node:fs/../a", "~/a", `a\0`} {
		w.throws(`require("`+strings.ReplaceAll(name, `\a`, `\\a`)+`")`, "is a path or an address")
	}
	for _, name := range []string{"fs", "child_process", "node_modules/x", "__proto__", "constructor", "path/posix"} {
		w.throws(`require("`+name+`")`, "there is no module")
	}
	w.throws(`require("node:fs")`, "is a path or an address")
	w.throws(`require()`, "must be the name of a module")
	w.throws(`require({toString: () => "path"})`, "must be the name of a module")
	// What a script does to a module stays in its run.
	w.js(`require("path").join = () => "mine"; require("events").prototype.on = null`)
	other := newWorld(t)
	other.eq(`[require("path").join("a", "b"), typeof require("events").prototype.on]`, `["a/b","function"]`)
}

func TestModulesAreCompiledByTheEngine(t *testing.T) {
	t.Parallel()
	var names []string
	w := newWorld(t)
	w.opts.Compile = func(name, code string) (*goja.Program, error) {
		names = append(names, name)
		return goja.Compile(name, "(function (exports, require, module) {"+code+"\n})", false)
	}
	w.eq(`[require("path").sep, "native" in require.cache.path, typeof require("buffer"), "native" in require.cache.buffer]`, `["/",false,"object",false]`)
	if got := strings.Join(names, " "); got != "node:path node:buffer" {
		t.Errorf("compiled %s", got)
	}
}

// TestPackageRunsOnce: the entries of a package share it, whatever a script does to require.cache.
func TestPackageRunsOnce(t *testing.T) {
	t.Parallel()
	program, err := goja.Compile("p", `(function (exports) { let n = 0; exports.p = () => ({up: () => ++n}); exports["p/sub"] = () => () => ++n; exports["p/bad"] = () => { throw new Error("mine") } })`, false)
	if err != nil {
		t.Fatal(err)
	}
	world := func() *world {
		w := newWorld(t)
		w.opts.Module = func(_ *hostfn.Run, name string) (*Module, error) {
			if !strings.HasPrefix(name, "p") {
				return nil, nil
			}
			return &Module{Program: program, Package: "p"}, nil
		}
		return w
	}
	world().eq(`[require("p").up(), require("p/sub")(), require("p").up(), require("p") === require("p")]`, `[1,2,3,true]`)
	world().throws(`require("p/bad")`, "mine")
	world().throws(`require("npm:p")`, "only names of modules")
	world().throws(`require("p"); require.cache["npm:p"] = {exports: 1}; require("p/sub")`, "require.cache was changed")
	world().throws(`require("p"); require.cache["npm:p"] = {exports: {}}; require("p/sub")`, "require.cache was changed")
}

func TestInterruptGoesThroughModules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opts.Module = func(*hostfn.Run, string) (*Module, error) {
		p, err := goja.Compile("m", `(function (exports) { exports.stop = f => { try { f() } catch { return "caught" } } })`, false)
		return &Module{Program: p}, err
	}
	if err := w.vm.Set("kill", func() { w.vm.Interrupt("killed") }); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{
		`require("m").stop(() => { kill(); for (;;); })`,
		`const E = require("events"), e = new E(); e.on("x", () => { kill(); for (;;); }); try { e.emit("x") } catch {}`,
		`rule_add_fx("f", () => { kill(); for (;;); }); try { rules.eval("f()") } catch {}`,
	} {
		_, err := w.try(script)
		if _, ok := err.(*goja.InterruptedError); !ok {
			t.Errorf("%s\nended with %v", script, err)
		}
		w.vm.ClearInterrupt()
	}
}

func TestModulePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.js(`var path = require("path")`)
	// What Node 20 answers.
	for script, want := range map[string]string{
		`["", ".", "./", "/", "//", "a//b/../c/.", "../a", "/../a", "a/..", "a/../..", "./a/b/", "/a/b/../../..", "a/b/../../../c"].map(path.normalize)`: `[".",".","./","/","/","a/c","../a","/a",".","..","a/b/","/","../c"]`,
		`[path.join(), path.join(""), path.join("a", "", "b"), path.join("/a", "../b"), path.join("a", "/b", "..", "c/")]`:                               `[".",".","a/b","/b","a/c/"]`,
		`[path.resolve(), path.resolve("a"), path.resolve("/a", "b", "../c"), path.resolve("/a", "/b"), path.resolve("/a/b/")]`:                          `["/","/a","/a/c","/b","/a/b"]`,
		`["/a/b.txt", "a", "/a", "/", "//", "", "a/b/", "a//b", "//a"].map(path.dirname)`:                                                                `["/a",".","/","/","/",".","a","a","//"]`,
		`["/a/b.txt", "a", "/a/", "/", "", "a//"].map(p => path.basename(p))`:                                                                            `["b.txt","a","a","","","a"]`,
		`[path.basename("/a/b.txt", ".txt"), path.basename(".txt", ".txt"), path.basename("b.txt", "x.txt")]`:                                            `["b",".txt","b.txt"]`,
		`["a.txt", "a.b.c", ".hidden", "a.", "a", "..", "/a.b/c", ".a.b", "a.txt/"].map(path.extname)`:                                                   `[".txt",".c","",".","","","",".b",".txt"]`,
		`[path.relative("/a/b/c", "/a/d"), path.relative("/a", "/a"), path.relative("a", "b"), path.relative("/a", "/a/b")]`:                             `["../../d","","../b","b"]`,
		`[path.parse("/home/u/file.txt"), path.parse("a"), path.parse("./a/b"), path.parse("/"), path.parse("/a")]`:                                      `[{"root":"/","dir":"/home/u","base":"file.txt","ext":".txt","name":"file"},{"root":"","dir":"","base":"a","ext":"","name":"a"},{"root":"","dir":"./a","base":"b","ext":"","name":"b"},{"root":"/","dir":"/","base":"","ext":"","name":""},{"root":"/","dir":"/","base":"a","ext":"","name":"a"}]`,
		`[path.format({dir: "/a", base: "b.c"}), path.format({root: "/", name: "a", ext: "txt"}), path.format({name: "a"})]`:                             `["/a/b.c","/a.txt","a"]`,
		`[path.isAbsolute("/a"), path.isAbsolute("a"), path.posix === path, path.sep, path.delimiter]`:                                                   `[true,false,true,"/",":"]`,
	} {
		w.eq(script, want)
	}
	w.throws(`path.join("a", 1)`, `TypeError: The "path" argument must be of type string`)
}

func TestModuleQuerystring(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.js(`var qs = require("querystring")`)
	for script, want := range map[string]string{
		`qs.parse("a=1&b=2&a=3&c&=d&e=%C3%B1+x&f=a%3Db=c")`:              `{"a":["1","3"],"b":"2","c":"","":"d","e":"ñ x","f":"a=b=c"}`,
		`qs.parse("a:1;b:2", ";", ":")`:                                  `{"a":"1","b":"2"}`,
		`qs.parse("a=%E0%A4%A&b=%ff&c=%zz")`:                             `{"a":"` + "\uFFFD" + `%A","b":"` + "\uFFFD" + `","c":"%zz"}`,
		`Object.keys(qs.parse("a=1&b=2&c=3", null, null, {maxKeys: 2}))`: `["a","b"]`,
		`(() => { const q = qs.parse("__proto__=1&__proto__=2&toString=3"); return [Object.keys(q), q.__proto__, ({}).x, Object.getPrototypeOf(q)] })()`: `[["__proto__","toString"],["1","2"],null,null]`,
		`Object.keys(qs.parse("a&".repeat(5000).replace(/a/g, (m, i) => "k" + i))).length`:                                                               `1000`,
		`qs.stringify({a: [1, "x y"], b: true, c: null, d: NaN, e: "ñ&=", f: {}})`:                                                                       `"a=1&a=x%20y&b=true&c=&d=&e=%C3%B1%26%3D&f="`,
		`qs.stringify({a: 1, b: 2}, ";", ":")`:                                                     `"a:1;b:2"`,
		`[qs.escape("a b!'()*"), qs.unescape("a%20b"), qs.stringify("x"), qs.decode === qs.parse]`: `["a%20b!'()*","a b","",true]`,
	} {
		w.eq(script, want)
	}
}

func TestModuleURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.js(`var url = require("url"), { URL, URLSearchParams } = url`)
	for script, want := range map[string]string{
		`(() => { const u = new URL("../c?q=1&r=ñ#h", "https://User:pw@EXAMPLE.com:8443/a/b/"); return [u.href, u.origin, u.protocol, u.username, u.password, u.host, u.hostname, u.port, u.pathname, u.search, u.hash] })()`: `["https://User:pw@example.com:8443/a/c?q=1&r=%C3%B1#h","https://example.com:8443","https:","User","pw","example.com:8443","example.com","8443","/a/c","?q=1&r=%C3%B1","#h"]`,
		`(() => { const u = new URL("http://x.com/"); u.searchParams.append("a", "1 2"); u.pathname = "/p"; u.hash = "z"; u.port = "81"; return [String(u), JSON.stringify({u}), u.searchParams === u.searchParams] })()`:     `["http://x.com:81/p?a=1+2#z","{\"u\":\"http://x.com:81/p?a=1+2#z\"}",true]`,
		`(() => { const p = new URLSearchParams("?a=1&b=2&a=3"); p.delete("b"); p.set("c", "ñ"); return [p.get("a"), p.getAll("a"), p.has("b"), p.get("z"), [...p], p.toString(), p.size, [...p.keys()]] })()`:                `["1",["1","3"],false,null,[["a","1"],["a","3"],["c","ñ"]],"a=1&a=3&c=%C3%B1",3,["a","a","c"]]`,
		`[String(new URLSearchParams({a: 1, b: "x"})), String(new URLSearchParams([["a", "1"], ["b", "2"]])), String(new URLSearchParams(new URLSearchParams("q=1"))), String(new URLSearchParams())]`:                        `["a=1&b=x","a=1&b=2","q=1",""]`,
		`[URL.canParse("http://a"), URL.canParse("no"), URL.parse("no")]`: `[true,false,null]`,
		`(() => { const u = url.parse("http://user:pw@Host.com:80/p/a?x=1#h"); return [u.protocol, u.auth, u.host, u.port, u.hostname, u.hash, u.search, u.query, u.pathname, u.path, u.href, u.slashes] })()`: `["http:","user:pw","host.com:80","80","host.com","#h","?x=1","x=1","/p/a","/p/a?x=1","http://user:pw@host.com:80/p/a?x=1#h",true]`,
		`[url.parse("/a?b=1&b=2", true).query, url.parse("mailto:a@b.c").pathname, url.parse("//h/p").pathname]`:                                                                                               `[{"b":["1","2"]},"a@b.c","//h/p"]`,
		`[url.format({protocol: "https", hostname: "a.b", port: 1, pathname: "x", query: {q: [1, 2]}, hash: "h"}), url.format(new URL("http://a"))]`:                                                           `["https://a.b:1/x?q=1&q=2#h","http://a/"]`,
		`[url.resolve("/one/two/three", "four"), url.resolve("http://example.com/", "/one"), url.resolve("http://example.com/one", "/two")]`:                                                                   `["/one/two/four","http://example.com/one","http://example.com/two"]`,
		`[url.domainToASCII("español.com"), url.domainToUnicode("xn--espaol-zwa.com")]`:                                                                                                                        `["xn--espaol-zwa.com","español.com"]`,
		// What Node 20 answers.
		`["HTTP://A:80/../b/./c/..", "http://[::1]:8080/x", "http://[0:0:0:0:0:0:0:1]/", "https://a\\b", "http://ñ.com", "mailto:a@b.c", "http://a/b c?d e#f g", " http://a\n/b ", "file:///etc/x", "http://a?x", "http://user@a/", "ftp://a:21/"].map(u => new URL(u).href)`:                   `["http://a/b/","http://[::1]:8080/x","http://[::1]/","https://a/b","http://xn--ida.com/","mailto:a@b.c","http://a/b%20c?d%20e#f%20g","http://a/b","file:///etc/x","http://a/?x","http://user@a/","ftp://a/"]`,
		`["c", "/c", "?q", "#h", "//o/p", "./", "..", "../../x", "http://z", ""].map(u => new URL(u, "http://a/b/d?e#f").href)`:                                                                                                                                                                 `["http://a/b/c","http://a/c","http://a/b/d?q","http://a/b/d?e#h","http://o/p","http://a/b/","http://a/","http://a/x","http://z/","http://a/b/d?e"]`,
		`["", "a", "http://", "http://a:99999", "http://a b/", "http://[::1", "//x", "http://a:b", "http://%00/"].map(u => URL.canParse(u))`:                                                                                                                                                    `[false,false,false,false,false,false,false,false,false]`,
		`(() => { const u = new URL("http://a/b"); u.host = "c:81"; u.hostname = "d"; u.port = ""; u.protocol = "https"; u.protocol = "mailto"; u.username = "u:"; u.password = "p@"; u.search = "x=1"; u.searchParams.set("y", "2"); u.hash = ""; u.hostname = "bad host"; return u.href })()`: `"https://u%3A:p%40@d/b?x=1&y=2"`,
		`(() => { const u = new URL("http://a/?x=1"), p = u.searchParams; u.search = "?z=3"; const first = String(p); u.href = "http://b/?q=4"; return [first, String(p), p.has("q", "4"), p.has("q", "5")] })()`:                                                                               `["z=3","q=4",true,false]`,
		`(() => { const p = new URLSearchParams("b=1&a=2&b=3"); p.sort(); const s = String(p); p.set("b", "9"); return [s, String(p), String(new URLSearchParams({x: "a+b c!~*'()&=%"}))] })()`:                                                                                                 `["a=2&b=1&b=3","a=2&b=9","x=a%2Bb+c%21%7E*%27%28%29%26%3D%25"]`,
		// No object of Go is behind these.
		`(() => { const u = new URL("http://a/?b=1"); const all = []; for (let o = u; o; o = Object.getPrototypeOf(o)) all.push(...Reflect.ownKeys(o)); return [all.includes("String"), Object.keys(u), Object.prototype.toString.call(u)] })()`: `[false,[],"[object Object]"]`,
	} {
		w.eq(script, want)
	}
	w.throws(`new URL("no")`, "TypeError")
	w.throws(`URL.prototype.toString.call({})`, "TypeError")
	w.throws(`url.parse(1)`, "TypeError")
}

func TestModuleBuffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.js(`var { Buffer } = require("buffer")`)
	for script, want := range map[string]string{
		`["utf8", "hex", "base64", "base64url", "latin1", "utf16le"].map(e => Buffer.from("ñ€", "utf8").toString(e))`:                                                                                                                 `["ñ€","c3b1e282ac","w7Higqw=","w7Higqw","Ã±â` + "\u0082" + `¬","` + "\uB1C3\u82E2" + `"]`,
		`[Buffer.from("68656c6c6fzz", "hex").toString(), Buffer.from("aGk", "base64").toString(), Buffer.from("_-8=", "base64").toString("hex"), Buffer.from("a\u00ff", "latin1").length, Buffer.from("hi", "ucs2").toString("hex")]`: `["hello","hi","ffef",2,"68006900"]`,
		`[Buffer.from([1, 256, -1]).toString("hex"), Buffer.from(new Uint8Array([1, 2])).length, Buffer.from(Buffer.from("x").toJSON()).toString(), Buffer.from(new ArrayBuffer(4), 1, 2).length]`:                                    `["0100ff",2,"x",2]`,
		`Buffer.from("\ud800x").toString("hex")`: `"efbfbd78"`,
		`Buffer.from([0xff, 0x41]).toString()`:   `"` + "\uFFFD" + `A"`,
		`[Buffer.alloc(3).toString("hex"), Buffer.alloc(3, "ab").toString(), Buffer.alloc(2, 65).toString(), Buffer.concat([Buffer.from("a"), Buffer.from("bc")]).toString(), Buffer.concat([Buffer.from("abc")], 2).toString()]`:             `["000000","aba","AA","abc","ab"]`,
		`[Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1)), Buffer.byteLength("ñ"), Buffer.byteLength("aGk=", "base64"), Buffer.isEncoding("HEX"), Buffer.isEncoding("x")]`:                                               `[true,false,2,2,true,false]`,
		`[Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.from("a").equals(Buffer.from("a")), Buffer.from("ab").compare(Buffer.from("a"))]`:                                                                                        `[-1,true,1]`,
		`(() => { const b = Buffer.from("hello"); const s = b.slice(1, 3); s[0] = 69; return [b.toString(), s.toString(), b.toString("utf8", 1, 3), Buffer.isBuffer(s), b.slice(-2).toString()] })()`:                                         `["hEllo","El","El",true,"lo"]`,
		`[Buffer.from("hello").indexOf("l"), Buffer.from("hello").lastIndexOf("l"), Buffer.from("hello").includes("ell"), Buffer.from("hello").indexOf(111), Buffer.from("x").indexOf("zz")]`:                                                 `[2,3,true,4,-1]`,
		`(() => { const b = Buffer.alloc(8); b.writeUInt16BE(0x1234, 0); b.writeInt32LE(-2, 2); b.write("hi", 6); return [b.toString("hex"), b.readUInt16BE(), b.readInt32LE(2), b.readUint8(6), b.readIntBE(2, 3), b.readUIntLE(0, 2)] })()`: `["1234feffffff6869",4660,-2,104,-65537,13330]`,
		`(() => { const b = Buffer.alloc(12); b.writeDoubleBE(1.5); b.writeFloatLE(0.5, 8); return [b.readDoubleBE(0), b.readFloatLE(8)] })()`:                                                                                                `[1.5,0.5]`,
		`(() => { const a = Buffer.from("abc"), b = Buffer.alloc(2); return [a.copy(b, 0, 1), b.toString(), a.fill("xy").toString(), Buffer.alloc(3).write("€", 1), Buffer.alloc(3).write("a€")] })()`:                                        `[2,"bc","xyx",0,1]`,
		`JSON.stringify(Buffer.from("a"))`:                                                            `"{\"type\":\"Buffer\",\"data\":[97]}"`,
		`[require("buffer").atob("aGk="), require("buffer").btoa("hi")]`:                              `["hi","aGk="]`,
		`new (require("util").TextDecoder)().decode(new (require("util").TextEncoder)().encode("ñ"))`: `"ñ"`,
	} {
		w.eq(script, want)
	}
	for script, text := range map[string]string{
		`Buffer.alloc(2 ** 40)`:                  "RangeError",
		`Buffer.alloc(-1)`:                       "RangeError",
		`Buffer.alloc("5")`:                      "TypeError",
		`Buffer.from({length: 2 ** 40})`:         "RangeError",
		`Buffer.from(5)`:                         "TypeError",
		`Buffer.from(null)`:                      "TypeError",
		`Buffer.from("a", "rot13")`:              "Unknown encoding: rot13",
		`Buffer.alloc(2).readUInt32LE(0)`:        "RangeError",
		`Buffer.alloc(2).writeUInt8(300)`:        "RangeError",
		`Buffer.alloc(20 << 20).toString("hex")`: "at most",
	} {
		w.throws(script, text)
	}
}

func TestModuleCrypto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.js(`var nodeCrypto = require("crypto")`)
	w.eq(`[nodeCrypto.createHash("sha256").update("a").update(Buffer_("bc")).digest("hex"), nodeCrypto.createHash("md5").update("abc").digest("base64"), nodeCrypto.createHmac("sha1", "key").update("data").digest("hex")];
		function Buffer_(s) { return require("buffer").Buffer.from(s) }`,
		`["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","kAFQmDzST7DWlj99KOF/cg==","104152c5bfdca07bc633eebd46199f0255c9f49d"]`)
	w.eq(`[nodeCrypto.createHash("sha512").update("").digest().length, nodeCrypto.randomBytes(8).toString("hex").length, nodeCrypto.randomUUID(), nodeCrypto.timingSafeEqual(Buffer_("a"), Buffer_("a")), nodeCrypto.createHash("sha1").update("61", "hex").digest("hex") === nodeCrypto.createHash("sha1").update("a").digest("hex")]`,
		`[64,16,"11111111-2222-4333-8444-555555555555",true,true]`)
	w.throws(`nodeCrypto.timingSafeEqual(Buffer_("a"), Buffer_("ab"))`, "RangeError: Input buffers must have the same byte length")
	w.throws(`const h = nodeCrypto.createHash("sha1"); h.digest(); h.digest()`, "Digest already called")
	w.throws(`nodeCrypto.createHash("sha256").update(5)`, "TypeError")
	w.throws(`nodeCrypto.createHash("whirlpool")`, "no algorithm")
	w.throws(`nodeCrypto.randomBytes(1e9)`, "between 0")
}

func TestModuleEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.eq(`const EventEmitter = require("events"), seen = [], e = new EventEmitter(); const f = x => seen.push("f" + x);
		e.on("a", f); e.once("a", x => seen.push("once" + x)); e.prependListener("a", function () { seen.push(this === e) });
		[e.emit("a", 1), e.emit("a", 2), e.listenerCount("a"), e.off("a", f).listenerCount("a"), e.emit("none"), e.eventNames(), seen, EventEmitter.EventEmitter === EventEmitter]`,
		`[true,true,2,1,false,["a"],[true,"f1","once1",true,"f2"],true]`)
	w.eq(`class Shop extends EventEmitter { sell() { return this.emit("sold", 1) } } const s = new Shop(); let n = 0; s.on("sold", x => n += x); [s.sell(), n, s instanceof EventEmitter]`, `[true,1,true]`)
	w.eq(`function Old() {} require("util").inherits(Old, EventEmitter); let m = 0; const o = new Old(); o.on("__proto__", () => m++); o.emit("__proto__"); m`, `1`)
	w.throws(`new EventEmitter().emit("error", new TypeError("mine"))`, "TypeError: mine")
	w.throws(`new EventEmitter().on("a", 1)`, "TypeError")
	w.eq(`const e2 = new EventEmitter(); let got; EventEmitter.once(e2, "x").then(v => got = v); e2.emit("x", 5); undefined`, `undefined`)
	w.eq(`got`, `[5]`)
}

func TestModuleAssert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.js(`var assert = require("assert"); assert(true); assert.ok(1); assert.equal(1, "1"); assert.strictEqual(NaN, NaN); assert.deepEqual({a: [1, "2"]}, {a: ["1", 2]});
		assert.deepStrictEqual({a: [new Date(0), new Map([[1, {b: 2}]]), new Set(["x"]), /a/g]}, {a: [new Date(0), new Map([[1, {b: 2}]]), new Set(["x"]), /a/g]});
		assert.notDeepStrictEqual({a: 1}, {a: "1"}); assert.throws(() => { throw new TypeError("no way") }, TypeError); assert.throws(() => { throw new Error("no way") }, /no way/);
		assert.throws(() => { throw new Error("x") }, {message: "x"}); assert.doesNotThrow(() => 1); assert.match("abc", /b/); assert.ifError(null); assert.strict.deepEqual([1], [1]);
		const a = {}; a.a = a; const b = {}; b.a = b; assert.deepEqual(a, b)`)
	for script, text := range map[string]string{
		`assert(false, "mine")`:                                    "AssertionError: mine",
		`assert(0)`:                                                "AssertionError: ",
		`assert.strictEqual(1, "1")`:                               "1 === 1",
		`assert.strictEqual(0, -0)`:                                "AssertionError",
		`assert.deepStrictEqual([1, 2], [1])`:                      "AssertionError",
		`assert.deepStrictEqual({a: undefined}, {})`:               "AssertionError",
		`assert.deepStrictEqual(new Date(0), new Date(1))`:         "AssertionError",
		`assert.throws(() => {})`:                                  "Missing expected exception",
		`assert.throws(() => { throw new Error("a") }, TypeError)`: "Error: a",
		`assert.throws(() => { throw new Error("a") }, /b/)`:       "is not what was expected",
		`assert.fail()`:                                            "Failed",
		`assert.fail(new RangeError("own"))`:                       "RangeError: own",
		`assert.ifError(new Error("e"))`:                           "Error: e",
		`assert.strict.equal(1, "1")`:                              "AssertionError",
	} {
		w.throws(script, text)
	}
	w.eq(`let e; try { assert.strictEqual(1, 2) } catch (x) { e = x } [e.code, e.actual, e.expected, e.operator, e.generatedMessage, e instanceof assert.AssertionError]`,
		`["ERR_ASSERTION",1,2,"strictEqual",true,true]`)
	w.js(`var out = []; assert.rejects(async () => { throw new Error("x") }, /x/).then(() => out.push("ok")); assert.rejects(async () => 1).catch(e => out.push(e.code))`)
	w.eq(`out`, `["ok","ERR_ASSERTION"]`)
}

func TestModuleUtil(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.eq(`const util = require("util"); [util.format("%s-%d", "a", 1, {b: 2}), util.inspect([null, "x"]), util.isDeepStrictEqual({a: 1}, {a: 1}), util.types.isDate(new Date()), util.types.isDate({}), util.types.isUint8Array(new Uint8Array(1))]`,
		`["a-1 { b: 2 }","[ null, 'x' ]",true,true,false,true]`)
	w.js(`var p, q; util.promisify((a, cb) => cb(null, a + 1))(1).then(v => p = v); util.promisify(cb => cb(new Error("no")))().catch(e => q = e.message); util.callbackify(async x => x * 2)(4, (e, v) => globalThis.r = v)`)
	w.eq(`[p, q, globalThis.r]`, `[2,"no",8]`)
}
