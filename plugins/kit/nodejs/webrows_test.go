package nodejs

import "testing"

func TestWebNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`(() => { const o = { d: new Date(5), m: new Map([["a", new Set([1])]]), v: new Uint8Array([1, 2, 3]).subarray(1), l: [, 1], e: new RangeError("x") }; o.self = o
		const k = structuredClone(o); return [k !== o, k.self === k, k.d.getTime(), [...k.m.get("a")], [...k.v], 0 in k.l, k.e instanceof RangeError, k.e.message] })()`,
		`[true,true,5,[1],[2,3],false,true,"x"]`)
	w.Eq(`[() => structuredClone(() => 1), () => structuredClone({ s: Symbol() }), () => structuredClone(), () => structuredClone({ get x() { throw new RangeError("mine") } })].map(f => { try { f(); return "no" } catch (e) { return e.name } })`,
		`["DataCloneError","DataCloneError","TypeError","RangeError"]`)
	w.Eq(`(() => { let o = {}; for (let i = 0; i < 5000; i++) o = { o }; return typeof structuredClone(o).o })()`, `"object"`)
	w.Eq(`(() => { const c = new AbortController(), seen = [], any = AbortSignal.any([c.signal]); c.signal.addEventListener("abort", e => { seen.push(e.type); c.abort(2) }); any.onabort = () => seen.push("any"); c.abort(1); c.abort(3)
		return [seen, c.signal.reason, any.reason, AbortSignal.abort().reason.name, new DOMException("m", "AbortError").code] })()`, `[["abort","any"],1,1,"AbortError",20]`)
	w.Throws(`new AbortSignal()`, "AbortController")
	w.Eq(`[...new Headers([["B", " 1 "], ["a", "2"], ["b", "3"]])]`, `[["a","2"],["b","1, 3"]]`)
	for _, bad := range []string{`new Headers({ "a b": "1" })`, `new Headers({ a: "1\n2" })`, `new Headers([["a"]])`, `new Response("x", { status: 204 })`, `new Request("http://a/", { body: "x" })`, `new Request("nowhere")`, `new Blob("x")`} {
		w.Throws(bad, "TypeError")
	}
	w.Throws(`new Response("", { status: 99 })`, "RangeError")
	w.Eq(`[new Request("http://a/", { method: "post", body: new URLSearchParams("a=1") }).headers.get("content-type"), Response.json({}).headers.get("content-type"), new Blob(["ab"]).slice(-1).size]`,
		`["application/x-www-form-urlencoded;charset=UTF-8","application/json",1]`)
	w.Eq(`(() => { const f = new FormData(); f.append("f", new Blob(["hi"], { type: "a/b" }), "x.bin"); const v = f.get("f"); return [v.name, v.type, Buffer.from(v.buffer()).toString()] })()`, `["x.bin","a/b","hi"]`)
	w.Eq(`[new TextDecoder().decode(new DataView(new Uint8Array([66, 67]).buffer, 1)), new TextDecoder("utf-16le").decode(new Uint16Array([0x20ac]))]`, `["C","€"]`)
	w.Eq(`(() => { const c = new AbortController(), seen = []; c.signal.addEventListener("abort", () => seen.push(1)); c.signal.onabort = () => seen.push(2); c.signal.addEventListener("abort", () => seen.push(3)); c.signal.onabort = () => seen.push(4); c.abort(); return seen })()`, `[1,4,3]`)
	w.Eq(`[Response.redirect("http://a/é", 301).headers.get("location"), Response.redirect("http://a").status, Response.error().type, Response.error().status]`, `["http://a/%C3%A9",302,"error",0]`)
	w.Throws(`Response.redirect("http://a/", 200)`, "RangeError")
	w.Throws(`new Request("http://a/", { method: "Trace" })`, "TypeError")
	w.Eq(`["aé😀", "é", "", "abc"].map(t => { const b = new Uint8Array(4); const { read, written } = new TextEncoder().encodeInto(t, b); return [read, written, ...b] })`, `[[2,3,97,195,169,0],[1,2,195,169,0,0],[0,0,0,0,0,0],[3,3,97,98,99,0]]`)
	w.Eq(`["windows-1252", "windows-1251", "windows-1253", "windows-874", "iso-8859-6"].map(l => Array.from(new TextDecoder(l).decode(new Uint8Array([0x81, 0x98, 0xaa, 0xdb, 0x41])), c => c.charCodeAt(0)))`,
		`[[129,732,170,219,65],[1027,152,1028,1067,65],[129,152,65533,939,65],[129,152,3594,65533,65],[129,152,65533,65533,65]]`)
	w.Eq(`performance.timeOrigin > 0`, `true`)
	w.Eq(`[self === globalThis, Buffer === require("buffer").Buffer, performance.now() >= 0]`, `[true,true,true]`)
	w.Eq(`[[1, 2, 3, 4, 5, 6, 7, 8], []].map(l => { const b = Buffer.from(l); return [b.swap16() === b, [...b], [...b.swap32()], [...b.swap64()]] })`,
		`[[true,[2,1,4,3,6,5,8,7],[3,4,1,2,7,8,5,6],[6,5,8,7,2,1,4,3]],[true,[],[],[]]]`)
	w.Eq(`["swap16", "swap32", "swap64"].map(m => { try { Buffer.alloc(9)[m]() } catch (e) { return [e.name, e.code] } })[2]`, `["RangeError","ERR_INVALID_BUFFER_SIZE"]`)
}

