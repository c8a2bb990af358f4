package nodejs

import (
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn/hosttest"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/rules"
)

// world is a run with the options of its functions.
type world struct {
	*hosttest.World
	opts Options
}

func newWorld(t testing.TB) *world {
	w := &world{opts: Options{Module: func(_ *hostfn.Run, name string) (*Module, error) {
		if code := appModules(name); code != "" {
			p, err := goja.Compile(name, "(function (exports, require, module) {"+code+"\n})", false)
			return &Module{Program: p}, err
		}
		return nil, nil
	}}}
	w.World = hosttest.NewWorld(t, func() []hostfn.Row { return append(New(w.opts).Rows(), rules.Rows()...) })
	return w
}

func TestRequire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`[require("my module").double(2), require("my module").loads, globalThis.loads, require("path") === require("node:path")]`, `[4,1,1,true]`)
	w.Eq(`require("a").seen`, `1`)
	w.Eq(`new (require("@scope/vendored"))().name`, `"thing"`)
	w.Eq(`Object.keys(require.cache)`, `["my module","path","a","b","@scope/vendored"]`)
	w.Eq(`globalThis.console = {log: 1}; require("console") === console`, `true`)
	w.Throws(`require("broken")`, "TypeError: broken at load")
	w.Throws(`require("broken")`, "TypeError: broken at load")
	for _, name := range []string{"./a", "../a", "/etc/passwd", "a/../b", `c:\a`, "file:x", "http://x/y", "node:fs/../a", "~/a", `a\0`} {
		w.Throws(`require("`+strings.ReplaceAll(name, `\a`, `\\a`)+`")`, "is a path or an address")
	}
	for _, name := range []string{"fs", "child_process", "node_modules/x", "__proto__", "constructor", "path/posix"} {
		w.Throws(`require("`+name+`")`, "not found; available are")
	}
	w.Throws(`require("node:fs")`, "is a path or an address")
	w.Throws(`require()`, "must be the name of a module")
	w.Throws(`require({toString: () => "path"})`, "must be the name of a module")
	// What a script does to a module stays in its run.
	w.JS(`require("path").join = () => "mine"; require("events").prototype.on = null`)
	other := newWorld(t)
	other.Eq(`[require("path").join("a", "b"), typeof require("events").prototype.on]`, `["a/b","function"]`)
}

func TestModulesAreCompiledByTheEngine(t *testing.T) {
	t.Parallel()
	var names []string
	w := newWorld(t)
	w.opts.Compile = func(name, code string) (*goja.Program, error) {
		names = append(names, name)
		return goja.Compile(name, "(function (exports, require, module) {"+code+"\n})", false)
	}
	w.Eq(`[require("path").sep, "native" in require.cache.path, typeof require("buffer"), "native" in require.cache.buffer]`, `["/",false,"object",false]`)
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
	world().Eq(`[require("p").up(), require("p/sub")(), require("p").up(), require("p") === require("p")]`, `[1,2,3,true]`)
	world().Throws(`require("p/bad")`, "mine")
	world().Throws(`require("npm:p")`, "only names of modules")
	world().Throws(`require("p"); require.cache["npm:p"] = {exports: 1}; require("p/sub")`, "require.cache was changed")
	world().Throws(`require("p"); require.cache["npm:p"] = {exports: {}}; require("p/sub")`, "require.cache was changed")
}

func TestInterruptGoesThroughModules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.opts.Module = func(*hostfn.Run, string) (*Module, error) {
		p, err := goja.Compile("m", `(function (exports) { exports.stop = f => { try { f() } catch { return "caught" } } })`, false)
		return &Module{Program: p}, err
	}
	if err := w.VM.Set("kill", func() { w.VM.Interrupt("killed") }); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{
		`require("m").stop(() => { kill(); for (;;); })`,
		`const E = require("events"), e = new E(); e.on("x", () => { kill(); for (;;); }); try { e.emit("x") } catch {}`,
		`rule_add_fx("f", () => { kill(); for (;;); }); try { rules.eval("f()") } catch {}`,
	} {
		_, err := w.Try(script)
		if _, ok := err.(*goja.InterruptedError); !ok {
			t.Errorf("%s\nended with %v", script, err)
		}
		w.VM.ClearInterrupt()
	}
}

func appModules(name string) string {
	switch name {
	case "my module":
		return `exports.double = x => 2 * x; exports.loads = (globalThis.loads = (globalThis.loads || 0) + 1)`
	case "a":
		return `exports.early = 1; const b = require("b"); exports.seen = b.seen`
	case "b":
		return `exports.seen = require("a").early`
	case "broken":
		return `throw new TypeError("broken at load")`
	case "@scope/vendored":
		return `module.exports = class Thing { get name() { return "thing" } }`
	}
	return ""
}

func TestModulePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`var path = require("path")`)
	// What Node 20 returns.
	for script, want := range map[string]string{
		`["", ".", "./", "/", "//", "a//b/../c/.", "../a", "/../a", "a/..", "a/../..", "./a/b/", "/a/b/../../..", "a/b/../../../c"].map(path.normalize)`: `[".",".","./","/","/","a/c","../a","/a",".","..","a/b/","/","../c"]`,
		`[path.join(), path.join(""), path.join("a", "", "b"), path.join("/a", "../b"), path.join("a", "/b", "..", "c/")]`:                               `[".",".","a/b","/b","a/c/"]`,
		`[path.resolve(), path.resolve("a"), path.resolve("/a", "b", "../c"), path.resolve("/a", "/b"), path.resolve("/a/b/")]`:                          `["/","/a","/a/c","/b","/a/b"]`,
		`["/a/b.txt", "a", "/a", "/", "//", "", "a/b/", "a//b", "//a"].map(path.dirname)`:                                                                `["/a",".","/","/","/",".","a","a","//"]`,
		`["/a/b.txt", "a", "/a/", "/", "", "a//"].map(p => path.basename(p))`:                                                                            `["b.txt","a","a","","","a"]`,
		`[path.basename("/a/b.txt", ".txt"), path.basename(".txt", ".txt"), path.basename("b.txt", "x.txt")]`:                                            `["b","","b.txt"]`,
		`["a.txt", "a.b.c", ".hidden", "a.", "a", "..", "/a.b/c", ".a.b", "a.txt/"].map(path.extname)`:                                                   `[".txt",".c","",".","","","",".b",".txt"]`,
		`[path.relative("/a/b/c", "/a/d"), path.relative("/a", "/a"), path.relative("a", "b"), path.relative("/a", "/a/b")]`:                             `["../../d","","../b","b"]`,
		`[path.parse("/home/u/file.txt"), path.parse("a"), path.parse("./a/b"), path.parse("/"), path.parse("/a")]`:                                      `[{"root":"/","dir":"/home/u","base":"file.txt","ext":".txt","name":"file"},{"root":"","dir":"","base":"a","ext":"","name":"a"},{"root":"","dir":"./a","base":"b","ext":"","name":"b"},{"root":"/","dir":"/","base":"","ext":"","name":""},{"root":"/","dir":"/","base":"a","ext":"","name":"a"}]`,
		`[path.format({dir: "/a", base: "b.c"}), path.format({root: "/", name: "a", ext: "txt"}), path.format({name: "a"})]`:                             `["/a/b.c","/a.txt","a"]`,
		`[path.isAbsolute("/a"), path.isAbsolute("a"), path.posix === path, path.sep, path.delimiter]`:                                                   `[true,false,true,"/",":"]`,
	} {
		w.Eq(script, want)
	}
	w.Throws(`path.join("a", 1)`, `TypeError: The "path" argument must be of type string`)
}

func TestModuleQuerystring(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`var qs = require("querystring")`)
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
		w.Eq(script, want)
	}
}

func TestModuleURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`var url = require("url"), { URL, URLSearchParams } = url`)
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
		// What Node 20 returns.
		`["HTTP://A:80/../b/./c/..", "http://[::1]:8080/x", "http://[0:0:0:0:0:0:0:1]/", "https://a\\b", "http://ñ.com", "mailto:a@b.c", "http://a/b c?d e#f g", " http://a\n/b ", "file:///etc/x", "http://a?x", "http://user@a/", "ftp://a:21/"].map(u => new URL(u).href)`:                   `["http://a/b/","http://[::1]:8080/x","http://[::1]/","https://a/b","http://xn--ida.com/","mailto:a@b.c","http://a/b%20c?d%20e#f%20g","http://a/b","file:///etc/x","http://a/?x","http://user@a/","ftp://a/"]`,
		`["c", "/c", "?q", "#h", "//o/p", "./", "..", "../../x", "http://z", ""].map(u => new URL(u, "http://a/b/d?e#f").href)`:                                                                                                                                                                 `["http://a/b/c","http://a/c","http://a/b/d?q","http://a/b/d?e#h","http://o/p","http://a/b/","http://a/","http://a/x","http://z/","http://a/b/d?e"]`,
		`["///o/p", "////o", "/\\\\o", "\\\\\\\\o/p", "https:///o", "https:o", "http:o", "http:/o", "http:////o/p?q", "HTTP:x", " ///o", "/\t/o"].map(u => new URL(u, "http://a/b/d").href)`:                                                                                                    `["http://o/p","http://o/","http://o/","http://o/p","https://o/","https://o/","http://a/b/o","http://a/o","http://o/p?q","http://a/b/x","http://o/","http://o/"]`,
		`["///", "http:///", "//", "https:"].map(u => URL.canParse(u, "http://a/b"))`:                                                                                                                                                                                                           `[false,false,false,false]`,
		`["", "a", "http://", "http://a:99999", "http://a b/", "http://[::1", "//x", "http://a:b", "http://%00/"].map(u => URL.canParse(u))`:                                                                                                                                                    `[false,false,false,false,false,false,false,false,false]`,
		`(() => { const u = new URL("http://a/b"); u.host = "c:81"; u.hostname = "d"; u.port = ""; u.protocol = "https"; u.protocol = "mailto"; u.username = "u:"; u.password = "p@"; u.search = "x=1"; u.searchParams.set("y", "2"); u.hash = ""; u.hostname = "bad host"; return u.href })()`: `"https://u%3A:p%40@d/b?x=1&y=2"`,
		`(() => { const u = new URL("http://a/?x=1"), p = u.searchParams; u.search = "?z=3"; const first = String(p); u.href = "http://b/?q=4"; return [first, String(p), p.has("q", "4"), p.has("q", "5")] })()`:                                                                               `["z=3","q=4",true,false]`,
		`(() => { const u = new URL("sc:/p"); u.host = "é\ud800"; u.searchParams.set("a", "b"); u.search = "\ud800"; const b = new URL("blob:https://x:443/id"); return [u.href, b.origin, new URL("blob:d3:x").origin] })()`:                                                                   `["sc://%C3%A9%EF%BF%BD/p?%EF%BF%BD","https://x","null"]`,
		`(() => { const p = new URLSearchParams("b=1&a=2&b=3"); p.sort(); const s = String(p); p.set("b", "9"); return [s, String(p), String(new URLSearchParams({x: "a+b c!~*'()&=%"}))] })()`:                                                                                                 `["a=2&b=1&b=3","a=2&b=9","x=a%2Bb+c%21%7E*%27%28%29%26%3D%25"]`,
		// No object of Go is behind these.
		`(() => { const u = new URL("http://a/?b=1"); const all = []; for (let o = u; o; o = Object.getPrototypeOf(o)) all.push(...Reflect.ownKeys(o)); return [all.includes("String"), Object.keys(u), Object.prototype.toString.call(u)] })()`: `[false,[],"[object URL]"]`,
	} {
		w.Eq(script, want)
	}
	w.Throws(`new URL("no")`, "TypeError")
	w.Throws(`URL.prototype.toString.call({})`, "TypeError")
	w.Throws(`url.parse(1)`, "TypeError")
}

// TestClassesOfBrowsers: URL, URLSearchParams and FormData are there without require, and are the same as the module's.
func TestClassesOfBrowsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`[URL === require("url").URL, new URL("/b", "http://a").href, String(new URLSearchParams({a: "1 2"})), new URLSearchParams("a=1") instanceof require("url").URLSearchParams]`,
		`[true,"http://a/b","a=1+2",true]`)
	w.Eq(`const f = new FormData(); f.append("a", 1); f.append("b", "x"); f.append("a", "2"); f.set("b", "y");
		[[...f], f.get("a"), f.getAll("a"), f.get("none"), f.has("b"), String(f), Object.keys(f)]`, `[[["a","1"],["b","y"],["a","2"]],"1",["1","2"],null,true,"[object FormData]",[]]`)
	w.Eq(`f.delete("a"); f.set("c", new Uint8Array([1]), "c.bin"); f.append("d", {filename: "d", type: "a/b", bytes: "t"}, "e"); [[...f.keys()], f.get("c").name, f.get("d").name, f.get("d").type, f.get("d").size, f.get("d") instanceof File]`,
		`[["b","c","d"],"c.bin","e","a/b",1,true]`)
	w.Throws(`f.append("a", "b", "c.txt")`, "a file name goes with a Blob")
	w.Throws(`new FormData({})`, "takes no form")
	w.Throws(`FormData.prototype.get.call({}, "a")`, "must be of type FormData")
	w.Throws(`require("form")`, `module "form" not found`)
}

func FuzzQuerystring(f *testing.F) {
	hosttest.FuzzParser(newWorld(f).World, f, `t => { const q = require("querystring"); return [q.parse(q.stringify(q.parse(t))), require("url").parse(t, true), require("path").normalize(t)] }`, "a=1&b=2", "%", "%ff=%", "__proto__=1&x=2", "http://a:b@c:1/d?e#f")
}
