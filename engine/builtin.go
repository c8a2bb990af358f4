package engine

import (
	"context"
	"errors"

	"github.com/arturoeanton/nflow-runtime/plugins"
	"github.com/arturoeanton/nflow-runtime/plugins/redis"
	"github.com/arturoeanton/nflow-runtime/plugins/sqldb"
	"github.com/arturoeanton/nflow-runtime/plugins/twilio"
	"github.com/arturoeanton/nflow-runtime/plugins/web"
)

// useBuiltins adds the plugins that come with the runtime. None of them connects to anything before a flow asks for it.
func (rt *Runtime) useBuiltins(ctx context.Context) error {
	web, errWeb := rt.webPlugin()
	db, errDB := rt.dbPlugin()
	redis, errRedis := rt.redisPlugin()
	if err := errors.Join(errWeb, errDB, errRedis); err != nil {
		return err
	}
	for _, p := range []plugins.Plugin{web, db, redis, rt.twilioPlugin()} {
		if err := rt.Use(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (rt *Runtime) webPlugin() (plugins.Plugin, error) {
	return web.New(web.Options{Allow: rt.config.VMPoolConfig.NetworkAllow, CAFile: rt.config.HTTP.CAFile})
}

func (rt *Runtime) dbPlugin() (plugins.Plugin, error) {
	databases := map[string]sqldb.Database{}
	for name, d := range rt.config.DB {
		databases[name] = sqldb.Database{Driver: d.Driver, DSN: d.DSN, ReadOnly: d.ReadOnly, MaxOpen: d.MaxOpen}
	}
	return sqldb.New(sqldb.Options{Databases: databases, BigInt: rt.limits.bigInt})
}

func (rt *Runtime) redisPlugin() (plugins.Plugin, error) {
	c := &rt.config.RedisConfig
	return redis.New(redis.Options{Host: c.Host, Password: c.Password, DB: c.DB, MaxOpen: c.MaxConnectionPool})
}

func (rt *Runtime) twilioPlugin() plugins.Plugin {
	c := &rt.config.TwilioConfig
	return twilio.New(twilio.Options{Enable: c.Enable, AccountSID: c.AccountSID, AuthToken: c.AuthToken, VerifyServiceID: c.VerifyServiceID})
}
