package nodejs

import (
	"testing"
)

func TestModuleBuffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`var { Buffer } = require("buffer")`)
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
		w.Eq(script, want)
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
		w.Throws(script, text)
	}
}

func TestModuleCrypto(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`var nodeCrypto = require("crypto")`)
	w.Eq(`[nodeCrypto.createHash("sha256").update("a").update(Buffer_("bc")).digest("hex"), nodeCrypto.createHash("md5").update("abc").digest("base64"), nodeCrypto.createHmac("sha1", "key").update("data").digest("hex")];
		function Buffer_(s) { return require("buffer").Buffer.from(s) }`,
		`["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","kAFQmDzST7DWlj99KOF/cg==","104152c5bfdca07bc633eebd46199f0255c9f49d"]`)
	w.Eq(`[nodeCrypto.createHash("sha512").update("").digest().length, nodeCrypto.randomBytes(8).toString("hex").length, nodeCrypto.randomUUID(), nodeCrypto.timingSafeEqual(Buffer_("a"), Buffer_("a")), nodeCrypto.createHash("sha1").update("61", "hex").digest("hex") === nodeCrypto.createHash("sha1").update("a").digest("hex")]`,
		`[64,16,"11111111-2222-4333-8444-555555555555",true,true]`)
	w.Throws(`nodeCrypto.timingSafeEqual(Buffer_("a"), Buffer_("ab"))`, "RangeError: Input buffers must have the same byte length")
	w.Throws(`const h = nodeCrypto.createHash("sha1"); h.digest(); h.digest()`, "Digest already called")
	w.Throws(`nodeCrypto.createHash("sha256").update(5)`, "TypeError")
	w.Throws(`nodeCrypto.createHash("whirlpool")`, "unknown algorithm")
	w.Throws(`nodeCrypto.randomBytes(1e9)`, "between 0")
}

func TestModuleEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const EventEmitter = require("events"), seen = [], e = new EventEmitter(); const f = x => seen.push("f" + x);
		e.on("a", f); e.once("a", x => seen.push("once" + x)); e.prependListener("a", function () { seen.push(this === e) });
		[e.emit("a", 1), e.emit("a", 2), e.listenerCount("a"), e.off("a", f).listenerCount("a"), e.emit("none"), e.eventNames(), seen, EventEmitter.EventEmitter === EventEmitter]`,
		`[true,true,2,1,false,["a"],[true,"f1","once1",true,"f2"],true]`)
	w.Eq(`class Shop extends EventEmitter { sell() { return this.emit("sold", 1) } } const s = new Shop(); let n = 0; s.on("sold", x => n += x); [s.sell(), n, s instanceof EventEmitter]`, `[true,1,true]`)
	w.Eq(`function Old() {} require("util").inherits(Old, EventEmitter); let m = 0; const o = new Old(); o.on("__proto__", () => m++); o.emit("__proto__"); m`, `1`)
	w.Throws(`new EventEmitter().emit("error", new TypeError("mine"))`, "TypeError: mine")
	w.Throws(`new EventEmitter().on("a", 1)`, "TypeError")
	w.Eq(`const e2 = new EventEmitter(); let got; EventEmitter.once(e2, "x").then(v => got = v); e2.emit("x", 5); undefined`, `undefined`)
	w.Eq(`got`, `[5]`)
}

func TestModuleAssert(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.JS(`var assert = require("assert"); assert(true); assert.ok(1); assert.equal(1, "1"); assert.strictEqual(NaN, NaN); assert.deepEqual({a: [1, "2"]}, {a: ["1", 2]});
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
		w.Throws(script, text)
	}
	w.Eq(`let e; try { assert.strictEqual(1, 2) } catch (x) { e = x } [e.code, e.actual, e.expected, e.operator, e.generatedMessage, e instanceof assert.AssertionError]`,
		`["ERR_ASSERTION",1,2,"strictEqual",true,true]`)
	w.JS(`var out = []; assert.rejects(async () => { throw new Error("x") }, /x/).then(() => out.push("ok")); assert.rejects(async () => 1).catch(e => out.push(e.code))`)
	w.Eq(`out`, `["ok","ERR_ASSERTION"]`)
}

func TestModuleUtil(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Eq(`const util = require("util"); [util.format("%s-%d", "a", 1, {b: 2}), util.inspect([null, "x"]), util.isDeepStrictEqual({a: 1}, {a: 1}), util.types.isDate(new Date()), util.types.isDate({}), util.types.isUint8Array(new Uint8Array(1))]`,
		`["a-1 { b: 2 }","[ null, 'x' ]",true,true,false,true]`)
	w.JS(`var p, q; util.promisify((a, cb) => cb(null, a + 1))(1).then(v => p = v); util.promisify(cb => cb(new Error("no")))().catch(e => q = e.message); util.callbackify(async x => x * 2)(4, (e, v) => globalThis.r = v)`)
	w.Eq(`[p, q, globalThis.r]`, `[2,"no",8]`)
}

