package sandbox

import "testing"

// TestIntlDates holds what ECMA-402 says beside the texts themselves, which TestIntlAsNode compares.
func TestIntlDates(t *testing.T) {
	t.Parallel()
	for _, c := range []nativeCase{
		{`["en", "es", "fr"].map(l => new Intl.DateTimeFormat(l, { dayPeriod: "short", timeZone: "UTC" }).format(0)).join()`, `in the morning,de la madrugada,matin`},
		{`["en", "fr", "ru", "ko"].map(l => new Intl.DateTimeFormat(l, { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }).formatRange(0, 36e5).replace(/\s/g, " ")).join("; ")`, `January 1, 1970, 12:00 – 1:00 AM; 1 janvier 1970, 00:00 – 01:00; 1 января 1970 г., 00:00–01:00; 1970년 1월 1일 AM 12:00~1:00`},
		{`new Intl.DateTimeFormat("en", { timeStyle: "short", timeZone: "UTC" }).formatRange(0, 1)`, `12:00 AM`},
		{`new Date(NaN).toLocaleString() + new Date(NaN).toLocaleDateString("de")`, `Invalid DateInvalid Date`},
		{`return [NaN, Infinity, 8.64e15 + 1].map(v => { try { return new Intl.DateTimeFormat("en").format(v) } catch (e) { return e.name } }).join()`, `RangeError,RangeError,RangeError`},
		{`return [8.64e15, -8.64e15, -62198755200000].map(v => new Intl.DateTimeFormat("en", { timeZone: "UTC", era: "short" }).format(v)).join("; ")`, `9/13/275760 AD; 4/20/271822 BC; 1/1/2 BC`},
		{`return [{ timeStyle: "short" }, { dateStyle: "long", year: "numeric" }].map(o => { try { return new Date(0).toLocaleDateString("en", o) } catch (e) { return e.name } }).join()`, `TypeError,TypeError`},
		{`return [{ hourCycle: "h13" }, { month: "tiny" }, { timeZone: "Mars/Base" }, { timeZone: "" }, { fractionalSecondDigits: 4 }, { calendar: "x" }].map(o => { try { return new Date(0).toLocaleString("en", o) } catch (e) { return e.name } }).join()`, `RangeError,RangeError,RangeError,RangeError,RangeError,RangeError`},
		{`return ["utc", "Etc/GMT", "europe/madrid", "ASIA/KOLKATA", "+05:30", "-0800"].map(timeZone => new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone).join()`, `UTC,UTC,Europe/Madrid,Asia/Kolkata,+05:30,-08:00`},
		{`new Date(0).toLocaleString("en", { timeZone: "+05:30" })`, `1/1/1970, 5:30:00 AM`},
		{`return [[true, "en"], [false, "en"], [true, "es"], [false, "es"]].map(([hour12, l]) => new Intl.DateTimeFormat(l, { hour: "numeric", hour12 }).resolvedOptions().hourCycle).join()`, `h12,h23,h12,h23`},
		{`new Intl.DateTimeFormat("en-u-hc-h23", { hour: "numeric", minute: "numeric", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1, 0, 5)))`, `00:05`},
		{`JSON.stringify(new Intl.DateTimeFormat("es-MX-u-hc-h12", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).resolvedOptions())`, `{"locale":"es-MX-u-hc-h12","calendar":"gregory","numberingSystem":"latn","timeZone":"UTC","hourCycle":"h12","hour12":true,"dateStyle":"medium","timeStyle":"short"}`},
		{`JSON.stringify(new Intl.DateTimeFormat("de", { month: "long", day: "numeric", timeZone: "UTC" }).resolvedOptions())`, `{"locale":"de","calendar":"gregory","numberingSystem":"latn","timeZone":"UTC","month":"long","day":"numeric"}`},
		{`return ["it-u-ca-gregory", "fr-u-nu-latn-ca-gregory", "es-MX-u-ca-buddhist"].map(l => new Intl.DateTimeFormat(l, { month: "long", timeZone: "UTC" }).format(0) + new Intl.NumberFormat(l.replace("-ca-", "-nu-").replace(/gregory|buddhist/, "latn")).format(1.5)).join()`, `gennaio1,5,janvier1,5,enero1.5`},
		{`const f = new Intl.DateTimeFormat("en", { timeZone: "UTC" }); return f.format === f.format && f.format(0) === f.format(new Date(0)) && f.format("0") === f.format(0)`, `true`},
		{`const f = new Intl.DateTimeFormat("en", { timeZone: "UTC" }); return JSON.stringify(f.formatRangeToParts(0, 864e5).filter(p => p.type !== "literal").map(p => p.source))`, `["startRange","startRange","startRange","endRange","endRange","endRange"]`},
		{`try { new Intl.DateTimeFormat("en").formatRange(0) } catch (e) { return e.name }`, `TypeError`},
		{`try { Date.prototype.toLocaleDateString.call({}) } catch (e) { return e.name }`, `TypeError`},
		{`Intl.supportedValuesOf("timeZone").includes("Europe/Madrid")`, `true`},
		{`Object.prototype.toString.call(Intl.DateTimeFormat()) + Intl.DateTimeFormat.length`, `[object Intl.DateTimeFormat]0`},
	} {
		c.text(t)
	}
}
