package engine

// ConfigWorkspace is everything that config.toml can say. A program fills what it needs: a zero number, empty text or nil
// list means "left out", and New uses its default. Where a 0 in the file has a meaning of its own (no limit, no waiting), a
// literal says [None]. Switches that default to true are true when their whole section was left out; a section that a literal
// writes says itself what it wants. Programs that read a file use [ConfigFile].
//
// The struct tags carry the facts that loading, defaults, checks and redaction share, see internal/config.
type ConfigWorkspace struct {
	DatabaseNflow        DatabaseNflow     `toml:"database_nflow"`
	RedisConfig          RedisConfig       `toml:"redis"`
	PgSessionConfig      PgSessionConfig   `toml:"pg_session"`
	URLConfig            URLConfig         `toml:"url"`
	VMPoolConfig         VMPoolConfig      `toml:"vm_pool"`
	TrackerConfig        TrackerConfig     `toml:"tracker"`
	MonitorConfig        MonitorConfig     `toml:"monitor"`
	DebugConfig          DebugConfig       `toml:"debug"`
	RateLimitConfig      RateLimitConfig   `toml:"rate_limit"`
	ConfigMail           ConfigMail        `toml:"mail"`
	TwilioConfig         TwilioConfig      `toml:"twilio"`
	Env                  map[string]string `toml:"env" secret:"true"` // what flows see as `env`; numbers and booleans of the file become text. Defaults to none.
	PluginConfig         PluginConfig      `toml:"plugin"`
	HttpsEngineConfig    HttpsConfig       `toml:"https_engine"`   // listener of the flows
	HttpsDesingnerConfig HttpsConfig       `toml:"https_designer"` // listener of the designer; the field's spelling is the one that programs use

	MongoConfig MongoConfig `toml:"mongo"` // read by no part of the runtime

	Server   ServerConfig            `toml:"server"`
	Session  SessionConfig           `toml:"session"`
	HTTP     HTTPConfig              `toml:"http"`
	Security SecurityConfig          `toml:"security"`
	Log      LogConfig               `toml:"log"`
	History  HistoryConfig           `toml:"history"`
	KV       KVConfig                `toml:"kv"`
	Admin    AdminConfig             `toml:"admin"`
	DB       map[string]FlowDatabase `toml:"db"` // databases that flows may query, by name; `default` is the one of the global db. Defaults to none.
	AI       AIConfig                `toml:"ai"`
}

// DatabaseNflow names the database that holds apps, modules, templates and users.
type DatabaseNflow struct {
	Driver string `toml:"driver" default:"sqlite" oneof:"sqlite,sqlite3,postgres,pgx" note:"; MySQL can only hold data of flows, in a section [db.NAME]"` // Defaults to sqlite.
	DSN    string `toml:"dsn" secret:"true"`                                                                                                              // required for PostgreSQL. Defaults to nflow.db in the data directory.
	Query  string `toml:"query"`                                                                                                                          // the statement that reads the named queries (columns name, query). Defaults to the built-in one.

	MaxOpen          int     `toml:"max_open" min:"0" max:"100000"`                   // concurrent connections. Defaults to 16 for PostgreSQL, 8 for SQLite.
	MaxIdle          int     `toml:"max_idle" min:"0" max:"100000"`                   // connections kept while nothing needs them. Defaults to half of max_open.
	IdleMinutes      Minutes `toml:"idle_minutes" default:"5" zero:"unlimited"`       // for how long. Defaults to 5 min.
	LifetimeMinutes  Minutes `toml:"lifetime_minutes" default:"60" zero:"unlimited"`  // PostgreSQL: after which a connection is replaced. Defaults to 60 min.
	StatementSeconds Seconds `toml:"statement_seconds" default:"30" zero:"unlimited"` // PostgreSQL: after which the server ends a statement. Defaults to 30 s.

	Synchronous string `toml:"synchronous" default:"normal" oneof:"off,normal,full,extra"` // SQLite: how much a commit waits for the disk; normal may lose the last ones with the power, full none. Defaults to normal.
}

