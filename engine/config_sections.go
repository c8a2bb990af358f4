package engine

// ServerConfig is about the listener and the life of the process.
type ServerConfig struct {
	Address        string     `toml:"address" form:"address"`                                         // host:port. Defaults to none: see [ConfigWorkspace.ListenAddress].
	TrustedProxies []string   `toml:"trusted_proxies" form:"networks"`                                // addresses and CIDRs whose forwarding headers are trusted. Defaults to none.
	MaxBodyMB      Limit      `toml:"max_body_mb" default:"8" max:"1048576" zero:"unlimited"`         // MiB of a request body. Defaults to 8.
	BodySeconds    Seconds    `toml:"body_seconds" default:"300"`                                     // how long a client may take over a request body, while its flow waits for it. Defaults to 300 s.
	MaxAnswerMB    Limit      `toml:"max_answer_mb" default:"1024" max:"1048576" zero:"unlimited"`    // MiB of one response, streams included. Defaults to 1024.
	MaxUnsentMB    Limit      `toml:"max_unsent_mb" default:"64" max:"1048576"`                       // MiB of responses that clients have not taken, of all together. Defaults to 64.
	TrailingSlash  string     `toml:"trailing_slash" default:"strict" oneof:"strict,redirect,ignore"` // what a path with one slash more or less than its pattern gets. Defaults to strict: 404.
	CORS           CORSConfig `toml:"cors"`
	LeaveSeconds   Seconds    `toml:"leave_seconds" zero:"off"`              // how long a stop continues serving while /ready says 503, so that a load balancer notices. Defaults to 0.
	DrainSeconds   Seconds    `toml:"drain_seconds" default:"15" zero:"off"` // how long a stop lets runs end; 0 in the file: not at all. Defaults to 15 s.
}

// CORSConfig sets which pages of other origins may use the app. Without origins none may.
type CORSConfig struct {
	Origins     []string `toml:"origins" form:"origin"` // such as "https://shop.example", or "*". Defaults to none.
	Methods     []string `toml:"methods" form:"name"`   // that pages may use. Defaults to those of the path.
	Headers     []string `toml:"headers" form:"name"`   // that pages may send, or "*". Defaults to none beside those that need no permission.
	Credentials bool     `toml:"credentials"`           // whether cookies go along; "*" is refused then. Defaults to false.
	MaxAge      Seconds  `toml:"max_age" zero:"off"`    // how long browsers remember the permission. Defaults to 0: they ask each time.
}

// SessionConfig is about the sessions of browsers.
type SessionConfig struct {
	Store      string   `toml:"store" oneof:"cookie,redis,postgres"`                  // Defaults to postgres with [pg_session] url, else redis with [redis] host, else cookie.
	Key        string   `toml:"key" secret:"true" form:"key"`                         // signs and encrypts cookies: 32 bytes raw, base64 or hex. Defaults to a key kept in the database.
	OldKeys    []string `toml:"old_keys" secret:"true" form:"key"`                    // keys that still open cookies. Defaults to none.
	TTL        Seconds  `toml:"ttl" default:"168h"`                                   // life after the last use; a bare number is seconds. Defaults to 7 days.
	MaxMB      Limit    `toml:"max_mb" default:"1024" max:"1048576" zero:"unlimited"` // MiB of sessions in a database: those of store postgres, and those that outgrew their cookie. Defaults to 1024.
	CookieName string   `toml:"cookie_name" form:"token"`                             // Defaults to nflow_ and ten digits that tell apps apart.
	App        string   `toml:"app"`                                                  // whose sessions they are; two apps of one name here share logins. Defaults to the app that is served.
	SameSite   string   `toml:"same_site" default:"lax" oneof:"none,lax,strict"`      // Defaults to lax.
	Domain     string   `toml:"domain" form:"domain"`                                 // Defaults to none: the host that answered.
}

// HTTPConfig is about the HTTP client of flows.
type HTTPConfig struct {
	CAFile string `toml:"ca_file"` // PEM file with certificate authorities to trust as well. Defaults to none.
}

