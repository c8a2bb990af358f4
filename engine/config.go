package engine

import "github.com/arturoeanton/nflow-runtime/internal/config"

// ConfigWorkspace is everything that config.toml can say. A program fills what it needs; what it leaves out gets its
// default.
type ConfigWorkspace = config.Workspace

// The sections of a ConfigWorkspace, for programs that fill one.
type (
	DatabaseConfig  = config.DatabaseConfig
	RedisConfig     = config.RedisConfig
	PgSessionConfig = config.PgSessionConfig
	URLConfig       = config.URLConfig
	VMPoolConfig    = config.VMPoolConfig
	TrackerConfig   = config.TrackerConfig
	MonitorConfig   = config.MonitorConfig
	DebugConfig     = config.DebugConfig
	RateLimitConfig = config.RateLimitConfig
	MailConfig      = config.MailConfig
	TwilioConfig    = config.TwilioConfig
	PluginConfig    = config.PluginConfig
	HTTPSConfig     = config.HTTPSConfig
	ServerConfig    = config.ServerConfig
	SessionConfig   = config.SessionConfig
	HistoryConfig   = config.HistoryConfig
	LogConfig       = config.LogConfig
	KVConfig        = config.KVConfig
)

// The names that programs for earlier runtimes use.
type (
	DatabaseNflow = DatabaseConfig
	ConfigMail    = MailConfig
	HttpsConfig   = HTTPSConfig
	MongoConfig   = config.MongoConfig
)
