package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/arturoeanton/nflow-runtime/internal/config"
)

// ConfigFile is where a configuration is read: a TOML file as docs/configuration.md describes it, and the environment.
type ConfigFile struct {
	Path     string   // of the file. Defaults to none
	Required bool     // a file that does not exist is an error
	Environ  []string // "NAME=value", as os.Environ returns it; NFLOW_SECTION_KEY wins over the file. Defaults to none
}

// Load reads file and environment over the defaults. The warnings are lines about what was read and does nothing. The error
// lists all problems, each with its place, and no secrets; no configuration comes with it.
func (f ConfigFile) Load() (c *ConfigWorkspace, warnings []string, err error) {
	c = new(ConfigWorkspace)
	if warnings, err = config.Load(f.options(c)); err != nil {
		return nil, warnings, err
	}
	return c, warnings, nil
}

// Place reads file and environment again and returns where a key, as in "vm_pool.max_size", has its value from:
// "config.toml:12", or the environment variable. A key that is missing has the place of its section, "" for none.
func (f ConfigFile) Place(key string) string {
	return config.Place(f.options(new(ConfigWorkspace)), key)
}

func (f ConfigFile) options(c *ConfigWorkspace) config.Options {
	return config.Options{File: f.Path, Explicit: f.Required, Environ: f.Environ, Shape: c.shape()}
}

// shape is the configuration with the rules that no tag says.
func (c *ConfigWorkspace) shape() config.Shape {
	return config.Shape{Fields: c, Derive: c.derive, Rules: c.rules}
}

// Normalize sets everything that was left out to its default. It changes nothing the second time. The configuration must not
// be in use by another goroutine; maps and lists that a caller put in are not changed.
func (c *ConfigWorkspace) Normalize() { config.Normalize(c.shape()) }

// derive sets what follows from other values.
func (c *ConfigWorkspace) derive() {
	if vm := &c.VMPoolConfig; vm.PreloadSize == 0 && vm.MaxSize > 0 {
		vm.PreloadSize = vm.MaxSize / 2
	}
	if s := &c.Session; s.Store == "" {
		switch {
		case c.PgSessionConfig.URL != "":
			s.Store = "postgres"
		case c.RedisConfig.Host != "":
			s.Store = "redis"
		default:
			s.Store = "cookie"
		}
	}
}

// Validate returns every invalid value, an error each that names its key; none means that the configuration is fit for use.
// Call Normalize first.
func (c *ConfigWorkspace) Validate() []error { return config.Validate(c.shape()) }

// rules refuses values that do not go together, and warns of those without effect.
func (c *ConfigWorkspace) rules(refuse, warn config.Say) {
	if d := c.DatabaseNflow; d.DSN == "" && (d.Driver == "postgres" || d.Driver == "pgx") {
		refuse("database_nflow.dsn", "is missing: driver %s needs it", d.Driver)
	}
	if p := c.Server.CORS; p.Credentials && slices.Contains(p.Origins, "*") {
		refuse("server.cors.credentials", "is true and server.cors.origins holds \"*\", which then allows no page: name the origins")
	}
	if l := c.HttpsEngineConfig; l.Enable && (l.Cert == "" || l.Key == "") {
		refuse("https_engine.enable", "is true: set https_engine.cert and https_engine.key to the files of certificate and key")
	}
	if c.Security.EnableEncryption {
		refuse("security.enable_encryption", "is true, and nothing here encrypts single fields: sessions are sealed always; leave the "+
			"payloads of runs out of the history by [history] payloads = false, keep the database on an encrypted disk, and remove the key")
	}
	if c.Session.Store == "redis" && c.RedisConfig.Host == "" {
		refuse("session.store", "is redis: set redis.host")
	}
	if d := c.DatabaseNflow.Driver; c.Session.Store == "postgres" && c.PgSessionConfig.URL == "" && d != "postgres" && d != "pgx" {
		refuse("session.store", "is postgres: set pg_session.url, or keep the apps in PostgreSQL too")
	}
	for i, rule := range c.RateLimitConfig.Rules {
		if rule.Limit == 0 {
			refuse(config.KeyName("rate_limit", "rules", strconv.Itoa(i+1), "limit"), "is missing: say how many requests the rule lets through")
		}
	}
	if c.RateLimitConfig.Backend == "redis" && c.RedisConfig.Host == "" {
		refuse("rate_limit.backend", "is redis: set redis.host")
	}
	for _, name := range slices.Sorted(maps.Keys(c.DB)) {
		if c.DB[name].DSN == "" {
			refuse(config.KeyName("db", name, "dsn"), "is missing: say how to reach the database")
		}
	}
	if vm := &c.VMPoolConfig; vm.EnableFilesystem && vm.FilesystemRoot == "" {
		const key = "vm_pool.enable_filesystem"
		warn(key, "%s = true opens no files: set vm_pool.filesystem_root to the folder that flows may use", key)
	}
}

// weakToken is the length up to which a token can be guessed by trying.
const weakToken = 15

// Warnings reports which limits are off and which tokens can be guessed, a line each. New writes them to the log;
// [ConfigFile.Load] does not repeat them.
func (c *ConfigWorkspace) Warnings() (lines []string) {
	for _, t := range [][2]string{{"admin.token", c.Admin.Token}, {"debug.auth_token", c.DebugConfig.AuthToken}} {
		if n := len(t[1]); n > 0 && n <= weakToken {
			lines = append(lines, fmt.Sprintf("%s has %d characters: use a random one of 32, as \"openssl rand -hex 16\" makes", t[0], n))
		}
	}
	return append(lines, config.Unlimited(c)...)
}

// Secrets lists the values that must never be written down: keys, passwords, tokens and DSNs, with the passwords in
// them, and what the tables of plugins and [env] keep under a name that says so, such as API_TOKEN. The other values of
// [env] are words like "true" and "8080", which would hide half of a log.
func (c *ConfigWorkspace) Secrets() []string { return config.Secrets(c) }

// Redacted is the view that flows (`config`) and the debug pages get: nested by section, with *** in place of every
// password, key, token, DSN and value of [env], and addresses without their credentials. The tables of plugins are left
// out, because only the plugin knows what is secret in them. The caller owns the result.
func (c *ConfigWorkspace) Redacted() map[string]any { return config.Redacted(c) }

// ListenAddress returns where the flows are served, as host:port: the flag --addr, else [server] address, else that of
// [https_engine], with TLS or without. Defaults to ":8080".
func (c *ConfigWorkspace) ListenAddress(flag string) string {
	for _, text := range []string{flag, c.Server.Address, c.HttpsEngineConfig.Address} {
		if address, ok := config.ParseAddress(text); ok {
			return address
		}
		if text != "" {
			return text // it was not checked: the listener says what is wrong with it
		}
	}
	return ":8080"
}
