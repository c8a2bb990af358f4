package engine

import (
	"context"
	"errors"

	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/plugins/ai"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/nodejs"
	"github.com/arturoeanton/nflow-runtime/plugins/kit/validate"
	"github.com/arturoeanton/nflow-runtime/plugins/mail"
	"github.com/arturoeanton/nflow-runtime/plugins/redis"
	"github.com/arturoeanton/nflow-runtime/plugins/sqldb"
	"github.com/arturoeanton/nflow-runtime/plugins/twilio"
	"github.com/arturoeanton/nflow-runtime/plugins/web"
)

// useBuiltins adds the plugins that come with the runtime. None of them connects to anything before a flow uses it.
func (rt *Runtime) useBuiltins(ctx context.Context, deps jsapi.Deps) error {
	node := rt.nodeModules()
	web, errWeb := rt.webPlugin(node)
	db, errDB := rt.dbPlugin()
	redis, errRedis := rt.redisPlugin()
	mail, errMail := rt.mailPlugin(deps)
	ai, errAI := rt.aiPlugin(deps)
	helpers, errKit := rt.kitPlugin(node)
	if err := errors.Join(errWeb, errDB, errRedis, errMail, errAI, errKit); err != nil {
		return err
	}
	rt.databases = db
	for _, p := range []hostfn.Plugin{web, db, redis, mail, ai, helpers, rt.twilioPlugin()} {
		if err := rt.use(ctx, p, p.Functions()); err != nil {
			return err
		}
	}
	return nil
}

func (rt *Runtime) webPlugin(node *nodejs.Modules) (hostfn.Plugin, error) {
	return web.New(web.Options{Allow: rt.config.VMPoolConfig.NetworkAllow, CAFile: rt.config.HTTP.CAFile, Fetch: node.Fetch})
}

func (rt *Runtime) dbPlugin() (*sqldb.Plugin, error) {
	databases := map[string]sqldb.Database{}
	for name, d := range rt.config.DB {
		databases[name] = sqldb.Database{Driver: d.Driver, DSN: d.DSN, ReadOnly: d.ReadOnly, MaxOpen: d.MaxOpen}
	}
	return sqldb.New(sqldb.Options{Databases: databases, BigInt: rt.limits.VM.BigInt, Memory: rt.limits.VM.Memory})
}

func (rt *Runtime) redisPlugin() (hostfn.Plugin, error) {
	c := &rt.config.RedisConfig
	return redis.New(redis.Options{Host: c.Host, Password: c.Password, DB: c.DB, MaxOpen: c.MaxConnectionPool})
}

func (rt *Runtime) twilioPlugin() hostfn.Plugin {
	c := &rt.config.TwilioConfig
	return twilio.New(twilio.Options{Enable: c.Enable, AccountSID: c.AccountSID, AuthToken: c.AuthToken, VerifyServiceID: c.VerifyServiceID, BaseURL: c.BaseURL})
}

func (rt *Runtime) mailPlugin(deps jsapi.Deps) (hostfn.Plugin, error) {
	c := &rt.config.ConfigMail
	return mail.New(mail.Options{
		Enabled: c.Enabled, Host: c.SMTPHost, Port: c.SMTPPort, User: c.SMTPUser, Password: c.SMTPPassword, From: c.SMTPFrom, UseTLS: c.UseTLS,
		Allow: rt.config.VMPoolConfig.NetworkAllow, Render: jsapi.NewTexts(deps).Page, Files: deps.Files,
	})
}

func (rt *Runtime) aiPlugin(deps jsapi.Deps) (hostfn.Plugin, error) {
	c := &rt.config.AI
	providers := map[string]ai.Provider{}
	for name, p := range c.Providers {
		providers[name] = ai.Provider{BaseURL: p.BaseURL, APIKey: p.APIKey, Model: p.Model}
	}
	texts := jsapi.NewTexts(deps)
	return ai.New(ai.Options{
		Providers: providers, MaxTokensPerRun: int(c.MaxTokensPerRun.Int64()), Allow: rt.config.VMPoolConfig.NetworkAllow, Prompt: texts.Prompt,
		Fits:   validate.New().Fits,
		Events: func(r *hostfn.Run) (ai.Events, error) { return texts.Events(r), nil },
	})
}