// RedisConfig names the Redis server for sessions, shared rate limits and the redis functions.
type RedisConfig struct {
	Host              string `toml:"host"`                                                // host:port or URL. Defaults to none: no Redis.
	Password          string `toml:"password" secret:"true"`                              // Defaults to none.
	DB                int    `toml:"db" min:"0" max:"65535"`                              // number of the database. Defaults to 0.
	MaxConnectionPool int    `toml:"maxconnectionpool" default:"10" min:"1" max:"100000"` // concurrent connections. Defaults to 10.
}

// PgSessionConfig names the PostgreSQL database that keeps sessions.
type PgSessionConfig struct {
	URL string `toml:"url" secret:"true"` // Defaults to none: sessions are kept where [session] store says.
}

// URLConfig sets how the outside world reaches the runtime.
type URLConfig struct {
	URLBase string `toml:"url_base"` // what flows see as url_base. Defaults to "".
}

// VMPoolConfig bounds what flow code may use and opens what it may reach.
type VMPoolConfig struct {
	MaxSize             Limit   `toml:"max_size" default:"200" max:"1000000" zero:"unlimited"`                // concurrent VMs. Defaults to 200.
	MaxMemoryMB         Limit   `toml:"max_memory_mb" default:"128" max:"1048576" zero:"default"`             // MiB per VM. Defaults to 128.
	MaxExecutionSeconds Seconds `toml:"max_execution_seconds" default:"30" zero:"default"`                    // per run. Defaults to 30 s.
	MaxOperations       Limit   `toml:"max_operations" default:"10000000" max:"1000000000000" zero:"default"` // per run. Defaults to 10000000.
	TotalMemoryMB       Limit   `toml:"total_memory_mb" max:"1048576000" zero:"unlimited"`                    // MiB for all VMs. Defaults to 0: 60 % of the machine's or cgroup's memory.
	QueueSeconds        Seconds `toml:"queue_seconds" default:"5" zero:"off"`                                 // how long a request waits for a VM; 0 in the file: not at all. Defaults to 5 s.
	MaxShare            int     `toml:"max_share" default:"80" min:"1" max:"100" form:"percent"`              // percent of the VMs that one flow may hold while no other holds any; while others do, fewer, so that some stay free. 100 = all of them at any time. Defaults to 80.
	MaxDepth            int     `toml:"max_depth" default:"16" min:"1" max:"128"`                             // forks and calls of flows that may follow from one another. Defaults to 16.
	MaxForks            Limit   `toml:"max_forks" default:"1000" max:"1000000"`                               // forks of one request, with those of its forks and calls. Defaults to 1000.
	MaxWaitingForks     Limit   `toml:"max_waiting_forks" default:"1000" max:"1000000"`                       // forks of one app that wait for a VM, and listening plugins. Defaults to 1000.
	MaxWaitingForksMB   Limit   `toml:"max_waiting_forks_mb" default:"64" max:"1048576"`                      // MiB of payloads and requests that these hold. Defaults to 64.
	CancelOnDisconnect  *bool   `toml:"cancel_on_disconnect" default:"true"`                                  // a run ends when its client goes away. Defaults to true (nil).

	EnableFilesystem  bool     `toml:"enable_filesystem"`          // file functions. Defaults to false.
	FilesystemRoot    string   `toml:"filesystem_root"`            // directory that they cannot leave. Defaults to none: no files.
	EnableNetwork     bool     `toml:"enable_network"`             // network functions. Defaults to false.
	NetworkAllow      []string `toml:"network_allow" form:"hosts"` // hosts, host:port or CIDRs that they may reach, private ones included. Defaults to every public host.
	EnableProcess     bool     `toml:"enable_process"`             // get_env and set_env. Defaults to false.
	EnableBigint      bool     `toml:"enable_bigint"`              // BigInt, whose operators no limit can bound. Defaults to false.
	RequireFullLimits bool     `toml:"require_full_limits"`        // do not start where goja is not the one that the sandbox knows and limits are coarser. Defaults to false.

	AllowedModules []string `toml:"allowed_modules"` // npm packages below node_modules beside the app that require and import may load, subpaths included. Defaults to none.
	EnableMetrics  bool     `toml:"enable_metrics"`  // metrics per VM. Defaults to false.

	// Every run has a VM of its own that is dropped afterwards, so these three have nothing left to do. They are
	// accepted because existing files set them.
	PreloadSize     Limit   `toml:"preload_size" max:"1000000" zero:"off"`   // VMs. Defaults to half of max_size.
	IdleTimeout     Minutes `toml:"idle_timeout" default:"10" zero:"off"`    // Defaults to 10 min.
	CleanupInterval Minutes `toml:"cleanup_interval" default:"5" zero:"off"` // Defaults to 5 min.
}

