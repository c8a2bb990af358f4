// Package archtest holds the rules of the architecture as data: which package stands on which layer, and what each may not do.
// Its test reads every source file of the module and fails on a violation. Nothing imports it.
package archtest

// Layers lists the packages by layer, the lowest first. A package imports only those of lower layers; a driver imports the
// package that it drives.
var layers = [][]string{
	{"internal/clip", "internal/retry", "internal/intl/cldr"},
	{"model", "store", "logger", "replay", "internal/fault", "internal/sqlitemem", "internal/logquota", "internal/ordered", "internal/mustache", "internal/pattern", "internal/weburl", "internal/intl", "internal/spell", "examples/demo", "internal/servertest", "internal/sandbox/layout", "internal/sandbox/natives", "internal/sandbox/scan"},
	{"internal/sandbox/compile", "internal/sandbox/regexps", "internal/sandbox/intls"},
	{
		"process", "syncsession", "internal/hostfn", "internal/hostfn/hosttest", "internal/graph", "internal/catalog", "internal/sandbox", "internal/store",
		"internal/store/sqlite", "internal/store/postgres", "internal/store/storetest", "internal/config", "internal/redisconn", "internal/ratelimit", "internal/sandbox/bombs",
		"internal/metrics", "internal/trace", "internal/admission", "internal/wire", "internal/body", "internal/problem", "internal/netpolicy",
	},
	{"internal/render", "internal/hostfn/console"},
	{"internal/jsapi", "internal/accounts", "internal/source", "internal/history", "internal/cluster", "internal/cors", "internal/exchange", "internal/payload", "plugins"},
	{"plugins/kit/arg"},
	{"plugins/kit/codec", "plugins/kit/crypto", "plugins/kit/date", "plugins/kit/state", "plugins/kit/validate"},
	{"plugins/kit/nodejs", "plugins/kit/rules", "plugins/kit/token"},                                                 // nodejs and token build on crypto, rules on date
	{"plugins/web", "plugins/twilio", "plugins/sqldb", "plugins/redis", "plugins/mail", "plugins/ai", "plugins/kit"}, // below plugins
	{"internal/apps", "internal/visitor"},
	{"internal/runloop"},
	{"engine"},
	{"internal/server", "internal/admin", "internal/debug"},
	{"internal/app"},
	{"internal/cli"},
	{"."},
	{"internal/archtest", "internal/e2e", "tools/suites", "examples/embed", "examples/customstep", "examples/plugin"}, // tests and examples stand outside: they see everything, nobody sees them
}

// drivers may import the package on their own layer that they serve.
var drivers = map[string]string{
	"internal/store/sqlite":    "internal/store",
	"internal/store/postgres":  "internal/store",
	"internal/store/storetest": "internal/store",
	"internal/hostfn/hosttest": "internal/hostfn",
	"syncsession":              "internal/redisconn",
	"internal/ratelimit":       "internal/redisconn",
}

// banned imports, each with the packages that may have it and the reason.
var banned = []struct {
	path    string
	allowed []string
	reason  string
}{
	{"github.com/dop251/goja", []string{"engine", "internal/payload", "internal/runloop", "internal/sandbox", "internal/sandbox/compile", "internal/sandbox/layout", "internal/sandbox/regexps", "internal/sandbox/intls", "internal/hostfn", "internal/hostfn/console", "internal/hostfn/hosttest", "internal/jsapi", "internal/render", "internal/catalog", "plugins", "examples/customstep", "examples/plugin"}, "values of a VM stay where a run's goroutine owns them"},
	{"github.com/labstack/echo/v4", []string{"model", "engine", "internal/runloop", "internal/exchange", "internal/jsapi", "internal/server", "internal/app", "examples/embed", "examples/customstep", "examples/plugin"}, "only what answers HTTP knows HTTP"},
	{"github.com/evanw/esbuild", []string{"internal/sandbox/compile"}, "code is compiled in one place"},
	{"database/sql", []string{"engine", "internal/store", "internal/store/sqlite", "internal/store/postgres", "internal/store/storetest", "plugins/sqldb", "store"}, "statements live in the store"},
	{"math/rand", nil, "ids and keys come from crypto/rand or the run's own source"},
	{"log", nil, "logs go through log/slog"},
	{"unsafe", []string{"internal/sandbox/layout"}, "one package knows how goja is laid out in memory"},
	{"github.com/arturoeanton/nflow-runtime/internal/config", []string{"engine", "internal/cli"}, "the shape is engine's; packages take small options of their own"},
}

// wallClock lists the files that may take a time for a number of nanoseconds, each with what it is for. Elsewhere such a
// number measures how long something takes, and an instant of the machine's clock, which may be set, would make that end at
// once or never: subtract one time.Time from another instead.
var wallClock = map[string]string{
	"internal/trace/export.go":    "spans say when they were",
	"internal/source/packages.go": "when a file was changed",
	"internal/jsapi/files.go":     "when a file was changed",
	"internal/jsapi/general.go":   "flow code asks what time it is",
}

// stateful packages have state of the process, in a file default.go: the package-level functions of programs that embed the
// engine work on one Runtime, and the Go runtime has one soft memory limit.
var stateful = []string{"engine", "process", "internal/sandbox"}

// globals lists the package-level variables that may exist outside default.go, besides error sentinels, embedded files,
// compiled patterns and interface checks. Each says why it is no state.
var globals = map[string]string{
	"layout.learned":      "what is found out once about the linked goja, whose own templates are the process's; see internal/sandbox/layout",
	"wire.past":           "an immutable time",
	"runloop.outputOne":   "an immutable JavaScript string",
	"runloop.unread":      "an immutable symbol that no script sees",
	"payload.trueValue":   "an immutable JavaScript boolean",
	"sandbox.checked":     "what is found out once about the linked goja",
	"sandbox.replacing":   "a compiled program",
	"sandbox.promiseType": "an immutable type",
	"sqlitemem.counted":   "SQLite takes the setting once, before the first connection of the process",
	"sqldb.likeSigns":     "never written to",
	"sqldb.globSigns":     "never written to",
	"store.ErrNotFound":   "the error of package store under its name of old",
}

// maxLines is how many lines a package may have, without its tests.
const maxLines = 3500

// large lists the packages that may have more, with the reason.
var large = map[string]string{
	"internal/sandbox": "a VM, its meter and its guards: each guard is small, and all of them share what the meter knows",
	"plugins/sqldb":    "reads the SQL of three databases, to bound what flows ask of them",
}

// public lists the packages whose exported names are for programs outside the module: they mention no types of the others.
var public = []string{"engine", "plugins", "replay", "model", "process", "logger", "syncsession", "store"}

// private lists where they do, each with the reason.
var private = map[string]string{
	"syncsession internal/ordered": "the engine moves whole sessions in the order of their keys; programs use Get, Set, Value and SetKey, which take maps",
}