// TestFilesAndForms holds File and formData() to what Node 20 answers.
func TestFilesAndForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`(() => { const f = new File(["é"], "a.txt", { type: "Text/Plain", lastModified: 5 }); return [f.name, f.size, f.type, f.lastModified, f instanceof Blob, String(f), new File([], "b").lastModified > 0] })()`,
		`["a.txt",2,"text/plain",5,true,"[object File]",true]`)
	w.Throws(`new File(["a"])`, "TypeError")
	if _, err := w.Try(`var seen; new Response("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--b\r\ncontent-disposition: form-data; name=f; filename=\"q%22.txt\"\r\nContent-Type: a/b\r\n\r\n\r\n\r\n--b--\r\n",
		{ headers: { "content-type": "multipart/form-data; boundary=b" } }).formData().then(form => { const f = form.get("f"); seen = [form.get("a"), f.name, f.type] }, e => { seen = e.message })
		new Response("--b\r\n", { headers: { "content-type": "multipart/form-data; boundary=b" } }).formData().catch(e => { seen.push(e.name) })`); err != nil {
		t.Fatal(err)
	}
	w.Eq(`seen`, `["x","q\".txt","a/b","TypeError"]`)
}

// TestBodiesAsStreams holds the body of a Response to what Node 20 answers.
func TestBodiesAsStreams(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`new Response(null).body`: `null`,
		`(r => { const rd = r.body.getReader(); return rd.read().then(a => rd.read().then(b => [[...a.value], a.done, b, r.bodyUsed, r.body.locked])) })(new Response("abc"))`: `[[97,98,99],false,{"done":true},true,true]`,
		`(r => { r.body.getReader(); return r.text().catch(e => [r.bodyUsed, e.name]) })(new Response("abc"))`:                                                                 `[false,"TypeError"]`,
		`(r => { r.body.getReader().releaseLock(); return r.text().then(t => [t, r.body.locked, r.bodyUsed]) })(new Response("abc"))`:                                          `["abc",true,true]`,
		`(r => r.body.cancel().then(() => r.text().catch(e => [r.bodyUsed, e.name])))(new Response("abc"))`:                                                                    `[true,"TypeError"]`,
		`(r => { r.body.getReader(); try { r.body.getReader() } catch (e) { return [e.name, e.code] } })(new Response("abc"))`:                                                 `["TypeError","ERR_INVALID_STATE"]`,
		`(r => { const i = r.body[Symbol.asyncIterator](); return i.next().then(a => i.return(5).then(b => [a.value.length, b, r.body.locked])) })(new Response("abc"))`:       `[3,{"value":5,"done":true},false]`,
		`(r => { const c = r.clone(), rd = r.body.getReader(); return rd.read().then(a => { a.value.fill(0); return c.text() }) })(new Response("abc"))`:                       `"abc"`,
		`(r => { r.body.getReader(); try { r.clone() } catch (e) { return e.name } })(new Response("abc"))`:                                                                    `"TypeError"`,
		`new Response(new Response("abc").body).text()`: `"abc"`,
		`(([a, b]) => a.getReader().read().then(x => b.getReader().read().then(y => [x.value.length, y.value.length])))(new Response("abc").body.tee())`: `[3,3]`,
		`new Blob(["é"]).stream().getReader().read().then(a => [...a.value])`:                                                                            `[195,169]`,
		`new Request("http://a/", { method: "put", body: "x" }).body.getReader().read().then(a => a.value[0])`:                                           `120`,
		`(rd => { rd.releaseLock(); return rd.closed.catch(e => rd.read().catch(f => [e.name, f.name])) })(new Response("abc").body.getReader())`:        `["TypeError","TypeError"]`,
	} {
		w := newWorld(t)
		if _, err := w.Try(`var seen = "nothing"; Promise.resolve(` + script + `).then(v => { seen = v }, e => { seen = String(e) })`); err != nil {
			t.Errorf("%s: %v", script, err)
			continue
		}
		w.Eq(`seen`, want)
	}
	newWorld(t).Throws(`new (new Response("x").body.constructor)()`, "TypeError")
}