// TrackerConfig is about the table tracker, one row per node visited.
type TrackerConfig struct {
	Enabled        bool    `toml:"enabled"`                                                // Defaults to false.
	Workers        int     `toml:"workers" default:"4" min:"1" max:"1000"`                 // writers. Defaults to 4.
	BatchSize      int     `toml:"batch_size" default:"100" min:"1" max:"100000"`          // rows per statement. Defaults to 100.
	FlushInterval  Millis  `toml:"flush_interval" default:"250"`                           // longest wait of a row. Defaults to 250 ms.
	ChannelBuffer  int     `toml:"channel_buffer" default:"100000" min:"1" max:"10000000"` // rows waiting; more are dropped and counted. Defaults to 100000.
	VerboseLogging bool    `toml:"verbose_logging"`                                        // a log line per batch. Defaults to false.
	StatsInterval  Seconds `toml:"stats_interval" default:"300" zero:"off"`                // between log lines of totals; 0 in the file: none. Defaults to 300 s.
}

// MonitorConfig is about /health and /metrics.
type MonitorConfig struct {
	Enabled               bool   `toml:"enabled" default:"true"`                          // Defaults to true.
	HealthCheckPath       string `toml:"health_check_path" default:"/health" form:"path"` // Defaults to /health.
	ReadyPath             string `toml:"ready_path" default:"/ready" form:"path"`         // tells load balancers whether to send requests here. Defaults to /ready.
	MetricsPath           string `toml:"metrics_path" default:"/metrics" form:"path"`     // Defaults to /metrics.
	EnableDetailedMetrics bool   `toml:"enable_detailed_metrics"`                         // Defaults to false.
	MetricsPort           int    `toml:"metrics_port" min:"0" max:"65535" form:"port"`    // a listener of its own for metrics. Defaults to 0: the flows' listener.
}

// DebugConfig is about /debug/*.
type DebugConfig struct {
	Enabled     bool     `toml:"enabled"`                     // Defaults to false.
	AuthToken   string   `toml:"auth_token" secret:"true"`    // Defaults to none.
	AllowedIPs  []string `toml:"allowed_ips" form:"networks"` // addresses and CIDRs. Defaults to every address.
	EnablePprof bool     `toml:"enable_pprof"`                // Defaults to false.
}

// RateLimitConfig bounds the requests of one client: of an address, and by rules of a route, token or user.
type RateLimitConfig struct {
	Enabled          bool     `toml:"enabled"`                                                       // Defaults to false.
	IPRateLimit      Limit    `toml:"ip_rate_limit" default:"100" max:"1000000000" zero:"unlimited"` // requests per window and address. Defaults to 100.
	IPWindowMinutes  Minutes  `toml:"ip_window_minutes" default:"1"`                                 // length of the window. Defaults to 1 min.
	IPBurstSize      Limit    `toml:"ip_burst_size" default:"10" max:"1000000000" zero:"off"`        // requests that may come on top of those at once; 0 in the file: none. Defaults to 10.
	Backend          string   `toml:"backend" default:"memory" oneof:"memory,redis"`                 // Defaults to memory.
	CleanupInterval  Minutes  `toml:"cleanup_interval" default:"10"`                                 // between two removals of idle clients from memory. Defaults to 10 min.
	RetryAfterHeader bool     `toml:"retry_after_header" default:"true"`                             // Defaults to true.
	ErrorMessage     string   `toml:"error_message" default:"too many requests"`                     // `error` of the 429 response. Defaults to "too many requests".
	ExcludedIPs      []string `toml:"excluded_ips" form:"networks"`                                  // addresses and CIDRs without a limit. Defaults to none.
	ExcludedPaths    []string `toml:"excluded_paths" form:"path"`                                    // paths without a limit, written as in rules. Defaults to none.

	Rules []RateLimitRule `toml:"rules"` // [[rate_limit.rules]]: limits beside that of the address. Defaults to none.
}

