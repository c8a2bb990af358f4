package sandbox

import "testing"

// TestIntlTexts holds what ECMA-402 says beside the texts themselves, which TestIntlAsNode compares.
func TestIntlTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`return ["PluralRules", "RelativeTimeFormat", "ListFormat"].map(n => { try { Intl[n]("en") } catch (e) { return e.name } }).join()`, `TypeError,TypeError,TypeError`},
		{`Intl.Collator("de") instanceof Intl.Collator`, `true`},
		{`new Intl.PluralRules("ar").resolvedOptions().pluralCategories.join()`, `few,many,one,two,zero,other`},
		{`return new Intl.PluralRules("en", { minimumFractionDigits: 1 }).select(1) + new Intl.PluralRules("en").select("1") + new Intl.PluralRules("en").select()`, `otheroneother`},
		{`new Intl.PluralRules("fr").selectRange(0, 1) + new Intl.PluralRules("en").selectRange(1, 2)`, `oneother`},
		{`return [[1, "fortnight"], [1, ""], [1, "s"], [NaN, "day"], [Infinity, "day"], [1, "DAY"]].map(a => { try { return new Intl.RelativeTimeFormat("en").format(...a) } catch (e) { return e.name } }).join()`, `RangeError,RangeError,RangeError,RangeError,RangeError,RangeError`},
		{`JSON.stringify(new Intl.RelativeTimeFormat("en").formatToParts(-2, "days"))`, `[{"type":"integer","value":"2","unit":"day"},{"type":"literal","value":" days ago"}]`},
		{`return [["a", 1], "ab", new Set(["x", "y"]), 5, null].map(l => { try { return new Intl.ListFormat("en").format(l) } catch (e) { return e.name } }).join("; ")`, `TypeError; a and b; x and y; TypeError; TypeError`},
		{`try { new Intl.ListFormat("en", "x") } catch (e) { return e.name }`, `TypeError`},
		{`return [{ sensitivity: "all" }, { usage: "x" }, { caseFirst: "no" }].map(o => { try { "a".localeCompare("b", "en", o) } catch (e) { return e.name } }).join()`, `RangeError,RangeError,RangeError`},
		{`["ä", "a", "z"].sort(new Intl.Collator("de").compare).join("") + ["ä", "a", "z"].sort(new Intl.Collator("sv").compare).join("")`, `aäzazä`},
		{`["ja", "ko"].map(l => ["가", "漢", "a", "я", "Ω", "カ", "あ", "1"].sort(new Intl.Collator(l).compare).join("")).join()`, `1aあカ漢Ωя가,1가漢aΩяあカ`},
		{`["カア", "カー"].sort(new Intl.Collator("ja").compare).join()`, `カー,カア`},
		{`new Intl.PluralRules("pt").selectRange(5, 1.5)`, `other`},
		{`["a10", "a9", "A9"].sort(new Intl.Collator("en-u-kn-kf-upper").compare).join()`, `A9,a9,a10`},
		{`JSON.stringify(new Intl.Collator("en-u-kn-kf-upper").resolvedOptions())`, `{"locale":"en-u-kf-upper-kn","usage":"sort","sensitivity":"variant","ignorePunctuation":false,"collation":"default","numeric":true,"caseFirst":"upper"}`},
		{`"abc".localeCompare(undefined, "en") + "," + "undefined".localeCompare(undefined, "en")`, `-1,0`},
		{`["tr", "az", "lt", "el", "de", ["tr", "en"], []].map(l => "iß".toLocaleUpperCase(l)).join()`, `İSS,İSS,ISS,ISS,ISS,İSS,ISS`},
		{`"IİI".toLocaleLowerCase("tr") + "ΆΈ".toLocaleUpperCase("el") + "ά".toLocaleUpperCase("el")`, `ıiıΑΕΑ`},
		{`const s = "iß".repeat(5e4).toLocaleUpperCase("tr"); return s.length + s.slice(0, 3) + s.slice(-3) + /^(İSS)*$/.test(s)`, `150000İSSİSStrue`},
		{`return ["i_", null].map(l => { try { "i".toLocaleUpperCase(l) } catch (e) { return e.name } }).join()`, `RangeError,TypeError`},
		{`[1234.5, null, undefined, [2000.5], new Date(0)].toLocaleString("de", { timeZone: "UTC" })`, `1.234,5,,,2.000,5,1.1.1970, 00:00:00`},
		{`new Float64Array([1.5, 2500]).toLocaleString("es-AR")`, `1,5,2.500`},
		{`Object.getOwnPropertyNames(Intl).sort().join()`, `Collator,DateTimeFormat,ListFormat,NumberFormat,PluralRules,RelativeTimeFormat,getCanonicalLocales,supportedValuesOf`},
	} {
		c.text(t)
	}
}
