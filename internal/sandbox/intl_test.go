package sandbox

import (
	"strings"
	"testing"

	"github.com/arturoeanton/nflow-runtime/internal/sandbox/compile"
)

// TestIntlStops has Intl asked for what is too much: each call is refused or ends at a limit.
func TestIntlStops(t *testing.T) {
	t.Parallel()
	limits := Limits{Operations: 2e6, Memory: 32 << 20, BigInt: true}
	if raceDetector {
		limits.Operations /= 10
	}
	for _, code := range []string{
		`let n = 10n ** 1000n; for (;;) n = n * n + 0n, n.toLocaleString()`,
		`for (let i = 0; ; i++) new Intl.NumberFormat("es", { minimumFractionDigits: 100, maximumFractionDigits: 100 }).formatToParts(i)`,
		`const all = []; for (;;) all.push(new Intl.NumberFormat("es"))`,
		`new Intl.NumberFormat({ length: 2 ** 53, get 0() { for (;;); } })`,
		`Intl.getCanonicalLocales(new Proxy([], { get: (o, k) => k === "length" ? 1e9 : "de", has: () => true }))`,
		`Intl.getCanonicalLocales(new Proxy([], { get: (o, k) => k === "length" ? 1e9 : "de-x-" + k, has: () => true }))`,
		`for (;;) new Intl.NumberFormat("en", { get style() { throw 1 } })`,
		`const f = new Intl.NumberFormat("de"); for (;;) try { f.format({ valueOf() { return f.format(this) } }) } catch (e) {}`,
		`new Intl.NumberFormat("en").format("9".repeat(2e7))`,
		`new Intl.ListFormat("en").format(function* () { for (;;) yield "a" }())`,
		`const a = Array(1e5).fill("x".repeat(1e5)); new Intl.ListFormat("es").formatToParts(a)`,
		`const a = "ñ".repeat(2e5), { compare } = new Intl.Collator("es"); for (;;) compare(a, a)`,
		`const a = "ñ".repeat(2e5); for (;;) a.localeCompare(a, "es", { numeric: true })`,
		`for (;;) new Date(0).toLocaleString("ar", { timeZone: "Africa/Cairo", timeZoneName: "long" })`,
		`for (let i = 0; ; i++) new Intl.RelativeTimeFormat("pl").formatToParts(i, "day")`,
		`new Intl.PluralRules("pl", { get type() { for (;;); } })`,
		`"i".repeat(3e7).toLocaleUpperCase("tr")`,
		`const a = []; a[0] = a; for (let i = 0; i < 1e7; i++) a[i] = a; a.toLocaleString("de")`,
		`"1".repeat(10) + new Intl.NumberFormat("en").formatToParts("9".repeat(4e6)).length`,
	} {
		p, err := compile.Compiler{BigInt: true}.Compile(compile.Source{Name: "intl", Code: "function main() { " + code + " }"})
		if err != nil {
			t.Fatal(err)
		}
		vm := New(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}, Limits: limits})
		if v, err := vm.Run(p); err == nil {
			t.Errorf("%s ended with %.40v", code, v)
		}
		if peak := vm.Usage().PeakMemory; peak > 48<<20 {
			t.Errorf("%s held %d MB", code, peak>>20)
		}
	}
}

