const dayjs = require("dayjs")
dayjs.extend(require("dayjs/plugin/utc"))
dayjs.extend(require("dayjs/plugin/timezone"))
dayjs.extend(require("dayjs/plugin/customParseFormat"))
dayjs.extend(require("dayjs/plugin/relativeTime"))
dayjs.extend(require("dayjs/plugin/localizedFormat"))
require("dayjs/locale/es")

function program() {
  const day = dayjs.tz("2026-03-29 01:30", "Europe/Madrid")
  return {
    utc: dayjs.utc("2026-12-24T18:00:00").format(), zone: day.format(), iso: day.toISOString(), later: day.add(1, "hour").format(),
    york: day.tz("America/New_York").format("YYYY-MM-DD HH:mm Z"), name: day.tz("Asia/Tokyo").offsetName("long"), kept: day.tz("Asia/Tokyo", true).format(),
    parsed: dayjs("24/12/2026 18:05", "DD/MM/YYYY HH:mm").toISOString(), wrong: dayjs("31/02/2026", "DD/MM/YYYY", true).isValid(),
    local: dayjs("2026-07-01T12:00").format(), from: dayjs("2026-01-01").locale("es").from(dayjs("2026-03-01")), long: dayjs("2026-01-05").locale("es").format("LLLL"),
    diff: dayjs("2026-12-24").diff("2026-01-31", "month", true), week: dayjs("2026-01-31").add(1, "month").format("dddd D MMMM"), guess: dayjs.tz.guess(),
  }
}