// TestModulesAnswerAsNode holds what Node 20 answers where arguments are odd.
func TestModulesAnswerAsNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for script, want := range map[string]string{
		`(() => { const E = require("events"); function Old() { E.call(this) } require("util").inherits(Old, E); const o = new Old(); let n = 0; o.on("a", () => n++); o.emit("a"); return [n, o instanceof E, Object.keys(Old)] })()`:                   `[1,true,[]]`,
		`(() => { const E = require("events"); class M extends E { constructor() { super(); this.on("a", x => { this.x = x }) } } const m = new M(); m.emit("a", 5); return [m.x, E.listenerCount(m, "a"), m.setMaxListeners(3).getMaxListeners()] })()`: `[5,1,3]`,
		`(() => { try { new (require("events"))().emit("error", "text") } catch (e) { return [e.message, e.code, e.context] } })()`:                                                                                                                      `["Unhandled error. ('text')","ERR_UNHANDLED_ERROR","text"]`,
		`(() => { const b = Buffer.alloc(7); return [b.writeUIntBE(0x123456, 0, 3), b.writeIntLE(-5, 3, 2), b.writeUintLE(258, 5, 2), ...b, b.readIntLE(3, 2), b.readUintBE(0, 3)] })()`:                                                                 `[3,5,7,18,52,86,251,255,2,1,-5,1193046]`,
		`(() => { const b = Buffer.alloc(6); b.writeIntBE(-(2 ** 47), 0, 6); return [...b] })()`:                                                                                                                                                         `[128,0,0,0,0,0]`,
		`[new Buffer("é").toString("hex"), new Buffer("6869", "hex").toString(), new Buffer(2).length, Buffer.from(new String("s")).toString(), Buffer.from([1, 2]).map(x => x + 1) instanceof Buffer]`:                                                  `["c3a9","hi",2,"s",true]`,
		`[() => Buffer.from(5), () => Buffer.concat(["x"]), () => Buffer.alloc(2).readUInt8(2), () => Buffer.alloc(2).readUInt32LE(0), () => Buffer.alloc(1).writeUInt8(256), () => Buffer.alloc(2).write("a", 5), () => Buffer.from("x").toString("nope"), () => Buffer.alloc(3).writeUIntBE(256, 0, 1), () => new URL(), () => new URLSearchParams([["a"]]), () => new TextDecoder("nope"), () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255]))].map(f => { try { return f() } catch (e) { return e.code } })`: `["ERR_INVALID_ARG_TYPE","ERR_INVALID_ARG_TYPE","ERR_OUT_OF_RANGE","ERR_BUFFER_OUT_OF_BOUNDS","ERR_OUT_OF_RANGE","ERR_OUT_OF_RANGE","ERR_UNKNOWN_ENCODING","ERR_OUT_OF_RANGE","ERR_MISSING_ARGS","ERR_INVALID_TUPLE","ERR_ENCODING_NOT_SUPPORTED","ERR_ENCODING_INVALID_ENCODED_DATA"]`,
		`(b => [b.isUtf8(Buffer.from([255])), b.isUtf8(Buffer.from("é")), b.isAscii(Buffer.from("é")), b.isAscii(new ArrayBuffer(1)), b.Blob === Blob])(require("buffer"))`: `[false,true,false,true,true]`,
		`(t => [t.isDate({ [Symbol.toStringTag]: "Date" }), t.isMap(Object.create(Map.prototype)), t.isRegExp(RegExp.prototype), t.isRegExp(/x/), t.isUint8Array(Buffer.alloc(1)), t.isTypedArray(new DataView(new ArrayBuffer(1))), t.isDataView(new DataView(new ArrayBuffer(1))), t.isBoxedPrimitive(Object(1)), t.isBoxedPrimitive(1), t.isGeneratorFunction(function* () {}), t.isMapIterator(new Map().keys()), t.isNumberObject(5), t.isWeakMap(new WeakMap())])(require("util").types)`: `[false,false,false,true,true,false,true,true,false,true,true,false,true]`,
		`(u => { const f = () => 1; f[u.promisify.custom] = () => 2; return [u.promisify(f)(), u.isDeepStrictEqual({ [Symbol.for("a")]: 1 }, { [Symbol.for("a")]: 2 }), u.isDeepStrictEqual([1, , 2], [1, undefined, 2]), u.debuglog("x").enabled] })(require("util"))`:                                                                                                                                                                                                                         `[2,false,false,false]`,
		`(() => { const e = new Error("m", { cause: { a: 1 } }), b = new ArrayBuffer(4), blob = new Blob(["x"]), c = structuredClone({ e, b, blob }); return [c.e.cause, c.e.cause !== e.cause, c.b.byteLength, c.blob.size, "cause" in structuredClone(new Error("x"))] })()`:                                                                                                                                                                                                                  `[{"a":1},true,4,1,false]`,
	} {
		w.Eq(script, want)
	}
}
