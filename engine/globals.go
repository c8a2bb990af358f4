package engine

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/arturoeanton/nflow-runtime/internal/config"
	"github.com/arturoeanton/nflow-runtime/internal/fault"
	"github.com/arturoeanton/nflow-runtime/internal/hostfn"
	"github.com/arturoeanton/nflow-runtime/internal/jsapi"
	"github.com/arturoeanton/nflow-runtime/process"
	"github.com/arturoeanton/nflow-runtime/syncsession"
)

// globalsDeps gives the families of host functions what they need of a run and of the runtime.
func (rt *Runtime) globalsDeps(files jsapi.Files) jsapi.Deps {
	return jsapi.Deps{
		Exchange: func(r *hostfn.Run) jsapi.Exchange { return r.Owner.(*run).web },
		Session:  func(r *hostfn.Run) jsapi.Session { return &r.Owner.(*run).session },
		Users:    users{rt}, Tokens: users{rt},
		Template: func(r *hostfn.Run, name string) (string, bool) {
			source, ok := r.Owner.(*run).version.templates[name]
			return source, ok
		},
		Kill:          func(wid string) bool { return rt.processes.Kill(wid, process.ErrKilled) },
		Config:        rt.config.Redacted(),
		Env:           rt.config.Env,
		URLBase:       rt.config.URLConfig.URLBase,
		Files:         files,
		SessionCookie: rt.config.Session.CookieName,
	}
}

// Allow answers whether [vm_pool] opens a capability.
func (rt *Runtime) Allow(setting string) error {
	vm := &rt.config.VMPoolConfig
	open := map[string]bool{"enable_filesystem": vm.EnableFilesystem, "enable_network": vm.EnableNetwork, "enable_process": vm.EnableProcess}
	if open[setting] {
		return nil
	}
	return fault.New(fault.Denied, "this is off: set [vm_pool] %s = true to allow it", setting)
}

// fileRoot opens the directory that flows may use. Nothing of a path can lead out of it.
func (rt *Runtime) fileRoot() (jsapi.Files, error) {
	vm := &rt.config.VMPoolConfig
	if !vm.EnableFilesystem || vm.FilesystemRoot == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(vm.FilesystemRoot)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "[vm_pool] filesystem_root cannot be opened")
	}
	return root, nil
}

// cookieSessions makes the default session store: cookies sealed with the configured key, or one kept in the database.
func (rt *Runtime) cookieSessions(ctx context.Context) (syncsession.Store, error) {
	s := &rt.config.Session
	if s.Store != "cookie" {
		rt.log.Warn("[session] store is not available yet: sessions are kept in cookies", "store", s.Store)
	}
	keys, err := sessionKeys(ctx, rt)
	if err != nil {
		return nil, err
	}
	store, err := syncsession.NewCookie(syncsession.Options{
		Keys: keys, Name: s.CookieName, TTL: s.TTL.Duration(), SameSite: sameSite(s.SameSite), Domain: s.Domain,
		Overflow: rt.store, Now: rt.clock.Now, Log: rt.log,
	})
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return store, nil
}

func sessionKeys(ctx context.Context, rt *Runtime) (keys [][]byte, err error) {
	s := &rt.config.Session
	if s.Key == "" {
		key, err := rt.store.Key(ctx, "session", 64)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	} else {
		key, err := config.ParseKey(s.Key)
		if err != nil {
			return nil, fmt.Errorf("[session] key: %w", err)
		}
		keys = append(keys, key)
	}
	for _, old := range s.OldKeys {
		key, err := config.ParseKey(old)
		if err != nil {
			return nil, fmt.Errorf("[session] old_keys: %w", err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func sameSite(name string) http.SameSite {
	switch name {
	case "none":
		return http.SameSiteNoneMode
	case "strict":
		return http.SameSiteStrictMode
	}
	return http.SameSiteLaxMode
}

// memoryShort tells whether memory is too short for another run.
func (rt *Runtime) memoryShort() bool { return rt.limits.budget != nil && rt.limits.budget.Full() }
