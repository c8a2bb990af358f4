// Writes programs about local times with what Node makes of them, for zones whose clocks change: node localtimes.mjs > localtimes.json
//
// {zone: [[program, value as JSON]]}. The hours around each change are there, made in every way that a Date has.
import { execFileSync } from "node:child_process"

const changes = { // year, month from 0, day
	"Europe/Madrid": [[2024, 2, 31], [2024, 9, 27]],
	"America/New_York": [[2024, 2, 10], [2024, 10, 3]],
	"Australia/Sydney": [[2024, 9, 6], [2024, 3, 7]],
	"Australia/Lord_Howe": [[2024, 9, 6], [2024, 3, 7]], // by half an hour
	"America/Sao_Paulo": [[2018, 10, 4], [2018, 1, 18]], // at midnight
	"UTC": [[2024, 0, 31]],
}
const times = [[0, 0], [0, 30], [1, 0], [1, 30], [2, 0], [2, 15], [2, 30], [3, 0], [3, 30], [23, 59]]
const two = n => String(n).padStart(2, "0")
const around = (y, m, d) => times.flatMap(([h, min]) => [
	`return [new Date(${y}, ${m}, ${d}, ${h}, ${min}).toISOString(), Date.parse("${y}-${two(m + 1)}-${two(d)}T${two(h)}:${two(min)}"), +new Date("${y}-${two(m + 1)}-${two(d)} ${two(h)}:${two(min)}:15")]`,
	`const x = new Date(${y}, ${m}, ${d - 1}, ${h}, ${min}); x.setDate(${d}); return [x.toISOString(), x.getHours(), x.getTimezoneOffset()]`,
	`const x = new Date(${y}, ${m}, ${d}, 12); x.setHours(${h}, ${min}); const y = new Date(${y - 1}, ${m}, ${d}, ${h}, ${min}); return [+x, y.setFullYear(${y}), +y]`,
	`const x = new Date(${y}, ${m}, ${d}, ${h}); return [x.setMinutes(${min}, 61, 1001), x.setSeconds(-1), x.setMilliseconds(1500), +x]`,
])
const odd = [
	`return [new Date(99, 0).getFullYear(), new Date(0, 0, 1).getFullYear(), new Date(-1, 0).getFullYear(), new Date(99.9, 0).getFullYear()]`,
	`return [NaN, Infinity, undefined, "x", {}].map(v => isNaN(new Date(v, 1)) && isNaN(new Date(2024, v)) && isNaN(new Date(0).setHours(v)))`,
	`return [new Date(2024, 13, 35, 25, 61, 61, 1001), new Date(2024, -1, 0, -1), new Date(2024, 0, 1.9, 1.5), new Date("2024", "1"), new Date(null, 1)].map(Number)`,
	`return [new Date(2024, 0, 1, 0, 0, 0, 0, 5), new Date(275760, 8, 13, 14), new Date(275760, 8, 14), new Date(1e9, 0)].map(d => d.getTime())`,
	`const x = new Date(NaN); return [x.setMonth(1), x.setHours(2), x.setFullYear(2020), +x]`,
	`const x = new Date(2024, 0, 31); return [x.setMonth(1), x.setHours(), +x]`,
	`const x = new Date(2024, 1, 29); return [x.setFullYear(2023), x.setFullYear(2000, 1, 29), x.setMonth(0, 31)]`,
	`const o = []; new Date({ valueOf() { o.push(1); return 2024 } }, { valueOf() { o.push(2); return 1 } }, 1, 1, 1, 1, 1, { valueOf() { o.push(3) } }); return o`,
	`return [{}, null, 1, Date.prototype].map(v => { try { return Date.prototype.setHours.call(v, 1) } catch (e) { return e.name } })`,
	`class D extends Date {}; const x = new D(2024, 2, 10, 2, 30); return [x instanceof D, +x, x.setHours(2), Reflect.construct(Date, [2024, 1, 2], D) instanceof D]`,
	`return ["2024-01-01", "2024-01-01T00:00Z", "2024-01-01T24:00", "2024-01-01T25:00", "2024-13-01T00:00", "2024-01-01T00:00:00.5", "2024-01-01T00:00+01:00"].map(Date.parse)`,
	`Date.prototype.setTime = () => "x"; const x = new Date(2024, 2, 10); return [x.setHours(2, 30), +x]`,
	`return [[2024, 0], [2024, 6], [1975, 6], [1950, 6], [1811, 6], [1885, 0], [2100, 6], [2100, 0], [9999, 6], [12000, 0], [-5, 6]].map(([y, m]) => { const x = new Date(y, m, 1); return [String(x), x.toTimeString(), "" + x === x.toString()] })`,
	`return [String(new Date(NaN)), new Date(NaN).toTimeString(), /^\\w{3} .* \\(.*\\)$/.test(Date()), Date().split("(")[1] === String(new Date()).split("(")[1], Date(0) === String(new Date(0)), Date.prototype.toString.name]`,
	`return [{}, null, 1].map(v => { try { return Date.prototype.toString.call(v) } catch (e) { return e.name } })`,
	`return [Date.length, Date.name, Date.parse.length, Date.prototype.setHours.length, Date.prototype.setHours.name]`,
]
if (process.argv[2]) {
	const programs = [...changes[process.argv[2]].flatMap(c => around(...c)), ...odd]
	const setTime = Date.prototype.setTime
	console.log(JSON.stringify(programs.map(code => {
		const value = JSON.stringify(new Function(code)())
		Date.prototype.setTime = setTime
		return [code, value]
	})))
} else {
	const lines = Object.keys(changes).map(zone => {
		const text = execFileSync(process.execPath, [process.argv[1], zone], { env: { ...process.env, TZ: zone } })
		return JSON.stringify(zone) + ": [\n" + JSON.parse(text).map(pair => JSON.stringify(pair)).join(",\n") + "\n]"
	})
	console.log("{\n" + lines.join(",\n") + "\n}")
}