// TestIntlNumbers holds what ECMA-402 says beside the texts themselves, which TestIntlAsNode compares.
func TestIntlNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`(1234567.891).toLocaleString()`, `1,234,567.891`},
		{`(123456789012345678901234567890n).toLocaleString("de")`, `123.456.789.012.345.678.901.234.567.890`},
		{`Object(12345n).toLocaleString("es") + new Number(12345).toLocaleString("es")`, `12.34512.345`},
		{`return ["en_US", "", "a", "toolong123", "en-u", "en-a", "en-US-u-nu-latn-u-co-x", "x-private", "de-1996-1996"].map(l => { try { return (1).toLocaleString(l) } catch (e) { return e.name } }).join()`, strings.Repeat("RangeError,", 8) + "RangeError"},
		{`return [null, 5, true].map(l => { try { return (1).toLocaleString(l) } catch (e) { return e.name } }).join()`, `TypeError,1,1`},
		{`return [[1], [null], ["de", Symbol()]].map(l => { try { return (1).toLocaleString(l) } catch (e) { return e.name } }).join()`, `TypeError,TypeError,TypeError`},
		{`try { Number.prototype.toLocaleString.call("1") } catch (e) { return e.name }`, `TypeError`},
		{`try { (1).toLocaleString("en", null) } catch (e) { return e.name }`, `TypeError`},
		{`return [{ maximumFractionDigits: 101 }, { minimumIntegerDigits: 0 }, { maximumFractionDigits: 1e6 }, { style: "x" }, { style: "currency", currency: "EURO" }, { style: "unit", unit: "parsec" }, { minimumFractionDigits: 3, maximumFractionDigits: 2 }, { maximumSignificantDigits: 0 }, { roundingIncrement: 3 }, { useGrouping: "yes" }, { numberingSystem: "a" }].map(o => { try { return (1).toLocaleString("en", o) } catch (e) { return e.name } }).join()`, strings.Repeat("RangeError,", 10) + "RangeError"},
		{`(1.5).toLocaleString("en", { minimumFractionDigits: 100 }).length`, `102`},
		{`Intl.NumberFormat("de").format(1.5) + (Intl.NumberFormat("de") instanceof Intl.NumberFormat)`, `1,5true`},
		{`return (class extends Intl.NumberFormat { twice(x) { return this.format(2 * x) } }, new (class extends Intl.NumberFormat { twice(x) { return this.format(2 * x) } })("fr").twice(0.75))`, `1,5`},
		{`try { Intl.NumberFormat.prototype.formatToParts.call({}) } catch (e) { return e.name }`, `TypeError`},
		{`Object.prototype.toString.call(Intl) + Object.prototype.toString.call(new Intl.NumberFormat)`, `[object Intl][object Intl.NumberFormat]`},
		{`Object.keys(Intl).length + Object.keys(Intl.NumberFormat.prototype).length + Intl.NumberFormat.length + Intl.NumberFormat.name`, `0NumberFormat`},
		{`const f = new Intl.NumberFormat("en"); return f.format === f.format && f.format.name === "" && f.format.length === 1`, `true`},
		{`JSON.stringify(new Intl.NumberFormat("ar-EG-u-nu-latn-ca-gregory").resolvedOptions())`, `{"locale":"ar-EG-u-nu-latn","numberingSystem":"latn","style":"decimal","minimumIntegerDigits":1,"minimumFractionDigits":0,"maximumFractionDigits":3,"useGrouping":"auto","notation":"standard","signDisplay":"auto","roundingIncrement":1,"roundingMode":"halfExpand","roundingPriority":"auto","trailingZeroDisplay":"auto"}`},
		{`new Intl.NumberFormat("ar-EG", { numberingSystem: "latn" }).resolvedOptions().locale`, `ar-EG`},
		{`["zh-tw", "ZH-HANT-tw", "iw", "de-u-co-phonebk-kn-true", "sl-rozaj-biske-1994"].map(l => Intl.getCanonicalLocales(l)[0]).join()`, `zh-TW,zh-Hant-TW,he,de-u-co-phonebk-kn,sl-1994-biske-rozaj`},
		{`Intl.NumberFormat.supportedLocalesOf(["tlh", "es-AR", "zh-Hant-TW", "de-XX-u-nu-arab"]).join()`, `es-AR,zh-Hant-TW,de-XX-u-nu-arab`},
		{`Intl.supportedValuesOf("currency").includes("EUR") && Intl.supportedValuesOf("unit").includes("kilometer") && Intl.supportedValuesOf("numberingSystem").includes("arab")`, `true`},
		{`try { Intl.supportedValuesOf("x") } catch (e) { return e.name }`, `RangeError`},
		{`const seen = []; (1).toLocaleString("en", new Proxy({}, { get(o, k) { seen.push(k) } })); return seen.join()`, `localeMatcher,numberingSystem,style,currency,currencyDisplay,currencySign,unit,unitDisplay,notation,minimumIntegerDigits,minimumFractionDigits,maximumFractionDigits,minimumSignificantDigits,maximumSignificantDigits,roundingIncrement,roundingMode,roundingPriority,trailingZeroDisplay,compactDisplay,useGrouping,signDisplay`},
		{`["1e400", "-1e400", "1e99999999999", "12345678901234567890.123456789", "0x1F", " 5 ", "1_0", ""].map(t => new Intl.NumberFormat("en", { maximumFractionDigits: 9 }).format(t).length).join()`, `534,535,1,36,2,1,3,1`},
		{`globalThis.Intl === Intl && "Intl" in globalThis && typeof Intl`, `object`},
	} {
		c.text(t)
	}
}

// text compares what the code returns as a text.
func (c nativeCase) text(t *testing.T) {
	t.Helper()
	code := c.code
	if !strings.Contains(code, "return ") {
		code = "return " + code
	}
	p, err := compile.Compiler{BigInt: true}.Compile(compile.Source{Name: "intl", Code: "function main() { return String((function () { " + code + "\n})()) }"})
	if err != nil {
		t.Fatal(err)
	}
	vm := New(Options{Host: &host{Globals: noNames{}, ctx: t.Context()}, Limits: Limits{Operations: 3e5, Memory: 32 << 20, BigInt: true}})
	v, err := vm.Run(p)
	if err != nil {
		t.Fatalf("%s: %v", c.code, err)
	}
	if got := v.String(); got != c.want {
		t.Errorf("%s\n got %s\nwant %s", c.code, got, c.want)
	}
}