// RateLimitRule is a limit of its own for some of the requests.
type RateLimitRule struct {
	Path          string  `toml:"path" form:"path"`                      // as in a urlpattern, /users/:id; a * at the end stands for all below. Defaults to every path.
	By            string  `toml:"by" default:"ip" oneof:"ip,token,user"` // whose requests are counted together: those of an address, an Authorization header, a profile's username. Defaults to ip.
	Limit         Limit   `toml:"limit" max:"1000000000"`                // requests per window; required.
	WindowMinutes Minutes `toml:"window_minutes" default:"1"`            // length of the window. Defaults to 1 min.
	Burst         Limit   `toml:"burst" max:"1000000000" zero:"off"`     // requests that may come on top of those at once. Defaults to none.
}

// ConfigMail names the SMTP server of the mail functions.
type ConfigMail struct {
	Enabled      bool   `toml:"enabled"`                                                              // Defaults to false.
	SMTPHost     string `toml:"smtp_host" alias:"smtp"`                                               // Defaults to none.
	SMTPPort     int    `toml:"smtp_port" alias:"port" default:"587" min:"1" max:"65535" form:"port"` // Defaults to 587.
	SMTPUser     string `toml:"smtp_user"`                                                            // Defaults to the sender.
	SMTPPassword string `toml:"smtp_password" alias:"password" secret:"true"`                         // Defaults to none: no login.
	SMTPFrom     string `toml:"smtp_from" alias:"from"`                                               // sender. Defaults to none.
	UseTLS       bool   `toml:"use_tls"`                                                              // TLS from the first byte. Defaults to false: STARTTLS when offered.
}

// TwilioConfig is about send_otp and check_otp.
type TwilioConfig struct {
	Enable          bool   `toml:"enable"`                   // Defaults to false: both answer true.
	AccountSID      string `toml:"account_sid"`              // Defaults to none.
	AuthToken       string `toml:"auth_token" secret:"true"` // Defaults to none.
	VerifyServiceID string `toml:"verify_service_id"`        // Defaults to none.
	BaseURL         string `toml:"base_url"`                 // Defaults to https://verify.twilio.com/v2; Twilio has others for its regions.
}

// PluginConfig chooses the plugins and holds the tables [plugin.NAME] that they read themselves.
type PluginConfig struct {
	Plugins  []string                  `toml:"plugins"` // Defaults to every registered plugin.
	Sections map[string]map[string]any `toml:",rest"`   // by plugin name, as TOML gave it. Defaults to none.
}

// HttpsConfig is a listener, with TLS when enabled.
type HttpsConfig struct {
	Enable    bool   `toml:"enable"`                 // serve TLS. Defaults to false.
	Cert      string `toml:"cert"`                   // file with the certificate chain. Defaults to none.
	Key       string `toml:"key" secret:"true"`      // file with the private key. Defaults to none.
	Address   string `toml:"address" form:"address"` // host:port; used without TLS too. Defaults to none: see [ConfigWorkspace.ListenAddress].
	HTTPBasic bool   `toml:"httpbasic"`              // ask for a user by basic auth. Defaults to false.

	Description string `toml:"description"` // a comment on the listener; unused. Defaults to none.
}

// MongoConfig is a section of older files and programs. It is accepted, and nobody reads it.
type MongoConfig struct {
	URL string `toml:"url" secret:"true"` // Defaults to none.
}

// DatabaseConfig is a second name.
type DatabaseConfig = DatabaseNflow

// MailConfig is a second name.
type MailConfig = ConfigMail

// HTTPSConfig is a second name.
type HTTPSConfig = HttpsConfig
