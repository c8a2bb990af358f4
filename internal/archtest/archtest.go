// Package archtest holds the rules of the house as data: which room stands on which floor, and what each may not do.
// Its test reads every source file of the module and fails on a violation. Nothing imports it.
package archtest

// Floors lists the rooms by floor, the lowest first. A room imports only rooms of lower floors; a driver imports the
// room that it drives.
var floors = [][]string{
	{"model", "logger", "internal/fault", "examples/demo", "internal/servertest"},
	{
		"process", "syncsession", "internal/hostfn", "internal/hostfn/hosttest", "internal/graph", "internal/catalog", "internal/sandbox", "internal/store",
		"internal/store/sqlite", "internal/store/postgres", "internal/store/storetest", "internal/config", "internal/redisconn", "internal/ratelimit", "internal/sandbox/bombs",
		"internal/metrics", "internal/trace",
	},
	{"internal/jsapi", "internal/accounts", "internal/source", "internal/history", "internal/cluster", "plugins"},
	{"plugins/web", "plugins/twilio", "plugins/sqldb", "plugins/redis", "plugins/mail", "plugins/ai", "plugins/kit"}, // below plugins
	{"engine"},
	{"internal/server", "internal/admin", "internal/debug"},
	{"internal/app"},
	{"internal/cli"},
	{"."},
	{"internal/archtest", "internal/e2e", "examples/embed", "examples/customstep", "examples/plugin"}, // tests and examples stand outside: they see everything, nobody sees them
}

// drivers may import the room on their own floor that they serve.
var drivers = map[string]string{
	"internal/store/sqlite":    "internal/store",
	"internal/store/postgres":  "internal/store",
	"internal/store/storetest": "internal/store",
	"internal/hostfn/hosttest": "internal/hostfn",
	"syncsession":              "internal/redisconn",
	"internal/ratelimit":       "internal/redisconn",
}

// banned imports, each with the rooms that may have it and the reason.
var banned = []struct {
	path    string
	allowed []string
	reason  string
}{
	{"github.com/dop251/goja", []string{"engine", "internal/sandbox", "internal/hostfn", "internal/hostfn/hosttest", "internal/jsapi", "internal/catalog", "plugins", "examples/customstep", "examples/plugin"}, "values of a VM stay where a run's goroutine owns them"},
	{"github.com/labstack/echo/v4", []string{"model", "engine", "internal/jsapi", "internal/server", "internal/app", "examples/embed", "examples/customstep", "examples/plugin"}, "only what answers HTTP knows HTTP"},
	{"github.com/evanw/esbuild", []string{"internal/sandbox"}, "code is compiled in one place"},
	{"database/sql", []string{"engine", "internal/store", "internal/store/sqlite", "internal/store/postgres", "internal/store/storetest", "plugins/sqldb"}, "statements live in the store"},
	{"math/rand", nil, "ids and keys come from crypto/rand or the run's own source"},
	{"log", nil, "logs go through log/slog"},
	{"unsafe", []string{"internal/sandbox"}, "only the sandbox reaches into the VM, in files that say why"},
	{"github.com/arturoeanton/nflow-runtime/internal/config", []string{"engine", "internal/app", "internal/cli"}, "rooms take small options of their own, not the TOML shape"},
}

// globals lists the package-level variables that may exist outside default.go, besides error sentinels, embedded files,
// compiled patterns and interface checks. Each says why it is no state.
var globals = map[string]string{
	"sandbox.learned":     "what is found out once about the linked goja, whose own templates are the process's; see internal/sandbox/patch.go",
	"engine.outputOne":    "an immutable JavaScript string",
	"engine.untouched":    "an immutable symbol that no script sees",
	"engine.trueValue":    "an immutable JavaScript boolean",
	"sandbox.promiseType": "an immutable type",
}