// SecurityConfig is about checks of flow code, encryption of data and masking of logs.
type SecurityConfig struct {
	EnableStaticAnalysis bool     `toml:"enable_static_analysis"`                   // the log shows at load what lint warns of, secrets in code among it. Defaults to false.
	BlockOnHighSeverity  bool     `toml:"block_on_high_severity"`                   // Defaults to false.
	LogSecurityWarnings  bool     `toml:"log_security_warnings"`                    // Defaults to false.
	CacheAnalysisResults bool     `toml:"cache_analysis_results"`                   // Defaults to false.
	CacheTTLMinutes      Minutes  `toml:"cache_ttl_minutes" default:"5" zero:"off"` // Defaults to 5 min.
	AllowedPatterns      []string `toml:"allowed_patterns"`                         // findings to leave alone. Defaults to none.

	LoginFailures      Limit   `toml:"login_failures" default:"10" max:"1000000" zero:"unlimited"` // failed logins of a user from one address until validate_user refuses it; ten times as many for a user or an address alone. Defaults to 10.
	LoginWindowMinutes Minutes `toml:"login_window_minutes" default:"15"`                          // for how long, after the last one. Defaults to 15 min.

	EnableEncryption     bool              `toml:"enable_encryption"`                                                                                                          // Defaults to false.
	EncryptionKey        string            `toml:"encryption_key" secret:"true" form:"key"`                                                                                    // 32 bytes raw, base64 or hex. Defaults to none.
	EncryptSensitiveData bool              `toml:"encrypt_sensitive_data"`                                                                                                     // Defaults to false.
	EncryptInPlace       bool              `toml:"encrypt_in_place"`                                                                                                           // Defaults to false.
	AlwaysEncryptFields  []string          `toml:"always_encrypt_fields"`                                                                                                      // Defaults to none.
	SensitivePatterns    []string          `toml:"sensitive_patterns" default:"email,phone,ssn,credit_card,api_key,jwt,ip" oneof:"email,phone,ssn,credit_card,api_key,jwt,ip"` // Defaults to all of them.
	CustomPatterns       map[string]string `toml:"custom_patterns" form:"pattern"`                                                                                             // more patterns of sensitive data, by name. Defaults to none.

	EnableLogSanitization bool              `toml:"enable_log_sanitization"`                  // Defaults to false.
	LogMaskingChar        string            `toml:"log_masking_char" default:"*" form:"char"` // Defaults to *.
	LogPreserveLength     bool              `toml:"log_preserve_length"`                      // Defaults to false.
	LogShowType           bool              `toml:"log_show_type"`                            // Defaults to false.
	LogCustomPatterns     map[string]string `toml:"log_custom_patterns" form:"pattern"`       // more patterns to mask, by name. Defaults to none.
}

// LogConfig is about the log of the process.
type LogConfig struct {
	Level  string `toml:"level" default:"info" oneof:"debug,info,warn,error"` // Defaults to info.
	Format string `toml:"format" default:"auto" oneof:"auto,text,json"`       // auto is text on a terminal, else JSON. Defaults to auto.

	File        string `toml:"file"`                                                        // where the log is written. Defaults to none: standard error.
	MaxMB       Limit  `toml:"max_mb" default:"100" max:"1048576" zero:"unlimited"`         // MiB of the file, which is then moved to FILE.1. Defaults to 100.
	MaxFiles    Limit  `toml:"max_files" default:"5" max:"1000" zero:"off"`                 // older files that are kept; 0 in the file: none. Defaults to 5.
	MaxKBPerRun Limit  `toml:"max_kb_per_run" default:"256" max:"1048576" zero:"unlimited"` // KiB of lines of one run and of what it forks and calls. Defaults to 256.
}

// HistoryConfig sets which runs are recorded and for how long.
type HistoryConfig struct {
	Record        string `toml:"record" default:"errors" form:"record"`                       // off, errors, all or sample:N%. Defaults to errors.
	Payloads      bool   `toml:"payloads"`                                                    // record payloads too. Defaults to false.
	RetentionDays Limit  `toml:"retention_days" default:"14" max:"36500" zero:"unlimited"`    // days a run is kept. Defaults to 14.
	MaxRuns       Limit  `toml:"max_runs" default:"100000" max:"1000000000" zero:"unlimited"` // runs kept. Defaults to 100000.
	MaxMB         Limit  `toml:"max_mb" default:"1024" max:"1048576" zero:"unlimited"`        // MiB kept. Defaults to 1024.
}

// KVConfig bounds what each app keeps with kv.
type KVConfig struct {
	MaxKeys Limit `toml:"max_keys" default:"100000" max:"1000000000" zero:"unlimited"` // keys of one app. Defaults to 100000.
	MaxMB   Limit `toml:"max_mb" default:"256" max:"1048576" zero:"unlimited"`         // MiB of keys and values of one app. Defaults to 256.
}

// AdminConfig is about the management API.
type AdminConfig struct {
	Token string `toml:"token" secret:"true"` // bearer token. Defaults to none: users of a developer or admin role only.
}

// FlowDatabase is a database that flows query.
type FlowDatabase struct {
	Driver   string `toml:"driver" default:"postgres" oneof:"postgres,pgx,mysql,mariadb,sqlite,sqlite3"` // Defaults to postgres.
	DSN      string `toml:"dsn" secret:"true"`                                                           // required.
	ReadOnly bool   `toml:"read_only"`                                                                   // refuse statements that write. Defaults to false.
	MaxOpen  int    `toml:"max_open" default:"10" min:"1" max:"100000"`                                  // concurrent connections. Defaults to 10.
}

// AIConfig is about the AI functions.
type AIConfig struct {
	MaxTokensPerRun Limit                 `toml:"max_tokens_per_run" max:"1000000000" zero:"off"` // tokens that one run may use. Defaults to 0: no budget.
	Providers       map[string]AIProvider `toml:",rest"`                                          // [ai.NAME]: openai, gemini, ollama. Defaults to none.
}

// AIProvider is one AI server.
type AIProvider struct {
	BaseURL string `toml:"base_url"`              // Defaults to the provider's own address.
	APIKey  string `toml:"api_key" secret:"true"` // Defaults to none.
	Model   string `toml:"model"`                 // model of calls that name none. Defaults to none.
}
